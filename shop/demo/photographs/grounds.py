"""Arithmetic on pictures of floating-point numbers, and noise that is the same every time.

Pillow alone: blurring such pictures is making them smaller and larger again.
"""

import random
from functools import cache
from typing import Any, Final

from PIL import Image, ImageMath

Size = tuple[int, int]
_SOFT: Final = Image.Resampling.BILINEAR
_CUBIC: Final = Image.Resampling.BICUBIC


def plain(size: Size, value: float) -> Image.Image:
    """Return a picture of one number."""
    return Image.new("F", size, value)


def number(mask: Image.Image, scale: float = 1 / 255) -> Image.Image:
    """Return an 8-bit picture as numbers, 255 as one."""
    return calculate("m * s", m=mask, s=scale)


def calculate(formula: str, **values: Any) -> Image.Image:
    """Calculate with pictures and numbers by a formula of ours, as floating-point numbers."""
    named = {
        name: value.convert("F") if isinstance(value, Image.Image) and value.mode != "F" else value
        for name, value in values.items()
    }
    found: Image.Image = ImageMath.unsafe_eval(formula, **named)  # Formulas are literals of this package.
    return found if found.mode == "F" else found.convert("F")


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Return the picture without what is smaller than some `radius` pixels."""
    factor = max(1.0, radius)
    small = (max(2, round(image.width / factor)), max(2, round(image.height / factor)))
    return image.resize(small, _SOFT).resize(image.size, _CUBIC)


def moved(image: Image.Image, dx: float, dy: float) -> Image.Image:
    """Return the picture moved by so many pixels."""
    return image.transform(
        image.size, Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), Image.Resampling.BILINEAR
    )


@cache
def _bytes(seed: int, count: int) -> bytes:
    return random.Random(seed).randbytes(count)


def noise(size: Size, cells: Size, seed: int) -> Image.Image:
    """Return smooth noise between -1 and 1: so many hills across and down."""
    grid = Image.frombytes("L", cells, _bytes(seed, cells[0] * cells[1]))
    return calculate("n / 127.5 - 1", n=grid.convert("F").resize(size, _CUBIC))


def slanting(size: Size, cells: Size, seed: int, degrees: float) -> Image.Image:
    """Return smooth noise whose hills lie aslant."""
    side = round(1.5 * max(size))
    across, down = (
        max(3, round(1.5 * count * side / (1.5 * each))) for count, each in zip(cells, size, strict=True)
    )
    turned = noise((side, side), (across, down), seed).rotate(degrees, Image.Resampling.BILINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))


def grain(size: Size, seed: int) -> Image.Image:
    """Return the noise of single pixels between -1 and 1, in tiles of 256."""
    tile = Image.frombytes("L", (256, 256), _bytes(seed, 65536))
    return calculate("n / 127.5 - 1", n=tiled(tile, size))


def tiled(tile: Image.Image, size: Size) -> Image.Image:
    """Return a picture of `size` covered with tiles."""
    covered = Image.new(tile.mode, size)
    for x in range(0, size[0], tile.width):
        for y in range(0, size[1], tile.height):
            covered.paste(tile, (x, y))
    return covered


def as_mask(image: Image.Image, scale: float = 255) -> Image.Image:
    """Return numbers from 0 to 1 as an 8-bit picture."""
    return calculate("n * s", n=image, s=scale).convert("L")
