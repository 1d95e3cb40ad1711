"""A form of the back office against a verb that moves the same row on: the second waits, then reads the new state."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Supplier
from inventory import purchasing
from inventory.models import PurchaseOrder, PurchaseOrderLine, StockLevel
from inventory.purchasing import replenishment
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ACTOR = "staff:x@y.z"


def drafted() -> tuple[PurchaseOrderLine, str, dict[str, Any]]:
    """Return the only line of a draft (4 units), the draft's page, and its form with 400 units typed in."""
    order = purchasing.draft(
        supplier_id=Supplier.objects.create(name="Tejidos").pk,
        location_id=LocationFactory.create().pk,
        lines=[purchasing.Wanted(make_variant().pk, 4, Decimal("100.00"))],
        actor=ACTOR,
    )
    line = order.lines.get()
    return (
        line,
        reverse("admin:inventory_purchaseorder_change", args=[order.pk]),
        {
            "supplier": order.supplier_id,
            "location": order.location_id,
            "expected_date": "",
            "note": "more",
            "lines-TOTAL_FORMS": 1,
            "lines-INITIAL_FORMS": 1,
            "lines-0-id": line.pk,
            "lines-0-order": order.pk,
            "lines-0-variant": line.variant_id,
            "lines-0-quantity": 400,
            "lines-0-unit_cost": "100.00",
            "receipts-TOTAL_FORMS": 0,
            "receipts-INITIAL_FORMS": 0,
        },
    )


def test_a_draft_that_is_ordered_while_its_form_is_sent_keeps_the_lines_that_were_ordered():
    line, page, data = drafted()
    client = boss()

    answer = meet(
        lambda: client.post(page, data),
        first=lambda: purchasing.place(order_id=line.order_id, actor=ACTOR),
        then=lambda: None,
    )

    assert (answer.status_code, len(answer.context["errors"])) == (200, 1)
    line.refresh_from_db()
    assert (line.quantity, PurchaseOrder.objects.get().status) == (4, "ordered")


def test_control_the_same_form_alone_changes_the_line():
    line, page, data = drafted()

    assert boss().post(page, data).status_code == 302

    line.refresh_from_db()
    assert (line.quantity, PurchaseOrder.objects.get().note) == (400, "more")


def test_two_who_draft_the_same_list_at_once_order_it_once():
    level = stocked(1)
    level.variant.product.supplier = Supplier.objects.create(name="Tejidos")
    level.variant.product.save()
    StockLevel.objects.filter(pk=level.pk).update(optimal=9)
    [need] = replenishment.needs()
    wanted: dict[str, Any] = {
        "quantities": {level.pk: 8},
        "shown": {str(level.pk): need.basis},
        "actor": ACTOR,
    }

    answer = meet(
        lambda: replenishment.draft_orders(**wanted),
        first=lambda: replenishment.draft_orders(**wanted),
        then=lambda: None,
    )

    assert isinstance(answer, replenishment.Changed)
    assert PurchaseOrderLine.objects.get().quantity == 8
