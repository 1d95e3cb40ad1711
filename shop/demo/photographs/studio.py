"""The studio: a garment on its ground, with its shadow, as a picture."""

import io
from functools import lru_cache
from typing import Final

from PIL import Image

from shop.demo.garments import KINDS, Look, draw
from shop.demo.photographs.drawing import Reader, Taken
from shop.demo.photographs.grounds import blurred, calculate, grain, moved, noise, number
from shop.demo.photographs.light import Cloth, Lit, lit

SIZE: Final = (960, 1200)
# The sheet of paper under the garments, lit from the upper left.
_PAPER: Final = (232, 228, 221)
_QUALITY: Final = 88
_MARGIN: Final = 0.055

CLOTHS: Final = {
    "jersey": Cloth(drape=4.0, crease=1.3, volume=5.0, texture="jersey", depth=0.10),
    "fleece": Cloth(drape=4.0, crease=1.0, volume=9.0, texture="fleece", depth=0.10),
    "twill": Cloth(drape=3.0, crease=1.8, volume=6.0, texture="twill", depth=0.12),
    "canvas": Cloth(drape=2.4, crease=1.4, volume=6.0, texture="canvas", depth=0.12),
    "nylon": Cloth(drape=4.0, crease=2.6, volume=8.0, sheen=0.30, texture="nylon", depth=0.05),
    "": Cloth(drape=2.0, crease=0.6, volume=10.0, texture="rib", depth=0.10),
}


def photograph(kind: str, look: Look, view: str, *, seed: int = 0) -> bytes:
    """Return a JPEG of one view (front, back, detail) of a garment; `seed` lays its folds otherwise."""
    taken = Reader(draw(kind, look, view), SIZE, margin=0 if view == "detail" else _MARGIN).read()
    light = _lit(kind, view, seed, taken)
    shadow, ground = _shadow(light.mask, taken.scale), _ground(taken.size)
    mask = number(light.mask)
    channels = []
    for place, seen in enumerate(_coloured(taken, light)):
        paper = calculate("g * p * (1 - s)", g=ground, p=_PAPER[place], s=shadow)
        channels.append(calculate("s * m + p * (1 - m)", s=seen, m=mask, p=paper))
    with io.BytesIO() as body:
        _developed(channels).save(body, "JPEG", quality=_QUALITY, optimize=True)
        return body.getvalue()


def cut_out(kind: str, look: Look, *, seed: int = 0) -> bytes:
    """Return a WebP of a garment's front with its shadow and nothing behind it: what is laid on a colour."""
    taken = Reader(draw(kind, look, "front"), SIZE, margin=_MARGIN).read()
    light = _lit(kind, "front", seed, taken)
    mask, shadow = number(light.mask), _shadow(light.mask, taken.scale)
    channels = [calculate("c * m", c=seen, m=mask) for seen in _coloured(taken, light)]
    picture = _developed(channels)
    picture.putalpha(calculate("(m + s * (1 - m)) * 255", m=mask, s=shadow).convert("L"))
    with io.BytesIO() as body:
        picture.save(body, "WEBP", quality=_QUALITY, method=3)
        return body.getvalue()


_kept: dict[tuple[str, str, int], Lit] = {}


def _lit(kind: str, view: str, seed: int, taken: Taken) -> Lit:
    """Return the light on a garment; the same for each of its colours, so that it is made once."""
    key = (kind, view, seed)
    if key not in _kept:
        if len(_kept) > 6:
            _kept.clear()
        _kept[key] = lit(taken, CLOTHS[KINDS[kind].weave], 1000 * seed + sum(map(ord, kind + view)))
    return _kept[key]


def _coloured(taken: Taken, light: Lit) -> list[Image.Image]:
    """Return red, green and blue of the garment in its light, 0 to 255."""
    colours = Image.new("RGB", taken.size, "#808080")
    for layer in taken.layers:
        if layer.kind in {"piece", "ink", "thread", "rib", "seam"}:
            strength = {"seam": 0.35, "rib": 0.3, "thread": 0.75}.get(layer.kind, 1.0) * layer.share
            mask = layer.mask.point([round(value * strength) for value in range(256)])
            colours.paste(layer.colour, layer.box, mask)
    formula = "(c * 0.93 + 12) * min(l, 1) + (243 - c * 0.93) * max(l - 1, 0) * 0.30"
    return [calculate(formula, c=colour, l=light.light) for colour in colours.split()]


def _developed(channels: list[Image.Image]) -> Image.Image:
    """Return the picture of three channels, with the grain of a photograph."""
    fine = grain(channels[0].size, 7)
    return Image.merge(
        "RGB",
        [calculate("min(max(c + g * 1.6, 0), 255)", c=channel, g=fine).convert("L") for channel in channels],
    )


@lru_cache(maxsize=1)
def _ground(size: tuple[int, int]) -> Image.Image:
    """Return the light on the sheet of paper: brighter at the upper left, a little uneven."""
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    uneven = noise(size, (4, 5), 11)
    return calculate("1.06 - a / 255 * 0.07 - d / 255 * 0.10 + n * 0.006", a=across, d=down, n=uneven)


def _shadow(mask: Image.Image, scale: float) -> Image.Image:
    """Return the shadow on the paper: dark where the cloth touches it, soft further away."""
    shape = number(mask)
    touching = moved(blurred(shape, 2 * scale), 1.5 * scale, 2.5 * scale)
    soft = moved(blurred(shape, 8 * scale), 5 * scale, 9 * scale)
    return calculate("t * 0.26 + s * 0.30", t=touching, s=soft)
