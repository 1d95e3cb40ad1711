"""Fills in the refund page for its tests."""

from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from orders.models import OrderLine
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund
from payments.refunds import refund_requests

ENGLISH = {"accept-language": "en"}


def cheap() -> Variant:
    """Return a product below what is shipped for nothing."""
    return make_variant(units=9, price=Decimal("9000.10"))


def make_paid() -> Payment:
    order = make_order(make_cart((cheap(), 3), (cheap(), 1)))
    payment = pay(order, str(order.number))
    Refund.objects.all().delete()
    return payment


def address(payment: Payment) -> str:
    return reverse("admin:payments_payment_refund", args=[payment.pk])


def lines_of(payment: Payment) -> list[OrderLine]:
    assert payment.order is not None
    return sorted(payment.order.lines.all(), key=lambda line: -line.quantity)


def units(line: OrderLine, number: int) -> dict[str, str]:
    return {f"units_{line.pk.hex}": str(number)}


def send(client: Client, payment: Payment, **data: Any) -> Any:
    return client.post(address(payment), {"token": "t", "reason": "Torn seam", **data}, headers=ENGLISH)


def confirmed(client: Client, payment: Payment, **data: Any) -> Any:
    return send(client, payment, step="confirm", **{"seen": str(refund_requests.refundable(payment)), **data})
