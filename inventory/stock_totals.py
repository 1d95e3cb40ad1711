"""What there is of each variant in all places that it is sold from: on hand, reserved, minimum, optimum.

The stock contract and the staff's API show these totals. `current` is what is on hand: a reservation takes nothing
away.
"""

from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from catalog.models import Variant
from catalog.variants.availability import sold_from
from inventory.models import StockLevel


def with_totals(variants: "QuerySet[Variant]") -> "QuerySet[Any]":
    """Annotate variants with `current`, `promised`, `minimum_stock`, `optimal_stock` and `place` (a bin, or "")."""
    levels = StockLevel.objects.filter(sold_from("location"), variant=OuterRef("pk")).order_by()
    first = levels.order_by("location__priority", "location__name").values("bin")[:1]
    return variants.annotate(
        current=_sum(levels, "on_hand"),
        promised=_sum(levels, "reserved"),
        minimum_stock=_sum(levels, "minimum"),
        optimal_stock=_sum(levels, "optimal"),
        place=Coalesce(Subquery(first), Value("")),
    )


def low(variants: "QuerySet[Variant]") -> "QuerySet[Any]":
    """Return the variants on sale of which no more than the minimum is on hand, with their totals."""
    return with_totals(variants.filter(is_active=True)).filter(current__lte=F("minimum_stock"))


def _sum(levels: "QuerySet[StockLevel]", name: str) -> Coalesce:
    sums = levels.values("variant").annotate(sum=Sum(name)).values("sum")
    return Coalesce(Subquery(sums, output_field=IntegerField()), 0)
