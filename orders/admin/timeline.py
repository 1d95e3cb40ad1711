"""What orders add to a timeline: the numbers by which people call shipments, returns, exchanges, claims, invoices."""

from uuid import UUID

from django.db.models import Model, QuerySet, Value

from orders.models import Claim, Exchange, Invoice, Return, Shipment
from shop.core.audit import timeline


def _numbers(subject: timeline.Subject) -> dict[UUID, str]:
    """Return the numbers of an order's rows by their keys (two queries)."""
    if subject.order_id is None:
        return {}
    parts = [_of(model, letter, subject.order_id) for model, letter in _LETTERS.items()]
    rows = parts[0].union(*parts[1:], all=True)
    invoices = Invoice.objects.filter(order=subject.order_id).exclude(name="").values_list("pk", "name")
    return {
        **{key: f"{number}{letter}{ordinal}" for key, number, letter, ordinal in rows},
        **dict(invoices),
    }


_LETTERS: dict[type[Model], str] = {Shipment: "-", Return: "-R", Exchange: "-E", Claim: "-C"}


def _of(model: type[Model], letter: str, order: UUID) -> "QuerySet[Model, tuple[UUID, int, str, int]]":
    rows = model._default_manager.filter(order=order).order_by()
    return rows.values_list("pk", "order__number", Value(letter), "ordinal")


timeline.name_rows("orders", _numbers)
# Placed and released are events of the order, with the reason.
timeline.leave_out("orders.orderhold")
