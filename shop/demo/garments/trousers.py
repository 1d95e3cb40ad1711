"""Legs: cargo, jean ancho, jogger, short."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.jackets import METAL, METAL_EDGE
from shop.demo.garments.look import Look
from shop.demo.garments.paths import both, whole
from shop.demo.garments.prints import Box
from shop.demo.garments.tone import PAPER, Tone


def cargo(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw wide cargo trousers with bellows pockets on the thighs."""
    sheet = look.sheet(weave)
    _waist_inside(sheet, side, 30)
    sheet.piece(
        whole(
            "M200 60L276 54C288 110 304 170 312 250C320 330 330 400 338 466Q290 480 238 474C232 390 222 300 206 206L200 204"
        ),
        folds=both(
            "M208 208Q246 196 286 160M212 230Q240 240 262 280M236 470Q266 400 250 320M330 470Q300 430 312 380"
        )
        + "M90 430Q130 410 158 430M246 420Q290 402 326 424M204 206Q190 180 170 160",
        lit=both("M290 150Q276 220 262 250M300 360Q280 420 292 470M262 90Q276 120 284 150")
        + "M256 440Q290 424 326 444",
        soft=12,
    )
    _waistband(sheet, side, look.tone, look.thread)
    _crotch(sheet, side, look.thread)
    with sheet.mirrored():
        sheet.piece(
            "M262 252Q294 244 322 252L328 340Q298 350 268 344Z",
            folds="M270 336Q300 320 322 330M274 270Q284 300 276 330",
        )
        sheet.shape(
            "M258 244Q292 236 324 244L326 276Q294 284 261 278Z", fill=look.tone.base, edge=look.tone.edge
        )
        sheet.stitch("M261.5 248Q292 240 321 248M264 274Q294 280 322 272M295 284V342", colour=look.thread)
        sheet.dots("272,266 314,264", radius=3, fill=METAL, edge=METAL_EDGE)
        sheet.stitch(
            "M272 66C288 120 299 170 304 244M270 339Q298 345 326 335M239 462Q290 468 336 455",
            colour=look.thread,
        )
        sheet.line("M266 60C282 116 293 170 298 244")
        sheet.line("M282 470L280 488M286 470L290 486", colour=look.trim, width=2.4, cap="round")
    _hips(sheet, look, side)
    if side == "front":
        sheet.add(look.printed("front", Box(294, 300, 44, 12)))
    return sheet


def wide_jeans(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw wide five-pocket jeans with fade, rivets and contrast thread."""
    sheet = look.sheet(weave)
    thread = look.thread or "#c88a3c"
    _waist_inside(sheet, side, 26)
    legs = sheet.piece(
        whole(
            "M200 58L272 52C288 104 306 180 318 270C328 346 342 410 350 468Q298 482 240 476C234 390 224 300 207 212L200 210"
        ),
        folds=both(
            "M210 214Q250 200 290 156M214 240Q240 260 252 300M240 470Q280 420 262 350M346 470Q310 440 318 370"
        )
        + "M64 440Q110 420 156 444M252 436Q296 416 344 440",
        lit=both("M284 150Q260 170 224 176M276 220Q298 300 286 380M270 190Q290 250 296 330")
        + "M262 452Q300 436 338 452",
        soft=14,
    )
    sheet.folds(legs, lit=both("M268 180Q300 280 300 420M262 190Q270 280 284 400"), soft=22, opacity=0.35)
    _waistband(sheet, side, look.tone, thread)
    _crotch(sheet, side, thread)
    with sheet.mirrored():
        sheet.stitch(
            "M277 84C292 130 304 190 313 268C322 346 335 410 343 464M243 465Q298 471 346 458M244 461Q298 467 345 454",
            colour=thread,
        )
        if side == "front":
            sheet.stitch("M211 220C226 300 238 390 243 462", colour=thread)
    _hips(sheet, look, side, thread=thread)
    if side == "back":
        sheet.shape("M232 58H268V84H232Z", fill="#b07a46", edge="#7b5229")
        sheet.line("M238 67H262M238 75H254", colour="#5a3a1b", width=3)
    return sheet


def jogger(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw tapered fleece joggers with elastic waist, cord and ribbed cuffs."""
    sheet = look.sheet(weave)
    legs = sheet.piece(
        whole(
            "M200 66L272 60C292 110 312 180 314 260C316 330 306 390 296 446Q268 454 238 448C232 370 224 290 206 212L200 210"
        ),
        folds=both(
            "M208 214Q250 204 296 170M212 240Q240 256 262 300M296 440Q262 420 240 436M304 380Q270 396 240 376"
        )
        + "M96 330Q130 350 168 330M234 340Q270 362 310 340M100 416Q130 400 160 412",
        lit=both("M300 190Q290 260 274 310M288 400Q268 412 246 404M276 90Q288 120 296 150")
        + "M240 320Q270 336 304 322",
        soft=13,
    )
    with sheet.mirrored():
        cuff = sheet.piece(
            "M298 444Q300 462 294 484Q268 490 246 484Q238 466 238 446Q268 452 298 444Z", fill=look.tone.rib
        )
        sheet.ribs(cuff, "M236 466L302 462", 60)
        if side == "front":
            sheet.line("M252 66C256 98 268 122 294 136")
            sheet.stitch("M247 66C251 102 265 127 295 142")
        if look.accent:
            sheet.inside(
                legs,
                f'<path d="M266 60C285 120 304 180 306 260C308 330 298 390 288 446" stroke="{look.accent}" stroke-width="13"/>',
            )
    band = sheet.piece(whole("M200 26Q240 26 270 30Q278 46 275 68Q240 76 200 76"), fill=look.tone.rib)
    sheet.ribs(band, "M120 50H280", 60)
    _crotch(sheet, side, "", top=76)
    if side == "front":
        sheet.dots("186,52 214,52", radius=3.4, fill=METAL, edge=METAL_EDGE)
        sheet.line(
            "M186 52C182 80 188 100 184 128M214 52C220 84 212 106 217 138",
            colour=look.trim,
            width=4.4,
            cap="round",
        )
        sheet.add(look.printed("front", Box(252, 196, 60, 26)))
    else:
        _back_pocket(sheet, "M226 112H272V158L249 168L226 158Z", "")
        sheet.add(look.printed("back", Box(249, 130, 34, 10)))
    return sheet


def short(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw wide shorts with elastic waist and cord."""
    sheet = look.sheet(weave)
    legs = sheet.piece(
        whole("M200 96L302 88C330 180 356 300 376 420Q310 444 228 434C224 370 218 330 207 290L200 288"),
        folds=both(
            "M208 292Q266 270 312 220M230 430Q270 380 250 310M370 420Q322 390 330 310M240 100Q244 130 232 160"
        )
        + "M120 100Q124 140 110 170M60 390Q90 370 100 330",
        lit=both("M310 200Q300 270 276 320M344 330Q330 380 342 424M280 110Q290 140 290 170")
        + "M280 430Q290 390 280 350",
        soft=15,
    )
    if look.accent and not look.pattern:
        sheet.inside(
            legs,
            f'<path d="{both("M310 86C338 180 364 300 384 424")}" stroke="{look.accent}" stroke-width="26"/>',
        )
    sheet.stitch(
        "M28 407Q100 429 170 421M372 407Q300 429 229 421M27 411Q100 433 170 425M373 411Q300 433 229 425"
    )
    band = sheet.piece(whole("M200 52Q260 52 298 56Q308 74 304 96Q260 106 200 106"), fill=look.tone.rib)
    sheet.ribs(band, "M90 80H310", 70)
    sheet.line("M96 72Q200 66 304 72M95 86Q200 82 305 86", width=0.8)
    _crotch(sheet, side, "", top=106, bottom=288)
    if side == "front":
        with sheet.mirrored():
            sheet.line("M270 102C276 150 296 184 334 204")
            sheet.stitch("M264 102C270 154 292 190 336 211")
        sheet.dots("184,80 216,80", radius=4, fill=METAL, edge=METAL_EDGE)
        sheet.line(
            "M184 80C178 116 188 140 182 176M216 80C224 120 214 146 221 188",
            colour=look.trim,
            width=5,
            cap="round",
        )
        sheet.add(look.printed("front", Box(298, 352, 84, 40)))
    else:
        _back_pocket(sheet, "M238 150H306V214L272 230L238 214Z", "")
        sheet.add(look.printed("back", Box(272, 176, 48, 14)))
    return sheet


def _waist_inside(sheet: Sheet, side: str, top: float) -> None:
    """Show the back of the waistband behind the front."""
    if side == "front":
        sheet.piece(
            whole(f"M200 {top}Q244 {top} 268 {top - 2}L262 {top + 22}L200 {top + 26}"), fill=sheet.tone.deep
        )
        sheet.shape(f"M184 {top + 4}H216V{top + 18}H184Z", fill=PAPER)
        sheet.line(f"M189 {top + 9}H211M189 {top + 14}H204", colour="#1b1a16", width=2.2)


def _waistband(sheet: Sheet, side: str, tone: Tone, thread: str) -> None:
    """Sew the waistband with its belt loops and button."""
    dip = 44 if side == "front" else 30
    sheet.piece(whole(f"M200 {dip}Q244 {dip - 2} 268 28Q276 42 277 58Q244 {dip + 26} 200 {dip + 26}"))
    sheet.stitch(
        f"M132 34Q160 {dip + 3} 200 {dip + 4}Q240 {dip + 3} 268 34M125 54Q160 {dip + 21} 200 {dip + 22}Q240 {dip + 21} 275 54",
        colour=thread,
    )
    loops = both(f"M236 {dip - 5}V{dip + 29}M266 26L271 62")
    if side == "back":
        loops += f"M200 {dip - 4}V{dip + 30}"
    sheet.line(loops, width=9)
    sheet.line(loops, colour=tone.base, width=7)
    if side == "front":
        sheet.dots(f"203,{dip + 13}", radius=6.5, fill=METAL, edge=METAL_EDGE)
        sheet.dots(f"203,{dip + 13}", radius=2.4, fill=METAL_EDGE)


def _crotch(sheet: Sheet, side: str, thread: str, *, top: float = 70, bottom: float = 208) -> None:
    """Sew the seam between the legs and, in front, the fly."""
    sheet.line(f"M200 {top}V{bottom}", width=1.4)
    if side == "front":
        sheet.stitch(
            f"M222 {top}C222 {top + 50} 220 {top + 66} 201 {top + 84}M204 {top + 84}V{bottom}", colour=thread
        )
    else:
        sheet.stitch(f"M196 {top}V{bottom}M204 {top}V{bottom}", colour=thread)


def _hips(sheet: Sheet, look: Look, side: str, *, thread: str = "") -> None:
    """Cut the front pockets, or sew the yoke and patch pockets of the back."""
    thread = thread or look.thread
    with sheet.mirrored():
        if side == "front":
            sheet.line("M240 68C242 96 258 114 287 118", width=1.5)
            sheet.stitch("M235 68C237 101 255 119 288 123M232 68C234 104 253 123 289 127", colour=thread)
            sheet.dots("240,72 285,116", radius=2.3, fill="#b98a52", edge="#6b4a25")
        else:
            sheet.line("M200 118L284 84")
            sheet.stitch("M204 121L284 88M204 124L285 91", colour=thread)
    if side == "back":
        _back_pocket(sheet, "M222 128L276 122L280 176L252 190L226 180Z", thread)


def _back_pocket(sheet: Sheet, path: str, thread: str) -> None:
    with sheet.mirrored():
        sheet.shape(path, fill=sheet.tone.base, edge=sheet.tone.edge)
        sheet.parts.append(f'<g transform="translate(0 3)">{"".join(_stitched(sheet, path, thread))}</g>')


def _stitched(sheet: Sheet, path: str, thread: str) -> str:
    return f'<path d="{path}" stroke="{thread or sheet.tone.thread}" stroke-dasharray="3.2 2"/>'
