"""Pictures of figures, computed on the server: numbers in, whole coordinates out; templates draw them as SVG.

Coordinates are texts, so that no language writes them with points or commas of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.html import format_html

# The drawing area; templates stretch it to the page's width.
WIDTH: Final = 1200
HEIGHT: Final = 240
_GAP: Final = Decimal("0.25")  # Of a bar's place.


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with what it says when it is pointed at; `is_below`: its figure is below zero."""

    x: str
    y: str
    width: str
    height: str
    label: str
    is_below: bool

    @property
    def svg(self) -> str:
        """Return the attributes of its place in the drawing."""
        return format_html('x="{}" y="{}" width="{}" height="{}"', self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of a period, and the course of the period before as a line (`path`, "" where there is nothing of it).

    `top` and `bottom` are the figures at the upper and lower edge, `zero` is where zero is.
    """

    bars: Sequence[Bar]
    path: str
    top: Decimal
    bottom: Decimal
    zero: str

    @property
    def is_empty(self) -> bool:
        return self.top == self.bottom


def chart(figures: Sequence[tuple[Decimal, str]], earlier: Sequence[Decimal] = ()) -> Chart:
    """Draw figures with their labels as bars from zero, above it or below, and `earlier` ones as a line."""
    values = [value for value, _label in figures]
    top = max([*values, *earlier, Decimal(0)])
    bottom = min([*values, *earlier, Decimal(0)])
    span = top - bottom or Decimal(1)

    def height(value: Decimal) -> int:
        return int((top - value) * HEIGHT / span)

    place = Decimal(WIDTH) / max(len(figures), 1)
    zero = height(Decimal(0))
    bars = []
    for number, (value, label) in enumerate(figures):
        edge = height(value)
        # Every figure that is not zero is seen, however small it is beside the others.
        tall = max(abs(zero - edge), 2) if value else 0
        bars.append(
            Bar(
                x=str(int(place * number + place * _GAP / 2)),
                y=str(zero if value < 0 else min(edge, zero - tall)),
                width=str(max(int(place * (1 - _GAP)), 1)),
                height=str(tall),
                label=label,
                is_below=value < 0,
            )
        )
    points = [
        f"{int(place * number + place / 2)} {height(value)}"
        for number, value in enumerate(earlier[: len(figures)])
    ]
    path = "M" + "L".join(points) if any(earlier) and len(points) > 1 else ""
    return Chart(bars, path, top, bottom, str(zero))


def per_cent(part: Decimal | int, whole: Decimal | int) -> str:
    """Return the length of a bar beside the longest one, as a percentage from 0 to 100 (`37%`)."""
    if whole <= 0 or part <= 0:
        return "0%"
    return f"{max(min(int(Decimal(part) * 100 / Decimal(whole)), 100), 1)}%"
