"""The verbs of shipments: prepare, cancel, ship, deliver, mark as come back, send again.

Each locks the order first, then the shipment, opens one transaction and calls nobody. What must follow (mails) is a row
of the same transaction. Doing again what is done changes nothing and returns False.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, Sum, prefetch_related_objects
from django.utils import timezone

from inventory.models import Location
from orders.fulfilment import holds, leaving, mails, remaining
from orders.fulfilment.shipment_rows import copy, locked_with_order, note_tracking
from orders.models import (
    Claim,
    ClaimLine,
    Order,
    OrderLine,
    Parcel,
    Shipment,
    ShipmentLine,
    ShippingMethod,
)
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.read_ahead import Wanted, of
from shop.core.states import IllegalTransition, move, record

Status: Final = Shipment.Status
# For an `annotate` of orders: units of it are in a parcel, or have left.
IS_PACKED: Final = Exists(
    ShipmentLine.objects.filter(shipment__order=OuterRef("pk"), packed__gt=0).exclude(
        shipment__status=Status.CANCELLED
    )
)


class MoreThanLeft(Exception):
    """More units of a line were to be packed than are left, or less than one. `lines` has what is left of each."""

    def __init__(self, lines: list[OrderLine]) -> None:
        super().__init__(", ".join(f"{line.left} × {line.sku} left" for line in lines))
        self.lines = lines


def prepare(
    order: Order,
    *,
    key: str,
    actor: str,
    units: Mapping[UUID, int] | None = None,
    method: ShippingMethod | None = None,
    location: Location | None = None,
) -> Shipment:
    """Make a shipment of what is left of an order, or of so many `units` of its lines; return it.

    `method` is the way this part goes, where it is another than the buyer chose. `location`: where it is packed. The
    same `key` again returns the shipment there is. Locks the order.

    Raises:
        HeldBack, NothingToSend: as `holds.demand_free`.
        MoreThanLeft: more of a line than is left, none of any, or a line of another order.
    """
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        if there := Shipment.objects.select_related("order").filter(dedupe_key=key[:150]).first():
            return there
        locked = holds.demand_free(order)
        chosen = _chosen(locked, units)
        way = method or _method_of(locked)
        last = locked.shipments.aggregate(last=Max("ordinal"))["last"] or 0
        shipment = Shipment.objects.create(
            order=locked,
            ordinal=last + 1,
            method=way,
            method_name=method.name if method else locked.shipping_name,
            kind=way.kind if way else _kind_without_a_method(locked),
            carrier=way.carrier if way else "",
            **_as_chosen(locked, way),
            location=location,
            dedupe_key=key[:150],
        )
        for line, quantity in chosen:
            ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=quantity)
        weight = sum(line.weight_grams * quantity for line, quantity in chosen)
        Parcel.objects.create(shipment=shipment, weight_grams=weight)
        summary = ", ".join(f"{quantity} × {line.sku}" for line, quantity in chosen)
        record(shipment, "prepared", actor=actor, reason=summary)
    return shipment


def _chosen(order: Order, units: Mapping[UUID, int] | None) -> list[tuple[OrderLine, int]]:
    lines = list(remaining.lines().filter(order=order))
    if units is None:
        return [(line, line.left) for line in lines if line.left]
    wrong = [line for line in lines if line.pk in units and not 0 <= units[line.pk] <= line.left]
    chosen = [(line, units[line.pk]) for line in lines if units.get(line.pk)]
    if wrong or not chosen or set(units) - {line.pk for line in lines}:
        raise MoreThanLeft(wrong)
    return chosen


def _method_of(order: Order) -> ShippingMethod | None:
    return order.checkout.shipping_method


def _as_chosen(order: Order, way: ShippingMethod | None) -> dict[str, str]:
    """Return the carrier's service and branch that the buyer chose, where the shipment goes that way."""
    quote = order.checkout.shipping_quote
    if way is None or way.pk != getattr(order.checkout.shipping_method, "pk", None):
        return {}
    return {
        "service": quote.service if quote else "",
        "branch_code": order.branch_code,
        "branch_name": order.branch_name,
    }


def _kind_without_a_method(order: Order) -> str:
    """Return how an order goes whose rate was deleted since: to its address, or it is fetched."""
    kinds = ShippingMethod.Kind
    return kinds.DELIVERY if order.shipping_address_id else kinds.PICKUP


def ship(
    shipment: Shipment,
    *,
    actor: str,
    tracking_number: str = "",
    tracking_url: str = "",
    carrier: str = "",
    at: datetime | None = None,
    mails_buyer: bool = True,
    without_label: bool = False,
) -> bool:
    """Say that a shipment has left (`at`, now unless it was earlier); False: it had before.

    What was not scanned counts as packed.

    Whether it may leave is asked here, below the order's lock: a hold or a refund of units is either seen, or waits
    until the shipment has left. `mails_buyer`: queue the mail. `without_label`: also while its label is not made.
    Locks the order, then the shipment.

    Raises:
        HeldBack, NothingToSend, UnitsGone: as `holds.demand_free`.
        LabelBeingVoided: its label is being given back.
        LabelNotMade: see there.
        IllegalTransition: it was cancelled.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.status in Shipment.LEFT:
            return False
        if fresh.status == Status.CANCELLED:
            raise IllegalTransition(fresh, fresh.status, Status.SHIPPED)
        holds.demand_free(fresh.order, shipment=fresh)
        leaving.demand_label_decided(fresh, without_label=without_label)
        note_tracking(fresh, tracking_number, tracking_url, carrier)
        now = timezone.now()
        left = min(max(at or now, fresh.order.placed_at), now)
        for line in fresh.lines.all():
            ShipmentLine.objects.filter(pk=line.pk).update(packed=line.quantity, updated_at=now)
        packed: dict[str, Any] = {} if fresh.packed_at else {"packed_at": left, "packed_by": actor[:150]}
        move(
            fresh,
            Status.SHIPPED,
            actor=actor,
            reason=fresh.tracking_number,
            shipped_at=left,
            updated_at=now,
            **packed,
        )
        if mails_buyer and not fresh.is_pickup:
            mails.dispatched(fresh)
    copy(fresh, shipment)
    return True


def deliver(
    shipment: Shipment,
    *,
    actor: str,
    at: datetime | None = None,
    reason: str = "",
    mails_buyer: bool = True,
) -> bool:
    """Say that a shipment has arrived (`at`, now when it is not known); False: it had before, or came back.

    When nothing of the order is left to send or on its way, the order is completed. Locks the order, then the shipment.

    Raises:
        IllegalTransition: it has not left, or was cancelled.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.status in {Status.DELIVERED, Status.RETURNED}:
            return False
        now = timezone.now()
        arrived = min(max(at or now, fresh.shipped_at or now), now)
        move(
            fresh,
            Status.DELIVERED,
            actor=actor,
            reason=reason,
            delivered_at=arrived,
            attention_since=None,
            attention_reason="",
            updated_at=now,
        )
        if mails_buyer:
            mails.delivered(fresh)
        complete_if_done(fresh.order, actor=actor)
    copy(fresh, shipment)
    return True


def hand_over(shipment: Shipment, *, actor: str) -> bool:
    """Say that the buyer fetched a shipment at the store: it leaves and arrives at once. False: it had before.

    Raises:
        HeldBack, NothingToSend, UnitsGone, LabelBeingVoided, IllegalTransition: as `ship`.
    """
    with transaction.atomic():
        left = ship(shipment, actor=actor, mails_buyer=False)
        return deliver(shipment, actor=actor) or left


def mark_returned(shipment: Shipment, *, reason: str, actor: str) -> bool:
    """Say that a shipment came back; False: it had before. It needs attention until somebody has decided about it.

    Its units are not left to send: `send_again`, or put them back in stock and pay them back. Locks the order, then
    the shipment.

    Raises:
        IllegalTransition: it has not left, or was cancelled.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.status == Status.RETURNED:
            return False
        now = timezone.now()
        move(
            fresh,
            Status.RETURNED,
            actor=actor,
            reason=reason,
            returned_at=now,
            attention_since=fresh.attention_since or now,
            attention_reason=reason[:300],
            updated_at=now,
        )
    copy(fresh, shipment)
    return True


class NotToBeSentAgain(Exception):
    """The shipment did not come back, or its units were sent again, paid back or put back in stock since."""


class Claimed(NotToBeSentAgain):
    """Units of the shipment are in a claim (`number`) that is open or was answered with other units or money."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def _demand_unclaimed(shipment: Shipment) -> None:
    """Refuse units for which the buyer has others or money by a claim, or may get them. Its order is locked."""
    about = Q(claim__shipment=shipment) | Q(claim__shipment=None, claim__reason=Claim.Reason.NEVER_ARRIVED)
    settles = Q(claim__status__in=Claim.LIVE) | Q(claim__status=Claim.Status.RESOLVED) & (
        Q(replaced__gt=0) | Q(refunded__gt=0)
    )
    rows = ClaimLine.objects.filter(about, settles, claim__order=shipment.order_id)
    found = (
        rows.filter(order_line__in=shipment.lines.values("order_line")).select_related("claim__order").first()
    )
    if found is not None:
        raise Claimed(found.claim.number)


def send_again(shipment: Shipment, *, key: str, actor: str) -> Shipment:
    """Make a new shipment of the units of one that came back; return it. The same `key` again returns it.

    Locks the order, then the shipment.

    Raises:
        NotToBeSentAgain: it did not come back, or its units or the order's money are gone; `Claimed`: by a claim.
        HeldBack: as `holds.demand_free`.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if there := Shipment.objects.select_related("order").filter(dedupe_key=key[:150]).first():
            return there
        _demand_unclaimed(fresh)
        now = timezone.now()
        back = Shipment.objects.filter(pk=fresh.pk, status=Status.RETURNED, sent_again_at=None)
        if not back.update(sent_again_at=now, attention_since=None, attention_reason="", updated_at=now):
            raise NotToBeSentAgain(str(fresh))
        units = {line.order_line_id: line.quantity for line in fresh.lines.all()}
        try:
            again = prepare(
                fresh.order, key=key, units=units, method=fresh.method, location=fresh.location, actor=actor
            )
        except (MoreThanLeft, holds.NothingToSend) as error:
            raise NotToBeSentAgain(str(error)) from error
        record(fresh, "sent again", actor=actor, reason=again.number)
    copy(Shipment.objects.get(pk=fresh.pk), shipment)
    return again


def cancel(shipment: Shipment, *, reason: str, actor: str) -> bool:
    """Cancel a shipment that has not left; its units are left to send again. False: it was cancelled before.

    Locks the order, then the shipment.

    Raises:
        IllegalTransition: it has left.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.status == Status.CANCELLED:
            return False
        now = timezone.now()
        move(
            fresh,
            Status.CANCELLED,
            actor=actor,
            reason=reason,
            cancelled_at=now,
            attention_since=None,
            attention_reason="",
            updated_at=now,
        )
    copy(fresh, shipment)
    return True


def cancel_pending(order: Order, *, reason: str, actor: str) -> int:
    """Cancel all shipments of an order that have not left (its cancellation); return how many. Locks as `cancel`."""
    pending = list(order.shipments.filter(status=Status.PENDING).order_by("pk"))
    return sum(cancel(one, reason=reason, actor=actor) for one in pending)


def complete_if_done(order: Order, *, actor: str) -> bool:
    """Complete an order of which something arrived and nothing is left to send or on its way. Locks the order.

    What came back and nobody has decided about yet may be sent again.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if locked.status != Order.Status.CONFIRMED:
            return False
        shipments = list(locked.shipments.values_list("status", "attention_since"))
        states = {status for status, _since in shipments}
        undecided = any(status == Status.RETURNED and since for status, since in shipments)
        if Status.DELIVERED not in states or states & {Status.PENDING, Status.SHIPPED} or undecided:
            return False
        if remaining.lines().filter(order=locked, left__gt=0).exists():
            return False
        return move(locked, Order.Status.COMPLETED, actor=actor, updated_at=timezone.now())


_IN_PARCELS = ShipmentLine.objects.filter(packed__gt=0).exclude(shipment__status=Status.CANCELLED).order_by()
_PACKED: Final = KeptQuery(lambda key: _IN_PARCELS.filter(shipment__order_id=key)[:1], UUID)


def is_packed(order: Order) -> bool:
    """Say whether units of an order are in a parcel, or have left: its buyer cannot cancel it any more."""
    return bool(of(order, _PACKED, order.pk))


def delivered_units(order: Order) -> dict[UUID, int]:
    """Return how many units of each line of an order have arrived (and did not come back undelivered). One query."""
    arrived = ShipmentLine.objects.filter(shipment__order=order, shipment__delivered_at__isnull=False)
    rows = arrived.order_by().values_list("order_line").annotate(units=Sum("quantity"))
    return {line: units or 0 for line, units in rows}


_OF_ORDER: Final = KeptQuery(lambda key: Shipment.objects.filter(order_id=key).order_by("ordinal"), UUID)


def ahead(order: Order) -> list[Wanted]:
    """Return what `of_order` and `is_packed` ask."""
    return [(_OF_ORDER, order.pk), (_PACKED, order.pk)]


def of_order(order: Order) -> Iterable[Shipment]:
    """Return the shipments of an order by their ordinals, with their lines (one query, three when there are any)."""
    found = of(order, _OF_ORDER, order.pk)
    prefetch_related_objects(found, "lines__order_line")
    for shipment in found:
        shipment.order = order
    return found
