"""Alerts: the nearest rule decides, each firing is mailed once, and again only after it has recovered."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from catalog.models import Category
from inventory import alerts, ledger, reservations
from inventory.models import AlertFiring, Reservation, StockAlert, StockLevel
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.models import EmailLog, JobRun

pytestmark = pytest.mark.django_db
Kind = StockAlert.Kind


def sell(level: StockLevel, units: int) -> None:
    ledger.adjust(
        variant_id=level.variant_id,
        location_id=level.location_id,
        difference=-units,
        note="gone",
        actor="staff:a@b.c",
    )


def test_a_low_variant_is_told_once_and_again_after_it_recovered():
    level = stocked(5)
    rule = StockAlert.objects.create(
        kind=Kind.LOW, variant=level.variant, threshold=3, email="buy@example.com"
    )
    assert alerts.check() == alerts.CheckResult(0, 0, 0)
    sell(level, 2)
    assert alerts.check() == alerts.CheckResult(triggered=1, recovered=0, mails=1)
    sell(level, 1)
    assert alerts.check() == alerts.CheckResult(0, 0, 0)
    mail = EmailLog.objects.get(kind="stock_alert")
    assert mail.to == "buy@example.com"
    assert level.variant.sku in mail.text
    assert level.variant.sku in mail.html
    rule.refresh_from_db()
    assert rule.last_triggered_at is not None
    ledger.receive(
        variant_id=level.variant_id, location_id=level.location_id, quantity=5, actor="staff:a@b.c"
    )
    assert alerts.check() == alerts.CheckResult(triggered=0, recovered=1, mails=0)
    sell(level, 6)
    assert alerts.check() == alerts.CheckResult(triggered=1, recovered=0, mails=1)
    firings = AlertFiring.objects.filter(variant=level.variant)
    assert [firing.figure for firing in firings.order_by("triggered_at")] == [3, 1]


@pytest.mark.parametrize("by", ["threshold", "minimum"])
def test_low_is_as_many_as_the_threshold_or_fewer(by):
    level = stocked(5)
    rule = StockAlert.objects.create(kind=Kind.LOW, variant=level.variant)
    for limit, found in ((4, []), (5, [(5, 5)]), (6, [(5, 6)])):
        if by == "threshold":
            StockAlert.objects.filter(pk=rule.pk).update(threshold=limit)
        else:
            StockLevel.objects.filter(pk=level.pk).update(minimum=limit)
        assert [(breach.figure, breach.threshold) for breach in alerts.measure()] == found


def test_out_and_low_of_one_variant_are_one_line_and_one_mail(settings):
    level = stocked(2)
    for kind in (Kind.LOW, Kind.OUT):
        StockAlert.objects.create(kind=kind, category=level.variant.product.category, threshold=None)
    StockLevel.objects.filter(pk=level.pk).update(minimum=2)
    sell(level, 2)
    assert alerts.check() == alerts.CheckResult(triggered=2, recovered=0, mails=1)
    mail = EmailLog.objects.get(kind="stock_alert")
    assert mail.to == settings.SHOP_EMAIL
    assert mail.text.count(level.variant.sku) == 1


def test_overstock_counts_what_lies_there_against_the_optimum_or_the_threshold():
    level = stocked(21)
    StockLevel.objects.filter(pk=level.pk).update(optimal=20)
    rule = StockAlert.objects.create(kind=Kind.OVERSTOCK, variant=level.variant)
    assert [(f.figure, f.threshold) for f in alerts.measure()] == [(21, 20)]
    rule.threshold = 21
    rule.save()
    assert alerts.measure() == []


def test_the_nearest_rule_decides_and_a_silenced_one_silences_the_category():
    level = stocked(3)
    root = level.variant.product.category
    child = Category.objects.get(
        pk=Category.objects.add_child(
            root, {"name": "Below", "slug": "below", "path_slug": "stock-category/below"}
        ).pk
    )
    level.variant.product.category = child
    level.variant.product.save()
    StockAlert.objects.create(kind=Kind.LOW, category=root, threshold=10)
    assert [f.threshold for f in alerts.measure()] == [10]
    StockAlert.objects.create(kind=Kind.LOW, category=child, threshold=5)
    assert [f.threshold for f in alerts.measure()] == [5]
    own = StockAlert.objects.create(kind=Kind.LOW, variant=level.variant, threshold=2)
    assert alerts.measure() == []
    own.threshold = 4
    own.save()
    assert [f.threshold for f in alerts.measure()] == [4]
    StockAlert.objects.filter(pk=own.pk).update(is_active=False)
    assert alerts.measure() == []


def test_carts_ring_no_bell_but_holds_for_payment_do():
    level = stocked(5)
    StockAlert.objects.create(kind=Kind.LOW, variant=level.variant, threshold=4)
    reservations.reserve(variant_id=level.variant_id, quantity=3, ttl=TTL, cart_id=uuid7(), actor="shopper")
    assert alerts.measure() == []
    reservations.reserve(
        variant_id=level.variant_id,
        quantity=2,
        ttl=TTL,
        checkout_id=uuid7(),
        purpose=Reservation.Purpose.CHECKOUT,
        actor="shopper",
    )
    assert [f.figure for f in alerts.measure()] == [3]


def test_quarantine_and_what_is_off_sale_are_not_asked():
    variant = make_variant()
    stocked(50, variant=variant, location=LocationFactory.create(kind="quarantine"))
    stocked(1, variant=variant)
    StockAlert.objects.create(kind=Kind.LOW, variant=variant, threshold=4)
    assert [f.figure for f in alerts.measure()] == [1]
    variant.is_active = False
    variant.save()
    assert alerts.measure() == []


def test_the_database_keeps_one_rule_and_one_open_firing():
    level = stocked(1)
    StockAlert.objects.create(kind=Kind.LOW, variant=level.variant, threshold=4)
    alerts.check()
    firing = AlertFiring.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        AlertFiring.objects.create(
            kind="low", variant=level.variant, figure=1, threshold=4, triggered_at=firing.triggered_at
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        StockAlert.objects.create(kind=Kind.LOW)


def test_the_command_runs_the_job_and_leaves_its_row():
    level = stocked(1)
    StockAlert.objects.create(kind=Kind.LOW, variant=level.variant, threshold=4)
    out = StringIO()
    call_command("check_alerts", stdout=out)
    assert "1 triggered" in out.getvalue()
    assert JobRun.objects.get(job="check_alerts").result == {"triggered": 1, "recovered": 0, "mails": 1}
