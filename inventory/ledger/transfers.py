"""Transfers: units move between locations by two movements, and are never counted twice.

`send` books them out of the source, `receive` into the destination; in between they are at no location. What never
arrives is received and written off in one transaction, so that its loss is a movement like any other; what comes back
is booked into the source again. A transfer is closed when every unit sent is accounted for.

Locks: the transfer (or, to send one, its series of numbers), then its levels by primary key, until the caller's
transaction ends.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from inventory import ledger
from inventory.ledger import Kind, MovementEntry
from inventory.models import StockLevel, Transfer, TransferLine
from shop.core.models import Counter
from shop.core.states import move, record

CAUSE = Transfer._meta.label_lower
Status = Transfer.Status


class NotOnTheWay(Exception):
    """More units are named than are still in transit. Trying again does not help: reload the transfer."""

    def __init__(self, *, variant_id: UUID, wanted: int, in_transit: int) -> None:
        super().__init__(f"{variant_id}: {wanted} units, but {in_transit} are on the way")
        self.variant_id = variant_id
        self.wanted = wanted
        self.in_transit = in_transit


def send(
    *,
    source_id: UUID,
    destination_id: UUID,
    wanted: Mapping[UUID, int],
    actor: str,
    reference: str = "",
    note: str = "",
) -> Transfer:
    """Book `wanted` (variant → units) out of the source; they are in transit. Returns the transfer.

    Raises:
        InsufficientOnHand: some are not there, or held for buyers; nothing is sent.
        ValueError: no units, fewer than one, or a place that sends to itself.
    """
    if not wanted or min(wanted.values()) < 1:
        raise ValueError("A transfer moves at least one unit of each variant.")
    if source_id == destination_id:
        raise ValueError("A transfer goes from one place to another.")
    with transaction.atomic():
        # The number is taken before the levels are locked: waiting for it must not block buyers.
        number = f"T-{Counter.increment('transfer_number'):05d}"
        levels = ledger.ensure_levels(
            {(variant, place) for variant in wanted for place in (source_id, destination_id)}
        )
        _lock(levels.values())
        transfer = Transfer.objects.create(
            number=number,
            source_id=source_id,
            destination_id=destination_id,
            reference=reference[:120],
            note=note[:300],
            actor=actor[:150],
            sent_at=_database_now(),
        )
        TransferLine.objects.bulk_create(
            TransferLine(transfer=transfer, variant_id=variant, sent=units)
            for variant, units in wanted.items()
        )
        entries = [
            MovementEntry(levels[key, source_id], -units, None, transfer.number, note)
            for key, units in wanted.items()
        ]
        ledger.record(Kind.TRANSFER_OUT, entries, actor=actor, cause=(CAUSE, transfer.pk))
        record(transfer, "sent", actor=actor, reason=note, data={"units": sum(wanted.values())})
        return transfer


def transfer(
    *,
    source_id: UUID,
    destination_id: UUID,
    wanted: Mapping[UUID, int],
    actor: str,
    reference: str = "",
    note: str = "",
) -> Transfer:
    """Move `wanted` (variant → units) at once: sent and received in one transaction. Returns the closed transfer.

    Raises: as `send`; nothing has moved then.
    """
    with transaction.atomic():
        sent = send(
            source_id=source_id,
            destination_id=destination_id,
            wanted=wanted,
            actor=actor,
            reference=reference,
            note=note,
        )
        return receive(transfer_id=sent.pk, arrived=wanted, actor=actor, note=note)


def receive(
    *,
    transfer_id: UUID,
    arrived: Mapping[UUID, int],
    lost: Mapping[UUID, int] | None = None,
    actor: str,
    note: str = "",
) -> Transfer:
    """Book what `arrived` (variant → units) into the destination; what is `lost` is written off there.

    Units that are named in neither stay on the way. The last ones close the transfer.

    Raises:
        NotOnTheWay: more than is on the way; nothing is booked.
        ValueError: nothing named, fewer than none, or a loss without a note.
    """
    arrived, lost = _positive(arrived), _positive(lost or {})
    if lost and not note.strip():
        raise ValueError("Say in the note how they were lost.")
    with transaction.atomic():
        found = _lock_transfer(transfer_id)
        totals = {key: arrived.get(key, 0) + lost.get(key, 0) for key in arrived.keys() | lost.keys()}
        levels = _account_for(found, totals, found.destination_id, received=arrived, lost=lost)
        _record(found, Kind.TRANSFER_IN, levels, totals, note, actor)
        _record(found, Kind.LOSS, levels, {key: -units for key, units in lost.items()}, note, actor)
        return _move_on(
            found,
            actor=actor,
            reason=note,
            data={"received": sum(arrived.values()), "lost": sum(lost.values())},
        )


def bring_back(*, transfer_id: UUID, returned: Mapping[UUID, int], actor: str, note: str) -> Transfer:
    """Book units that are on the way into the source again (variant → units), with the reason in `note`.

    Raises:
        NotOnTheWay: more than is on the way; nothing is booked.
        ValueError: nothing named, fewer than none, or no note.
    """
    returned = _positive(returned)
    if not note.strip():
        raise ValueError("Say why in the note.")
    with transaction.atomic():
        found = _lock_transfer(transfer_id)
        levels = _account_for(found, returned, found.source_id, returned=returned)
        _record(found, Kind.TRANSFER_IN, levels, returned, note, actor)
        return _move_on(found, actor=actor, reason=note, data={"returned": sum(returned.values())})


def in_transit(variant_ids: Collection[UUID] | None = None) -> dict[UUID, int]:
    """Return how many units of each variant are on the way (all of them unless named). One query by a partial index."""
    lines = TransferLine.objects.filter(sent__gt=F("received") + F("lost") + F("returned"))
    if variant_ids is not None:
        lines = lines.filter(variant_id__in=variant_ids)
    rows = (
        lines.order_by()
        .values_list("variant_id")
        .annotate(units=Sum(F("sent") - F("received") - F("lost") - F("returned")))
    )
    return dict(rows)


def _positive(units: Mapping[UUID, int]) -> dict[UUID, int]:
    if any(number < 0 for number in units.values()):
        raise ValueError("Fewer than no units cannot arrive.")
    return {key: number for key, number in units.items() if number}


def _lock_transfer(key: UUID) -> Transfer:
    return Transfer.objects.select_for_update().get(pk=key)


def _account_for(
    found: Transfer, totals: Mapping[UUID, int], place_id: UUID, **columns: Mapping[UUID, int]
) -> dict[UUID, UUID]:
    """Record in the lines where the units went, and return the level of each variant at the location, locked."""
    if not totals:
        raise ValueError("Say how many units.")
    lines = {line.variant_id: line for line in found.lines.all()}
    for variant_id, units in totals.items():
        line = lines.get(variant_id)
        if line is None or units > line.in_transit:
            raise NotOnTheWay(variant_id=variant_id, wanted=units, in_transit=line.in_transit if line else 0)
        changes = {name: F(name) + share.get(variant_id, 0) for name, share in columns.items()}
        TransferLine.objects.filter(pk=line.pk).update(**changes, updated_at=Now())
    levels = ledger.ensure_levels({(variant_id, place_id) for variant_id in totals})
    _lock(levels.values())
    return {variant_id: level_id for (variant_id, _place), level_id in levels.items()}


def _record(
    found: Transfer,
    kind: Kind,
    levels: Mapping[UUID, UUID],
    units: Mapping[UUID, int],
    note: str,
    actor: str,
) -> None:
    entries = [MovementEntry(levels[key], number, None, found.number, note) for key, number in units.items()]
    ledger.record(kind, entries, actor=actor, cause=(CAUSE, found.pk))


def _move_on(found: Transfer, *, actor: str, reason: str, data: dict[str, int]) -> Transfer:
    """Close the transfer when nothing is on the way any more. Its row is locked, so nobody else can close it."""
    if not any(line.in_transit for line in found.lines.all()):
        move(found, Status.CLOSED, actor=actor, reason=reason, data=data, closed_at=_database_now())
    elif found.status == Status.SENT:
        move(found, Status.PARTLY, actor=actor, reason=reason, data=data)
    else:
        record(found, "received", actor=actor, reason=reason, data=data)
    return found


def _lock(level_ids: Collection[UUID]) -> None:
    """Lock levels by primary key before two kinds of movements go through them.

    NO KEY UPDATE, as everybody: opening a count inserts foreign keys to them in no order, and must not wait
    (docs/locking.md).
    """
    levels = StockLevel.objects.filter(pk__in=list(level_ids)).order_by("pk").select_for_update(no_key=True)
    list(levels.values_list("pk"))


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    result: datetime = now
    return result
