"""Which products a list shows, and in which order: what may be chosen by, as one queryset."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.listing.cards import on_show
from catalog.models import Collection, Product, Variant, VariantValue
from catalog.variants.availability import sold_from

# The lowest price of what is on sale of a product.
LOWEST_PRICE: Final = Subquery(
    Variant.objects.filter(product=OuterRef("pk"), is_active=True).order_by("price").values("price")[:1]
)
_HIGHEST: Final = Decimal("9999999999.99")


class Sort(StrEnum):
    """The order of a list; `PLACE` is the one of the collection that is listed, `USUAL` that or the newest first."""

    USUAL = ""
    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "-price"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; all of it must hold. One variant must have all that is asked of variants.

    `tree_path` is a category's, which stands for those below it as well; `options` has the codes of the values that
    will do by the code of their option.
    """

    tree_path: str = ""
    collection: Collection | None = None
    brand: str = ""
    in_stock: bool = False
    lowest: Decimal | None = None
    highest: Decimal | None = None
    options: dict[str, list[str]] = field(default_factory=dict)


def select(wanted: Selection, products: QuerySet[Product]) -> QuerySet[Product]:
    """Return which of the products are asked for. Filters by variants do not multiply them."""
    if wanted.tree_path:
        products = products.filter(category__path__startswith=wanted.tree_path)
    if wanted.collection is not None:
        products = products.filter(entries__collection=wanted.collection)
    if wanted.brand:
        products = products.filter(brand__slug=wanted.brand)
    if wanted.in_stock or wanted.options or wanted.lowest is not None or wanted.highest is not None:
        products = products.filter(Exists(_variants(wanted)))
    return products


def in_order(wanted: Selection, sort: Sort) -> tuple[QuerySet[Product], tuple[str, ...]]:
    """Return the keys of what is asked for with what they are sorted by, and the names of it, for pages by keyset.

    What has no price comes last, whichever way. Without a collection `PLACE` is `NEWEST`.
    """
    products = select(wanted, on_show().only("published_at"))
    if sort in {Sort.PLACE, Sort.USUAL} and wanted.collection is not None:
        return products.annotate(place=F("entries__sort_order")), ("place", "-id")
    if sort not in {Sort.CHEAPEST, Sort.DEAREST}:
        return products, ("-published_at", "-id")
    last = Decimal(0) if sort == Sort.DEAREST else _HIGHEST
    column = Variant._meta.get_field("price")
    priced = products.annotate(lowest_price=Coalesce(LOWEST_PRICE, Value(last), output_field=column))
    return priced, ("-lowest_price" if sort == Sort.DEAREST else "lowest_price", "-id")


def _variants(wanted: Selection) -> QuerySet[Variant]:
    variants = Variant.objects.filter(product=OuterRef("pk"), is_active=True)
    if wanted.lowest is not None:
        variants = variants.filter(price__gte=wanted.lowest)
    if wanted.highest is not None:
        variants = variants.filter(price__lte=wanted.highest)
    if wanted.in_stock:
        variants = variants.filter(
            sold_from("stock_levels__location"),
            stock_levels__on_hand__gt=F("stock_levels__reserved"),
        )
    for option, values in wanted.options.items():
        having = VariantValue.objects.filter(
            variant=OuterRef("pk"), option__code=option, value__code__in=values
        )
        variants = variants.filter(Exists(having))
    return variants
