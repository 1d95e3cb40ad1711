"""Concurrent counts and deliveries: approved once, received once, and no sale lost to a correction.

Each race has a control: the same act without its guard, which must go wrong.
"""

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Supplier
from inventory import alerts, counts, ledger, purchasing, reservations
from inventory.checks import runner
from inventory.counts import counting
from inventory.counts.errors import AlreadyBeingCounted, CountShort, WrongState
from inventory.models import (
    AlertFiring,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    StockAlert,
    StockCount,
    StockCountLine,
    StockLevel,
    StockMovement,
)
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.models import EmailLog
from tests.races.tools.concurrency import PATIENCE, surprises, together
from tests.races.tools.concurrency import count as how_many
from tests.races.tools.rendezvous import come_between, meet, stopping, without

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
WRITES_LINE = "UPDATE inventory_stockcountline"
CLERK, BOSS = "staff:clerk@example.com", "staff:boss@example.com"


def handed_in(figures: dict[int, int]) -> tuple[StockCount, list[StockLevel]]:
    """Return a count that waits for approval and its levels: units on hand → units counted."""
    place = LocationFactory.create()
    levels = [stocked(units, location=place) for units in figures]
    count = counts.open_count(location_id=place.pk, actor=CLERK)
    found = dict(zip((level.pk for level in levels), figures.values(), strict=True))
    counts.put(count_id=count.pk, figures=found, actor=CLERK)
    counts.submit(count_id=count.pk, actor=CLERK)
    return count, levels


def sell(level: StockLevel) -> None:
    """Reserve a unit and sell it, as a purchase does."""
    checkout = uuid7()
    reservations.reserve(
        variant_id=level.variant_id,
        quantity=1,
        ttl=TTL,
        checkout_id=checkout,
        purpose="checkout",
        actor="shopper",
    )
    with transaction.atomic():
        reservations.convert(
            checkout_id=checkout,
            wanted={level.variant_id: 1},
            order_id=uuid7(),
            reference="#1",
            actor="shopper",
        )


def on_hand(level: StockLevel) -> int:
    return StockLevel.objects.values_list("on_hand", flat=True).get(pk=level.pk)


@pytest.mark.parametrize("_round", range(5))
def test_approval_while_units_are_sold_loses_no_sale(_round):
    count, [level] = handed_in({40: 37})
    acts: list[Callable[[], Any]] = [partial(sell, level) for _n in range(20)]
    acts.insert(7, partial(counts.approve, count_id=count.pk, actor=BOSS))
    answers = together(acts, at_once=8)
    assert surprises(answers) == []
    assert on_hand(level) == 40 - 3 - 20
    assert runner.check() == []


def test_control_setting_the_counted_figure_loses_the_sales_in_between():
    """Corrected to a figure instead of by a difference, what is sold between reading and writing comes back."""
    _count, [level] = handed_in({40: 37})
    has_read = threading.Event()
    has_sold = threading.Event()

    def set_to_counted() -> None:
        off = 37 - on_hand(level)
        has_read.set()
        assert has_sold.wait(PATIENCE)
        now = on_hand(level)
        ledger.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            difference=37 - now,
            note="set",
            actor=BOSS,
        )
        assert off == -3

    def sell_five() -> None:
        assert has_read.wait(PATIENCE)
        for _n in range(5):
            sell(level)
        has_sold.set()

    answers = together([set_to_counted, sell_five])
    assert surprises(answers) == []
    assert on_hand(level) == 37 != 40 - 3 - 5


def test_the_last_units_are_sold_or_written_off_never_both():
    """Ten in the books, two found: whichever is first has the ten; the books never go below what is reserved."""
    count, [level] = handed_in({10: 2})
    acts: list[Callable[[], Any]] = [partial(sell, level) for _n in range(6)]
    acts.insert(3, partial(counts.approve, count_id=count.pk, actor=BOSS))
    answers = together(acts, at_once=7)
    assert surprises(answers, CountShort, reservations.InsufficientStock) == []
    sold = StockMovement.objects.filter(level=level, kind="sale").count()
    corrected = StockMovement.objects.filter(level=level, kind="count").count()
    assert on_hand(level) == 10 - sold - 8 * corrected >= 0
    assert how_many(answers, CountShort) == 1 - corrected
    assert runner.check() == []


@pytest.mark.parametrize("_round", range(5))
def test_of_many_who_approve_one_does(_round):
    count, levels = handed_in({10: 8, 20: 23})
    approve = [partial(counts.approve, count_id=count.pk, actor=f"staff:boss{n}@x.test") for n in range(6)]
    answers = together(approve, at_once=6)
    assert surprises(answers, WrongState) == []
    assert how_many(answers, WrongState) == 5
    assert [on_hand(level) for level in levels] == [8, 23]
    assert runner.check() == []


def _approve_carelessly(count: StockCount, ready: threading.Barrier, cause: tuple[str, UUID | None]) -> None:
    """Approve as the verb does, without lock and compare-and-set."""
    assert StockCount.objects.get(pk=count.pk).status == "review"
    ready.wait()
    entries = [ledger.MovementEntry(line.level_id, line.difference) for line in count.lines.all()]
    ledger.record(StockMovement.Kind.COUNT, entries, actor=BOSS, cause=cause)


def test_control_without_the_lock_two_approvals_correct_twice():
    count, [level] = handed_in({10: 8})
    ready = threading.Barrier(2, timeout=PATIENCE)
    answers = together([partial(_approve_carelessly, count, ready, ("", None))] * 2)
    assert surprises(answers) == []
    assert on_hand(level) == 6


def test_behind_the_lock_the_database_refuses_the_second_correction():
    count, [level] = handed_in({10: 8})
    ready = threading.Barrier(2, timeout=PATIENCE)
    cause = ("inventory.stockcount", count.pk)
    answers = together([partial(_approve_carelessly, count, ready, cause)] * 2)
    assert how_many(answers, IntegrityError) == 1
    assert on_hand(level) == 8


def test_two_counts_of_one_shelf_are_not_opened():
    place = LocationFactory.create()
    stocked(3, location=place)
    answers = together([partial(counts.open_count, location_id=place.pk, actor=CLERK)] * 6)
    assert surprises(answers, AlreadyBeingCounted) == []
    assert how_many(answers, StockCount) == 1


def test_many_scanners_at_one_count_lose_no_unit():
    place = LocationFactory.create()
    level = stocked(3, location=place)
    count = counts.open_count(location_id=place.pk, actor=CLERK)
    scans = [
        partial(counts.scan, count_id=count.pk, code=level.variant.sku, key=f"k{n % 40}", actor=CLERK)
        for n in range(60)
    ]
    answers = together(scans, at_once=8)
    assert surprises(answers) == []
    assert count.lines.get().counted == 40


def being_counted(units: int) -> Any:
    """Return an open count of one level with so many units in the books, and an act that scans one of them."""
    place = LocationFactory.create()
    level = stocked(units, location=place)
    count = counts.open_count(location_id=place.pk, actor=CLERK)

    def scan(key: str = "") -> StockCountLine:
        return counts.scan(count_id=count.pk, code=level.variant.sku, key=key, actor=CLERK)

    return count, scan


def test_a_scanner_waits_for_the_one_before():
    """The first scan is written and not committed yet: the second reads the figure only when it is."""
    count, scan = being_counted(3)
    assert isinstance(meet(scan, first=scan, then=lambda: None), StockCountLine)
    assert count.lines.get().counted == 2


def test_control_without_the_counts_lock_two_scanners_lose_a_unit(monkeypatch: pytest.MonkeyPatch):
    """The verb itself, the count read and not locked: both have read the figure before one of them writes."""
    count, scan = being_counted(3)
    monkeypatch.setattr(counting, "locked", lambda key, *_states: StockCount.objects.get(pk=key))
    both_have_read = threading.Barrier(2, timeout=PATIENCE)
    answers = together([stopping(scan, before=WRITES_LINE, wait=both_have_read.wait)] * 2)
    assert surprises(answers) == []
    line = count.lines.get()
    assert line.entries.count() == 2
    assert line.counted == 1, "two units were scanned"


def test_control_without_the_counts_lock_two_tellings_of_one_scan_collide(monkeypatch: pytest.MonkeyPatch):
    """A scan sent twice: with the lock the second sees the first; without it only the unique key stops the second."""
    count, scan = being_counted(3)
    monkeypatch.setattr(counting, "locked", lambda key, *_states: StockCount.objects.get(pk=key))
    both_have_read = threading.Barrier(2, timeout=PATIENCE)
    twice = stopping(partial(scan, key="k1"), before=WRITES_LINE, wait=both_have_read.wait)
    answers = together([twice] * 2)
    assert how_many(answers, IntegrityError) == 1
    assert count.lines.get().entries.count() == 1


def test_a_scan_that_meets_the_handing_in_is_refused():
    """The count is submitted and not committed yet: the scan waits, and is refused."""
    count, scan = being_counted(30)
    scan()
    submit = partial(counts.submit, count_id=count.pk, actor=CLERK)
    assert isinstance(meet(scan, first=submit, then=lambda: None), WrongState)
    assert count.lines.get().counted == 1


def test_control_without_the_counts_lock_a_figure_changes_after_the_handing_in(
    monkeypatch: pytest.MonkeyPatch,
):
    """The verb itself, the count read and not locked: submitted between the scan's read and its write."""
    count, scan = being_counted(30)
    scan()
    monkeypatch.setattr(counting, "locked", lambda key, *_states: StockCount.objects.get(pk=key))
    seen_by_who_approves: list[int] = []

    def hand_in() -> None:
        counts.submit(count_id=count.pk, actor=CLERK)
        seen_by_who_approves.append(count.lines.get().counted)

    assert isinstance(come_between(scan, before=WRITES_LINE, meanwhile=hand_in), StockCountLine)
    count.refresh_from_db()
    assert (count.status, seen_by_who_approves, count.lines.get().counted) == ("review", [1], 2)


def test_a_scan_and_the_handing_in_at_once_leave_no_figure_behind():
    place = LocationFactory.create()
    level = stocked(30, location=place)
    count = counts.open_count(location_id=place.pk, actor=CLERK)
    counts.scan(count_id=count.pk, code=level.variant.sku, actor=CLERK)
    acts: list[Callable[[], Any]] = [
        partial(counts.scan, count_id=count.pk, code=level.variant.sku, actor=CLERK) for _n in range(20)
    ]
    acts.insert(10, partial(counts.submit, count_id=count.pk, actor=CLERK))
    answers = together(acts, at_once=8)
    assert surprises(answers, WrongState) == []
    assert count.lines.get().counted == 1 + 20 - how_many(answers, WrongState)


def ordered(units: int) -> PurchaseOrder:
    lines = [purchasing.Wanted(make_variant().pk, units, Decimal(100))]
    order = purchasing.draft(
        supplier_id=Supplier.objects.create(name="Tejidos").pk,
        location_id=LocationFactory.create().pk,
        lines=lines,
        actor=BOSS,
    )
    return purchasing.place(order_id=order.pk, actor=BOSS)


def test_one_delivery_note_typed_in_by_many_is_received_once():
    order = ordered(50)
    line = order.lines.get()
    receive = partial(
        purchasing.receive,
        order_id=order.pk,
        delivered=[purchasing.Delivered(line.pk, 5)],
        delivery_note="R-1",
        actor=CLERK,
    )
    answers = together([receive] * 8, at_once=8)
    assert surprises(answers, purchasing.DeliveryNoteTaken) == []
    assert how_many(answers, PurchaseReceipt) == 1
    assert StockLevel.objects.get(variant=line.variant_id).on_hand == 5
    assert runner.check() == []


def test_deliveries_at_once_never_bring_more_than_was_ordered_unasked():
    order = ordered(10)
    line = order.lines.get()
    acts = [
        partial(
            purchasing.receive,
            order_id=order.pk,
            delivered=[purchasing.Delivered(line.pk, 4)],
            delivery_note=f"R-{n}",
            actor=CLERK,
        )
        for n in range(6)
    ]
    answers = together(acts, at_once=6)
    assert surprises(answers, purchasing.OverDelivery) == []
    assert how_many(answers, PurchaseReceipt) == 2
    assert PurchaseOrderLine.objects.get(pk=line.pk).received == 8


def test_control_without_lock_and_note_the_same_delivery_comes_twice():
    order = ordered(50)
    line = order.lines.get()
    ready = threading.Barrier(2, timeout=PATIENCE)

    def receive_carelessly() -> None:
        assert not PurchaseReceipt.objects.filter(order=order, delivery_note="R-1").exists()
        ready.wait()
        ledger.receive(variant_id=line.variant_id, location_id=order.location_id, quantity=5, actor=CLERK)

    assert surprises(together([receive_carelessly] * 2)) == []
    assert StockLevel.objects.get(variant=line.variant_id).on_hand == 10


def five_that_are_low() -> None:
    for _n in range(5):
        StockAlert.objects.create(kind="low", variant=stocked(1).variant, threshold=3)


def checks_that_have_all_measured(number: int) -> list[Any]:
    """Run checks that have all found the same variants low, and no firing open, before one of them opens any."""
    all_have_measured = threading.Barrier(number, timeout=PATIENCE)
    opens = 'INSERT INTO "inventory_alertfiring"'
    return together([stopping(alerts.check, before=opens, wait=all_have_measured.wait)] * number)


def test_many_checks_at_once_tell_once():
    five_that_are_low()
    answers = together([alerts.check] * 6, at_once=6)
    assert surprises(answers) == []
    assert sum(answer.triggered for answer in answers) == 5
    assert AlertFiring.objects.filter(recovered_at=None).count() == 5
    assert EmailLog.objects.filter(kind="stock_alert").count() == 1


def test_checks_that_have_all_measured_tell_once():
    five_that_are_low()
    answers = checks_that_have_all_measured(6)
    assert surprises(answers) == []
    assert sorted(answer.triggered for answer in answers) == [0, 0, 0, 0, 0, 5]
    assert AlertFiring.objects.filter(recovered_at=None).count() == 5
    assert EmailLog.objects.filter(kind="stock_alert").count() == 1


def test_control_without_the_unique_constraint_each_check_tells():
    five_that_are_low()
    with without("alertfiring_one_open"):
        answers = checks_that_have_all_measured(6)
        firings = AlertFiring.objects.filter(recovered_at=None).count()
        AlertFiring.objects.all().delete()
    assert surprises(answers) == []
    assert [answer.triggered for answer in answers] == [5] * 6
    assert firings == 30
    assert EmailLog.objects.filter(kind="stock_alert").count() == 6
