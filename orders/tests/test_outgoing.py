"""What happens in the shop becomes messages by itself: orders, plans, stock and products, each in its own transaction."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import Product, Variant
from inventory import alerts
from inventory.models import StockAlert, StockLevel
from orders.claims import approving, opening, resolving
from orders.exchanges import ending, releasing
from orders.fulfilment import holds
from orders.installments import notices
from orders.models import Installment, OrderHold
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import approve, come_back, order_with_sizes, pay
from orders.tests.exchanges.exchanges import ask as ask_for_exchange
from orders.tests.factories import make_order, make_variant
from orders.tests.installments.plans import make_plan
from shop.core import states
from shop.core.models import OutgoingDelivery, OutgoingMessage
from shop.core.outgoing import endpoints, types
from shop.core.outgoing.addresses import Target

pytestmark = pytest.mark.django_db
TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))


@pytest.fixture(autouse=True)
def _endpoint(db: None) -> None:
    endpoints.create(TARGET, types=types.all_types(), actor="a")


def published(prefix: str = "") -> Iterator[tuple[str, Any]]:
    rows = OutgoingMessage.objects.filter(type__startswith=prefix).order_by("pk")
    yield from rows.values_list("type", "data")


def test_an_order_is_told_from_its_placing_to_its_end():
    order = make_order()
    kept = holds.place_hold(order, kind=OrderHold.Kind.STAFF, source="test", reason="look", actor="a")
    holds.release_hold(kept, actor="a", reason="fine")
    states.move(order, "cancelled", actor="a")

    found = list(published("order."))
    names = [name for name, _data in found]
    assert names == ["order.placed", "order.paid", "order.held", "order.released", "order.cancelled"]
    assert all(data["order"] == str(order.pk) and data["number"] == order.number for _name, data in found)
    assert (found[2][1]["kind"], found[-1][1]["status"]) == ("staff", "cancelled")
    assert order.email not in str(found)


def test_a_plan_is_told_and_its_order_is_paid_only_at_its_end():
    plan = make_plan()
    Installment.objects.filter(plan=plan, number=1).update(next_notice_at=timezone.now())
    notices.send_due()

    names = [name for name, _data in published()]
    assert {"order.placed", "order.held", "plan.accepted"} <= set(names)
    assert "order.paid" not in names
    due = dict(published("installment."))
    assert due["installment.due"]["number"] == 1
    assert due["installment.due"]["count"] == plan.count


def test_low_stock_is_told_once_with_the_alert_that_is_triggered():
    variant = make_variant(units=3)
    StockLevel.objects.filter(variant=variant).update(minimum=5)
    StockAlert.objects.create(kind="low", variant=variant)
    alerts.check()
    alerts.check()

    ((name, data),) = published("stock.")
    assert (name, data["sku"], data["units"], data["threshold"]) == ("stock.low", variant.sku, 3, 5)
    assert data["public_number"] == variant.public_number


def test_a_changed_product_is_told_once_a_transaction_however_it_is_changed():
    variant = make_variant()
    OutgoingMessage.objects.all().delete()
    key = {"product": str(variant.product_id)}
    Variant.objects.filter(pk=variant.pk).update(price=variant.price, updated_at=timezone.now())
    assert not OutgoingMessage.objects.exists(), "nothing but a clock has changed"

    with transaction.atomic():
        Variant.objects.filter(pk=variant.pk).update(price=variant.price + Decimal(1))
        Product.objects.filter(pk=variant.product_id).update(is_active=False)

    ((name, data),) = published()
    assert (name, data) == ("product.updated", data | key | {"is_active": False})
    assert OutgoingDelivery.objects.get().status == "pending"


def test_every_type_has_words_and_a_name_of_two_parts():
    for name, found in types.all_types().items():
        assert name.count(".") == 1
        assert str(found.words)


def test_an_exchange_is_told_from_its_request_to_its_end():
    order, line, _other = order_with_sizes()
    exchange = ask_for_exchange(order, line, make_variant(units=1, price=line.unit_price + 1500))
    approve(exchange)
    pay(exchange.charge)
    come_back(exchange)
    releasing.release(exchange, actor="a")
    second = ask_for_exchange(order, line, make_variant(units=1, price=line.unit_price))
    ending.cancel(second, end="buyer", actor="a")

    found = list(published("exchange."))
    assert [name.removeprefix("exchange.") for name, _data in found] == [
        *("requested", "paid", "released", "requested", "cancelled")
    ]
    first, last = found[0][1], found[-1][1]
    assert (first["exchange"], first["settlement"], first["status"]) == (
        str(exchange.pk),
        "1500.00",
        "requested",
    )
    assert (last["number"], last["return"], last["status"]) == (
        second.number,
        str(second.rma_id),
        "cancelled",
    )
    assert order.email not in str(found)


def test_a_claim_is_told_from_its_opening_to_its_end():
    order, line, _size = order_with_sizes()
    first, second, third = (claim_of(order, line, 1, key=str(n)) for n in range(3))
    answer = approving.Answer(refund={first.lines.get().pk: 1})
    approving.approve(first, answer, actor="staff:ana@example.com")
    resolving.resolve(first, actor="staff:ana@example.com")
    opening.deny(second, answer="no", actor="staff:ana@example.com")
    opening.cancel(third, actor="buyer")

    found = list(published("claim."))
    names = [name.removeprefix("claim.") for name, _data in found]
    assert names == ["opened", "opened", "opened", "approved", "resolved", "denied", "cancelled"]
    (_name, data) = found[4]
    assert (data["claim"], data["number"], data["order"]) == (str(first.pk), first.number, str(order.pk))
    assert (data["status"], data["reason"], data["outcome"]) == ("resolved", "damaged_in_transit", "refund")
