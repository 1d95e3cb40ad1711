"""Open a count, enter figures, hand it in, have it counted again, or cancel it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Category
from inventory import codes
from inventory.counts.errors import (
    AlreadyBeingCounted,
    BadFigure,
    NothingCounted,
    NothingToCount,
    NotPartOfIt,
    WrongState,
)
from inventory.models import StockCount, StockCountEntry, StockCountLine, StockLevel
from inventory.sql import load
from shop.core.ids import uuid7
from shop.core.models import Counter
from shop.core.states import move, record

FREEZE = load("expected_quantities")
LEDGER_QUANTITIES = load("ledger_quantities")
RESERVE_LOCKED = """
UPDATE inventory_stockcountline AS line
   SET counted = told.counted, book = told.book, counted_at = told.moment, counted_by = %(actor)s,
       moved_meanwhile = told.moved
  FROM unnest(%(ids)s::uuid[], %(counted)s::int[], %(books)s::int[], %(moments)s::timestamptz[], %(moved)s::boolean[])
       AS told (id, counted, book, moment, moved)
 WHERE line.id = told.id
"""
MOST_UNITS: Final = 1_000_000
Status = StockCount.Status
Source = StockCountEntry.Source


@dataclass(frozen=True)
class Figure:
    """What somebody counted at a level: `adds` to what was counted before (a scan), or replaces it."""

    level_id: UUID
    quantity: int
    adds: bool = False
    key: str = ""


def open_count(
    *, location_id: UUID, category_id: int | None = None, note: str = "", actor: str
) -> StockCount:
    """Start a count of a location, or of one category (and those below) there, and freeze what the books expect.

    Book quantities are read in one statement, hence at one instant. A level is in one open count at most, by a unique
    index.

    Raises:
        NothingToCount: there is no stock level. AlreadyBeingCounted: another open count has some of the levels.
    """
    path = Category.objects.get(pk=category_id).path if category_id else ""
    try:
        with transaction.atomic():
            count = StockCount.objects.create(
                number=f"RC-{Counter.increment('stock-count'):05d}",
                location_id=location_id,
                category_id=category_id,
                note=note,
                frozen_at=Now(),
                opened_by=actor,
            )
            with connection.cursor() as cursor:
                cursor.execute(FREEZE, {"count_id": count.pk, "location_id": location_id, "path": path})
                frozen = cursor.rowcount
            if not frozen:
                raise NothingToCount("nothing lies there")
            record(count, "frozen", actor=actor, data={"lines": frozen})
    except IntegrityError as error:
        if "stockcountline_one_open_per_level" not in str(error):
            raise
        raise AlreadyBeingCounted(_rivals(location_id, path)) from error
    return StockCount.objects.get(pk=count.pk)


def _rivals(location_id: UUID, path: str) -> list[str]:
    lines = StockCountLine.objects.filter(
        is_open=True, level__location_id=location_id, level__variant__product__category__path__startswith=path
    )
    return list(lines.values_list("stock_count__number", flat=True).distinct())


def scan(*, count_id: UUID, code: str, quantity: int = 1, key: str = "", actor: str) -> StockCountLine:
    """Add `quantity` scanned units (negative takes a scan back) and return the line as it stands.

    `key` names the scan, so that one sent twice counts once. A variant which nobody expected there gets a line, and a
    stock level when there is none.

    Raises: codes.UnknownCode, codes.AmbiguousCode, WrongState, BadFigure, NotPartOfIt.
    """
    variant = codes.one(code)
    with transaction.atomic():
        count = locked(count_id, Status.COUNTING)
        level, _made = StockLevel.objects.get_or_create(variant=variant, location_id=count.location_id)
        _enter(count, [Figure(level.pk, quantity, adds=True, key=key)], source=Source.SCAN, actor=actor)
        return count.lines.select_related("level__variant__product").get(level=level)


def put(
    *,
    count_id: UUID,
    figures: Mapping[UUID, int],
    source: StockCountEntry.Source = Source.FORM,
    counted_at: datetime | None = None,
    actor: str,
) -> int:
    """Set what was counted at levels (`figures`: level → units), replacing earlier figures; return how many lines.

    `counted_at` is when it was counted, if that was not now (a list on paper): the books are read as of then.

    Raises: WrongState; BadFigure for a figure below zero or a moment outside the count; AlreadyBeingCounted;
    NotPartOfIt.
    """
    with transaction.atomic():
        count = locked(count_id, Status.COUNTING)
        entries = [Figure(level_id, quantity) for level_id, quantity in sorted(figures.items())]
        return _enter(count, entries, source=source, counted_at=counted_at, actor=actor)


def _enter(
    count: StockCount,
    figures: Sequence[Figure],
    *,
    source: StockCountEntry.Source,
    actor: str,
    counted_at: datetime | None = None,
) -> int:
    """Write entries below a count that the caller has locked, and bring its lines up to date."""
    if counted_at is not None and not count.frozen_at <= counted_at <= timezone.now():
        raise BadFigure("counted before the freeze, or not yet")
    quantities = _books([figure.level_id for figure in figures], counted_at)
    lines = _lines(count, quantities)
    entries = []
    seen = set(
        StockCountEntry.objects.filter(
            line__stock_count=count, key__in=[f.key for f in figures if f.key]
        ).values_list("key", flat=True)
    )
    for figure in figures:
        if figure.key and figure.key in seen:
            continue
        line, (book, moment) = lines[figure.level_id], quantities[figure.level_id]
        counted = figure.quantity + (line.counted or 0 if figure.adds else 0)
        if not 0 <= counted <= MOST_UNITS:
            raise BadFigure(f"{counted} units were counted of {line.level_id}")
        line.moved_meanwhile = figure.adds and (
            line.moved_meanwhile or (line.counted is not None and line.book != book)
        )
        line.counted, line.book, line.counted_at, line.counted_by = counted, book, moment, actor[:150]
        entries.append(
            StockCountEntry(
                line=line,
                source=source,
                quantity=figure.quantity,
                adds=figure.adds,
                book=book,
                counted_at=moment,
                actor=actor[:150],
                key=figure.key,
            )
        )
    _bring_up_to_date([entry.line for entry in entries], actor[:150])
    StockCountEntry.objects.bulk_create(entries, batch_size=1000)
    return len(entries)


def _bring_up_to_date(lines: Sequence[StockCountLine], actor: str) -> None:
    """Write what was counted of the lines: one statement of arrays (`bulk_update` needs a second for a thousand)."""
    with connection.cursor() as cursor:
        cursor.execute(
            RESERVE_LOCKED,
            {
                "actor": actor,
                "ids": [line.pk for line in lines],
                "counted": [line.counted for line in lines],
                "books": [line.book for line in lines],
                "moments": [line.counted_at for line in lines],
                "moved": [line.moved_meanwhile for line in lines],
            },
        )


def _books(level_ids: Sequence[UUID], counted_at: datetime | None) -> dict[UUID, tuple[int, datetime]]:
    """Return what the books say of each level, now or as of a moment, and that moment. One statement, no locks."""
    with connection.cursor() as cursor:
        cursor.execute(LEDGER_QUANTITIES, {"level_ids": list(level_ids), "counted_at": counted_at})
        return {level_id: (int(book), moment) for level_id, book, moment in cursor.fetchall()}


def _lines(count: StockCount, quantities: Mapping[UUID, tuple[int, datetime]]) -> dict[UUID, StockCountLine]:
    """Return the count's line of each level, adding those which nobody expected there."""
    lines = {line.level_id: line for line in count.lines.filter(level_id__in=quantities)}
    _require_part(count, quantities.keys() - lines.keys(), quantities)
    missing = [
        StockCountLine(
            id=uuid7(),
            stock_count=count,
            level_id=level_id,
            expected=quantities[level_id][0],
            is_unexpected=True,
        )
        for level_id in sorted(quantities.keys() - lines.keys())
    ]
    try:
        with transaction.atomic():
            StockCountLine.objects.bulk_create(missing)
    except IntegrityError as error:
        rivals = StockCountLine.objects.filter(is_open=True, level__in=[line.level_id for line in missing])
        raise AlreadyBeingCounted(set(rivals.values_list("stock_count__number", flat=True))) from error
    return lines | {line.level_id: line for line in missing}


def _require_part(
    count: StockCount, new: Collection[UUID], quantities: Mapping[UUID, tuple[int, datetime]]
) -> None:
    """Refuse a variant of another category than the counted one, when the books have some of it there.

    Its line would post units that nobody looked for as missing. A variant of which the books have none is accepted as
    found.

    Raises: NotPartOfIt.
    """
    if count.category is None or not new:
        return
    outside = StockLevel.objects.filter(pk__in=[level_id for level_id in new if quantities[level_id][0]])
    skus = outside.exclude(variant__product__category__path__startswith=count.category.path)
    if found := list(skus.values_list("variant__sku", flat=True)):
        raise NotPartOfIt(found)


def submit(*, count_id: UUID, uncounted_are_zero: bool = False, actor: str) -> StockCount:
    """Hand the count in for approval; its figures no longer change.

    `uncounted_are_zero`: lines nobody counted become zero. Otherwise those lines keep their book quantities.

    Raises: WrongState, NothingCounted.
    """
    with transaction.atomic():
        count = locked(count_id, Status.COUNTING)
        if uncounted_are_zero:
            left = count.lines.filter(counted=None).values_list("level_id", flat=True)
            _enter(
                count, [Figure(level_id, 0) for level_id in sorted(left)], source=Source.BLANK, actor=actor
            )
        if not count.lines.filter(counted__isnull=False).exists():
            raise NothingCounted("nothing was counted")
        move(count, Status.REVIEW, actor=actor, submitted_by=actor[:150], submitted_at=Now())
    return StockCount.objects.get(pk=count_id)


def send_back(*, count_id: UUID, line_ids: Collection[UUID] = (), reason: str = "", actor: str) -> StockCount:
    """Have it counted again: the lines named lose their figure (their entries remain), the rest keeps its own.

    Raises: WrongState unless it is to be approved.
    """
    with transaction.atomic():
        count = locked(count_id, Status.REVIEW)
        count.lines.filter(pk__in=line_ids).update(
            counted=None, book=None, counted_at=None, counted_by="", moved_meanwhile=False, updated_at=Now()
        )
        move(count, Status.COUNTING, actor=actor, reason=reason, data={"lines": len(line_ids)})
    return StockCount.objects.get(pk=count_id)


def cancel(*, count_id: UUID, reason: str, actor: str) -> StockCount:
    """Cancel the count; nothing is corrected, and its levels may be counted again.

    Raises: WrongState when it has ended.
    """
    with transaction.atomic():
        count = locked(count_id, Status.COUNTING, Status.REVIEW)
        count.lines.update(is_open=False)
        move(count, Status.CANCELLED, actor=actor, reason=reason)
    return StockCount.objects.get(pk=count_id)


def locked(count_id: UUID, *states: str) -> StockCount:
    """Lock the count until the transaction ends and require one of the states."""
    count = StockCount.objects.select_for_update(no_key=True).get(pk=count_id)
    if count.status not in states:
        raise WrongState(count)
    return count
