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


def test_row_by_row_the_same_is_counted_as_by_sets(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(7)
    rows = {ordinal: (chance.randrange(4), *chance.sample(range(9), 2)) for ordinal in range(200)}
    index = _index(rows)
    moved = {ordinal: (chance.randrange(4), 8) for ordinal in chance.sample(range(200), 20)}
    kinds: dict[int, tuple[Member, ...]] = {ordinal: _members(row) for ordinal, row in moved.items()}
    rows |= moved
    among = bitmaps.of_ordinals(chance.sample(range(200), 90))
    counted = {}
    for octets in (0, 10**9):
        monkeypatch.setattr(columns, "_OCTETS", octets)
        changed = Index(sets=_index(rows).sets, kinds=index.kinds.changed(kinds))
        counted[octets] = [
            changed.counts(group, range(size), among) for group, size in (("brand", 4), ("category", 10))
        ]
    assert counted[0] == counted[10**9]
    plain = Counter(row[0] for ordinal, row in rows.items() if among >> ordinal & 1)
    assert counted[0][0] == [plain[brand] for brand in range(4)]


def _members(row: tuple[int, ...]) -> tuple[Member, ...]:
    return (("brand", row[0]), *(("category", key) for key in row[1:]))


def _index(rows: dict[int, tuple[int, ...]]) -> Index:
    sets: dict[str, dict[int, int]] = {"brand": {}, "category": {}}
    for ordinal, row in rows.items():
        for group, key in _members(row):
            assert isinstance(key, int)
            sets[group][key] = sets[group].get(key, 0) | bitmaps.of_ordinals([ordinal])
    return Index(sets=sets, kinds=Kinds.of_sets(sets))
