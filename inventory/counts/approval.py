"""Approve a count: post its differences to the ledger, or refuse with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from catalog.models import Variant
from inventory import ledger
from inventory.counts.counting import locked
from inventory.counts.errors import CountShort, SecondPersonNeeded, Short
from inventory.locking import lock_levels
from inventory.models import StockCount, StockCountEntry, StockMovement
from shop.core.states import move

Status = StockCount.Status


@dataclass(frozen=True)
class ApprovalResult:
    """The result of a count: lines and units that differ, and whether a second person must approve."""

    lines: int
    counted: int
    off: int
    found: int
    lost: int

    @property
    def units(self) -> int:
        """Units of difference, found and lost alike."""
        return self.found + self.lost

    @property
    def needs_second(self) -> bool:
        """Return whether somebody who did not count must approve (COUNT_SECOND_PERSON_UNITS)."""
        return self.units >= settings.COUNT_SECOND_PERSON_UNITS


def outcome(count: StockCount) -> ApprovalResult:
    """Return the result of the count (one query)."""
    rows = count.lines.values_list("counted", "book")
    apart = [counted - book for counted, book in rows if counted is not None and book is not None]
    return ApprovalResult(
        lines=len(rows),
        counted=len(apart),
        off=sum(1 for units in apart if units),
        found=sum(units for units in apart if units > 0),
        lost=-sum(units for units in apart if units < 0),
    )


def took_part(count: StockCount) -> set[str]:
    """Return who counted, or handed the count in."""
    actors = StockCountEntry.objects.filter(line__stock_count=count).values_list("actor", flat=True)
    return {*actors.distinct(), count.submitted_by} - {""}


def has_part(count: StockCount, actor: str) -> bool:
    """Return whether this person counted, or handed the count in: then another must approve a large difference."""
    return actor[:150] in took_part(count)


def approve(*, count_id: UUID, actor: str) -> list[StockMovement]:
    """Approve the count and post its differences to the ledger, all or nothing; return the movements.

    Locks the count, then the levels that are off, by primary key. Of two people approving, the second waits for the
    count's lock and gets WrongState; the last guard is the unique constraint stockmovement_one_count_per_cause.

    Raises:
        WrongState: it is not to be approved (any more).
        SecondPersonNeeded: see COUNT_SECOND_PERSON_UNITS.
        CountShort: units to be taken away are reserved, or were sold since; release the reservations or count those
        lines again.
    """
    with transaction.atomic():
        count = locked(count_id, Status.REVIEW)
        result = outcome(count)
        if result.needs_second and has_part(count, actor):
            raise SecondPersonNeeded(result.units)
        apart = {line.level_id: line.difference or 0 for line in count.lines.all() if line.difference}
        _refuse_short(apart)
        movements = ledger.record(
            StockMovement.Kind.COUNT,
            [
                ledger.MovementEntry(level_id, units, reference=count.number, note=count.note)
                for level_id, units in sorted(apart.items())
            ],
            actor=actor,
            cause=(StockCount._meta.label_lower, count.pk),
        )
        count.lines.update(is_open=False)
        data = {"found": result.found, "lost": result.lost, "lines": result.off}
        move(count, Status.APPROVED, actor=actor, data=data, approved_by=actor[:150], approved_at=Now())
    return movements


def _refuse_short(apart: Mapping[UUID, int]) -> None:
    """Lock the levels and raise CountShort with all that have fewer unreserved units than the count takes away."""
    if not apart:
        return
    levels = lock_levels(variant_ids=(), level_ids=list(apart))
    short = [level for level in levels if level.on_hand + apart[level.pk] < level.reserved]
    if short:
        skus = dict(
            Variant.objects.filter(pk__in=[level.variant_id for level in short]).values_list("pk", "sku")
        )
        raise CountShort(
            [
                Short(skus[level.variant_id], -apart[level.pk], level.on_hand, level.reserved)
                for level in short
            ]
        )
