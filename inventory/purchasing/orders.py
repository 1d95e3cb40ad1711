"""Draft, place, receive and close purchase orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from inventory import ledger
from inventory.models import PurchaseOrder, PurchaseOrderLine, PurchaseReceipt, PurchaseReceiptLine
from shop.core.models import Counter
from shop.core.states import move, record

Status = PurchaseOrder.Status


class NotOpen(Exception):
    """The order is in another state than the verb needs. Trying again does not help."""

    def __init__(self, order: PurchaseOrder) -> None:
        super().__init__(f"{order.number} is {order.status}")
        self.order = order


class NothingInIt(Exception):
    """An order without lines, or a delivery without units. Trying again does not help."""


class OverDelivery(Exception):
    """The delivery brings more than was ordered, and `accept_over` is not set. Nothing was booked."""

    def __init__(self, over: Mapping[UUID, int], skus: Sequence[str]) -> None:
        super().__init__(f"more than ordered: {', '.join(skus)}")
        self.over = dict(over)
        self.skus = list(skus)


class CostUnclear(Exception):
    """Units have no cost and are not marked as free: the average cost would be wrong for good.

    `lines` are those lines, `free` those of them whose cost is 0. Nothing was booked.
    """

    def __init__(self, lines: Sequence[UUID], free: Sequence[UUID]) -> None:
        super().__init__(f"{len(lines)} line(s) without a cost")
        self.lines, self.free = list(lines), list(free)


class DeliveryNoteTaken(Exception):
    """This delivery note was received already for this order. Trying again does not help."""

    def __init__(self, receipt: PurchaseReceipt) -> None:
        super().__init__(f"{receipt} was received at {receipt.created_at}")
        self.receipt = receipt


@dataclass(frozen=True)
class Wanted:
    """A line to order: units of a variant at a cost each, in the shop's currency (None: not known yet)."""

    variant_id: UUID
    quantity: int
    unit_cost: Decimal | None


@dataclass(frozen=True)
class Delivered:
    """What arrived of one line. `unit_cost` when the invoice differs from what was agreed.

    `is_free`: confirmed that these units cost nothing.
    """

    line_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    is_free: bool = False


def next_number() -> str:
    """Return the next number of the series (`OC-00001`); the counter stays locked until the transaction ends."""
    return f"OC-{Counter.increment('purchase-order'):05d}"


def draft(
    *,
    supplier_id: UUID,
    location_id: UUID,
    lines: Sequence[Wanted],
    expected_date: date | None = None,
    note: str = "",
    actor: str,
) -> PurchaseOrder:
    """Make a purchase order that may still be changed.

    Raises: NothingInIt when there are no lines.
    """
    if not lines:
        raise NothingInIt("An order of nothing orders nothing.")
    with transaction.atomic():
        order = PurchaseOrder.objects.create(
            number=next_number(),
            supplier_id=supplier_id,
            location_id=location_id,
            expected_date=expected_date,
            note=note,
        )
        PurchaseOrderLine.objects.bulk_create(
            PurchaseOrderLine(
                order=order, variant_id=line.variant_id, quantity=line.quantity, unit_cost=line.unit_cost
            )
            for line in lines
        )
        record(order, "drafted", actor=actor)
    return order


def place(*, order_id: UUID, actor: str) -> PurchaseOrder:
    """Place the order: from now on its units count as on order, and its lines no longer change.

    Raises: NotOpen unless it is a draft; NothingInIt when it has no lines.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.status != Status.DRAFT:
            raise NotOpen(order)
        if not order.lines.exists():
            raise NothingInIt("An order of nothing orders nothing.")
        move(order, Status.ORDERED, actor=actor, ordered_at=Now())
    return PurchaseOrder.objects.get(pk=order_id)


def receive(
    *,
    order_id: UUID,
    delivered: Sequence[Delivered],
    delivery_note: str,
    note: str = "",
    accept_over: bool = False,
    actor: str,
) -> PurchaseReceipt:
    """Book a delivery against an open order, whole or not at all; it is received when every line has arrived.

    Locks the order, then the levels of its location by primary key.

    Raises:
        NotOpen: the order is not open. DeliveryNoteTaken: the delivery note was received before, by this or another
        person. NothingInIt: no line has units. OverDelivery: more than ordered came and `accept_over` is not set.
        CostUnclear: a line has no cost, or 0 without `is_free`.
    """
    with transaction.atomic():
        order = _locked(order_id)
        _refuse_twice(order, delivery_note)
        if not order.is_open:
            raise NotOpen(order)
        lines = {line.pk: line for line in order.lines.select_related("variant")}
        came = [row for row in delivered if row.quantity > 0]
        if not came or any(row.line_id not in lines for row in came):
            raise NothingInIt("A delivery brings units of the order's lines.")
        over = {row.line_id: max(0, row.quantity - lines[row.line_id].outstanding) for row in came}
        if any(over.values()) and not accept_over:
            raise OverDelivery(over, [lines[key].variant.sku for key, units in over.items() if units])
        costs = _costs(lines, came)
        receipt = PurchaseReceipt.objects.create(
            order=order, delivery_note=delivery_note, note=note, actor=actor
        )
        _write(order, receipt, lines, came, over, costs)
        _move_on(order, receipt, actor)
    return receipt


def _refuse_twice(order: PurchaseOrder, delivery_note: str) -> None:
    before = order.receipts.filter(delivery_note=delivery_note).first()
    if before:
        raise DeliveryNoteTaken(before)


def _costs(lines: Mapping[UUID, PurchaseOrderLine], came: Sequence[Delivered]) -> dict[UUID, Decimal]:
    """Return what one unit of each line cost: by the invoice, else as agreed. Raises: CostUnclear."""
    costs: dict[UUID, Decimal] = {}
    unclear, free = [], []
    for row in came:
        cost = row.unit_cost if row.unit_cost is not None else lines[row.line_id].unit_cost
        if cost is not None and (cost or row.is_free):
            costs[row.line_id] = cost
            continue
        unclear.append(row.line_id)
        if cost is not None:
            free.append(row.line_id)
    if unclear:
        raise CostUnclear(unclear, free)
    return costs


def _write(
    order: PurchaseOrder,
    receipt: PurchaseReceipt,
    lines: Mapping[UUID, PurchaseOrderLine],
    came: Sequence[Delivered],
    over: Mapping[UUID, int],
    costs: Mapping[UUID, Decimal],
) -> None:
    PurchaseReceiptLine.objects.bulk_create(
        PurchaseReceiptLine(
            receipt=receipt,
            line_id=row.line_id,
            quantity=row.quantity,
            over=over[row.line_id],
            unit_cost=costs[row.line_id],
        )
        for row in came
    )
    for row in came:
        PurchaseOrderLine.objects.filter(pk=row.line_id).update(
            received=F("received") + row.quantity, updated_at=Now()
        )
    ledger.receive_many(
        [
            ledger.Receipt(
                variant_id=lines[row.line_id].variant_id,
                location_id=order.location_id,
                quantity=row.quantity,
                unit_cost=costs[row.line_id],
                reference=f"{order.number} · {receipt.delivery_note}",
                note=receipt.note,
            )
            for row in came
        ],
        actor=receipt.actor,
        cause=receipt,
    )


def _move_on(order: PurchaseOrder, receipt: PurchaseReceipt, actor: str) -> None:
    missing = order.lines.filter(received__lt=F("quantity")).exists()
    data = {"delivery_note": receipt.delivery_note, "receipt": str(receipt.pk)}
    if not missing:
        move(order, Status.RECEIVED, actor=actor, data=data, ended_at=Now())
    elif order.status == Status.ORDERED:
        move(order, Status.PARTLY, actor=actor, data=data)
    else:
        record(order, "received in part", actor=actor, data=data)


def close(*, order_id: UUID, reason: str, actor: str) -> PurchaseOrder:
    """Cancel what has not arrived: a draft, or an order without receipts, is cancelled, one received in part closed.

    Raises: NotOpen when it has ended already.
    """
    with transaction.atomic():
        order = _locked(order_id)
        to = Status.CLOSED if order.status == Status.PARTLY else Status.CANCELLED
        if order.status not in {Status.DRAFT, *PurchaseOrder.OPEN}:
            raise NotOpen(order)
        move(order, to, actor=actor, reason=reason, ended_at=Now())
    return PurchaseOrder.objects.get(pk=order_id)


def _locked(order_id: UUID) -> PurchaseOrder:
    return PurchaseOrder.objects.select_for_update(no_key=True).get(pk=order_id)
