"""What may be sent instead of a unit of an order: another size or colour of its product, or another product."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from catalog.listing.cards import on_show
from catalog.models import Option, Variant, VariantValue
from catalog.search.products import search
from inventory.reservations.sellability import sellability_of
from orders.models import Order, OrderLine
from orders.pricing.taxes import added_to
from shop.core import countries

MOST_PRODUCTS: Final = 12


@dataclass(frozen=True, slots=True)
class Offered:
    """A variant that may be sent instead, with how many units may be reserved now."""

    variant: Variant
    available: int


def price_today(variant: Variant, currency: str) -> Decimal:
    """Return what one unit costs a buyer today, with a tax that the prices do not contain."""
    tax = countries.current().sales_tax
    if tax is None or tax.is_included:
        return Decimal(variant.price)
    return Decimal(variant.price) + added_to(variant.price, tax, currency)


def is_of_same_product(line: OrderLine, variant: Variant) -> bool:
    """Say whether a variant is another size or colour of what a line sold."""
    return line.variant is not None and line.variant.product_id == variant.product_id


def other_products(order: Order, line: OrderLine, text: str) -> list[Offered]:
    """Return what of other products is on sale and in stock for an order's buyer, by words; without any, the newest.

    At most so many products as `MOST_PRODUCTS`, each with all its variants, the best match first (six queries).
    """
    own = line.variant.product_id if line.variant else None
    newest = on_show().order_by("-published_at", "-id").values_list("pk", flat=True)
    keys = search(text)[0] if text.strip() else newest[: MOST_PRODUCTS + 1]
    place = {key: number for number, key in enumerate([key for key in keys if key != own][:MOST_PRODUCTS])}
    shown = Variant.objects.filter(product__in=place, is_active=True).select_related("product")
    variants = sorted(shown, key=lambda one: (place[one.product_id], one.sort_order, one.sku))
    there = sellability_of([one.pk for one in variants], user_id=order.user_id) if variants else {}
    return [
        Offered(one, there[one.pk].total)
        for one in variants
        if there[one.pk].is_open and there[one.pk].total > 0
    ]


def of_order(order: Order, keys: Collection[UUID]) -> dict[UUID, list[Offered]]:
    """Return what is offered for each of these lines of an order, by the line's key (three queries)."""
    return of_lines(list(OrderLine.everything.filter(order=order, pk__in=keys).select_related("variant")))


def of_lines(lines: Collection[OrderLine]) -> dict[UUID, list[Offered]]:
    """Return the other sizes and colours, in stock, of the product of each line, by its key (two queries).

    The colour that was bought comes first: most of those who exchange want another size of it. The window of a drop is
    over for whoever has bought already: only what is switched off is not offered.
    """
    products = {line.variant.product_id for line in lines if line.variant}
    rows = list(_with_colours(Variant.objects.filter(product__in=products).select_related("product")))
    colours = {row.pk: row.colour for row in rows}
    found = sellability_of([row.pk for row in rows]) if rows else {}
    there = [
        Offered(row, found[row.pk].total)
        for row in rows
        if found[row.pk].is_active and found[row.pk].total > 0
    ]
    return {
        line.pk: sorted(
            (
                one
                for one in there
                if is_of_same_product(line, one.variant) and one.variant.pk != line.variant_id
            ),
            key=lambda one: colours[one.variant.pk] != colours.get(line.variant_id),
        )
        for line in lines
    }


def _with_colours(variants: "QuerySet[Variant]") -> "QuerySet[Any]":
    """Return variants with the key of their colour (`colour`), in their order; None: they have none."""
    own = VariantValue.objects.filter(variant=OuterRef("pk"), value__option__kind=Option.Kind.COLOUR)
    return variants.annotate(colour=Subquery(own.order_by().values("value")[:1])).order_by(
        "sort_order", "sku"
    )
