"""Buying: what is missing, drafted, ordered, received in parts, never twice, and over-deliveries are refused first."""

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Supplier
from inventory import purchasing
from inventory.checks import runner
from inventory.models import PurchaseOrder, PurchaseReceipt, StockLevel, StockMovement
from inventory.purchasing import replenishment
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.models import Event

pytestmark = pytest.mark.django_db
ACTOR = "staff:buyer@example.com"


def supplier(name: str = "Tejidos") -> Supplier:
    return Supplier.objects.get_or_create(name=name)[0]


def ordered(*quantities: int) -> PurchaseOrder:
    lines = [purchasing.Wanted(make_variant().pk, units, Decimal("100.00")) for units in quantities]
    order = purchasing.draft(
        supplier_id=supplier().pk, location_id=LocationFactory.create().pk, lines=lines, actor=ACTOR
    )
    return purchasing.place(order_id=order.pk, actor=ACTOR)


def came(order: PurchaseOrder, *units: int, note: str = "R-1", **values: Any) -> PurchaseReceipt:
    lines = order.lines.order_by("-quantity")
    return purchasing.receive(
        order_id=order.pk,
        delivery_note=note,
        actor=ACTOR,
        delivered=[purchasing.Delivered(line.pk, n) for line, n in zip(lines, units, strict=False)],
        **values,
    )


def test_an_order_is_received_in_parts_with_its_costs_and_causes():
    order = ordered(10, 4)
    receipt = came(order, 6)
    order.refresh_from_db()
    assert order.status == "partly"
    movement = StockMovement.objects.get(cause_id=receipt.pk)
    assert (movement.kind, movement.quantity, movement.unit_cost) == ("purchase", 6, Decimal("100.00"))
    assert movement.cause_type == "inventory.purchasereceipt"
    assert order.number in movement.reference
    lines = order.lines.order_by("-quantity")
    purchasing.receive(
        order_id=order.pk,
        delivery_note="R-2",
        actor=ACTOR,
        delivered=[
            purchasing.Delivered(lines[0].pk, 4, Decimal("120.50")),
            purchasing.Delivered(lines[1].pk, 4),
        ],
    )
    order.refresh_from_db()
    assert order.status == "received"
    assert order.ended_at is not None
    assert StockMovement.objects.filter(unit_cost=Decimal("120.50"), quantity=4).exists()
    states = Event.objects.filter(subject_id=order.pk, kind="state").order_by("occurred_at")
    assert [event.to_state for event in states] == ["ordered", "partly", "received"]
    assert runner.check() == []


def test_more_than_ordered_is_refused_without_a_trace_until_it_is_accepted():
    order = ordered(5)
    with pytest.raises(purchasing.OverDelivery) as refusal:
        came(order, 7)
    assert list(refusal.value.over.values()) == [2]
    assert not StockMovement.objects.filter(location=order.location).exists()
    assert not PurchaseReceipt.objects.exists()
    receipt = came(order, 7, accept_over=True)
    assert receipt.lines.get().over == 2
    order.refresh_from_db()
    assert order.status == "received"
    assert order.lines.get().outstanding == 0


def test_a_delivery_note_is_received_once_and_an_ended_order_no_more():
    order = ordered(5)
    came(order, 2)
    with pytest.raises(purchasing.DeliveryNoteTaken):
        came(order, 2)
    came(order, 3, note="R-2")
    with pytest.raises(purchasing.NotOpen):
        came(order, 1, note="R-3")
    with pytest.raises(purchasing.NotOpen):
        purchasing.close(order_id=order.pk, reason="late", actor=ACTOR)


def test_nothing_is_not_delivered_and_strange_lines_are_refused():
    order = ordered(5)
    with pytest.raises(purchasing.NothingInIt):
        came(order, 0)
    with pytest.raises(purchasing.NothingInIt):
        purchasing.receive(
            order_id=order.pk, delivered=[purchasing.Delivered(uuid7(), 1)], delivery_note="x", actor=ACTOR
        )
    with pytest.raises(purchasing.NothingInIt):
        purchasing.draft(supplier_id=supplier().pk, location_id=order.location_id, lines=[], actor=ACTOR)


def test_giving_up_cancels_what_never_came_and_closes_what_came_in_part():
    never, partly = ordered(3), ordered(3)
    came(partly, 1)
    assert purchasing.close(order_id=never.pk, reason="no answer", actor=ACTOR).status == "cancelled"
    assert purchasing.close(order_id=partly.pk, reason="rest sold out", actor=ACTOR).status == "closed"


def test_wanted_is_optimal_less_available_less_on_order():
    level = stocked(3)
    level.variant.product.supplier = supplier()
    level.variant.product.save()
    StockLevel.objects.filter(pk=level.pk).update(minimum=4, optimal=20)
    [need] = replenishment.needs()
    assert (need.wanted, need.on_order, need.drafted) == (17, 0, 0)
    [order] = replenishment.draft_orders(quantities={level.pk: 10}, actor=ACTOR)
    [need] = replenishment.needs()
    assert (need.wanted, need.drafted, need.suggested) == (17, 10, 7)
    purchasing.place(order_id=order.pk, actor=ACTOR)
    [need] = replenishment.needs()
    assert (need.wanted, need.on_order, need.suggested) == (7, 10, 7)
    order.lines.update(unit_cost=Decimal("100.00"))
    came(order, 4)
    [need] = replenishment.needs()
    assert (need.available, need.on_order, need.wanted) == (7, 6, 7)
    assert replenishment.needs(below_minimum=True) == []
    purchasing.close(order_id=order.pk, reason="rest sold out", actor=ACTOR)
    assert [need.wanted for need in replenishment.needs()] == [13]


def test_needs_are_grouped_by_supplier_with_the_cost_last_paid():
    levels = [stocked(1) for _n in range(3)]
    for level, name in zip(levels, ("Botones", "Botones", "Arcos"), strict=True):
        level.variant.product.supplier = supplier(name)
        level.variant.product.save()
        StockLevel.objects.filter(pk=level.pk).update(optimal=5)
    groups = replenishment.by_supplier(replenishment.needs())
    assert [(group.supplier, len(group.needs), group.units) for group in groups] == [
        ("Arcos", 1, 4),
        ("Botones", 2, 8),
    ]
    orders = replenishment.draft_orders(
        quantities={level.pk: 4 for level in levels[:1] + levels[2:]}, actor=ACTOR
    )
    assert sorted(order.supplier.name for order in orders) == ["Arcos", "Botones"]


def test_what_has_no_supplier_cannot_be_ordered():
    level = stocked(1)
    StockLevel.objects.filter(pk=level.pk).update(optimal=5)
    with pytest.raises(replenishment.NoSupplier):
        replenishment.draft_orders(quantities={level.pk: 4}, actor=ACTOR)


def test_what_was_never_bought_has_no_cost_until_somebody_says_it():
    level = stocked(0)
    level.variant.product.supplier = supplier()
    level.variant.product.save()
    StockLevel.objects.filter(pk=level.pk).update(minimum=1, optimal=20)
    [group] = replenishment.by_supplier(replenishment.needs())
    assert (group.units, group.never_bought, group.cost) == (20, 20, Decimal("0.00"))
    [order] = replenishment.draft_orders(quantities={level.pk: 20}, actor=ACTOR)
    line = order.lines.get()
    assert (line.unit_cost, line.amount) == (None, None)
    purchasing.place(order_id=order.pk, actor=ACTOR)

    with pytest.raises(purchasing.CostUnclear) as refused:
        came(order, 20)
    assert (refused.value.lines, refused.value.free) == ([line.pk], [])
    for said, ends_well in ((Decimal(0), False), (Decimal("30.00"), True)):
        row = purchasing.Delivered(line.pk, 5, said)
        if ends_well:
            purchasing.receive(order_id=order.pk, delivered=[row], delivery_note="R-2", actor=ACTOR)
        else:
            with pytest.raises(purchasing.CostUnclear) as refused:
                purchasing.receive(order_id=order.pk, delivered=[row], delivery_note="R-1", actor=ACTOR)
            assert refused.value.free == [line.pk]
    gift = purchasing.Delivered(line.pk, 1, Decimal(0), is_free=True)
    purchasing.receive(order_id=order.pk, delivered=[gift], delivery_note="R-3", actor=ACTOR)

    costs = StockMovement.objects.filter(kind="purchase", level=level).order_by("id")
    assert list(costs.values_list("unit_cost", flat=True)) == [Decimal("30.00"), Decimal("0.00")]
