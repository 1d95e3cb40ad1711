"""Cards of rows of the lists: a product in one colour, read by one statement that joins nothing."""

import json
from collections.abc import Collection as Keys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import get_script_prefix, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.listing.cards import DOTS_SHOWN, NEW_FOR, Card, Colour, tag_of
from catalog.listing.kept_rows import KeptRows
from catalog.models import Collection, Listing, Option
from catalog.variants.availability import Window, phase_of
from catalog.variants.picker import PARAMETERS, choice_query
from shop.core.database.kept_queries import KeptQuery
from shop.core.pictures.markup import Picture

# Cards of so many rows, in each language, are kept by a process.
_KEPT: Final = 4096
Row = tuple[int, UUID, str, Decimal | None, Decimal | None, int, str]
_COLUMNS: Final = ("ordinal", "product_id", "name", "price", "price_before", "units", "facts")


def _shown(keys: list[int]) -> QuerySet[Listing, Row]:
    # The facts as text: a row that is as it was needs not be read again.
    rows = Listing.objects.filter(pk__in=keys, is_shown=True).annotate(facts=Cast("card", TextField()))
    return rows.values_list(*_COLUMNS)


ROWS: Final[KeptQuery[tuple[object, ...]]] = KeptQuery(_shown, list[int])


def cards_of(
    keys: Iterable[int], now: datetime, *, sizes: Keys[UUID] = (), known: KeptRows | None = None
) -> list[Card]:
    """Return the cards of these rows in this order; those of rows taken out meanwhile are left out. One round trip.

    None where all rows are `known` (`Found.rows`).

    A card is made again when anything has changed by which it is made; until then it is the same object.

    `sizes` that were asked for: each card says whether it has them, and opens with the first.
    """
    wanted = list(keys)
    rows: Mapping[int, Any] = (known or KeptRows()).read(wanted, ROWS)
    asked, of = tuple(sizes), (get_language(), get_script_prefix(), settings.LOW_STOCK_HINT)
    return [_card(rows[key], now, asked, of) for key in wanted if key in rows]


def _card(row: Row, now: datetime, sizes: tuple[UUID, ...], of: tuple[object, ...]) -> Card:
    facts = _facts(row[6])
    phase = phase_of(facts.windows, now) if facts.windows else Collection.Phase.OPEN
    is_new = facts.published_at is not None and now - facts.published_at < NEW_FOR
    return _made(row, phase, is_new, sizes, of)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is read of the facts of a card each time it is shown."""

    published_at: datetime | None
    windows: list[Window]


@lru_cache(maxsize=1)
def _parsed(text: str) -> dict[str, Any]:
    """Return what the text says: a new card asks for it twice, one time after the other."""
    found: dict[str, Any] = json.loads(text)
    return found


@lru_cache(maxsize=_KEPT)
def _facts(text: str) -> _Facts:
    facts = _parsed(text)
    published_at = parse_datetime(facts["published_at"]) if facts["published_at"] else None
    return _Facts(published_at, _windows(facts))


@lru_cache(maxsize=_KEPT)
def _made(
    row: Row, phase: Collection.Phase, is_new: bool, sizes: tuple[UUID, ...], of: tuple[object, ...]
) -> Card:
    """Return the card of a row; `of` is what its words and addresses depend on besides."""
    _ordinal, product_id, name, price, price_before, units, text = row
    facts = _parsed(text)
    tag, kind = _tag(phase, units, is_new, of)
    pictures = [Picture.of(image) for image in facts["images"] if image["file"]]
    keys = {str(size) for size in sizes}
    asked = [size for size in facts["sizes"] if size["id"] in keys]
    colours = [colour for colour in facts["colours"] if colour["swatch"]]
    before, after = _around_slug(of)
    path = f"{before}{facts['slug']}{after}"
    return Card(
        product_id=product_id,
        name=name,
        brand=facts["brand"],
        path=path,
        url=path + _query(facts, asked),
        picture=pictures[0] if pictures else None,
        hover_picture=pictures[1] if len(pictures) > 1 else None,
        price=price,
        price_before=price_before,
        has_price_range=facts["has_price_range"],
        tag=tag,
        tag_kind=kind,
        is_out=phase == Collection.Phase.OPEN and units == 0,
        colours=tuple(Colour(colour["name"], colour["swatch"]) for colour in colours[:DOTS_SHOWN]),
        more_colours=max(0, len(colours) - DOTS_SHOWN),
        colour=facts["colour"]["name"] if facts["colour"] else "",
        size_note=_sizes(asked) if asked and phase == Collection.Phase.OPEN and units else "",
    )


@lru_cache(maxsize=256)
def _tag(phase: Collection.Phase, units: int, is_new: bool, _of: tuple[object, ...]) -> tuple[str, str]:
    return tag_of(phase, units, is_new=is_new)


@lru_cache(maxsize=16)
def _around_slug(_of: tuple[object, ...]) -> tuple[str, str]:
    """Return what stands before and after the slug in the address of a product."""
    slug = "slug-of-the-product"
    before, _slug, after = reverse("catalog:product", args=[slug]).rpartition(slug)
    return before, after


def _sizes(asked: list[dict[str, Any]]) -> str:
    """Say which of the sizes that were asked for are there."""
    there = ", ".join(size["name"] for size in asked if size["in_stock"])
    if there:
        return _("In stock in %(sizes)s") % {"sizes": there}
    out = ", ".join(size["name"] for size in asked)
    return _("Sold out in %(sizes)s") % {"sizes": out} if out else ""


def _query(facts: dict[str, Any], asked: list[dict[str, Any]]) -> str:
    """Return the query that opens the product in this colour, and in the one size that was asked for."""
    chosen: dict[str, str] = {}
    if facts["colour"]:
        chosen[PARAMETERS[Option.Kind.COLOUR]] = facts["colour"]["code"]
    if len(asked) == 1:
        chosen[PARAMETERS[Option.Kind.SIZE]] = asked[0]["code"]
    return choice_query(tuple(chosen.items()))


def _windows(facts: dict[str, Any]) -> list[Window]:
    return [
        (
            parse_datetime(window["start"]) if window["start"] else None,
            parse_datetime(window["end"]) if window["end"] else None,
        )
        for window in facts["windows"]
    ]
