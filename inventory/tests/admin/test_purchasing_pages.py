"""Buying and alerts in the back office: the list of what to buy, the draft, the delivery sent twice, the sheet."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Supplier
from inventory import ledger, purchasing
from inventory.models import (
    AlertFiring,
    PurchaseOrder,
    PurchaseReceipt,
    StockAlert,
    StockLevel,
    StockMovement,
)
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries, token
from shop.core.ids import uuid7
from tests.support.html import compact

pytestmark = pytest.mark.django_db


def page(order: PurchaseOrder, name: str) -> str:
    return reverse(f"admin:inventory_purchaseorder_{name}", args=[order.pk])


def ordered(units: int = 10) -> PurchaseOrder:
    order = purchasing.draft(
        supplier_id=Supplier.objects.get_or_create(name="Tejidos")[0].pk,
        location_id=LocationFactory.create().pk,
        lines=[purchasing.Wanted(make_variant().pk, units, Decimal("100.00"))],
        actor="staff:x@y.z",
    )
    return purchasing.place(order_id=order.pk, actor="staff:x@y.z")


def listed(client: Client, address: str) -> dict[str, str]:
    """Return the hidden fields of the list of what to buy, of one supplier."""
    return hidden(client.get(address))


def hidden(answer: Any) -> dict[str, str]:
    [(_group, _rows, basis)] = answer.context["supplied"]
    return {"token": str(answer.context["form"]["token"].value()), "shown": basis}


def missing(optimal: int = 9) -> StockLevel:
    level = stocked(1)
    level.variant.product.supplier = Supplier.objects.get_or_create(name="Tejidos")[0]
    level.variant.product.save()
    StockLevel.objects.filter(pk=level.pk).update(optimal=optimal)
    return level


def test_two_who_open_the_list_do_not_order_the_same_twice():
    level, other = missing(), missing()
    address = reverse("admin:inventory_purchaseorder_replenish")
    first, second = clerk("manager"), boss()
    seen_by_first, seen_by_second = listed(first, address), listed(second, address)
    first.post(address, {**seen_by_first, f"units-{level.pk}": "8"})

    data = {f"units-{level.pk}": "7", f"units-{other.pk}": "5"}
    answer = second.post(address, {**seen_by_second, **data})

    assert (answer.status_code, PurchaseOrder.objects.count()) == (422, 1)
    body = answer.content.decode()
    assert level.variant.sku in answer.context["form"].non_field_errors()[0]
    assert other.variant.sku not in answer.context["form"].non_field_errors()[0]
    [(_group, rows, _basis)] = answer.context["supplied"]
    assert {need.level_id: (value, typed) for need, value, typed in rows} == {
        level.pk: ("", "7"),
        other.pk: ("5", ""),
    }
    assert 'value="5"' in body
    again = second.post(address, {**hidden(answer), **data})
    assert again.status_code == 302
    assert PurchaseOrder.objects.filter(lines__variant=level.variant).count() == 2


def test_what_was_wholly_ordered_meanwhile_is_told_instead_of_left_out():
    level, other = missing(), missing()
    address, client = reverse("admin:inventory_purchaseorder_replenish"), boss()
    seen = listed(client, address)
    StockLevel.objects.filter(pk=level.pk).update(optimal=1)

    answer = client.post(address, {**seen, f"units-{level.pk}": "8", f"units-{other.pk}": "8"})

    assert (answer.status_code, PurchaseOrder.objects.count()) == (422, 0)
    assert level.variant.sku in answer.context["form"].non_field_errors()[0]


def test_a_sale_meanwhile_keeps_nobody_from_ordering():
    level = missing()
    address, client = reverse("admin:inventory_purchaseorder_replenish"), boss()
    seen = listed(client, address)
    ledger.sell({level.pk: 1}, order_id=uuid7(), reference="P-1", actor="x")

    assert client.post(address, {**seen, f"units-{level.pk}": "8"}).status_code == 302


def test_a_typing_error_keeps_what_was_typed_and_what_it_is_compared_with():
    level, other = missing(), missing()
    address, client = reverse("admin:inventory_purchaseorder_replenish"), boss()
    seen = listed(client, address)
    StockLevel.objects.filter(pk=level.pk).update(optimal=40)

    mistyped = client.post(address, {**seen, f"units-{level.pk}": "6", f"units-{other.pk}": "many"})
    [(_group, rows, _basis)] = mistyped.context["supplied"]
    assert {need.level_id: value for need, value, _typed in rows} == {level.pk: "6", other.pk: "many"}
    answer = client.post(address, {**hidden(mistyped), f"units-{level.pk}": "6"})
    assert (answer.status_code, PurchaseOrder.objects.count()) == (422, 0)


def test_what_is_missing_becomes_a_draft_then_an_order():
    level = stocked(1)
    level.variant.product.supplier = Supplier.objects.create(name="Tejidos")
    level.variant.product.save()
    StockLevel.objects.filter(pk=level.pk).update(optimal=9, minimum=2)
    client = clerk("manager")
    address = reverse("admin:inventory_purchaseorder_replenish")
    shown = client.get(address)
    assert "Tejidos" in shown.content.decode()
    assert 'value="8"' in shown.content.decode()
    data = {**listed(client, address), f"units-{level.pk}": "8"}
    for _twice in range(2):
        client.post(address, data)
    order = PurchaseOrder.objects.get()
    assert order.lines.get().quantity == 8
    client.post(page(order, "place"), carried(client, page(order, "place")))
    order.refresh_from_db()
    assert order.status == "ordered"
    assert level.variant.sku in client.get(page(order, "print")).content.decode()
    assert level.variant.sku not in client.get(address + "?as=csv").content.decode()
    assert client.get(address + "?only=minimum&as=paper").status_code == 200
    bad = client.post(address, {"token": token(client, address), f"units-{level.pk}": "many"})
    assert bad.status_code == 422


def test_a_delivery_sent_twice_is_received_once():
    order, client = ordered(), clerk("warehouse")
    line = order.lines.get()
    data = {
        "token": token(client, page(order, "receive")),
        "delivery_note": "R-1",
        f"units-{line.pk}": "4",
        f"cost-{line.pk}": "90,5",
    }
    for _twice in range(2):
        assert client.post(page(order, "receive"), data).status_code == 302
    assert PurchaseReceipt.objects.count() == 1
    movement = StockMovement.objects.get(location=order.location)
    assert (movement.quantity, movement.unit_cost) == (4, Decimal("90.50"))
    again = client.post(page(order, "receive"), data | {"token": token(client, page(order, "receive"))})
    assert again.status_code == 422, "the same delivery note under another form"
    receipt = PurchaseReceipt.objects.get()
    assert client.get(reverse("admin:inventory_purchasereceipt_change", args=[receipt.pk])).status_code == 200


def test_more_than_ordered_is_asked_about_and_typed_figures_stay():
    order, client = ordered(3), clerk("warehouse")
    line = order.lines.get()
    data = {
        "token": token(client, page(order, "receive")),
        "delivery_note": "R-1",
        f"units-{line.pk}": "5",
        f"cost-{line.pk}": "100",
    }
    refused = client.post(page(order, "receive"), data)
    assert refused.status_code == 422
    assert f'name="units-{line.pk}" value="5"' in compact(refused.content.decode())
    assert client.post(page(order, "receive"), data | {f"units-{line.pk}": "x"}).status_code == 422
    assert not PurchaseReceipt.objects.exists()
    assert client.post(page(order, "receive"), data | {"accept_over": "on"}).status_code == 302
    assert PurchaseReceipt.objects.get().lines.get().over == 2


def test_lines_change_in_a_draft_only_and_an_order_is_given_up_with_a_reason():
    order, client = ordered(), boss()
    change = page(order, "change")
    before = client.get(change).content.decode()
    assert "lines-0-quantity" not in before
    assert (
        client.post(page(order, "close"), {"token": token(client, page(order, "close"))}).status_code == 422
    )
    client.post(page(order, "close"), carried(client, page(order, "close")) | {"reason": "no answer"})
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert (
        client.post(
            reverse("admin:inventory_purchaseorder_delete", args=[order.pk]), {"post": "yes"}
        ).status_code
        == 403
    )


def test_a_draft_made_by_hand_gets_its_number():
    client, variant = boss(), make_variant()
    supplier, place = Supplier.objects.create(name="Arcos"), LocationFactory.create()
    answer = client.post(
        reverse("admin:inventory_purchaseorder_add"),
        {
            "supplier": supplier.pk,
            "location": place.pk,
            "expected_date": "",
            "note": "",
            "lines-TOTAL_FORMS": "1",
            "lines-INITIAL_FORMS": "0",
            "lines-0-variant": variant.pk,
            "lines-0-quantity": "3",
            "lines-0-unit_cost": "12.50",
            "receipts-TOTAL_FORMS": "0",
            "receipts-INITIAL_FORMS": "0",
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    order = PurchaseOrder.objects.get()
    assert order.number.startswith("OC-")
    assert order.total() == Decimal("37.50")


def test_the_warehouse_receives_but_does_not_order_and_others_do_neither():
    order = ordered()
    warehouse, catalogue = clerk("warehouse"), clerk("catalogue")
    assert warehouse.get(page(order, "receive")).status_code == 200
    assert warehouse.get(page(order, "close")).status_code == 403
    assert catalogue.get(page(order, "receive")).status_code == 403
    address = reverse("admin:inventory_purchaseorder_replenish")
    assert catalogue.get(address).status_code == 403
    assert warehouse.post(address, {"token": token(warehouse, address)}).status_code == 403


def test_alerts_are_set_checked_and_listed_at_a_fixed_cost():
    client = clerk("manager")
    variant = stocked(1).variant
    add = reverse("admin:inventory_stockalert_add")
    data = {
        "kind": "low",
        "variant": variant.pk,
        "category": "",
        "threshold": "3",
        "email": "",
        "is_active": "on",
    }
    assert client.post(add, data).status_code == 302
    assert client.post(add, data).status_code == 200, "one rule of a kind for each variant"
    check = reverse("admin:inventory_stockalert_check_now")
    assert client.post(check, {"token": token(client, check)}).status_code == 302
    assert AlertFiring.objects.get().variant == variant
    for name in ("stockalert", "alertfiring", "purchaseorder", "purchasereceipt"):
        before = queries(client, reverse(f"admin:inventory_{name}_changelist"))
        assert before < 20
    for _n in range(5):
        StockAlert.objects.create(kind="low", variant=stocked(1).variant)
        ordered()
    assert queries(client, reverse("admin:inventory_stockalert_changelist")) < 20
    assert queries(client, reverse("admin:inventory_purchaseorder_changelist")) < 20
