"""Cards of rows of the lists: a product in one colour, read by one statement that joins nothing."""

from collections.abc import Collection as Keys
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from catalog.listing.cards import DOTS_SHOWN, Card, Colour, tag_of
from catalog.models import Collection, Listing, Option
from catalog.variants.availability import Window, phase_of
from catalog.variants.picker import PARAMETERS
from shop.core.pictures.markup import Picture

_COLUMNS = ("ordinal", "product_id", "name", "price", "price_before", "units", "card")


def cards_of(keys: Iterable[int], now: datetime, *, sizes: Keys[UUID] = ()) -> list[Card]:
    """Return the cards of these rows in this order; those of rows taken out meanwhile are left out. One statement.

    `sizes` that were asked for: each card says whether it has them, and opens with the first.
    """
    wanted = list(keys)
    rows = {row.ordinal: row for row in Listing.objects.filter(pk__in=wanted, is_shown=True).only(*_COLUMNS)}
    return [_card(rows[key], now, sizes) for key in wanted if key in rows]


def _card(row: Listing, now: datetime, sizes: Keys[UUID]) -> Card:
    facts = row.card
    published_at = parse_datetime(facts["published_at"]) if facts["published_at"] else None
    phase = phase_of(_windows(facts), now)
    tag, kind = tag_of(phase, row.units, published_at, now)
    pictures = [Picture.of(image) for image in facts["images"] if image["file"]]
    asked = [size for size in facts["sizes"] if UUID(size["id"]) in sizes]
    colours = [colour for colour in facts["colours"] if colour["swatch"]]
    path = reverse("catalog:product", args=[facts["slug"]])
    return Card(
        product_id=row.product_id,
        name=row.name,
        brand=facts["brand"],
        path=path,
        url=path + _query(facts, asked),
        picture=pictures[0] if pictures else None,
        hover_picture=pictures[1] if len(pictures) > 1 else None,
        price=row.price,
        price_before=row.price_before,
        has_price_range=facts["has_price_range"],
        tag=tag,
        tag_kind=kind,
        is_out=phase == Collection.Phase.OPEN and row.units == 0,
        colours=tuple(Colour(colour["name"], colour["swatch"]) for colour in colours[:DOTS_SHOWN]),
        more_colours=max(0, len(colours) - DOTS_SHOWN),
        colour=facts["colour"]["name"] if facts["colour"] else "",
        size_note=_sizes(asked) if phase == Collection.Phase.OPEN and row.units else "",
    )


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
    return "?" + urlencode(chosen) if chosen else ""


def _windows(facts: dict[str, Any]) -> list[Window]:
    return [
        (
            parse_datetime(window["start"]) if window["start"] else None,
            parse_datetime(window["end"]) if window["end"] else None,
        )
        for window in facts["windows"]
    ]
