"""Packing: each unit that goes into a parcel is scanned, and what does not belong there is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from inventory import codes
from orders.fulfilment import holds
from orders.fulfilment.shipment_rows import copy, locked_with_order, write
from orders.models import Shipment, ShipmentLine
from shop.core.codes import fold
from shop.core.states import IllegalTransition, record

# Somebody has begun to pack it.
_IS_BEGUN: Final = Exists(ShipmentLine.objects.filter(shipment=OuterRef("pk"), packed__gt=0))


class WrongItem(Exception):
    """The scanned item does not go into this parcel. `why` says how; scanning it again does not help."""

    class Why(StrEnum):
        """No such code; another item; all units of it are packed already."""

        UNKNOWN = "unknown"
        OTHER = "other"
        ENOUGH = "enough"

    def __init__(self, code: str, why: Why, *, name: str = "") -> None:
        super().__init__(f"{code}: {why}")
        self.code, self.why, self.name = code, why, name


@dataclass(frozen=True, slots=True)
class Packed:
    """What a scan did: the line with its new figures, and whether everything of the shipment is packed now."""

    line: ShipmentLine
    is_complete: bool


def scan(shipment: Shipment, code: str, *, actor: str) -> Packed:
    """Count one unit of a scanned SKU or barcode as packed. Locks the order, then the shipment.

    Whether the order may be sent is asked each time: nobody goes on packing what was held or refunded meanwhile.

    Raises:
        WrongItem: nothing of it goes into this parcel (any more).
        HeldBack, NothingToSend, UnitsGone: as `holds.demand_free`.
        IllegalTransition: it is not being packed any more.
    """
    with transaction.atomic():
        fresh = _demand_packable(shipment)
        line = _line_of(fresh, code)
        line.packed += 1
        ShipmentLine.objects.filter(pk=line.pk).update(packed=F("packed") + 1, updated_at=timezone.now())
        is_complete = not fresh.lines.filter(packed__lt=F("quantity")).exists()
        if is_complete:
            _close(fresh, actor)
    copy(fresh, shipment)
    return Packed(line, is_complete)


def pack_all(shipment: Shipment, *, actor: str) -> bool:
    """Say that everything of a shipment is packed, without scanning; False: it was. Locks as `scan`.

    Raises:
        HeldBack, NothingToSend, UnitsGone, IllegalTransition: as `scan`.
    """
    with transaction.atomic():
        fresh = _demand_packable(shipment)
        if fresh.packed_at:
            return False
        fresh.lines.update(packed=F("quantity"), updated_at=timezone.now())
        _close(fresh, actor)
    copy(fresh, shipment)
    return True


def unpack(shipment: Shipment, *, actor: str) -> bool:
    """Begin the packing of a shipment again; False: nothing was packed. Locks the order, then the shipment.

    Raises:
        IllegalTransition: it has left, or was cancelled.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        if fresh.status != Shipment.Status.PENDING:
            raise IllegalTransition(fresh, fresh.status, Shipment.Status.PENDING)
        if not fresh.lines.filter(packed__gt=0).exists():
            return False
        fresh.lines.update(packed=0, updated_at=timezone.now())
        write(fresh, packed_at=None, packed_by="")
        record(fresh, "unpacked", actor=actor)
    copy(fresh, shipment)
    return True


def next_to_pack(*, but: Shipment | None = None) -> Shipment | None:
    """Return the oldest shipment that waits to be packed, that nobody has begun and nothing keeps back; or None."""
    waiting = Shipment.objects.filter(~_IS_BEGUN, status=Shipment.Status.PENDING, packed_at=None)
    if but is not None:
        waiting = waiting.exclude(pk=but.pk)
    free = waiting.filter(
        order__in=holds.free(waiting.values_list("order", flat=True)).order_by().values("pk")
    )
    return free.select_related("order").order_by("created_at", "pk").first()


def _demand_packable(shipment: Shipment) -> Shipment:
    fresh = locked_with_order(shipment)
    if fresh.status != Shipment.Status.PENDING:
        raise IllegalTransition(fresh, fresh.status, Shipment.Status.PENDING)
    holds.demand_free(fresh.order, shipment=fresh)
    return fresh


def _line_of(shipment: Shipment, code: str) -> ShipmentLine:
    """Return the line of a shipment of which a unit with this code is still to be packed."""
    lines = list(shipment.lines.select_related("order_line"))
    variants = codes.variants_of([code])[code]
    mine = [line for line in lines if _is_of(line, variants, code)]
    for line in mine:
        if line.missing:
            return line
    if mine:
        raise WrongItem(code, WrongItem.Why.ENOUGH, name=mine[0].order_line.name)
    raise WrongItem(code, WrongItem.Why.OTHER if variants else WrongItem.Why.UNKNOWN)


def _is_of(line: ShipmentLine, variants: Collection[UUID], code: str) -> bool:
    """Say whether a code names a line: its variant, or the SKU as it was sold where that variant is gone."""
    sold = line.order_line
    if sold.variant_id is None:
        return not variants and fold(sold.sku) == fold(code)
    return sold.variant_id in variants


def _close(shipment: Shipment, actor: str) -> None:
    write(shipment, packed_at=timezone.now(), packed_by=actor[:150])
    record(shipment, "packed", actor=actor)


def lines_of(shipment: Shipment) -> Sequence[ShipmentLine]:
    """Return what goes into a parcel, with its variants and products, in the order of the SKUs (one query)."""
    rows = shipment.lines.select_related("order_line__variant__product")
    return sorted(rows, key=lambda line: line.order_line.sku)
