"""Sets of rows, their order by bits of keys, and counts by row and by set: without a database."""

import random
from collections import Counter

import pytest

from catalog.search import bitmaps, columns
from catalog.search.bitmaps import Slices
from catalog.search.columns import Kinds, Member
from catalog.search.index import Index


@pytest.mark.parametrize("few", [0, 256])
def test_first_last_and_splits_are_those_of_sorted_keys(few: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bitmaps, "_FEW", few)
    chance = random.Random(5)
    for _turn in range(30):
        keys = {chance.randrange(300): chance.randrange(64) for _row in range(80)}
        slices = Slices(6).changed(bitmaps.of_ordinals(keys), keys)
        below = slices.below(20)
        assert {*bitmaps.ordinals_of(below)} == {o for o in keys if keys[o] < 20}
        moved = {ordinal: chance.randrange(64) for ordinal in chance.sample(sorted(keys), 10)}
        slices = slices.changed(bitmaps.of_ordinals(moved), moved)
        keys |= moved
        for bound in (20, 21, 64):
            assert {*bitmaps.ordinals_of(slices.below(bound))} == {o for o in keys if keys[o] < bound}
        chosen = chance.sample(sorted(keys), chance.randint(1, len(keys)))
        bits, number, key = bitmaps.of_ordinals(chosen), chance.randint(1, 20), chance.randrange(64)
        assert list(bitmaps.ordinals_of(bits)) == sorted(chosen)
        order = sorted(chosen, key=lambda ordinal: (keys[ordinal], ordinal))
        assert slices.first(bits, number) == order[:number]
        assert slices.last(bits, number) == order[-number:]
        assert slices.sample(bits, 500) == sorted(keys[ordinal] for ordinal in chosen)
        assert {*slices.sample(bits, 5)} <= {keys[ordinal] for ordinal in chosen}
        odd = bitmaps.of_ordinals(ordinal for ordinal in chosen if ordinal % 2)
        assert bool(slices.sample(odd, 2)) == bool(odd)
        low, equal, high = slices.split(bits, key)
        assert {*bitmaps.ordinals_of(low)} == {o for o in chosen if keys[o] < key}
        assert {*bitmaps.ordinals_of(equal)} == {o for o in chosen if keys[o] == key}
        assert {*bitmaps.ordinals_of(high)} == {o for o in chosen if keys[o] > key}


def test_the_highest_are_found_however_far_apart_they_are():
    chance = random.Random(6)
    for most in (40, 3_000, 90_000):
        ordinals = sorted(chance.sample(range(most), 30))
        bits = bitmaps.of_ordinals(ordinals)
        for number in (0, 1, 7, 30, 50):
            assert bitmaps.highest(bits, number) == (ordinals[-number:] if number else [])


def test_rows_are_counted_by_brand_and_categories_also_after_some_changed():
    chance = random.Random(7)
    rows = {ordinal: (chance.randrange(4), *chance.sample(range(9), 2)) for ordinal in range(200)}
    index = _index(rows)
    moved = {ordinal: (chance.randrange(4), 8) for ordinal in chance.sample(range(200), 20)}
    kinds: dict[int, tuple[Member, ...]] = {ordinal: _members(row) for ordinal, row in moved.items()}
    rows |= moved
    among = bitmaps.of_ordinals(chance.sample(range(200), 90))
    changed = Index(sets=_index(rows).sets, kinds=index.kinds.changed(kinds))
    left = [row for ordinal, row in rows.items() if among >> ordinal & 1]
    for group, size, members in (("brand", 5, slice(1)), ("category", 10, slice(1, None))):
        plain = Counter(key for row in left for key in row[members])
        assert changed.counts(group, tuple(range(size)), among) == [plain[key] for key in range(size)]
        assert changed.counts(group, (3, "none", 0), among) == [plain[3], 0, plain[0]]
        assert changed.counts(group, (3, 0), bitmaps.of_ordinals([])) == [0, 0]


def test_sets_thin_and_thick_are_taken_apart_up_to_the_rows_that_there_are():
    chance = random.Random(9)
    for most, number in ((1, 1), (90, 3), (5_000, 40), (5_000, 900), (5_000, 4_000)):
        ordinals = sorted(chance.sample(range(most), number))
        bits = bitmaps.of_ordinals(ordinals)
        assert columns._ordinals(bits, most).tolist() == ordinals
        assert columns._ordinals(bits, most // 2).tolist() == [one for one in ordinals if one < most // 2]
    assert columns._ordinals(bitmaps.of_ordinals([]), 10).tolist() == []


def test_values_are_counted_by_sets_and_looked_up_once_for_the_same_keys():
    chance = random.Random(8)
    sets = {key: bitmaps.of_ordinals(chance.sample(range(300), 60)) for key in range(5)}
    index = Index(sets={"value": sets})
    keys: tuple[object, ...] = (4, 0, "none", 2)
    for turn in range(4):
        among = bitmaps.of_ordinals(chance.sample(range(300), 90 * turn))
        plain = [(sets.get(key, 0) & among).bit_count() for key in (4, 0, 9, 2)]
        assert index.counts("value", keys, among) == plain
        assert index.counts("value", (0,), among) == [plain[1]]
    assert len(index._counters) < 6


def _members(row: tuple[int, ...]) -> tuple[Member, ...]:
    return (("brand", row[0]), *(("category", key) for key in row[1:]))


def _index(rows: dict[int, tuple[int, ...]]) -> Index:
    sets: dict[str, dict[int, int]] = {"brand": {}, "category": {}}
    for ordinal, row in rows.items():
        for group, key in _members(row):
            assert isinstance(key, int)
            sets[group][key] = sets[group].get(key, 0) | bitmaps.of_ordinals([ordinal])
    return Index(sets=sets, kinds=Kinds.of_sets(sets))
