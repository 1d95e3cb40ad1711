"""Replacements become lines of their order that are to be sent, and their units are sold: for exchanges and claims."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from inventory.reservations import replacements as reservations
from orders.models import Order, OrderLine, Replacement, Return, ReturnDecision, ReturnDecisionLine
from shop.core.ids import uuid7
from shop.core.money import ZERO
from shop.core.states import move


class VariantGone(Exception):
    """The variant of a replacement was deleted: there is nothing to take the unit from. Choose another one."""


def send(
    order: Order, units: Sequence[Replacement], *, owner_id: UUID, reference: str, actor: str
) -> list[OrderLine]:
    """Make a line of the locked order for each unit, and take the units from stock; return the lines.

    The lines that were sold with the order, and its sums, stay as they are. An order of which nothing was left to send
    is confirmed once more, so that its new lines are packed like all others. Locks all levels of the variants by key.

    Raises:
        InsufficientStock: a unit is not reserved any more and cannot be had; nothing was changed.
        VariantGone: see there.
    """
    if any(unit.variant_id is None for unit in units):
        raise VariantGone(", ".join(unit.sku for unit in units if unit.variant_id is None))
    lines = OrderLine.everything.bulk_create(_line(order, unit) for unit in units)
    now = timezone.now()
    for unit, line in zip(units, lines, strict=True):
        unit.line = line
        Replacement.objects.filter(pk=unit.pk).update(line=line, updated_at=now)
    sales = [(line.pk, line.variant_id) for line in lines if line.variant_id]
    reservations.sell(owner_id=owner_id, sales=sales, reference=reference, actor=actor)
    if order.status == Order.Status.COMPLETED:
        move(order, Order.Status.CONFIRMED, actor=actor, reason=reference, updated_at=now)
    return lines


def note_stages(lines: Sequence[Any]) -> None:
    """Note of lines, of `orders.fulfilment.remaining.lines`, how far their `replaced` units are.

    `asked_for`: an exchange of them is not approved yet; `to_be_replaced`: it is, or a claim is; `replaced_by_now`:
    others are lines of the order. One query where a unit is replaced, else none.
    """
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    if replaced := [line.pk for line in lines if line.replaced]:
        rows = Replacement.objects.filter(replaced__in=replaced, dropped_at=None)
        for key, line, rma in rows.values_list("replaced", "line", "exchange__rma__status"):
            waits = "asked_for" if rma == Return.Status.REQUESTED else "to_be_replaced"
            found[key]["replaced_by_now" if line else waits] += 1
    for line in lines:
        for stage in ("asked_for", "to_be_replaced", "replaced_by_now"):
            setattr(line, stage, found[line.pk][stage])


def settle_return(
    rma: Return, units: Mapping[UUID, int], *, cause: str, key: str, actor: str
) -> ReturnDecision:
    """Write for a locked return that so many `units` of its lines (by their keys) are settled by other units.

    No money goes back for them by the return. `cause` is what settles them, as people read it.
    """
    made = ReturnDecision.objects.create(
        rma=rma, total=ZERO, reason=cause[:300], decided_by=actor[:150], dedupe_key=key[:150]
    )
    for line in sorted(units, key=str):
        ReturnDecisionLine.objects.create(decision=made, line_id=line, quantity=units[line], amount=ZERO)
    return made


def _line(order: Order, unit: Replacement) -> OrderLine:
    weight = unit.variant.weight_grams if unit.variant else 0
    return OrderLine(
        id=uuid7(),
        order=order,
        replaces=unit.replaced,
        variant_id=unit.variant_id,
        sku=unit.sku,
        name=unit.name,
        quantity=1,
        unit_price=unit.price,
        total=unit.price,
        weight_grams=weight,
    )


def drop(units: Sequence[Replacement]) -> None:
    """Drop replacements that are not sent: what was paid for the old units may go back again."""
    now = timezone.now()
    for unit in units:
        unit.dropped_at = now
    keys = [unit.pk for unit in units]
    Replacement.objects.filter(pk__in=keys, dropped_at=None, line=None).update(dropped_at=now, updated_at=now)
