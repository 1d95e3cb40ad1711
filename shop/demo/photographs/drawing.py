"""A drawn garment taken apart: colours of the cloth and of what is on it, and the shapes that light falls on."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from PIL import Image, ImageChops, ImageDraw

from shop.demo.photographs.outlines import (
    Matrix,
    Point,
    dashed,
    multiplied,
    polylines,
    transformation,
)

_SVG: Final = "{http://www.w3.org/2000/svg}"
_FINER: Final = 2  # Edges are drawn so many times finer, and made smaller.
Box = tuple[int, int, int, int]


@dataclass
class Layer:
    """One shape of the drawing in the picture's pixels: what it is, where it is, its colour.

    `kind`: piece (cloth with volume), fold, ridge, seam (a line in the colour of edges), thread, or ink (all else).
    """

    kind: str
    mask: Image.Image
    box: Box
    colour: str = ""
    share: float = 1.0


@dataclass
class Taken:
    """The layers of a drawing, back to front."""

    size: tuple[int, int]
    scale: float
    layers: list[Layer] = field(default_factory=list)


class Reader:
    """Reads one of our own drawings (`shop.demo.garments`), which use a small part of SVG."""

    def __init__(self, drawing: str, size: tuple[int, int], *, margin: float = 0) -> None:
        """Take a drawing to be read for a picture of `size` pixels; `margin` is left on each side, of its width."""
        self.root = ET.fromstring(drawing)  # noqa: S314  (our own code has just written it)
        left, top, width, _height = (float(number) for number in self.root.get("viewBox", "").split())
        self.scale = size[0] / width * (1 - 2 * margin)
        self.size = size
        self.named = {element.get("id"): element for element in self.root.iter() if element.get("id")}
        across, down = size[0] * margin, size[1] * margin
        self.start: Matrix = (
            self.scale,
            0,
            0,
            self.scale,
            across - left * self.scale,
            down - top * self.scale,
        )
        body = next(element for element in self.root if element.tag == f"{_SVG}g")
        self.edge = body.get("stroke", "")
        self.body = body
        self.taken = Taken(size, self.scale)

    def read(self) -> Taken:
        """Return the layers."""
        self._group(self.body, self.start, None, {"stroke": self.edge, "fill": "none", "stroke-width": "1"})
        return self.taken

    def _group(
        self, group: ET.Element, matrix: Matrix, clip: Image.Image | None, style: dict[str, str]
    ) -> None:
        for element in group:
            self._element(element, matrix, clip, style)

    def _element(
        self, element: ET.Element, matrix: Matrix, clip: Image.Image | None, style: dict[str, str]
    ) -> None:
        tag = element.tag.removeprefix(_SVG)
        if transform := element.get("transform"):
            matrix = multiplied(matrix, transformation(transform))
        style = {**style, **{key: value for key, value in element.attrib.items() if key in _STYLED}}
        if tag == "g":
            if path := element.get("clip-path"):
                inside = self._clip(path[5:-1], matrix)
                clip = ImageChops.multiply(clip, inside) if clip else inside
            if element.get("filter"):
                style["soft"] = element.get("opacity", "1")
            self._group(element, matrix, clip, style)
        elif tag == "use":
            self._use(element, matrix, clip, style)
        elif tag in {"path", "circle", "ellipse"}:
            self._shape(_path(element), matrix, clip, style)

    def _use(
        self, element: ET.Element, matrix: Matrix, clip: Image.Image | None, style: dict[str, str]
    ) -> None:
        target = self.named[element.get("href", "")[1:]]
        if target.tag == f"{_SVG}g":
            self._group(target, matrix, clip, style)
            return
        fill = element.get("fill", "")
        if fill in {"url(#v)", "url(#w)"}:
            return  # Volume and weave are made of light here.
        if fill == "url(#n)":
            self._pattern(target.get("d", ""), matrix)
        else:
            self._fill("piece", polylines(target.get("d", ""), matrix), clip, fill)

    def _shape(self, path: str, matrix: Matrix, clip: Image.Image | None, style: dict[str, str]) -> None:
        lines = polylines(path, matrix)
        fill, stroke = style["fill"], style["stroke"]
        if soft := style.get("soft"):
            self._fill(self._relief(fill), lines, clip, fill, share=float(soft))
            return
        if fill not in {"none", ""} and not fill.startswith("url"):
            self._fill("ink", lines, clip, fill, share=float(style.get("fill-opacity", 1)))
        if stroke in {"none", ""}:
            return
        size = math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
        width = float(style["stroke-width"]) * size
        kind = "seam" if stroke == self.edge else "ink"
        if dashes := style.get("stroke-dasharray"):
            on, off = (float(part) * size for part in re.split(r"[ ,]+", dashes))
            lines = [dash for line in lines for dash in dashed(line, on, off)]
            kind = "rib" if width > 6 * size else "thread"
        self._stroke(kind, lines, clip, stroke, width)

    def _relief(self, fill: str) -> str:
        """Return whether a blurred shape is a valley or a ridge: ridges are drawn lighter than the cloth."""
        cloth = next(
            (layer.colour for layer in reversed(self.taken.layers) if layer.kind == "piece"), "#808080"
        )
        return "ridge" if _light(fill) > _light(cloth) else "fold"

    def _fill(
        self,
        kind: str,
        lines: list[list[Point]],
        clip: Image.Image | None,
        colour: str,
        *,
        share: float = 1.0,
    ) -> None:
        box = self._box(lines, 1)
        if box is None:
            return
        mask = Image.new("L", ((box[2] - box[0]) * _FINER, (box[3] - box[1]) * _FINER))
        draw = ImageDraw.Draw(mask)
        for line in lines:
            if len(line) > 2:
                draw.polygon([((x - box[0]) * _FINER, (y - box[1]) * _FINER) for x, y in line], fill=255)
        self._keep(kind, mask, box, clip, colour, share)

    def _stroke(
        self, kind: str, lines: list[list[Point]], clip: Image.Image | None, colour: str, width: float
    ) -> None:
        box = self._box(lines, width / 2 + 1)
        if box is None:
            return
        mask = Image.new("L", ((box[2] - box[0]) * _FINER, (box[3] - box[1]) * _FINER))
        draw = ImageDraw.Draw(mask)
        for line in lines:
            points = [((x - box[0]) * _FINER, (y - box[1]) * _FINER) for x, y in line]
            draw.line(points, fill=255, width=max(1, round(width * _FINER)), joint="curve")
        self._keep(kind, mask, box, clip, colour, min(1.0, max(0.35, width)))

    def _keep(
        self, kind: str, mask: Image.Image, box: Box, clip: Image.Image | None, colour: str, share: float
    ) -> None:
        mask = mask.reduce(_FINER)
        if clip is not None:
            mask = ImageChops.multiply(mask, clip.crop(box))
        self.taken.layers.append(Layer(kind, mask, box, colour, share))

    def _box(self, lines: list[list[Point]], margin: float) -> Box | None:
        """Return the part of the picture that the lines touch."""
        xs = [x for line in lines for x, _y in line]
        ys = [y for line in lines for _x, y in line]
        if not xs:
            return None
        box = (
            max(0, math.floor(min(xs) - margin)),
            max(0, math.floor(min(ys) - margin)),
            min(self.size[0], math.ceil(max(xs) + margin)),
            min(self.size[1], math.ceil(max(ys) + margin)),
        )
        return box if box[2] > box[0] and box[3] > box[1] else None

    def _clip(self, name: str, matrix: Matrix) -> Image.Image:
        path = next(iter(self.named[name])).get("d", "")
        mask = Image.new("L", self.size)
        draw = ImageDraw.Draw(mask)
        for line in polylines(path, matrix):
            draw.polygon(line, fill=255)
        return mask

    def _pattern(self, path: str, matrix: Matrix) -> None:
        """Print the cloth's pattern within the outline."""
        pattern = self.named["n"]
        group = next(iter(pattern))
        inside = Image.new("L", self.size)
        draw = ImageDraw.Draw(inside)
        for line in polylines(path, matrix):
            draw.polygon(line, fill=255)
        width, height = float(pattern.get("width", 1)), float(pattern.get("height", 1))
        colour, share = group.get("fill", ""), float(group.get("fill-opacity", "1"))
        for element in group:
            tiles: list[list[Point]] = []
            for x, y in self._tiles(width, height, matrix):
                tiles += polylines(element.get("d", ""), multiplied(matrix, (1, 0, 0, 1, x, y)))
            self._fill("ink", tiles, inside, colour, share=share)

    def _tiles(self, width: float, height: float, matrix: Matrix) -> Iterator[Point]:
        """Yield where tiles begin that are seen, in the drawing's units."""
        left, top = -self.start[4] / self.scale, -self.start[5] / self.scale
        across, down = self.size[0] / self.scale, self.size[1] / self.scale
        for column in range(math.floor(left / width), math.ceil((left + across) / width) + 1):
            for row in range(math.floor(top / height), math.ceil((top + down) / height) + 1):
                yield column * width, row * height


_STYLED: Final = frozenset({"fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray"})


def _path(element: ET.Element) -> str:
    """Return a path, circle or ellipse as a path."""
    if path := element.get("d"):
        return path
    x, y = float(element.get("cx", 0)), float(element.get("cy", 0))
    rx = float(element.get("rx", element.get("r", 0)))
    ry = float(element.get("ry", element.get("r", 0)))
    points = [
        (x + rx * math.cos(step * math.pi / 12), y + ry * math.sin(step * math.pi / 12)) for step in range(24)
    ]
    return "M" + "L".join(f"{px:.2f} {py:.2f}" for px, py in points) + "Z"


def _light(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)] if len(colour) == 7 else [128] * 3
    return 0.3 * channels[0] + 0.59 * channels[1] + 0.11 * channels[2]
