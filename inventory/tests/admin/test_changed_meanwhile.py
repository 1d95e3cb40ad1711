"""Saving a form writes what it changed, and never overwrites concurrent changes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.urls import reverse

from catalog.models import AccessCode
from inventory import alerts, purchasing, reservations
from inventory.models import StockAlert
from inventory.models.purchasing import PurchaseOrder
from inventory.tests.admin.test_purchasing_pages import ordered
from inventory.tests.factories import TTL, make_drop, make_variant, stocked
from shop.accounts.tests.staff_clients import boss
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], list[Any]]:
    """Run something between the reading and the writing of a form's row."""

    def arrange(act: Callable[[], Any]) -> list[Any]:
        happened: list[Any] = []
        original = ModelAdmin.save_form

        def save_form(self: Any, *args: Any, **kwargs: Any) -> Any:
            happened.append(act())
            return original(self, *args, **kwargs)

        monkeypatch.setattr(ModelAdmin, "save_form", save_form)
        return happened

    return arrange


def test_units_reserved_while_a_clerk_saves_a_minimum_stay_held(meanwhile):
    level = stocked(1)
    wanted: dict[str, Any] = {"variant_id": level.variant_id, "quantity": 1, "ttl": TTL, "actor": "shopper"}
    happened = meanwhile(lambda: reservations.reserve(**wanted, cart_id=uuid7()))

    page = reverse("admin:inventory_stocklevel_change", args=[level.pk])
    answer = boss().post(page, {"minimum": 3, "optimal": 9, "bin": "A-1"})

    assert (answer.status_code, len(happened)) == (302, 1)
    level.refresh_from_db()
    assert (level.minimum, level.optimal, level.bin, level.reserved) == (3, 9, "A-1", 1)
    with pytest.raises(reservations.InsufficientStock):
        reservations.reserve(**wanted, cart_id=uuid7())


def test_a_delivery_booked_while_a_clerk_saves_a_minimum_stands(meanwhile):
    level = stocked(1)
    happened = meanwhile(lambda: stocked(4, variant=level.variant, location=level.location))

    page = reverse("admin:inventory_stocklevel_change", args=[level.pk])
    answer = boss().post(page, {"minimum": 3, "optimal": 9, "bin": ""})

    assert (answer.status_code, len(happened)) == (302, 1)
    level.refresh_from_db()
    assert (level.minimum, level.on_hand) == (3, 5)


def test_a_level_that_is_saved_as_a_whole_writes_its_rules_only():
    level = stocked(2)
    reservations.reserve(variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper")

    level.minimum = 5
    level.save()

    level.refresh_from_db()
    assert (level.minimum, level.reserved) == (5, 2)


def test_an_order_received_while_somebody_edits_its_note_stays_received(meanwhile):
    order = ordered(4)
    line = order.lines.get()
    happened = meanwhile(
        lambda: purchasing.receive(
            order_id=order.pk,
            delivered=[purchasing.Delivered(line.pk, 4)],
            delivery_note="R-1",
            actor="staff:x@y.z",
        )
    )
    page = reverse("admin:inventory_purchaseorder_change", args=[order.pk])
    data = {
        "expected_date": "",
        "note": "ring first",
        "receipts-TOTAL_FORMS": 0,
        "receipts-INITIAL_FORMS": 0,
        "lines-TOTAL_FORMS": 0,
        "lines-INITIAL_FORMS": 0,
    }

    answer = boss().post(page, data)

    assert (answer.status_code, len(happened)) == (302, 1)
    order = PurchaseOrder.objects.get(pk=order.pk)
    assert (order.note, order.status) == ("ring first", "received")
    assert order.ended_at is not None


def test_the_uses_of_a_code_are_counted_while_its_note_is_edited(meanwhile):
    from catalog.drops import access

    drop = make_drop(make_variant().product, starts_at=None, ends_at=None)
    code = AccessCode.objects.create(collection=drop, code="ONLY-ONE", max_uses=1)

    def redeem() -> Any:
        return access.redeem(collection=drop, code="ONLY-ONE", cart_id=uuid7(), user_id=None, actor="shopper")

    happened = meanwhile(redeem)
    page = reverse("admin:catalog_accesscode_change", args=[code.pk])
    answer = boss().post(
        page,
        {"collection": str(drop.pk), "code": "ONLY-ONE", "max_uses": "1", "is_active": "on", "note": "Ana"},
    )

    assert (answer.status_code, len(happened)) == (302, 1)
    code.refresh_from_db()
    assert (code.note, code.uses) == ("Ana", 1)
    with pytest.raises(access.CodeRefused):
        redeem()


def test_an_alert_that_rings_while_it_is_edited_has_rung(meanwhile):
    level = stocked(1)
    rule = StockAlert.objects.create(kind="low", variant=level.variant, threshold=5)
    happened = meanwhile(alerts.check)

    page = reverse("admin:inventory_stockalert_change", args=[rule.pk])
    answer = boss().post(
        page,
        {"kind": "low", "variant": str(level.variant_id), "threshold": "6", "is_active": "on", "email": ""},
    )

    assert (answer.status_code, len(happened)) == (302, 1)
    rule.refresh_from_db()
    assert rule.threshold == 6
    assert rule.last_triggered_at is not None
