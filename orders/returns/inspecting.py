"""Inspecting what was received: its condition, the reason found, where the units go. Each disposition is a movement.

It may be changed later, by another movement: only what was sent back to the buyer is gone for good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory import ledger
from inventory.ledger import InsufficientOnHand, Kind, MovementEntry, transfers
from inventory.locking import lock_levels
from inventory.models import Location, StockMovement
from orders.models import Inspection, OrderLine, Return, ReturnLine, ReturnReason
from orders.returns import closing, restocking
from orders.returns.receiving import place_of
from orders.returns.rows import copy, locked, locked_approved
from orders.returns.units import lines as counted_lines
from shop.core.states import record

Disposition: Final = Inspection.Disposition
_CHANGED: Final = (
    *("disposition", "location", "movement", "note", "updated_at"),
    *("act", "position", "inspected_at", "inspected_by"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Units of a line of a return as somebody found them. `location`: where they go to stock (whence they came)."""

    line_id: UUID
    units: int
    condition: str
    disposition: str
    reason: ReturnReason | None = None
    location: Location | None = None
    note: str = ""


class MoreThanReceived(Exception):
    """More units of a line would be inspected than were received and not inspected yet (`left`), or less than one."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} units are left to inspect")
        self.left = left


class NotThere(Exception):
    """The units are not where they were put any more: sold, reserved or moved since. The stock says where."""


class NotForSale(Exception):
    """Stock would go to a place that nothing is sold from, or a unit is in no condition to be sold."""


class SentBack(Exception):
    """The units were sent back to the buyer: they may come by another return."""


def inspect(rma: Return, found: Sequence[Found], *, key: str, actor: str) -> list[Inspection]:
    """Write how units were found and move them; return the rows. The same `key` again returns those there are.

    Locks the order, the return, then all levels of the variants by key.

    Raises:
        NotOpen: it is not approved, or has ended.
        MoreThanReceived, NotThere, NotForSale: see there.
    """
    with transaction.atomic():
        fresh = locked_approved(rma)
        if there := list(Inspection.objects.filter(act=key[:150]).order_by("position")):
            return there
        lines = {one.pk: one for one in counted_lines().filter(rma=fresh).select_related("order_line")}
        if not found or {one.line_id for one in found} - set(lines):
            raise MoreThanReceived(0)
        places = restocking.origins(fresh.order)
        waiting = place_of(fresh)
        _lock([lines[one.line_id].order_line for one in found])
        rows = []
        for position, one in enumerate(found):
            line = lines[one.line_id]
            left = line.received - line.inspected
            if not 0 < one.units <= left:
                raise MoreThanReceived(left)
            line.inspected += one.units
            chosen = replace(one, location=one.location or _home(line.order_line, places))
            where, movement = _carry(fresh, line.order_line, chosen, waiting, actor=actor)
            act = {"act": key[:150], "position": position, "inspected_by": actor[:150]}
            rows.append(_row(line, one, location=where, movement=movement, **act))
        summary = ", ".join(f"{row.quantity} × {row.line.order_line.sku}: {row.disposition}" for row in rows)
        record(fresh, "inspected", actor=actor, reason=summary)
        closing.close_if_done(fresh, actor=actor)
    copy(fresh, rma)
    return rows


def _row(line: ReturnLine, one: Found, **fields: Any) -> Inspection:
    return Inspection.objects.create(
        line=line,
        quantity=one.units,
        condition=one.condition,
        found=one.reason,
        disposition=one.disposition,
        note=one.note[:300],
        inspected_at=timezone.now(),
        **fields,
    )


def _lock(lines: Iterable[OrderLine]) -> None:
    lock_levels(variant_ids={line.variant_id for line in lines if line.variant_id})


def _home(line: OrderLine, places: dict[UUID, UUID]) -> Location | None:
    """Return from where a line was sold; None: it is not known, or its variant was deleted."""
    key = places.get(line.variant_id) if line.variant_id else None
    return Location.objects.filter(pk=key).first() if key else None


def _carry(
    rma: Return, line: OrderLine, one: Found, waiting: Location, *, actor: str
) -> tuple[Location | None, StockMovement | None]:
    """Move units from where they wait to their disposition; return where they lie then, and the movement."""
    is_stock = one.disposition == Disposition.RESTOCK
    if is_stock and (one.location is None or not one.location.is_sold_from):
        raise NotForSale("choose a location that is sold from")
    if is_stock and one.condition == Inspection.Condition.DAMAGED:
        raise NotForSale("what is damaged is not sold as new")
    if line.variant_id is None or one.disposition == Disposition.QUARANTINE:
        return (waiting if one.disposition == Disposition.QUARANTINE else one.location), None
    try:
        if is_stock and one.location is not None:
            return one.location, _transfer(line.variant_id, waiting, one.location, one.units, rma, actor)
        if one.disposition == Disposition.WRITE_OFF:
            return None, ledger.write_off(
                variant_id=line.variant_id,
                location_id=waiting.pk,
                quantity=one.units,
                note=one.note or _("not fit for sale"),
                reference=rma.number,
                actor=actor,
                cause=rma,
            )
        return None, ledger.send_back_to_customer(
            variant_id=line.variant_id,
            location_id=waiting.pk,
            quantity=one.units,
            note=one.note or _("sent back to the buyer"),
            reference=rma.number,
            actor=actor,
            cause=line.sale_cause,
        )
    except InsufficientOnHand as error:
        raise NotThere(str(error)) from error


def _transfer(
    variant_id: UUID, source: Location, target: Location, units: int, rma: Return, actor: str
) -> StockMovement:
    done = transfers.transfer(
        source_id=source.pk,
        destination_id=target.pk,
        wanted={variant_id: units},
        actor=actor,
        reference=rma.number,
        note=_("return"),
    )
    return StockMovement.objects.get(cause_type=transfers.CAUSE, cause_id=done.pk, kind=Kind.TRANSFER_IN)


def change(
    inspection: Inspection,
    disposition: str,
    *,
    key: str,
    actor: str,
    units: int | None = None,
    location: Location | None = None,
    note: str = "",
) -> Inspection:
    """Change what became of inspected units (all of a row, or so many), by a movement; return the row of these units.

    What was put to stock, or written off, first comes back to where returns wait. The same `key` again returns the row
    there is. Locks as `inspect`. Also after the return has been closed.

    Raises:
        SentBack, NotThere: see there.
        MoreThanReceived: the row has fewer units.
        NotForSale: as `inspect`.
    """
    with transaction.atomic():
        rma = locked(inspection.line.rma)
        if there := Inspection.objects.filter(act=key[:150]).first():
            return there
        row = Inspection.objects.select_related("line__order_line", "location").get(pk=inspection.pk)
        number = row.quantity if units is None else units
        if row.disposition == Disposition.SEND_BACK:
            raise SentBack(str(row))
        if not 0 < number <= row.quantity:
            raise MoreThanReceived(row.quantity)
        line = row.line.order_line
        waiting = place_of(rma)
        _lock([line])
        home = location or _home(line, restocking.origins(rma.order))
        chosen = Found(row.line_id, number, row.condition, disposition, row.found, home, note)
        _bring_back(rma, row, number, waiting, actor=actor)
        where, movement = _carry(rma, line, chosen, waiting, actor=actor)
        moved = _split(row, number, key=key, actor=actor)
        reason = f"{number} × {line.sku}: {row.disposition} → {disposition}"
        moved.disposition, moved.location, moved.movement = disposition, where, movement
        moved.note = note[:300] or moved.note
        moved.save(update_fields=_CHANGED)
        record(rma, "disposition changed", actor=actor, reason=reason)
    return moved


def _bring_back(rma: Return, row: Inspection, units: int, waiting: Location, *, actor: str) -> None:
    """Bring units back to where returns wait, from stock or from the losses. Raises: NotThere."""
    variant = row.line.order_line.variant_id
    if variant is None or row.disposition == Disposition.QUARANTINE:
        return
    if row.disposition == Disposition.WRITE_OFF:
        level = ledger.ensure_levels({(variant, waiting.pk)})[variant, waiting.pk]
        entry = MovementEntry(level, units, None, rma.number, _("found after it was written off"))
        ledger.record(Kind.ADJUSTMENT, [entry], actor=actor, cause=(rma._meta.label_lower, rma.pk))
        return
    if row.location is None:
        raise NotThere(str(row))
    try:
        _transfer(variant, row.location, waiting, units, rma, actor)
    except InsufficientOnHand as error:
        raise NotThere(str(error)) from error


def _split(row: Inspection, units: int, *, key: str, actor: str) -> Inspection:
    """Return a row of so many units of `row` (all of them: itself). The return is locked."""
    act: dict[str, Any] = {
        "act": key[:150],
        "position": 0,
        "inspected_at": timezone.now(),
        "inspected_by": actor[:150],
    }
    if units == row.quantity:
        for name, value in act.items():
            setattr(row, name, value)
        return row
    Inspection.objects.filter(pk=row.pk).update(quantity=row.quantity - units)
    try:
        return Inspection.objects.create(
            line=row.line,
            quantity=units,
            condition=row.condition,
            found=row.found,
            disposition=Disposition.QUARANTINE,
            note=row.note,
            **act,
        )
    except IntegrityError as error:
        raise MoreThanReceived(row.quantity) from error
