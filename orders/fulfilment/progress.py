"""How far an order's shipments are, in a word: what the staff's lists say of each order."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Case, CharField, IntegerField, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from orders.models import Shipment

Status: Final = Shipment.Status
# The furthest behind says it: of an order with one part on the way and one being packed, something is to be packed.
_STEPS: Final = (
    ("attention", Q(attention_since__isnull=False) & ~Q(status=Status.CANCELLED)),
    ("pending", Q(status=Status.PENDING)),
    ("shipped", Q(status=Status.SHIPPED)),
    ("delivered", Q(status=Status.DELIVERED)),
    ("returned", Q(status=Status.RETURNED)),
)
_LABELS: Final[dict[str, Any]] = {
    "attention": _("needs attention"),
    "pending": _("being packed"),
    "shipped": _("on the way"),
    "delivered": _("delivered"),
    "returned": _("came back"),
}


def of_orders() -> Case:
    """Return the progress of each order, for an `annotate`: "" where it has no shipment.

    One sub-query over an order's own shipments. An EXISTS for each step would be answered for all orders at once,
    however few are on the page.
    """
    steps = Case(*[When(condition, then=Value(at)) for at, (_code, condition) in enumerate(_STEPS)])
    mine: Any = Shipment.objects.filter(order=OuterRef("pk")).order_by().values("order")
    furthest_behind = Subquery(mine.annotate(step=Min(steps, output_field=IntegerField())).values("step"))
    return Case(
        *[When(Exact(furthest_behind, at), then=Value(code)) for at, (code, _condition) in enumerate(_STEPS)],
        default=Value(""),
        output_field=CharField(),
    )


def of_shipments(shipments: Iterable[Shipment]) -> str:
    """Return the progress of an order whose shipments these are."""
    rows = [one for one in shipments if one.status != Status.CANCELLED]
    if any(one.attention_since for one in rows):
        return "attention"
    states = {str(one.status) for one in rows}
    return next((code for code, _condition in _STEPS if code in states), "")


def label(code: str) -> str:
    """Return a progress in words; "" for none."""
    return str(_LABELS.get(code, ""))
