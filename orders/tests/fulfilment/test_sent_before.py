"""Orders from before shipments: marked as sent and delivered at once, dated back, without mails, and again changes nothing."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from orders.fulfilment import holds, queues, sent_before
from orders.models import Order, Shipment
from orders.tests.factories import make_cart, make_order, make_variant
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def old_order(days: int) -> Order:
    order = make_order(make_cart((make_variant(units=9), 2)))
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=days))
    return Order.objects.get(pk=order.pk)


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("mark_sent_before", *arguments, stdout=out, **options)
    return out.getvalue()


def test_what_was_placed_before_the_day_is_delivered_and_the_rest_waits():
    old, held, fresh = old_order(60), old_order(50), old_order(1)
    holds.place_hold(held, kind="staff", source="t", reason="asked", actor="staff:a@example.com")
    mails = EmailLog.objects.count()
    day = (timezone.localdate() - timedelta(days=30)).isoformat()

    assert "1 orders would be" in run(day, dry_run=True)
    assert not Shipment.objects.exists()
    assert "1 orders are marked" in run(day, "--reason", "sent by hand")
    assert "0 orders are marked" in run(day)

    old.refresh_from_db()
    shipment = Shipment.objects.get()
    assert (old.status, shipment.status, shipment.order_id) == ("completed", "delivered", old.pk)
    week = old.placed_at + timedelta(days=7)
    assert (shipment.packed_at, shipment.shipped_at, shipment.delivered_at) == (week, week, week)
    assert EmailLog.objects.count() == mails
    assert list(queues.to_prepare()) == [fresh]


def test_no_day_lies_ahead():
    order = old_order(3)
    run((timezone.localdate() + timedelta(days=1)).isoformat(), "--days", "30")
    shipment = Shipment.objects.get(order=order)
    assert order.placed_at < shipment.shipped_at <= timezone.now()
    with pytest.raises(CommandError):
        run("2026-01-01", "--days", "-1")


def test_what_is_held_meanwhile_is_named_and_left_alone():
    order = old_order(60)
    keys = list(sent_before.orders(placed_before=timezone.now()).values_list("pk", flat=True))
    holds.place_hold(order, kind="staff", source="t", reason="asked", actor="staff:a@example.com")
    [(left_out, why)] = sent_before.mark(keys, days=7, reason="", actor="command:t")
    assert left_out == order
    assert "asked" in why
    assert not Shipment.objects.exists()
