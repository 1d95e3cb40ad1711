"""Outerwear: campera de trabajo, campera rompeviento, chaleco puffer."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.paths import both, whole
from shop.demo.garments.prints import Box
from shop.demo.garments.tone import PAPER

METAL = "#c9c4b6"
METAL_EDGE = "#6d685c"


def work_jacket(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a boxy chore jacket: point collar, four patch pockets, buttons, contrast thread."""
    sheet = look.sheet(weave)
    sleeve = "M286 76C334 90 346 124 356 186C368 262 382 346 388 424Q362 438 334 432C330 350 322 280 302 200Z"
    with sheet.mirrored():
        sheet.piece(
            sleeve,
            folds="M318 104Q342 180 344 250M306 210Q340 240 366 224M322 290Q350 308 378 288M332 360Q356 372 382 350",
            lit="M334 120Q352 190 356 230M328 268Q352 282 368 268M338 336Q360 344 376 330",
            soft=11,
        )
        sheet.stitch("M333 404Q362 412 386 398M333 400Q362 408 386 394", colour=look.thread)
    body = sheet.piece(
        whole("M200 62L250 52L300 76C310 120 302 160 314 204C318 290 316 370 318 448Q260 456 200 456"),
        folds=both("M314 206Q284 236 262 300M318 450Q286 400 302 310M296 100Q286 150 300 190")
        + "M176 450Q166 400 180 350",
        lit=both("M306 250Q286 330 304 430M264 100Q274 140 276 170"),
        soft=12,
    )
    thread = look.thread
    sheet.stitch(both("M293 78C303 120 295 160 307 204M297 77C307 120 299 160 311 204"), colour=thread)
    sheet.stitch(
        "M83 436Q140 444 200 444Q260 444 317 436M83 440Q140 448 200 448Q260 448 317 440", colour=thread
    )
    if side == "front":
        _patch_pockets(sheet, thread)
        sheet.line("M212 96L214 456", width=1.5)
        sheet.stitch("M187 104V456M208 104L210 454", colour=thread)
        button = look.accent or METAL
        sheet.dots("199,136 199,204 200,272 200,340 200,408", radius=5.4, fill=button, edge=METAL_EDGE)
        sheet.dots("199,136 199,204 200,272 200,340 200,408", radius=1.6, fill=METAL_EDGE)
        sheet.add(look.printed("front", Box(258, 150, 60, 12)))
        _point_collar(sheet, thread)
    else:
        sheet.line("M86 150Q200 162 314 150")
        sheet.stitch("M88 155Q200 167 312 155M88 159Q200 171 312 159", colour=thread)
        sheet.add(look.printed("back", Box(200, 206, 180, 150)))
        sheet.piece(whole("M200 44Q232 42 252 50L262 76Q232 92 200 92"), folds="M150 80Q200 96 250 80")
        sheet.stitch("M143 73Q170 87 200 87Q230 87 257 73", colour=thread)
    sheet.folds(body, folds="M150 190Q176 260 152 350", lit="M238 190Q226 260 244 340", opacity=0.2)
    return sheet


def windbreaker(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a nylon shell: stand collar, full zip, contrast yoke, elastic cuffs."""
    sheet = look.sheet(weave)
    accent = look.trim
    with sheet.mirrored():
        sheet.piece(
            "M262 84C330 84 344 130 356 196C370 264 392 340 390 404Q366 416 338 410C326 350 312 270 296 214Z",
            folds="M316 120Q350 190 342 260M300 220Q336 244 366 226M314 280Q346 306 380 286M328 346Q352 366 390 342",
            lit="M334 140Q356 210 352 240M318 260Q346 284 366 264M330 326Q356 344 380 322M340 392Q362 396 382 384",
            soft=13,
        )
        sheet.inside(
            len(sheet.shapes) - 1, f'<path d="M330 150L396 330" stroke="{accent}" stroke-width="11"/>'
        )
        sheet.ribs(
            sheet.piece("M339 409Q364 414 389 404L386 428Q364 436 343 430Z", fill=look.tone.rib),
            "M338 422L390 418",
            50,
            gap=3,
        )
    body = sheet.piece(
        whole(
            "M200 70L256 62C272 78 282 84 292 90C302 130 298 170 306 216C312 290 318 370 312 436Q256 444 200 444"
        ),
        folds=both("M306 218Q276 240 254 310M312 438Q276 390 300 310M284 110Q276 160 298 206")
        + "M170 440Q150 400 170 330M232 440Q250 400 230 340",
        lit=both("M300 250Q276 320 296 420M268 240Q262 300 262 330") + "M186 430Q176 400 184 370",
        soft=14,
    )
    dip = 196 if side == "front" else 176
    yoke = f"M60 40H340V150L200 {dip}L60 150Z"
    sheet.inside(body, f'<path d="{yoke}" fill="{accent}"/><path d="{yoke}" fill="url(#v)"/>')
    sheet.inside(body, f'<path d="M60 166L200 {dip + 16}L340 166" stroke="{accent}" stroke-width="6"/>')
    sheet.folds(body, folds=both("M286 96Q262 140 284 190M250 100Q240 130 244 170"), opacity=0.3)
    hem = sheet.piece(whole("M200 442Q256 442 313 434L308 462Q256 470 200 470"), fill=look.tone.rib)
    sheet.ribs(hem, "M90 456H312", 44, gap=3)
    if side == "front":
        sheet.piece(
            whole("M200 48Q236 44 252 30L262 66Q240 94 204 108L200 108"), folds="M160 50Q180 84 198 100"
        )
        _front_zip(sheet)
        sheet.add(look.printed("front", Box(250, 226, 76, 22)))
    else:
        sheet.piece(whole("M200 32Q236 30 252 34L262 68Q232 82 200 82"), folds="M150 76Q200 90 250 76")
        sheet.add(look.printed("back", Box(200, 232, 172, 130)))
    return sheet


def _front_zip(sheet: Sheet) -> None:
    """Set the full-length zip, its pull, and the welted pockets beside it."""
    sheet.line("M200 48V470", colour="#15140f", width=6)
    sheet.line("M200 48V470", colour=METAL, width=3, dash="1.5 1.5")
    sheet.shape("M196 112h8l2 26h-12z", fill=METAL, edge=METAL_EDGE)
    sheet.line(both("M262 322L292 392"), width=4.5, colour=sheet.tone.shade)
    sheet.stitch(both("M257 322L287 394M270 322L299 390"))


def puffer_vest(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a quilted vest, baffle by baffle."""
    sheet = look.sheet(weave)
    lining = look.accent or look.tone.deep
    if side == "front":
        sheet.piece(whole("M200 42Q232 40 258 52L236 112L200 124"), fill=lining)
        sheet.shape("M186 60H214V74H186Z", fill=PAPER)
        sheet.line("M190 65H210M190 70H203", colour="#1b1a16", width=2)
    _baffles(sheet, look)
    for turn in (1, -1):
        arm = 200 + turn * 106
        sheet.line(
            f"M{200 + turn * 96} 78Q{arm - turn * 20} 150 {200 + turn * 132} 216",
            colour=look.tone.rib,
            width=7,
        )
    if side == "front":
        sheet.piece(
            whole("M204 130C232 112 252 86 254 44Q270 38 282 54C284 92 262 132 206 158L204 158"),
            folds=both("M270 60Q262 100 218 140"),
            lit=both("M262 56Q258 88 236 112"),
            soft=7,
        )
        sheet.line("M200 134V464", colour="#15140f", width=8)
        sheet.line("M200 134V464", colour=METAL, width=4, dash="2 1.6")
        sheet.shape("M196 140h8l2 30h-12z", fill=METAL, edge=METAL_EDGE)
        sheet.line(both("M262 344L298 412"), width=6, colour=look.tone.shade)
        sheet.add(look.printed("front", Box(258, 184, 70, 22)))
    else:
        sheet.piece(
            whole("M200 38Q244 34 270 50Q274 76 264 96Q232 106 200 106"),
            folds="M136 92Q200 110 264 92",
            lit="M146 64Q200 54 254 64",
        )
        sheet.add(look.printed("back", Box(200, 178, 170, 30)))
    return sheet


def _baffles(sheet: Sheet, look: Look) -> None:
    """Quilt the body: each baffle bulges at the side and is lit along its upper half."""
    side = "M200 86L262 62Q292 74 304 82Q310 96 304 110Q308 130 304 152Q316 176 318 196Q336 200 336 212"
    tops = [222, 270, 318, 366, 414]
    for top in tops:
        side += f"Q346 {top + 22} 336 {top + 46}"
    body = sheet.piece(whole(f"{side}Q334 464 326 468Q260 474 200 474"))
    shadows = ridges = seams = ""
    for y in (112, 156, 204, 252, 300, 348, 396, 440):
        shadows += f"M50 {y + 4}Q125 {y - 2} 200 {y - 2}M200 {y - 2}Q275 {y - 2} 350 {y + 4}"
        ridges += (
            f"M76 {y + 22}Q140 {y + 13} 196 {y + 24}M204 {y + 24}Q260 {y + 12} 324 {y + 22}"
            if y < 440
            else ""
        )
        seams += f"M50 {y}Q125 {y + 9} 200 {y + 6}Q275 {y + 9} 350 {y}"
    sheet.folds(body, folds=shadows, lit=ridges, soft=13, opacity=0.55)
    sheet.inside(body, f'<path d="{seams}" stroke="{look.tone.shade}" stroke-width="1.6"/>')


def _patch_pockets(sheet: Sheet, thread: str) -> None:
    """Sew two chest pockets and two hand pockets."""
    chest = "M230 172H288V228L259 238L230 228Z"
    hand = "M226 318H296L298 412Q262 420 226 414Z"
    with sheet.mirrored():
        sheet.shape(f"{chest}{hand}", fill=sheet.tone.base, edge=sheet.tone.edge)
        sheet.stitch("M233 175V226L259 235L285 226V175M229 321V411Q262 417 295 409L293 321", colour=thread)
        sheet.stitch("M230 182H288M226 330H296", colour=thread)


def _point_collar(sheet: Sheet, thread: str) -> None:
    """Fold the collar over, with the dark of the neck behind it."""
    sheet.shape("M152 54Q200 34 248 54L200 104Z", fill=sheet.tone.deep, edge=sheet.tone.edge)
    sheet.shape("M186 56H214V70H186Z", fill=PAPER)
    sheet.line("M190 61H210M190 66H203", colour="#1b1a16", width=2)
    with sheet.mirrored():
        sheet.piece(
            "M246 44Q262 54 270 78L236 122Q216 108 200 98Q234 84 246 44Z", folds="M252 62Q244 90 214 104"
        )
        sheet.stitch("M264 78L236 116Q220 105 208 99", colour=thread)
