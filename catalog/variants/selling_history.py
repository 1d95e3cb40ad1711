"""Whether a price before is one that people could really buy at, by the recorded prices."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, Subquery

from catalog.models import PriceChange, Variant


def without(variants: "Iterable[UUID] | None" = None, *, product: UUID | None = None) -> list[str]:
    """Return the SKUs, sorted, whose price before has no selling history, among some variants or those of a product.

    It has one when a recorded price was at or above it and still applied at some moment after the product came on
    sale. One statement. Consumer law in our countries treats a price before that was never charged as misleading; the
    shop warns of it and leaves the decision to its staff.
    """
    later: Any = PriceChange.objects.filter(
        Q(changed_at__gt=OuterRef("changed_at"))
        | Q(changed_at=OuterRef("changed_at"), pk__gt=OuterRef("pk")),
        variant=OuterRef("variant"),
    )
    asked = PriceChange.objects.filter(variant=OuterRef("pk"), price__gte=OuterRef("compare_at_price"))
    ended = asked.annotate(
        ended_at=Subquery(later.order_by("changed_at", "pk").values("changed_at")[:1])
    ).filter(ended_at__gt=F("variant__product__published_at"))
    found = Variant.objects.filter(~Exists(ended), compare_at_price__isnull=False)
    found = found.filter(product=product) if product else found.filter(pk__in=list(variants or ()))
    return list(found.order_by("sku").values_list("sku", flat=True))
