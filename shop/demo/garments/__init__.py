"""Drawn garments: one function per kind, three views of each, every colour derived from the cloth.

The drawings are SVG files of less than 6 KB, 400 × 500 units, on a transparent ground. They hold no style sheet and no
script, so that they can be served under a strict Content-Security-Policy and shown by ``<img>``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.demo.garments import bags, headwear, jackets, shirts, sweats, tees, trousers
from shop.demo.garments.canvas import SHEET, Sheet
from shop.demo.garments.look import Look
from shop.demo.garments.prints import Print

__all__ = ["KINDS", "VIEWS", "Kind", "Look", "Print", "draw"]

VIEWS = ("front", "back", "detail")


@dataclass(frozen=True)
class Kind:
    """A kind of garment: its drawing function, and the cloth and crop (x, y, width) of its detail view."""

    draw: Callable[[Look, str, str], Sheet]
    weave: str
    crop: tuple[int, int, int]

    @property
    def view_box(self) -> str:
        """The detail's 4:5 crop as an SVG viewBox."""
        x, y, width = self.crop
        return f"{x} {y} {width} {width * 5 // 4}"


KINDS: dict[str, Kind] = {
    "tee": Kind(tees.tee, "jersey", (138, 44, 124)),
    "long_sleeve": Kind(tees.long_sleeve, "jersey", (280, 326, 118)),
    "tank": Kind(tees.tank, "jersey", (160, 58, 152)),
    "hoodie": Kind(sweats.hoodie, "fleece", (134, 92, 152)),
    "crew": Kind(sweats.crew, "fleece", (132, 44, 136)),
    "work_jacket": Kind(jackets.work_jacket, "canvas", (184, 92, 124)),
    "windbreaker": Kind(jackets.windbreaker, "nylon", (166, 92, 132)),
    "puffer_vest": Kind(jackets.puffer_vest, "nylon", (164, 60, 144)),
    "camp_shirt": Kind(shirts.camp_shirt, "canvas", (172, 96, 136)),
    "cargo": Kind(trousers.cargo, "twill", (206, 212, 124)),
    "wide_jeans": Kind(trousers.wide_jeans, "twill", (176, 28, 116)),
    "jogger": Kind(trousers.jogger, "fleece", (138, 26, 124)),
    "short": Kind(trousers.short, "nylon", (148, 54, 152)),
    "cap": Kind(headwear.cap, "twill", (112, 118, 180)),
    "bucket": Kind(headwear.bucket, "canvas", (176, 172, 128)),
    "beanie": Kind(headwear.beanie, "", (116, 222, 168)),
    "tote": Kind(bags.tote, "canvas", (196, 150, 136)),
    "belt_bag": Kind(bags.belt_bag, "nylon", (226, 196, 132)),
    "socks": Kind(bags.socks, "", (196, 44, 136)),
}


def draw(kind: str, look: Look, view: str) -> str:
    """Draw one view (``front``, ``back`` or ``detail``) of a garment kind as an SVG document.

    Raises:
        KeyError: the kind is unknown.
        ValueError: the view is unknown.
    """
    if view not in VIEWS:
        raise ValueError(f"a garment has the views {', '.join(VIEWS)}, not {view!r}")
    garment = KINDS[kind]
    if view == "detail":
        return garment.draw(look, "front", garment.weave).svg(view_box=garment.view_box)
    return garment.draw(look, view, "").svg(view_box=SHEET)
