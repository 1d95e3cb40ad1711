"""Sets of rows, their orders, and counts by row and by set: without a database."""

import random
import sys
from collections import Counter

import numpy as np
import pytest

from catalog.search import bitmaps, sorting
from catalog.search.bitmaps import RowSet
from catalog.search.columns import Kinds, Member
from catalog.search.index import Index
from catalog.search.sorting import Sorting


@pytest.mark.parametrize("few", [0, 40, 1_000])
@pytest.mark.parametrize("put", [0, 500])
def test_first_and_last_rows_are_those_of_sorted_keys_also_after_some_changed(
    few: int, put: int, monkeypatch: pytest.MonkeyPatch
):
    for name, number in (("_FEW", few), ("_VERY_FEW", few // 2), ("_WINDOW", 1), ("_PUT", put)):
        monkeypatch.setattr(sorting, name, number)
    chance = random.Random(5)
    for _turn in range(30):
        keys = {chance.randrange(300): chance.randrange(64) for _row in range(80)}
        known = Sorting(6).changed(bitmaps.of_ordinals(keys), keys)
        known.first(RowSet(known.rows), 1)
        moved = {chance.randrange(320): chance.randrange(64) for _row in range(10)}
        keys |= moved
        changed = known.changed(bitmaps.of_ordinals(moved), moved)
        chosen = chance.sample(sorted(keys), chance.randint(1, len(keys)))
        among, number = RowSet(bitmaps.of_ordinals(chosen)), chance.randint(1, 20)
        ordered = sorted(chosen, key=lambda ordinal: (keys[ordinal], ordinal))
        assert changed.order.tolist() == sorted(keys, key=lambda ordinal: (keys[ordinal], ordinal))
        assert changed.ordered(among) == ordered
        assert changed.first(among, number) == ordered[:number]
        assert changed.last(among, number) == ordered[-number:]
        place = (chance.randrange(64), chance.choice([0, chance.randrange(320), 10**17]))
        behind = [ordinal for ordinal in ordered if (keys[ordinal], ordinal) > place]
        before = [ordinal for ordinal in ordered if (keys[ordinal], ordinal) < place]
        assert changed.first(among, number, behind=place) == behind[:number]
        assert changed.last(among, number, before=place) == before[-number:]


def test_rows_below_a_key_are_kept_when_some_change():
    chance = random.Random(6)
    keys = {chance.randrange(300): chance.randrange(64) for _row in range(80)}
    known = Sorting(6).changed(bitmaps.of_ordinals(keys), keys)
    known.below(20)
    moved = {ordinal: chance.randrange(64) for ordinal in chance.sample(sorted(keys), 10)}
    keys |= moved
    known = known.changed(bitmaps.of_ordinals(moved), moved)
    among = chance.sample(sorted(keys), 30)
    for bound in (0, 20, 21, 64):
        assert {*bitmaps.ordinals_of(known.below(bound))} == {o for o in keys if keys[o] < bound}
        below = sum(keys[ordinal] < bound for ordinal in among)
        assert known.count_below(RowSet(bitmaps.of_ordinals(among)), bound) == below


def test_of_rows_below_keys_those_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sorting, "_KEPT", 2)
    known = Sorting(6).changed(bitmaps.of_ordinals([3]), {3: 9})
    kept = known._sized_below(10)
    for bound in (11, 10, 12):
        known.below(bound)
    assert known._sized_below(10) is kept
    assert len(known._below) == 2


def test_sampled_keys_are_those_of_rows_of_the_set():
    chance = random.Random(7)
    for _turn in range(30):
        keys = {chance.randrange(300): chance.randrange(64) for _row in range(80)}
        known = Sorting(6).changed(bitmaps.of_ordinals(keys), keys)
        chosen = chance.sample(sorted(keys), chance.randint(1, len(keys)))
        among = RowSet(bitmaps.of_ordinals(chosen))
        assert known.sample(among, 500).tolist() == sorted(keys[ordinal] for ordinal in chosen)
        assert {*known.sample(among, 5)} <= {keys[ordinal] for ordinal in chosen}
        odd = bitmaps.of_ordinals(ordinal for ordinal in chosen if ordinal % 2)
        assert bool(len(known.sample(RowSet(odd), 2))) == bool(odd)


def test_rows_are_counted_by_brand_and_categories_also_after_some_changed():
    chance = random.Random(7)
    rows = {ordinal: (chance.randrange(4), *chance.sample(range(9), 2)) for ordinal in range(200)}
    index = _index(rows)
    moved = {ordinal: (chance.randrange(4), 8) for ordinal in chance.sample(range(200), 20)}
    kinds: dict[int, tuple[Member, ...]] = {ordinal: _members(row) for ordinal, row in moved.items()}
    rows |= moved
    among = RowSet(bitmaps.of_ordinals(chance.sample(range(200), 90)))
    changed = Index(sets=_index(rows).sets, kinds=index.kinds.changed(kinds))
    left = [row for ordinal, row in rows.items() if among.bits >> ordinal & 1]
    for group, size, members in (("brand", 5, slice(1)), ("category", 10, slice(1, None))):
        plain = Counter(key for row in left for key in row[members])
        assert changed.counts(group, tuple(range(size)), among) == [plain[key] for key in range(size)]
        assert changed.counts(group, (3, "none", 0), among) == [plain[3], 0, plain[0]]
        assert changed.counts(group, (3, 0), RowSet(0)) == [0, 0]


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_set_is_the_one_of_its_octets_on_any_machine(order: str, monkeypatch: pytest.MonkeyPatch):
    if order != sys.byteorder:
        monkeypatch.setattr(sys, "byteorder", order)
    for ordinals in ([], [0], [7, 8], [63], [64, 127], [5, 1_000, 4_095]):
        bits = bitmaps.of_ordinals(ordinals)
        octets = bitmaps.octets_of(bits)
        assert bitmaps.of_octets(octets) == bits
        assert [
            place for place in range(8 * len(octets)) if octets[place >> 3] >> (place & 7) & 1
        ] == ordinals


@pytest.mark.parametrize("few", [0, 512])
def test_sets_thin_and_thick_are_taken_apart(few: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bitmaps, "_FEW", few)
    chance = random.Random(9)
    for most, number in ((1, 1), (5_000, 40), (20_000, 600), (20_000, 16_000)):
        ordinals = sorted(chance.sample(range(most), number))
        rows = RowSet(bitmaps.of_ordinals(ordinals))
        assert list(bitmaps.ordinals_of(rows.bits)) == rows.ordinals.tolist() == ordinals
        assert rows.size == number
        asked = np.array([*chance.sample(range(most), (most + 1) // 2), most + 9], np.uint32)
        assert rows.has(asked).tolist() == [one in {*ordinals} for one in asked.tolist()]
    assert RowSet(bitmaps.of_ordinals([])).ordinals.tolist() == []


def test_values_are_counted_by_sets_and_looked_up_once_for_the_same_keys():
    chance = random.Random(8)
    sets = {key: bitmaps.of_ordinals(chance.sample(range(300), 60)) for key in range(5)}
    index = Index(sets={"value": sets})
    keys: tuple[object, ...] = (4, 0, "none", 2)
    for turn in range(4):
        among = RowSet(bitmaps.of_ordinals(chance.sample(range(300), 90 * turn)))
        plain = [(sets.get(key, 0) & among.bits).bit_count() for key in (4, 0, 9, 2)]
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
