"""Photographs take the place of the demo's drawings, one after the other, while the shop already runs.

What shoppers see first comes first: the hero pictures, the front of each product's first colour, the other fronts,
backs and details. Each is a file of its own name, which follows from what it shows, so that two who make the same one
write the same bytes; a row is changed only while it names the drawing, or names a photograph whose file is lost.
"""

import hashlib
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from zlib import crc32

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q

from catalog.models import Collection, ProductImage
from shop.core.jobs import dispatch
from shop.core.pictures import files, rendering
from shop.demo.catalogue import COLLECTIONS, PRODUCTS
from shop.demo.garments import VIEWS
from shop.demo.photographs import SIZE, cut_out, photograph
from shop.demo.seeding.pictures import hero_name, picture_name

# Raised when the photographs would look otherwise: they are then made again.
EDITION: Final = 1
# So many ways in which garments of a kind lie; more cost more time, since the light is computed for each.
_LAYS: Final = 2
# A run ends after so many seconds and asks for the next: other long jobs get their turn, and a worker that is to stop
# has not long to wait for it.
_TURN: Final = 2


@dataclass(frozen=True)
class Sitting:
    """One picture to be taken: the drawing it replaces, its own name, the rows' columns, and how it is made."""

    drawing: str
    name: str
    model: type[models.Model]
    columns: tuple[str, str, str, str]
    make: Callable[[], bytes]

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        """The rows that show the drawing, an older photograph's file excepted."""
        return self.model._base_manager.filter(**{self.columns[0]: self.drawing})


def sittings() -> Iterator[Sitting]:
    """Yield every photograph of the demo in the order in which they are taken."""
    fronts = [(spec, colour) for spec in PRODUCTS for colour in spec.colours]
    fronts.sort(key=lambda pair: pair[0].colours.index(pair[1]) > 0)
    columns = ("file", "width", "height", "renditions")
    yield from _heroes()
    for view in VIEWS:
        for spec, colour in fronts:
            drawing = picture_name(spec, colour, view)
            lay = crc32(spec.sku.encode()) % _LAYS
            make = partial(photograph, spec.kind, spec.look(colour), view, seed=lay)
            yield Sitting(drawing, _name("products", drawing, "jpg"), ProductImage, columns, make)


def _heroes() -> Iterator[Sitting]:
    columns = ("hero_image", "hero_width", "hero_height", "hero_renditions")
    for spec in COLLECTIONS:
        drawing = hero_name(spec)
        make = partial(cut_out, spec.hero_kind, spec.hero_look)
        yield Sitting(drawing, _name("collections", drawing, "webp"), Collection, columns, make)


def _name(folder: str, drawing: str, suffix: str) -> str:
    """Return the name of the photograph of what a drawing shows: of the form of an upload's, always the same."""
    digest = hashlib.sha256(f"{EDITION}:{drawing}".encode()).hexdigest()
    return f"{folder}/{digest[:32]}.{suffix}"


def take_photographs(*, seconds: float = _TURN, only: Container[str] = ()) -> dict[str, int]:
    """Take the photographs that are missing, for so many seconds; return how many were taken, and are left.

    Each gets its renditions at once. Twice, or by two workers at once, it ends in the same files and rows. `only`: the
    names of the drawings that are replaced; by default all.
    """
    until = time.monotonic() + seconds
    _clear_drawings()
    taken = left = 0
    for sitting in _missing():
        if only and sitting.drawing not in only:
            continue
        if time.monotonic() >= until:
            left += 1
            continue
        taken += _take(sitting)
    if left:
        dispatch("shop.demo.tasks.take_photographs")
    return {"taken": taken, "left": left}


def ask_for_photographs() -> int:
    """Ask a worker for the photographs that are missing; return how many there are."""
    missing = sum(1 for _sitting in _missing())
    if missing:
        dispatch("shop.demo.tasks.take_photographs")
    return missing


def _missing() -> list[Sitting]:
    """Return what is still drawn, or has lost its file."""
    named: set[str] = set()
    for model, column in ((ProductImage, "file"), (Collection, "hero_image")):
        shown = Q(**{f"{column}__endswith": ".svg"}) | Q(**{f"{column}__regex": files.OWN_NAME.pattern})
        named.update(model._base_manager.filter(shown).values_list(column, flat=True))
    return [
        sitting
        for sitting in sittings()
        if sitting.drawing in named or (sitting.name in named and not default_storage.exists(sitting.name))
    ]


def _clear_drawings() -> None:
    """Delete the drawings whose places photographs took in an earlier run: pages of a moment ago still named them."""
    for sitting in sittings():
        if default_storage.exists(sitting.drawing):
            files.discard(default_storage, sitting.drawing)


def _take(sitting: Sitting) -> int:
    """Make the photograph, and show it in the rows that show its drawing."""
    file, width, height, renditions = sitting.columns
    rendering.put(default_storage, sitting.name, sitting.make())
    rows = sitting.model._base_manager.filter(**{f"{file}__in": [sitting.drawing, sitting.name]})
    taken = rows.update(**{file: sitting.name, width: SIZE[0], height: SIZE[1], renditions: None})
    if taken:
        rendering.render(sitting.name)
    else:
        files.discard(default_storage, sitting.name)  # Somebody has put a picture of their own there.
    return int(bool(taken))
