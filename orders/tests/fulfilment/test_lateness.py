"""An order that is not there by the day its buyer was told is noted once, and its buyer told once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.fulfilment import holds, lateness, shipment_flags, shipments
from orders.models import Order, OrderHold
from orders.shipping.promises import promised_day
from orders.tests.factories import make_order
from orders.tests.fulfilment.test_remaining import paid_order
from orders.tests.returns.returns import STAFF, deliver
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db


def overdue(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(promised_by=timezone.localdate() - timedelta(days=1))
    order.refresh_from_db()
    return order


def mails_of(order: Order) -> list[EmailLog]:
    return list(EmailLog.objects.filter(trail=order.trail, kind="order_late"))


def test_the_day_is_counted_in_business_days_from_the_purchase():
    order = make_order()
    rate = order.checkout.shipping_rate
    assert rate is not None
    rate.days_max = 3
    # A Thursday; the Monday after is a holiday in Argentina (the Day of National Sovereignty, moved).
    assert promised_day(order.checkout, datetime(2026, 11, 19, 15, tzinfo=UTC)) == date(2026, 11, 25)
    assert order.promised_by is not None
    assert order.promised_by > timezone.localdate()


def test_a_late_order_is_noted_and_told_once(settings: Any):
    settings.LANGUAGE_CODE = "es"
    order = paid_order()[0]
    assert lateness.note_due() == {"late": 0}
    overdue(order)
    shipment = shipments.prepare(order, key=uuid4().hex, actor=STAFF)
    shipments.ship(shipment, actor=STAFF)

    assert [lateness.note_due(), lateness.note_due()] == [{"late": 1}, {"late": 0}]

    (mail,) = mails_of(order)
    assert mail.to == order.email
    for line in order.lines.all():
        assert line.name in mail.text
        assert line.sku in mail.html
    shipment.refresh_from_db()
    assert shipment.attention_since
    assert Event.objects.filter(subject_id=order.pk, kind="late").count() == 1
    listed = boss().get(reverse("admin:orders_order_changelist"), {"sending": "late"})
    assert list(listed.context["cl"].result_list) == [order]


def test_what_arrived_waits_to_be_fetched_is_held_or_over_is_not_late():
    arrived, waiting, held, cancelled = (overdue(paid_order()[0]) for _number in range(4))
    deliver(arrived)
    shipment = shipments.prepare(waiting, key=uuid4().hex, actor=STAFF)
    shipments.ship(shipment, actor=STAFF)
    shipment_flags.ready_for_pickup(shipment, actor=STAFF)
    kept_back = holds.place_hold(held, kind=OrderHold.Kind.STAFF, source="h", reason="?", actor=STAFF)
    Order.objects.filter(pk=cancelled.pk).update(status=Order.Status.CANCELLED)

    assert lateness.note_due() == {"late": 0}

    holds.release_hold(kept_back, actor=STAFF, reason="")
    assert lateness.note_due() == {"late": 1}
    assert len(mails_of(held)) == 1
    assert not mails_of(arrived) + mails_of(waiting) + mails_of(cancelled)
