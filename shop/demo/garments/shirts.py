"""Woven shirts: camisa de cuello abierto."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.paths import both, whole
from shop.demo.garments.prints import Box
from shop.demo.garments.tone import PAPER


def camp_shirt(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a short-sleeved camp-collar shirt with chest pocket."""
    sheet = look.sheet(weave)
    with sheet.mirrored():
        sheet.piece(
            "M288 70C324 84 350 128 386 226C372 240 352 250 326 254C320 232 312 214 304 200Z",
            folds="M316 106Q342 160 344 220M302 150Q318 190 328 240",
            lit="M332 128Q354 170 364 214",
        )
        sheet.stitch("M380.5 214Q354 232 322.5 240M382 218Q356 235 323.5 243")
    if side == "front":
        sheet.piece(whole("M200 50Q230 48 252 54L232 110L200 150"), fill=look.tone.deep)
        sheet.shape("M185 58H215V74H185Z", fill=PAPER)
        sheet.line("M190 63.5H210M190 69H203", colour="#1b1a16", width=2.2)
    neck = 158 if side == "front" else 62
    edge = f"M200 {neck}L246 52" if side == "front" else "M200 62L246 52"
    body = sheet.piece(
        whole(f"{edge}L304 78C312 116 308 156 314 200C318 290 318 370 324 452Q262 460 200 460"),
        folds=both("M314 204Q284 226 260 290M324 452Q288 400 302 300M296 104Q288 150 300 186")
        + "M104 450Q144 420 130 340M172 452Q186 400 176 350M236 452Q246 410 238 372",
        lit=both("M306 250Q284 330 304 430M260 120Q274 150 278 186") + "M222 300Q232 370 222 440",
        soft=12,
    )
    sheet.stitch(both("M298 80C306 116 302 156 308 200"))
    sheet.stitch("M77 442Q138 450 200 450Q262 450 323 442")
    if side == "front":
        sheet.line("M211 150V460", width=1.4)
        sheet.stitch("M189 164V458")
        sheet.dots("200,176 200,236 200,296 200,356 200,416", radius=4.4, fill="#e9e2d2", edge="#77705f")
        sheet.dots("200,176 200,236 200,296 200,356 200,416", radius=1.2, fill="#77705f")
        sheet.shape("M232 190H290V246L261 256L232 246Z", fill=look.tone.base, edge=look.tone.edge)
        if look.pattern:
            sheet.shape("M232 190H290V246L261 256L232 246Z", fill="url(#n)", edge=look.tone.edge)
        sheet.stitch("M235 202H287M235 193V244L261 253L287 244V193")
        sheet.add(look.printed("front", Box(261, 214, 44, 10)))
        _camp_collar(sheet)
    else:
        sheet.line("M88 120Q200 130 312 120")
        sheet.line("M192 126V456M208 126V456", width=0.8)
        sheet.stitch("M88 124Q200 134 312 124")
        sheet.add(look.printed("back", Box(200, 168, 176, 160)))
        sheet.piece(whole("M200 40Q236 38 254 50L264 74Q232 88 200 88"), folds="M150 78Q200 94 250 78")
        sheet.stitch("M142 71Q170 82 200 82Q230 82 258 71")
    sheet.folds(body, folds="M150 190Q176 260 152 350", lit="M246 260Q230 310 248 370", opacity=0.2)
    return sheet


def _camp_collar(sheet: Sheet) -> None:
    """Fold the open collar and its lapels flat on the chest."""
    with sheet.mirrored():
        sheet.piece(
            "M246 42Q262 52 272 76L292 112L242 126L200 166Q204 130 224 98Q240 74 246 42Z",
            folds="M254 60Q244 110 208 150",
            lit="M262 76Q262 100 238 118",
        )
        sheet.line("M242 126L258 96")
        sheet.stitch("M267 76L284 110L240 121L206 153")
