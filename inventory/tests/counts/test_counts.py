"""Physical counts: frozen, counted blind while sales go on, approved by the right person, posted as differences."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Category
from inventory import codes, counts, ledger, reservations
from inventory.checks import runner
from inventory.counts import count_files
from inventory.counts.errors import (
    AlreadyBeingCounted,
    BadFigure,
    CountShort,
    NothingCounted,
    NothingToCount,
    SecondPersonNeeded,
    WrongState,
)
from inventory.models import StockCount, StockCountEntry, StockCountLine, StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, let_expire, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.models import Event

pytestmark = pytest.mark.django_db
CLERK = "staff:clerk@example.com"
BOSS = "staff:boss@example.com"


def opened(*units: int) -> tuple[StockCount, list[StockLevel]]:
    """Return a count of a new location and the levels in it, with so many units each."""
    place = LocationFactory.create()
    levels = [stocked(n, location=place) for n in units]
    return counts.open_count(location_id=place.pk, actor=CLERK), levels


def leave(level: StockLevel, units: int) -> None:
    """Take units away, as a sale does."""
    ledger.sell({level.pk: units}, order_id=uuid7(), reference="#1", actor="shopper")


def put(count: StockCount, figures: Any, actor: str = CLERK, **values: Any) -> int:
    return counts.put(
        count_id=count.pk, figures={level.pk: n for level, n in figures.items()}, actor=actor, **values
    )


def test_what_is_off_is_posted_with_the_count_as_its_cause():
    count, (more, fewer, right) = opened(10, 10, 10)
    put(count, {more: 12, fewer: 7, right: 10})
    counts.submit(count_id=count.pk, actor=CLERK)
    movements = counts.approve(count_id=count.pk, actor=BOSS)
    assert sorted(movement.quantity for movement in movements) == [-3, 2]
    assert {(m.kind, m.cause_type, m.cause_id, m.reference) for m in movements} == {
        ("count", "inventory.stockcount", count.pk, count.number)
    }
    for level, units in ((more, 12), (fewer, 7), (right, 10)):
        level.refresh_from_db()
        assert level.on_hand == units
    count.refresh_from_db()
    assert (count.status, count.approved_by) == ("approved", BOSS)
    assert runner.check() == []


def test_sales_before_during_and_after_counting_are_netted():
    count, (early, late) = opened(10, 10)
    leave(early, 2)
    put(count, {early: 8, late: 9})
    leave(late, 3)
    line = count.lines.get(level=early)
    assert (line.expected, line.moved, line.book, line.counted, line.difference) == (10, -2, 8, 8, 0)
    assert count.lines.get(level=late).difference == -1
    counts.submit(count_id=count.pk, actor=CLERK)
    leave(early, 1)
    counts.approve(count_id=count.pk, actor=BOSS)
    for level, units in ((early, 7), (late, 6)):
        level.refresh_from_db()
        assert level.on_hand == units


def test_a_list_on_paper_is_read_against_the_books_of_its_moment():
    count, (level,) = opened(10)
    moment = timezone.now()
    leave(level, 4)
    put(count, {level: 10}, counted_at=moment)
    assert count.lines.get().difference == 0
    with pytest.raises(BadFigure):
        put(count, {level: 10}, counted_at=count.frozen_at - timedelta(seconds=1))
    with pytest.raises(BadFigure):
        put(count, {level: 10}, counted_at=timezone.now() + timedelta(hours=1))


def test_scans_add_up_one_after_another_and_one_sent_twice_counts_once():
    variant = make_variant(barcode="7791234567890")
    place = LocationFactory.create()
    level = stocked(3, variant=variant, location=place)
    count = counts.open_count(location_id=place.pk, actor=CLERK)
    for key in ("a", "b", "b", "c"):
        line = counts.scan(count_id=count.pk, code="7791234567890", key=key, actor=CLERK)
    assert line.counted == 3
    assert counts.scan(count_id=count.pk, code=variant.sku.lower(), quantity=-1, actor=CLERK).counted == 2
    with pytest.raises(BadFigure):
        counts.scan(count_id=count.pk, code=variant.sku, quantity=-3, actor=CLERK)
    with pytest.raises(codes.UnknownCode):
        counts.scan(count_id=count.pk, code="nobody", actor=CLERK)
    assert StockCountEntry.objects.filter(line__level=level).count() == 4


def test_a_unit_sold_between_two_scans_of_it_is_marked_for_a_second_look():
    count, (level,) = opened(5)
    counts.scan(count_id=count.pk, code=level.variant.sku, actor=CLERK)
    leave(level, 1)
    assert counts.scan(count_id=count.pk, code=level.variant.sku, actor=CLERK).moved_meanwhile
    put(count, {level: 4})
    assert not count.lines.get().moved_meanwhile


def test_what_nobody_expected_there_gets_a_line():
    count, _levels = opened(1)
    stranger = make_variant()
    line = counts.scan(count_id=count.pk, code=stranger.sku, quantity=2, actor=CLERK)
    assert (line.is_unexpected, line.expected, line.counted, line.difference) == (True, 0, 2, 2)
    counts.submit(count_id=count.pk, actor=CLERK)
    assert [m.quantity for m in counts.approve(count_id=count.pk, actor=BOSS)] == [2]


def test_only_the_chosen_category_and_those_below_are_frozen():
    place = LocationFactory.create()
    inside, outside = stocked(1, location=place), stocked(2, location=place)
    root = inside.variant.product.category
    child = Category.objects.add_child(
        root, {"name": "Sub", "slug": "sub", "path_slug": "stock-category/sub"}
    )
    inside.variant.product.category = child
    inside.variant.product.save()
    count = counts.open_count(location_id=place.pk, category_id=child.pk, actor=CLERK)
    assert [line.level for line in count.lines.all()] == [inside]
    with pytest.raises(AlreadyBeingCounted) as refusal:
        counts.open_count(location_id=place.pk, actor=CLERK)
    assert refusal.value.numbers == [count.number]
    with pytest.raises(NothingToCount):
        counts.open_count(location_id=LocationFactory.create().pk, actor=CLERK)
    counts.cancel(count_id=count.pk, reason="wrong place", actor=CLERK)
    assert counts.open_count(location_id=place.pk, actor=CLERK).lines.count() == 2
    assert outside.on_hand == 2


def test_uncounted_lines_stay_or_are_taken_as_zero_as_the_clerk_says():
    for zero, left in ((False, 4), (True, 0)):
        count, (seen, unseen) = opened(3, 4)
        with pytest.raises(NothingCounted):
            counts.submit(count_id=count.pk, actor=CLERK)
        put(count, {seen: 3})
        counts.submit(count_id=count.pk, uncounted_are_zero=zero, actor=CLERK)
        assert count.lines.get(level=seen).counted == 3
        counts.approve(count_id=count.pk, actor=BOSS)
        unseen.refresh_from_db()
        assert unseen.on_hand == left


def test_a_large_difference_needs_somebody_who_did_not_count(settings):
    settings.COUNT_SECOND_PERSON_UNITS = 4
    count, (one, other) = opened(10, 10)
    put(count, {one: 8, other: 12})
    counts.submit(count_id=count.pk, actor=CLERK)
    with pytest.raises(SecondPersonNeeded):
        counts.approve(count_id=count.pk, actor=CLERK)
    assert not StockMovement.objects.filter(kind="count").exists()
    assert len(counts.approve(count_id=count.pk, actor=BOSS)) == 2


def test_whoever_counted_or_handed_in_a_large_difference_leaves_it_to_a_third(settings):
    settings.COUNT_SECOND_PERSON_UNITS = 4
    count, (one, other) = opened(10, 10)
    put(count, {one: 8})
    put(count, {other: 12}, actor="staff:second@example.com")
    counts.submit(count_id=count.pk, actor=BOSS)
    for part in (CLERK, "staff:second@example.com", BOSS):
        with pytest.raises(SecondPersonNeeded) as refused:
            counts.approve(count_id=count.pk, actor=part)
        assert refused.value.units == 4
    assert len(counts.approve(count_id=count.pk, actor="staff:third@example.com")) == 2


def test_a_small_difference_may_be_approved_by_who_counted(settings):
    settings.COUNT_SECOND_PERSON_UNITS = 4
    count, (level,) = opened(10)
    put(count, {level: 7})
    counts.submit(count_id=count.pk, actor=CLERK)
    assert len(counts.approve(count_id=count.pk, actor=CLERK)) == 1
    with pytest.raises(WrongState):
        counts.approve(count_id=count.pk, actor=BOSS)
    with pytest.raises(WrongState):
        put(count, {level: 5})


def test_missing_units_that_are_reserved_refuse_the_whole_until_the_reservation_ends():
    count, (reserved, other) = opened(5, 5)
    reservation = reservations.reserve(
        variant_id=reserved.variant_id, quantity=4, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )
    put(count, {reserved: 2, other: 6})
    counts.submit(count_id=count.pk, actor=CLERK)
    with pytest.raises(CountShort) as refusal:
        counts.approve(count_id=count.pk, actor=BOSS)
    assert [(s.sku, s.wanted, s.on_hand, s.reserved) for s in refusal.value.lines] == [
        (reserved.variant.sku, 3, 5, 4)
    ]
    assert not StockMovement.objects.filter(kind="count").exists()
    let_expire([reservation])
    reservations.expire_due()
    assert len(counts.approve(count_id=count.pk, actor=BOSS)) == 2


def test_lines_sent_back_are_counted_again_and_the_rest_is_kept():
    count, (again, kept) = opened(5, 5)
    put(count, {again: 1, kept: 4})
    counts.submit(count_id=count.pk, actor=CLERK)
    line = count.lines.get(level=again)
    counts.send_back(count_id=count.pk, line_ids=[line.pk], reason="really?", actor=BOSS)
    assert count.lines.get(level=again).counted is None
    assert count.lines.get(level=kept).counted == 4
    assert line.entries.count() == 1
    put(count, {again: 5})
    counts.submit(count_id=count.pk, actor=CLERK)
    assert [m.quantity for m in counts.approve(count_id=count.pk, actor=BOSS)] == [-1]


def test_a_file_is_taken_whole_or_refused_in_words():
    count, (one, two) = opened(3, 4)

    def take(text: str) -> int:
        return count_files.take(count_id=count.pk, content=text.encode(), file_name="c.csv", actor=CLERK)

    with pytest.raises(count_files.BadFile) as refusal:
        take(f"sku;counted\n{one.variant.sku};x\nNADIE;2\n")
    (problem,) = refusal.value.problems
    assert " 2: " in problem
    assert "x" in problem
    assert not StockCountLine.objects.filter(counted__isnull=False).exists()
    with pytest.raises(count_files.BadFile, match="NADIE"):
        take(f"sku;counted\n{one.variant.sku};1\nNADIE;2\n")
    assert take(f"sku;cantidad\n{one.variant.sku};1\n{one.variant.sku};1\n{two.variant.sku};\n") == 1
    assert count.lines.get(level=one).counted == 2
    # A scanner with a memory: a code for each unit, no headings.
    assert take(f"{two.variant.sku}\n{two.variant.sku}\n{two.variant.sku}\n") == 1
    assert count.lines.get(level=two).counted == 3


def test_what_an_approval_came_to_is_told_in_the_history():
    count, (more, fewer, _right) = opened(10, 10, 10)
    put(count, {more: 12, fewer: 7})
    counts.submit(count_id=count.pk, actor=CLERK)
    counts.approve(count_id=count.pk, actor=BOSS)
    event = Event.objects.get(subject_id=count.pk, to_state="approved")
    assert event.data == {"found": 2, "lost": 3, "lines": 2}


def test_what_is_found_while_another_count_has_its_level_is_refused_by_that_counts_number():
    place, shirts = LocationFactory.create(), make_variant()
    level = StockLevel.objects.create(variant=shirts, location=place)
    other = Category.objects.add_root({"name": "Trousers", "slug": "trousers", "path_slug": "trousers"})
    trousers = make_variant()
    trousers.product.category = other
    trousers.product.save()
    stocked(3, location=place, variant=trousers)
    theirs = counts.open_count(location_id=place.pk, category_id=shirts.product.category_id, actor=CLERK)
    mine = counts.open_count(location_id=place.pk, category_id=other.pk, actor=CLERK)
    with pytest.raises(AlreadyBeingCounted) as refused:
        put(mine, {level: 1})
    assert theirs.number in str(refused.value)
    assert not mine.lines.filter(level=level).exists()
