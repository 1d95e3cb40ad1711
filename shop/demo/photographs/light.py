"""Light on cloth: a relief is built from the shapes of a drawing and lit from the upper left."""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from shop.demo.photographs.drawing import Layer, Taken
from shop.demo.photographs.grounds import (
    blurred,
    calculate,
    grain,
    moved,
    noise,
    number,
    plain,
    slanting,
    tiled,
)

_COARSE: Final = 2  # The relief has so many times fewer pixels each way: folds are smooth.
_LIGHT: Final = (-0.46, -0.58, 0.67)
_AMBIENT: Final = 0.52


@dataclass(frozen=True)
class Cloth:
    """How a cloth falls and what it looks like from near: heights in units of the drawing.

    `drape`: large folds; `crease`: sharp ones; `volume`: how round pieces are; `sheen`: highlights (0–1);
    `texture` is one of `_TEXTURES`, `depth` how strong it is.
    """

    drape: float = 5.0
    crease: float = 1.6
    volume: float = 7.0
    sheen: float = 0.0
    texture: str = "jersey"
    depth: float = 0.06


@dataclass(frozen=True)
class Lit:
    """A garment's outline (8 bits), and the light on it: 1 is a flat cloth's."""

    mask: Image.Image
    light: Image.Image


def lit(taken: Taken, cloth: Cloth, seed: int) -> Lit:
    """Light the shapes of a drawing; the same shapes, cloth and seed give the same light."""
    relief = _Relief(taken, cloth)
    for layer in taken.layers:
        relief.lay(layer)
    relief.drape(seed)
    shade = relief.shaded()
    # At the very edge there is no neighbour to take the slope from.
    shade = shade.crop((2, 2, shade.width - 2, shade.height - 2)).resize(taken.size, Image.Resampling.BICUBIC)
    texture = _texture(cloth, taken.size, taken.scale, seed)
    light = calculate("s * (1 + t)", s=shade, t=texture)
    mask = Image.new("L", taken.size)
    for layer in taken.layers:
        if layer.kind in {"piece", "ink"}:
            _merge(mask, layer)
    return Lit(mask, light)


def _merge(mask: Image.Image, layer: Layer) -> None:
    part = mask.crop(layer.box)
    mask.paste(ImageChops.lighter(part, layer.mask), layer.box[:2])


class _Relief:
    """Heights (in pixels of the coarse picture), and how much of the sky each place sees."""

    def __init__(self, taken: Taken, cloth: Cloth) -> None:
        self.cloth = cloth
        self.size = (taken.size[0] // _COARSE, taken.size[1] // _COARSE)
        self.unit = taken.scale / _COARSE
        self.height = plain(self.size, 0)
        self.sky = plain(self.size, 1)
        self.inside = plain(self.size, 0)
        self.level = 0.0

    def lay(self, layer: Layer) -> None:
        """Add one layer."""
        unit = self.unit
        if layer.kind == "piece":
            self._piece(self._mask(layer))
        elif layer.kind in {"fold", "ridge"}:
            shape = blurred(blurred(self._mask(layer), 5 * unit), 3 * unit)
            up = 1 if layer.kind == "ridge" else -1
            self.height = calculate(
                "h + s * k", h=self.height, s=shape, k=up * layer.share * self.cloth.volume * 1.9 * unit
            )
            if layer.kind == "fold":
                self.sky = calculate("o * (1 - s * k)", o=self.sky, s=shape, k=0.30 * layer.share)
        elif layer.kind in {"seam", "thread", "rib"}:
            shape = blurred(self._mask(layer), (0.5 if layer.kind == "rib" else 0.8) * unit)
            self.height = calculate("h - s * k", h=self.height, s=shape, k=0.9 * unit)
            self.sky = calculate("o * (1 - s * k)", o=self.sky, s=shape, k=0.16)

    def _piece(self, mask: Image.Image) -> None:
        """Lay a piece of cloth over what is there: it throws a little shade around it and is round at its edges."""
        unit, volume = self.unit, self.cloth.volume
        near, far = blurred(mask, 2.5 * unit), blurred(mask, 9 * unit)
        around = calculate("n * 0.30 + f * 0.20", n=near, f=far)
        self.sky = calculate("o * (1 - a * (1 - m)) * (1 - m) + m", o=self.sky, a=around, m=mask)
        self.level += 0.8 * unit
        body = calculate("(n * 0.45 + f * 0.55) * v + l", n=near, f=far, v=2.0 * volume * unit, l=self.level)
        self.height = calculate("h * (1 - m) + b * m", h=self.height, b=body, m=mask)
        self.inside = calculate("i + m - i * m", i=self.inside, m=mask)

    def drape(self, seed: int) -> None:
        """Add the folds that every cloth has: long soft ones, sharp short ones, tilted as gravity pulls."""
        cloth, unit, size = self.cloth, self.unit, self.size
        units = max(1.0, size[0] / unit)  # How many units of the drawing are seen across.

        def cells(each: float) -> tuple[int, int]:
            return max(3, round(units / each)), max(3, round(units * 1.25 / each))

        long = noise(size, (cells(40)[0], cells(110)[1]), seed)
        tilted = slanting(size, (cells(34)[0], cells(90)[1]), seed + 1, 24)
        sharp = slanting(size, (cells(30)[0], cells(80)[1]), seed + 2, -32)
        fine = slanting(size, (cells(13)[0], cells(24)[1]), seed + 3, 15)
        where = noise(size, cells(120), seed + 4)  # Creases come in some places and not in others.
        crease = calculate("max(1 - abs(n) * 2.6, 0) * max(w + 0.25, 0)", n=sharp, w=where)
        crease = blurred(crease, 2.2 * unit)
        self.height = calculate(
            "h + i * (l * a + t * b + c * d + f * e)",
            h=self.height,
            i=blurred(self.inside, 2 * unit),
            l=long,
            t=tilted,
            c=crease,
            f=fine,
            a=cloth.drape * unit,
            b=cloth.drape * 0.7 * unit,
            d=cloth.crease * unit,
            e=cloth.crease * 0.25 * unit,
        )

    def shaded(self) -> Image.Image:
        """Return the light: diffuse by the slope, less in hollows, with highlights where the cloth shines."""
        height = self.height
        slope_x = calculate("(a - b) / 2", a=moved(height, -1, 0), b=moved(height, 1, 0))
        slope_y = calculate("(a - b) / 2", a=moved(height, 0, -1), b=moved(height, 0, 1))
        x, y, z = _LIGHT
        length = calculate("(1 + x * x + y * y) ** 0.5", x=slope_x, y=slope_y)
        facing = calculate(
            "max((z - x * p - y * q) / l, 0) / z", p=slope_x, q=slope_y, l=length, x=x, y=y, z=z
        )
        light = calculate("(a + (1 - a) * f) * o", a=_AMBIENT, f=facing, o=self.sky)
        if not self.cloth.sheen:
            return light
        half = math.sqrt(x * x + y * y + (z + 1) ** 2)
        shine = calculate(
            "max((z - x * p - y * q) / l, 0) ** 26",
            p=slope_x,
            q=slope_y,
            l=length,
            x=x / half,
            y=y / half,
            z=(z + 1) / half,
        )
        return calculate("l + s * k * o", l=light, s=shine, k=self.cloth.sheen, o=self.sky)

    def _mask(self, layer: Layer) -> Image.Image:
        whole = Image.new("L", (self.size[0] * _COARSE, self.size[1] * _COARSE))
        whole.paste(layer.mask, layer.box[:2])
        return number(whole.reduce(_COARSE))


def _texture(cloth: Cloth, size: tuple[int, int], scale: float, seed: int) -> Image.Image:
    """Return the cloth's surface: threads where it is seen from near, a soft grain from further away."""
    rough = grain(size, seed)
    soft = blurred(rough, 2)
    threads = _threads(cloth.texture, scale, size) if scale > 4 else plain(size, 0)
    fluff = 1.6 if cloth.texture == "fleece" else 1.0
    return calculate(
        "r * a + s * b + t * c",
        r=rough,
        s=soft,
        t=threads,
        a=0.018 * fluff,
        b=0.022 * fluff,
        c=cloth.depth,
    )


def _threads(texture: str, scale: float, size: tuple[int, int]) -> Image.Image:
    """Return the weave between -1 and 1, in tiles."""
    period = max(4, round(scale * 0.8))
    side = period * 8
    rows = bytearray()
    for y in range(side):
        for x in range(side):
            rows.append(round(127.5 + 127.5 * _thread(texture, x / period, y / period)))
    tile = Image.frombytes("L", (side, side), bytes(rows))
    return calculate("n / 127.5 - 1", n=tiled(tile, size))


def _thread(texture: str, x: float, y: float) -> float:
    """Return how far a thread stands out at a place counted in threads."""

    def wave(turns: float) -> float:
        return math.sin(2 * math.pi * turns)

    match texture:
        case "twill":
            return wave(x + y) * 0.8 + 0.2 * wave(2 * x - y)
        case "canvas":
            return 0.5 * (wave(x) * (1 if int(2 * y) % 2 else -1) + wave(y) * (1 if int(2 * x) % 2 else -1))
        case "nylon":
            return 0.9 if x % 4 < 0.25 or y % 4 < 0.25 else 0.15 * wave(x) * wave(y)
        case "rib":
            return wave(x / 2)
        case "fleece":
            return 0.4 * wave(x + 0.25 * wave(y)) * wave(y)
    return 0.7 * wave(x) * (0.7 + 0.3 * wave(2 * y + 0.25 * (int(x) % 2)))  # jersey
