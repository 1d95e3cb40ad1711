"""Fleece: buzo con capucha, buzo cuello redondo."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.paths import arch, both, whole
from shop.demo.garments.prints import Box
from shop.demo.garments.tone import PAPER


def hoodie(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a heavy hoodie with kangaroo pocket, double hood and cords."""
    sheet = look.sheet(weave)
    if side == "front":
        sheet.piece(whole("M200 46C236 46 256 80 250 128L236 160L200 172"), fill=look.tone.deep)
    _arms(sheet, look, top=116)
    body = _trunk(sheet, look, top=116, neck=150 if side == "front" else 110)
    if side == "front":
        _pocket(sheet)
        sheet.add(look.printed("front", Box(200, 282, 138, 40)))
        _hood_front(sheet, look)
    else:
        sheet.add(look.printed("back", Box(200, 238, 164, 150)))
        sheet.folds(body, folds="M150 240Q180 300 156 380", lit="M240 230Q226 300 244 380", opacity=0.2)
        _hood_back(sheet)
    return sheet


def crew(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a crew-neck sweatshirt with the V stitched under the collar."""
    sheet = look.sheet(weave)
    neck = 92 if side == "front" else 62
    if side == "front":
        sheet.piece(whole("M200 44Q226 44 256 46L242 84L200 104"), fill=look.tone.deep)
        sheet.shape("M187 50H213V64H187Z", fill=PAPER)
        sheet.line("M191 55H209M191 60H203", colour="#1b1a16", width=2)
    _arms(sheet, look, top=66)
    body = _trunk(sheet, look, top=66, neck=neck)
    curve = f"M200 {neck}C228 {neck} 246 {neck - 18} 250 50"
    sheet.band(body, arch(curve), look.accent or look.tone.rib, 17, ribs=True)
    if side == "front":
        sheet.shape("M180 108Q200 113 220 108L200 140Z", fill=look.tone.rib, edge=look.tone.edge)
        sheet.stitch("M184 112L200 136L216 112")
        sheet.add(look.printed("front", Box(200, 176, 158, 130)))
    else:
        sheet.add(look.printed("back", Box(200, 130, 170, 170)))
    sheet.folds(body, folds="M150 180Q180 250 156 360", lit="M240 190Q226 260 244 350", opacity=0.2)
    return sheet


def _arms(sheet: Sheet, look: Look, *, top: int) -> None:
    """Lay both sleeves with their cuffs; `top` is the height of the shoulder."""
    t = top
    sleeve = (
        f"M284 {t - 6}C330 {t + 8} 344 {t + 50} 354 {t + 104}C366 {t + 174} 380 {t + 236} 386 {t + 290}"
        f"Q362 {t + 304} 332 {t + 298}C326 {t + 240} 316 {t + 190} 302 {t + 140}Z"
    )
    folds = (
        f"M320 {t + 30}Q342 {t + 90} 342 {t + 150}M306 {t + 146}Q340 {t + 176} 366 {t + 160}"
        f"M322 {t + 214}Q350 {t + 232} 380 {t + 212}M330 {t + 274}Q356 {t + 284} 384 {t + 262}"
    )
    lit = f"M332 {t + 50}Q350 {t + 110} 352 {t + 150}M330 {t + 196}Q352 {t + 206} 368 {t + 194}M338 {t + 252}Q356 {t + 258} 374 {t + 246}"
    cuff = f"M383 {t + 292}Q388 {t + 314} 386 {t + 334}Q362 {t + 344} 338 {t + 338}Q333 {t + 318} 335 {t + 299}Q362 {t + 303} 383 {t + 292}Z"
    with sheet.mirrored():
        sheet.piece(sleeve, folds=folds, lit=lit, soft=11)
        sheet.ribs(sheet.piece(cuff, fill=look.tone.rib), f"M336 {t + 322}L388 {t + 314}", 60)


def _trunk(sheet: Sheet, look: Look, *, top: int, neck: int) -> int:
    """Lay the body and its ribbed hem; return the body's number."""
    t = top
    hem = 446 if top > 100 else 432
    body = sheet.piece(
        whole(
            f"M200 {neck}C226 {neck} 244 {neck - 20} 250 {t - 16}L298 {t}C306 {t + 40} 300 {t + 90} 310 {t + 138}"
            f"C314 {t + 220} 312 {hem - 60} 308 {hem - 2}Q256 {hem + 4} 200 {hem + 4}"
        ),
        folds=both(
            f"M310 {t + 140}Q280 {t + 160} 258 {t + 226}M306 {hem}Q276 {hem - 50} 292 {hem - 120}"
            f"M292 {t + 30}Q282 {t + 80} 296 {t + 124}"
        )
        + f"M128 {hem}Q150 {hem - 40} 140 {hem - 80}M232 {hem}Q224 {hem - 30} 236 {hem - 60}",
        lit=both(f"M300 {t + 180}Q280 {t + 240} 296 {hem - 26}"),
        soft=13,
    )
    band = sheet.piece(
        whole(
            f"M200 {hem + 2}Q256 {hem + 2} 309 {hem - 4}Q308 {hem + 14} 304 {hem + 26}Q252 {hem + 32} 200 {hem + 32}"
        ),
        fill=look.tone.rib,
    )
    sheet.ribs(band, f"M98 {hem + 14}H306", 40)
    sheet.stitch(both(f"M293 {t + 2}C301 {t + 40} 295 {t + 90} 305 {t + 136}"))
    sheet.stitch(f"M93 {hem - 9}Q146 {hem - 3} 200 {hem - 3}Q254 {hem - 3} 307 {hem - 9}")
    return body


def _pocket(sheet: Sheet) -> None:
    sheet.piece(
        whole("M200 334H246C254 352 268 372 284 388L280 446Q240 449 200 449"),
        folds="M140 446Q170 410 160 350M250 440Q238 400 246 350",
    )
    sheet.stitch(both("M200 339H242.5C251 357 264 376 279 390"))
    sheet.stitch(both("M280 392L276 443"))
    sheet.line(both("M246 330L246 342M280 384L290 391"), colour=sheet.tone.thread, width=2.4)


def _hood_front(sheet: Sheet, look: Look) -> None:
    """Lay the hood around its dark opening, then hang the cords."""
    outer = "M200 28C254 28 284 66 282 116C281 132 270 142 256 148C240 162 222 174 204 188L200 170"
    inner = "C226 160 244 142 248 118C252 82 234 52 200 52"
    with sheet.mirrored():
        sheet.piece(
            f"{outer}{inner}Z",
            folds="M262 60Q276 100 262 140M252 150Q230 160 212 182",
            lit="M240 46Q268 76 266 116",
            soft=8,
        )
    sheet.line("M200 28V52", width=1.2)
    sheet.stitch(both("M200 58C230 58 244 84 241 116C238 138 222 152 203 162"), width=0.9)
    sheet.stitch(both("M204 183C222 170 240 158 254 145"), width=0.9)
    sheet.dots("182,176 218,176", radius=3.4, fill="#b9b4a6", edge="#6d685c")
    cords = "M182 177C176 204 182 230 178 242M218 177C226 206 216 220 221 252"
    sheet.line(cords, colour=sheet.tone.shade, width=6.4, cap="round")
    sheet.line(cords, colour=look.trim, width=4.6, cap="round")
    sheet.line("M178 234V246M221 244V257", colour="#b9b4a6", width=5)


def _hood_back(sheet: Sheet) -> None:
    """Let the hood hang down the back."""
    sheet.piece(
        whole("M200 40C250 38 282 64 284 108C280 152 242 196 200 226"),
        folds=both("M276 90Q250 150 206 210M262 60Q236 90 232 150M226 46Q214 80 216 110"),
        lit=both("M264 84Q246 130 218 172") + "M200 54V100",
        soft=12,
    )
    sheet.line("M200 40V226", width=1.4)
    sheet.stitch("M195 42V221M205 42V221")
    sheet.line(arch("M200 62C236 60 262 76 270 104"), width=1)
    sheet.stitch(arch("M200 68C232 66 254 82 262 108"))
