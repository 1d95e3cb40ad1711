"""Headwear: gorra, piluso, gorro de lana."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.paths import both, whole
from shop.demo.garments.prints import Box


def cap(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a six-panel cap: from the front with its long visor, from behind with its strap."""
    sheet = look.sheet(weave)
    brim = look.accent or look.tone.base
    top = 84 if side == "front" else 110
    base = top + 214
    panels = sheet.piece(
        whole(f"M200 {top}C290 {top} 344 {top + 74} 350 {base}Q280 {base - 20} 200 {base - 20}"),
        folds=both(f"M340 {base}Q330 {top + 90} 262 {top + 24}M250 {base - 20}Q262 {top + 90} 214 {top + 12}")
        + f"M150 {base - 20}Q130 {top + 90} 180 {top + 18}",
        lit=both(
            f"M318 {base - 20}Q310 {top + 90} 258 {top + 38}M226 {top + 38}Q236 {top + 90} 232 {base - 20}"
        ),
        soft=14,
    )
    sheet.line(both(f"M200 {top}C262 {top + 28} 280 {top + 110} 274 {base - 17}"), width=1.5)
    sheet.stitch(
        both(
            f"M204 {top + 5}C257 {top + 32} 274 {top + 110} 268 {base - 19}M212 {top + 3}C268 {top + 30} 286 {top + 110} 280 {base - 16}"
        )
    )
    eyes = f"254,{top + 72} 146,{top + 72} 318,{top + 110} 82,{top + 110}"
    sheet.dots(eyes, radius=4, fill=look.tone.deep, edge=look.tone.thread)
    if side == "front":
        sheet.line(f"M200 {top}V{base - 20}", width=1.2)
        sheet.stitch(f"M196 {top + 4}V{base - 22}M204 {top + 4}V{base - 22}")
        sheet.add(look.printed("front", Box(200, 178, 118, 62)))
        sheet.folds(panels, folds="M176 170Q184 220 172 270", lit="M220 170Q214 220 224 270", opacity=0.2)
        _visor(sheet, brim)
    else:
        _strap(sheet, look, brim, base)
        sheet.add(look.printed("back", Box(200, top + 52, 70, 14)))
    sheet.parts.append(f'<ellipse cx="200" cy="{top}" rx="14" ry="8" fill="{brim}"/>')
    return sheet


def _visor(sheet: Sheet, brim: str) -> None:
    """Curve the visor forward, with its rows of stitching and dark underside."""
    sheet.piece(whole("M200 330Q300 330 376 372Q384 396 372 402Q300 372 200 372"), fill=sheet.tone.deep)
    visor = sheet.piece(
        whole("M200 276Q290 276 350 296Q378 334 384 384Q310 356 200 356"),
        fill=brim,
        folds=both("M384 380Q340 310 262 286") + "M120 350Q200 330 280 350",
        lit="M96 320Q200 284 304 320",
        soft=13,
    )
    rows = "".join(
        f"M{40 - n * 6} {318 + n * 16}Q200 {258 + n * 18} {360 + n * 6} {318 + n * 16}" for n in range(5)
    )
    sheet.inside(visor, f'<path d="{rows}" stroke="{sheet.tone.thread}" stroke-dasharray="3.2 2"/>')


def _strap(sheet: Sheet, look: Look, brim: str, base: float) -> None:
    """Cut the opening at the back and close it with a strap and buckle."""
    arch = (
        f"M200 {base - 100}C252 {base - 100} 274 {base - 64} 276 {base - 16}Q240 {base - 20} 200 {base - 20}"
    )
    sheet.piece(
        whole(arch), fill=look.tone.deep, folds=f"M140 {base - 50}Q200 {base - 90} 260 {base - 50}", soft=10
    )
    belt = f"M126 {base - 22}Q200 {base - 6} 274 {base - 22}"
    sheet.line(belt, width=23)
    sheet.line(belt, colour=brim, width=21)
    sheet.shape(f"M214 {base - 32}h36v32h-36z", fill="#c9c4b6", edge="#6d685c")
    sheet.line(f"M232 {base - 28}v24", colour="#6d685c", width=3)
    sheet.stitch(
        both(
            f"M200 {base - 107}C262 {base - 107} 284 {base - 70} 284 {base - 16}M350 {base - 8}Q310 {base - 16} 284 {base - 18}"
        )
    )


def bucket(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a bucket hat with a stitched brim."""
    sheet = look.sheet(weave)
    brim = sheet.piece(
        whole("M200 280Q276 280 318 258C344 292 366 336 376 380Q300 424 200 424"),
        fill="" if look.pattern else look.accent or look.tone.base,
        folds=both("M318 266Q340 340 322 414M252 280Q272 350 262 424") + "M150 282Q134 350 150 426",
        lit=both("M336 300Q352 350 350 404M222 290Q230 350 226 420"),
        soft=13,
    )
    rows = "".join(
        f"M{78 - n * 10} {276 + n * 22}Q200 {312 + n * 26} {322 + n * 10} {276 + n * 22}" for n in range(6)
    )
    sheet.inside(brim, f'<path d="{rows}" stroke="{look.tone.thread}" stroke-dasharray="3.2 2"/>')
    crown = sheet.piece(
        whole("M200 92Q270 92 292 110C304 160 314 214 324 266Q270 298 200 298"),
        folds=both("M320 260Q292 200 300 136M262 284Q246 200 262 124") + "M150 290Q166 210 150 120",
        lit=both("M306 250Q282 190 288 130M228 124Q218 210 232 284"),
        soft=12,
    )
    sheet.line("M108 114Q200 146 292 114", width=1.4)
    sheet.stitch("M106 121Q200 153 294 121M77 259Q200 304 323 259")
    sheet.line(both("M306 170L315 220") if side == "front" else "M200 138V298", width=1.3)
    sheet.dots("98,206 114,211 302,206 286,211", radius=3.8, fill=look.tone.deep, edge=look.tone.thread)
    sheet.add(look.printed(side, Box(200, 186, 128, 56)))
    sheet.folds(crown, folds="M172 160Q184 220 168 280", lit="M234 160Q224 220 240 280", opacity=0.2)
    return sheet


def beanie(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a ribbed beanie with a deep fold."""
    sheet = look.sheet(weave)
    dome = sheet.piece(
        whole("M200 54C300 54 352 150 352 320L200 340"),
        folds=both("M344 300Q340 170 258 76M270 300Q284 180 222 60") + "M150 300Q140 180 190 60",
        lit=both("M318 300Q316 190 262 104M226 300Q232 180 208 80"),
        soft=13,
    )
    ribs = "".join(
        both(f"M{200 + n * 12.5} 340C{200 + n * 12.6} 220 {200 + n * 9.4} 120 {200 + n * 2.4} {54 + n * 0.8}")
        for n in range(1, 13)
    )
    sheet.inside(dome, f'<path d="{ribs}M200 54V340" stroke-width="1.3"/>')
    fold = sheet.piece(
        whole("M200 312Q300 312 358 300Q372 360 362 424Q300 444 200 444"),
        fill=look.accent,
        folds=both("M360 310Q346 360 356 430M280 320Q270 380 284 436") + "M60 330Q200 350 340 330",
        lit=both("M322 326Q312 380 326 430") + "M190 340Q184 390 192 436",
        soft=12,
    )
    sheet.ribs(fold, "M36 376H366", 160, gap=10)
    sheet.line("M42 300Q100 312 200 312Q300 312 358 300", width=2)
    if side == "front":
        sheet.shape("M150 348H250V404H150Z", fill=look.tone.ink, edge=look.tone.edge)
        sheet.stitch("M153 351H247V401H153Z", colour=look.tone.base)
        if look.front:
            sheet.add(look.sheet_label(Box(200, 364, 78, 24)))
    else:
        sheet.line("M200 54V444", width=2.4)
        sheet.add(look.printed("back", Box(200, 372, 120, 22)))
    return sheet
