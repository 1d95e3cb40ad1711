"""Receiving a parcel: what people counted in it, whatever was announced, comes to a place that nothing is sold from.

A carrier that reports the arrival has received nothing: units are counted by people. The ledger has them at once, as
returned by the customer, at a location of the kind quarantine; `inspecting` brings them on from there. So they are on
the books from the moment they are in the house, and for sale only when somebody has looked at them.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory import ledger
from inventory.ledger import MoreThanSold
from inventory.locking import lock_levels
from inventory.models import Location, StockMovement
from orders.models import (
    Order,
    OrderLine,
    Return,
    ReturnLine,
    ReturnReceipt,
    ReturnReceiptLine,
    Shipment,
    ShipmentLine,
)
from orders.returns import mails, policies, terms
from orders.returns.rows import copy, locked_approved
from shop.core import countries
from shop.core.states import record

_PLACE: Final = "devoluciones"


class MoreCameThanSent(Exception):
    """More units of a line were counted than were sent and have not come back yet. Count again."""


class WrongParcel(Exception):
    """The parcels of a return are numbered in turn; `next` is the number of the next one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the next parcel is number {number}")
        self.next = number


class SoldFrom(Exception):
    """Units are sold from the place: returns wait in quarantine until they are inspected."""


class NothingCounted(Exception):
    """Neither a unit of the order nor anything else was counted, or a line is of another order."""


def place() -> Location:
    """Return where returned units lie until they are inspected; made when there is none."""
    found, _made = Location.objects.get_or_create(
        code=_PLACE,
        defaults={
            "name": _("Returns"),
            "kind": Location.Kind.QUARANTINE,
            "is_sellable": False,
            "priority": 1000,
        },
    )
    return found


def place_of(rma: Return) -> Location:
    """Return where the units of a return lie: where its first parcel was put."""
    first = rma.receipts.select_related("location").order_by("ordinal").first()
    return first.location if first else place()


def receive(
    rma: Return,
    counted: Mapping[UUID, int],
    *,
    parcel: int,
    actor: str,
    location: Location | None = None,
    wrong_items: str = "",
    wrong_units: int = 0,
    note: str = "",
) -> tuple[ReturnReceipt, bool]:
    """Write what was counted in a parcel, by order line; return the receipt, and whether it is new.

    `parcel` is which of the return's parcels was opened, 1 being the first: when somebody has received it already,
    their receipt is returned and nothing changes. Fewer units than announced are normal, and more, and lines that were
    not announced, as long as they were sent. What is of no line of the order is kept in words (`wrong_items`) and moves
    no stock. Locks the order, the return, then all levels of the variants by key.

    Raises:
        NotOpen: it is not approved, or has ended: enter a new return for what came.
        MoreCameThanSent, WrongParcel, NothingCounted, SoldFrom: see there.
    """
    units = {key: number for key, number in counted.items() if number}
    with transaction.atomic():
        fresh = locked_approved(rma)
        if there := fresh.receipts.filter(ordinal=parcel).first():
            return there, False
        following = (fresh.receipts.aggregate(last=Max("ordinal"))["last"] or 0) + 1
        if parcel != following:
            raise WrongParcel(following)
        lines = OrderLine.everything.filter(order=fresh.order).select_related("order").in_bulk()
        if (not units and not wrong_units) or set(units) - set(lines) or any(n < 0 for n in units.values()):
            raise NothingCounted
        _demand_sent(fresh.order, units)
        receipt = ReturnReceipt.objects.create(
            rma=fresh,
            ordinal=parcel,
            location=_waiting_place(fresh, location),
            received_at=timezone.now(),
            received_by=actor[:150],
            note=note[:300],
            wrong_items=wrong_items.strip()[:300] if wrong_units else "",
            wrong_units=wrong_units,
        )
        _book(receipt, {lines[key]: number for key, number in units.items()}, actor=actor)
        summary = ", ".join(f"{number} × {lines[key].sku}" for key, number in units.items())
        record(fresh, "received", actor=actor, reason=summary or receipt.wrong_items, data={"parcel": parcel})
        mails.received(receipt)
    copy(fresh, rma)
    return receipt, True


def _waiting_place(rma: Return, wanted: Location | None) -> Location:
    """Return where the units of a return wait: where its first parcel was put. Raises: SoldFrom."""
    where = place_of(rma) if rma.receipts.exists() else wanted or place()
    if where.is_sold_from:
        raise SoldFrom(str(where))
    return where


def _demand_sent(order: Order, units: Mapping[UUID, int]) -> None:
    """Require that so many units were sent and are not here yet. The order is locked. Raises: MoreCameThanSent."""
    sent: dict[UUID, int] = {}
    rows = ShipmentLine.objects.filter(
        shipment__order=order, shipment__status__in=(Shipment.Status.SHIPPED, Shipment.Status.DELIVERED)
    )
    for line, number in rows.values_list("order_line", "quantity"):
        sent[line] = sent.get(line, 0) + number
    came: dict[UUID, int] = {}
    for line, number in ReturnReceiptLine.objects.filter(line__rma__order=order).values_list(
        "line__order_line", "quantity"
    ):
        came[line] = came.get(line, 0) + number
    for line, number in ReturnLine.objects.filter(
        rma__order=order, inspections__disposition="send_back"
    ).values_list("order_line", "inspections__quantity"):
        came[line] = came.get(line, 0) - number
    for key, number in units.items():
        if number > sent.get(key, 0) - came.get(key, 0):
            raise MoreCameThanSent(f"{number} of {sent.get(key, 0)} sent, {came.get(key, 0)} came back")


def _book(receipt: ReturnReceipt, units: Mapping[OrderLine, int], *, actor: str) -> None:
    """Write the counted lines, each with its movement; one that was not announced becomes a line of the return."""
    rma = receipt.rma
    ordered = sorted(units, key=lambda line: (str(line.variant_id), str(line.pk)))
    variants = {line.variant_id for line in ordered if line.variant_id}
    ledger.ensure_levels({(variant, receipt.location_id) for variant in variants})
    announced = {one.order_line_id: one for one in rma.lines.all()}
    added = {line.pk: _unannounced(rma, line) for line in ordered if line.pk not in announced}
    lock_levels(variant_ids=variants)
    for line in ordered:
        ReturnReceiptLine.objects.create(
            receipt=receipt,
            line=announced.get(line.pk) or added[line.pk],
            quantity=units[line],
            movement=_movement(receipt, line, units[line], actor) if line.variant_id else None,
        )


def _movement(receipt: ReturnReceipt, line: OrderLine, units: int, actor: str) -> StockMovement | None:
    if line.variant_id is None:
        return None
    try:
        return ledger.return_from_customer(
            variant_id=line.variant_id,
            location_id=receipt.location_id,
            quantity=units,
            note=_("return received"),
            reference=receipt.rma.number,
            actor=actor,
            cause=line.sale_cause,
        )
    except MoreThanSold as error:
        raise MoreCameThanSent(str(error)) from error


def _unannounced(rma: Return, line: OrderLine) -> ReturnLine:
    """Write a line of the return for units that came without being announced; they come back without a reason."""
    policy = policies.of_lines(rma.order, [line])[line.pk]
    shipped = Shipment.objects.filter(order=rma.order, lines__order_line=line, delivered_at__isnull=False)
    last = shipped.order_by("-delivered_at").first()
    found = terms.terms(
        is_fault=False,
        delivered_on=timezone.localdate(last.delivered_at) if last else None,
        today=timezone.localdate(rma.created_at),
        policy=policy,
        country=countries.current(),
    )
    return ReturnLine.objects.create(
        rma=rma,
        order_line=line,
        quantity=0,
        basis=found.basis,
        fee_rate=found.fee_rate if found.is_allowed else 0,
    )
