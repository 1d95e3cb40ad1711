"""Jersey tops: remera, remera manga larga, musculosa."""

from shop.demo.garments.canvas import Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.paths import arch, both, whole
from shop.demo.garments.prints import Box
from shop.demo.garments.tone import PAPER

CHEST = Box(200, 166, 152, 116)
BACK = Box(200, 128, 176, 160)


def tee(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a boxy T-shirt with dropped shoulders."""
    sheet = look.sheet(weave)
    sleeve = "M292 74C326 88 350 122 386 226C372 238 352 246 330 250C324 232 316 214 308 204Z"
    with sheet.mirrored():
        sheet.piece(
            sleeve, folds="M318 110Q340 160 342 216M302 150Q318 190 330 236", lit="M332 128Q354 170 362 214"
        )
        sheet.stitch("M382.5 216Q356 232 326.5 238.5")
    _front_or_back(look, sheet, side, hem=456)
    return sheet


def long_sleeve(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a long-sleeved T-shirt with ribbed cuffs."""
    sheet = look.sheet(weave)
    sleeve = "M292 74C334 90 348 124 358 190C368 262 382 346 387 412Q366 420 342 418C336 350 324 270 308 204Z"
    folds = "M322 110Q344 190 352 260M318 220Q350 244 366 236M330 300Q352 318 376 306M338 372Q360 380 380 366"
    cuff = "M387 412C389 424 390 434 390 444Q366 451 344 448Q343 434 342 418Q366 420 387 412Z"
    with sheet.mirrored():
        sheet.piece(sleeve, folds=folds, lit="M338 150Q352 220 362 290M346 330Q362 336 374 330")
        sheet.ribs(sheet.piece(cuff, fill=look.tone.rib), "M344 434L390 428", 50)
    _front_or_back(look, sheet, side, hem=456)
    return sheet


def tank(look: Look, side: str, weave: str = "") -> Sheet:
    """Draw a deep-armed tank top with bound edges."""
    sheet = look.sheet(weave)
    sheet.piece(
        whole("M200 74Q230 72 250 40L276 40C276 110 290 150 322 196L330 250L200 300"), fill=look.tone.deep
    )
    _label(sheet, 78)
    neck = 134 if side == "front" else 92
    body = sheet.piece(
        whole(
            f"M200 {neck}C232 {neck} 250 {neck - 36} 254 40L292 40C290 112 306 168 340 204C336 290 338 380 346 458Q270 472 200 472"
        ),
        folds=both("M330 214Q290 250 296 330M344 452Q310 400 318 330M262 96Q270 150 300 186")
        + "M150 300Q166 380 140 468",
        lit=both("M312 262Q300 350 322 440") + "M238 230Q250 330 232 440",
        soft=13,
    )
    band = sheet.tone.base if not look.accent or look.pattern else look.accent
    sheet.band(body, arch(f"M200 {neck}C232 {neck} 250 {neck - 36} 254 40"), band, 9)
    sheet.band(body, both("M292 40C290 112 306 168 340 204"), band, 9)
    sheet.stitch("M55 449Q130 463 200 463Q270 463 345 449")
    if side == "front":
        sheet.add(look.printed("front", Box(200, 196, 150, 130)))
        _hem_tag(sheet, 296, 432)
    else:
        sheet.add(look.printed("back", Box(200, 150, 150, 150)))
    sheet.folds(body, folds="M160 220Q190 300 166 400", lit="M226 180Q240 260 230 330", opacity=0.22)
    return sheet


def _front_or_back(look: Look, sheet: Sheet, side: str, *, hem: int) -> None:
    """Lay the body over the sleeves, with collar, prints and hem."""
    neck = 106 if side == "front" else 68
    if side == "front":
        sheet.piece(whole("M200 52Q228 52 254 48L246 96L200 118"), fill=look.tone.deep)
        _label(sheet, 60)
    body = sheet.piece(
        whole(
            f"M200 {neck}C228 {neck} 246 {neck - 22} 250 50L306 80C314 116 310 160 316 204C318 290 316 380 322 {hem - 6}"
            f"Q262 {hem + 4} 200 {hem + 4}"
        ),
        folds=both(f"M316 206Q286 226 262 290M322 {hem}Q288 400 300 300M300 110Q290 150 300 190")
        + f"M96 {hem}Q140 420 128 340M180 {hem}Q196 400 186 350",
        lit=both("M306 250Q284 330 300 420") + "M228 300Q240 370 226 450M262 120Q276 150 280 190",
        soft=12,
    )
    collar = look.accent if look.accent and not look.pattern else sheet.tone.rib
    sheet.band(body, arch(f"M200 {neck}C228 {neck} 246 {neck - 22} 250 50"), collar, 12)
    sheet.stitch(arch(f"M200 {neck + 9}C234 {neck + 9} 254 {neck - 14} 258 57"))
    sheet.stitch(both("M301 82C309 116 305 160 311 202"))
    sheet.stitch(f"M79 {hem - 15}Q138 {hem - 6} 200 {hem - 6}Q262 {hem - 6} 321 {hem - 15}")
    sheet.line(f"M79 {hem - 12}Q138 {hem - 3} 200 {hem - 3}Q262 {hem - 3} 321 {hem - 12}", width=0.6)
    sheet.add(look.printed(side, CHEST if side == "front" else BACK))
    sheet.folds(
        body,
        folds="M150 180Q176 240 150 330M246 150Q226 230 250 300",
        lit="M206 150Q214 220 198 300",
        opacity=0.2,
    )
    if side == "front":
        _hem_tag(sheet, 292, hem - 34)


def _label(sheet: Sheet, y: float) -> None:
    """Sew the woven label into the back of the neck."""
    sheet.shape(f"M186 {y}H214V{y + 15}H186Z", fill=PAPER)
    sheet.line(f"M190 {y + 5}H210M190 {y + 10}H203", colour="#1b1a16", width=2.2)


def _hem_tag(sheet: Sheet, x: float, y: float) -> None:
    """Sew the small woven tag above the hem."""
    sheet.shape(f"M{x} {y}h16v9h-16z", fill=sheet.tone.ink)
    sheet.line(f"M{x + 3.5} {y + 4.5}h9", colour=sheet.tone.base, width=2.4)
