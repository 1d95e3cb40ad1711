"""Carried things: bolso tote, riñonera; and medias."""

from shop.demo.garments.canvas import MIRROR, Sheet
from shop.demo.garments.jackets import METAL, METAL_EDGE
from shop.demo.garments.look import Look
from shop.demo.garments.paths import both, whole
from shop.demo.garments.prints import Box


def tote(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a heavy canvas tote."""
    sheet = look.sheet(weave)
    strap = look.accent or look.tone.base
    behind = "M138 190C136 60 150 34 200 34C250 34 264 60 262 190"
    sheet.line(behind, width=25)
    sheet.line(behind, colour=look.tone.deep, width=23)
    sheet.piece(whole("M200 176Q270 176 326 184L322 204L200 210"), fill=look.tone.deep)
    bag = sheet.piece(
        whole("M200 194Q270 194 326 184C332 280 340 380 346 456Q340 470 326 472Q260 476 200 476"),
        folds=both("M330 200Q300 300 318 460M344 452Q300 440 286 400")
        + "M120 470Q160 430 150 370M236 470Q220 420 240 360"
        "M90 210Q110 260 104 320",
        lit=both("M308 230Q296 330 300 440M262 210Q270 240 262 280") + "M186 460Q180 420 190 380",
        soft=14,
    )
    sheet.stitch("M74 200Q140 210 200 210Q260 210 326 200M74 216Q140 226 200 226Q260 226 326 216")
    front = "M132 262V200C130 84 150 58 200 58C250 58 270 84 268 200V262"
    sheet.line(front, width=25.6)
    sheet.line(front, colour=strap, width=24)
    sheet.stitch(
        "M124 262V206M140 262V206M260 262V206M276 262V206M120 200L144 262M144 200L120 262M256 200L280 262M280 200L256 262"
    )
    if side == "back":
        sheet.shape("M106 250H294L300 420H100Z", fill=look.tone.base, edge=look.tone.edge)
        sheet.stitch("M110 250L104 416H296L290 250M107 264H293")
        sheet.line("M200 250V264", colour=look.tone.ink, width=9)
    sheet.add(
        look.printed(side, Box(200, 290, 196 if side == "front" else 150, 140 if side == "front" else 110))
    )
    sheet.folds(
        bag,
        folds="M140 280Q170 350 150 450M262 280Q244 350 262 440",
        lit="M216 290Q206 360 220 440",
        opacity=0.25,
    )
    sheet.shape("M318 420h22v12h-22z", fill=look.tone.ink)
    return sheet


def belt_bag(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a belt bag with its strap wound around it."""
    sheet = look.sheet(weave)
    strap = look.accent or look.tone.deep
    loop = "M52 256C34 120 110 66 200 66C290 66 366 120 348 256"
    sheet.line(loop, width=29)
    sheet.line(loop, colour=strap, width=27)
    sheet.stitch(
        "M44 240C30 120 110 56 200 56C290 56 370 120 356 240M62 240C52 130 120 78 200 78C280 78 348 130 338 240"
    )
    sheet.shape("M170 44h60v46h-60z", fill="#24231f", edge="#4c4a43")
    sheet.line("M182 52v30M218 52v30M190 67h20", colour="#5d5b53", width=4)
    body = sheet.piece(
        whole("M200 200Q290 200 346 214Q384 226 380 276C374 352 340 420 292 430Q250 438 200 438"),
        folds=both("M376 260Q330 300 340 390M300 430Q270 400 290 350M346 216Q316 240 320 280")
        + "M150 436Q170 400 160 350",
        lit=both("M358 280Q326 340 318 400M250 220Q262 250 256 280") + "M220 430Q230 390 224 350",
        soft=15,
    )
    if side == "front":
        sheet.inside(
            body,
            f'<path d="M20 312Q200 330 380 312V452H20Z" fill="{look.accent or look.tone.rib}" fill-opacity=".45"/>',
        )
        _zips(sheet, look)
        sheet.add(look.printed("front", Box(200, 352, 150, 44)))
    else:
        mesh = sheet.piece(
            whole("M200 224Q280 224 330 234Q356 246 352 280C346 340 322 400 284 408Q250 414 200 414"),
            fill=look.tone.deep,
        )
        sheet.inside(
            mesh,
            '<path d="M60 320H350" stroke-width="240" stroke-dasharray="2 6"/><path d="M200 220V420" stroke-width="320" stroke-dasharray="2 6"/>',
        )
        sheet.add(look.printed("back", Box(200, 300, 140, 30)))
    sheet.stitch(both("M200 207Q288 207 342 221"))
    sheet.shape("M30 244h34v40h-34zM336 244h34v40h-34z", fill=look.tone.rib, edge=look.tone.edge)
    sheet.stitch("M34 248L60 280M60 248L34 280M340 248L366 280M366 248L340 280")
    return sheet


def _zips(sheet: Sheet, look: Look) -> None:
    """Set the two zips with their pulls."""
    for y in (238, 312):
        path = f"M48 {y}Q200 {y + 18} 352 {y}"
        sheet.line(path, colour="#15140f", width=11)
        sheet.line(path, colour=METAL, width=5, dash="1.6 1.6")
        sheet.stitch(f"M42 {y - 10}Q200 {y + 8} 358 {y - 10}M42 {y + 10}Q200 {y + 28} 358 {y + 10}")
    for x, y in ((322, 240), (84, 316)):
        sheet.shape(f"M{x} {y}h16v11h-16z", fill=METAL, edge=METAL_EDGE)
        sheet.line(f"M{x + 8} {y + 11}v26", colour=look.trim, width=6, cap="round")


def socks(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a pair of ribbed crew socks, one before the other."""
    sheet = look.sheet(weave)
    for dx, dy in ((76, -8), (0, 14)):
        _sock(sheet, look, dx, dy, side)
    if side == "back":
        sheet.parts[:] = [f"<g {MIRROR}>", *sheet.parts, "</g>"]
    return sheet


def _sock(sheet: Sheet, look: Look, dx: float, dy: float, side: str) -> None:
    """Draw one sock, its cuff at the top and its toe to the left."""
    points = (
        "M190 34L294 34C298 130 296 210 302 280C308 330 300 370 270 390C220 424 160 456 110 462"
        "C70 466 44 446 48 420C52 398 80 388 112 370C160 344 194 320 196 270C198 190 192 120 190 34Z"
    )
    sheet.parts.append(f'<g transform="translate({dx} {dy})">')
    leg = sheet.piece(
        points,
        folds="M196 270Q240 300 300 280M200 250Q230 240 250 210M190 320Q240 350 290 350M120 370Q140 410 120 456M296 180Q280 220 296 270",
        lit="M206 290Q250 316 296 304M214 110Q220 180 214 230M180 350Q200 390 180 420",
        soft=9,
    )
    accent = look.trim
    cuffed = f'<path d="M180 76H304M180 102H304" stroke="{accent}" stroke-width="13"/>'
    patch = f'<path d="M330 290C290 286 262 300 256 330C252 360 268 384 290 410H340Z" fill="{accent}"/>'
    toe = f'<path d="M40 380C74 384 104 400 112 480H30Z" fill="{accent}"/>'
    ribs = "".join(f"M{x} 30V250Q{x} 268 {x - 6} 286" for x in range(200, 300, 10))
    sheet.inside(leg, f'<path d="{ribs}"/>{cuffed}{patch}{toe}<path d="M188 56H300" stroke-width="1.2"/>')
    sheet.folds(
        leg,
        folds="M290 300Q262 340 286 390M60 400Q90 420 96 460M290 40Q286 80 292 120",
        lit="M212 50Q220 90 214 120",
        opacity=0.4,
    )
    word = look.front if side == "front" else look.back
    if word and dx == 0:
        drawn = look.printed(side, Box(244 if side == "front" else 156, 134, 80, 22))
        sheet.add(drawn if side == "front" else f"<g {MIRROR}>{drawn}</g>")
    sheet.parts.append("</g>")
