"""The search that needs PostgreSQL alone keeps the contract, also where rows are many and words frequent."""

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Listing, SearchMiss, SearchSnapshot
from catalog.search import facets, index, lately, names, postgres, snapshots, sorting, spelling, text
from catalog.search.bitmaps import RowSet
from catalog.search.index import current
from catalog.search.port import Request, Sort
from catalog.search.postgres import engine
from catalog.tasks import note_miss
from catalog.tests.factories import make_product
from catalog.tests.search.contract import Plain, SearchContract, make_shop

pytestmark = pytest.mark.django_db


class TestPostgres(SearchContract):
    """The contract as a small shop has it: all rows are read, words are found by the index of the documents."""

    search = engine


class TestLargeShop(SearchContract):
    """The contract as a large shop has it: a snapshot, sets of frequent words, pages without numbers."""

    search = engine

    @pytest.fixture(autouse=True)
    def _large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(snapshots, "SMALLEST", 1)
        monkeypatch.setattr(snapshots, "FREQUENT", 0)
        monkeypatch.setattr(index, "PORTION", 2)
        monkeypatch.setattr(sorting, "_FEW", 0)
        find = engine.find

        def after_a_snapshot(request: Request) -> Any:
            if not SearchSnapshot.objects.exists():
                snapshots.make()
                current.forget()
            return find(request)

        monkeypatch.setattr(postgres.PostgresSearch, "find", lambda self, request: after_a_snapshot(request))

    def test_pages_follow_each_other_whole_and_without_repeating(self) -> None:
        make_shop(3)
        for sort in Sort:
            wanted = Plain().ordered(Request(sort=sort))
            pages = list(_forwards(sort))
            assert [key for page in pages for key in page.keys] == wanted, sort
            backwards = list(_backwards(sort, pages[-1]))
            assert [page.keys for page in backwards] == [page.keys for page in pages[-2::-1]], sort

    @pytest.fixture(autouse=True)
    def _without_numbers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "NUMBERED", 0)


def _forwards(sort: Sort) -> Iterator[Any]:
    found = engine.find(Request(sort=sort, size=5))
    yield found
    while found.behind:
        found = engine.find(Request(sort=sort, size=5, behind=found.behind))
        yield found


def _backwards(sort: Sort, last: Any) -> Iterator[Any]:
    found = last
    while found.before:
        found = engine.find(Request(sort=sort, size=5, before=found.before))
        yield found


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_place_that_is_nonsense_costs_no_memory(few: int, monkeypatch: pytest.MonkeyPatch):
    # A set as long as this ordinal ended the process: whoever wrote such an address could.
    monkeypatch.setattr(postgres, "NUMBERED", 0)
    monkeypatch.setattr(sorting, "_FEW", few)
    make_shop(3)
    rows, place = engine.find(Request(size=99)).keys, engine.find(Request(size=2)).behind
    assert place
    keys, far = current.get().newest.keys, place._replace(ordinal=10**18 - 1)
    before = [row for row in rows if keys[row] <= place.key]
    behind = [row for row in rows if keys[row] > place.key]
    assert engine.find(Request(size=2, before=far)).keys == tuple(before[-2:])
    assert engine.find(Request(size=2, behind=far)).keys == tuple(behind[:2])


def test_an_index_of_changes_is_the_one_that_is_read_whole():
    make_shop(4, 8)
    engine.find(Request())
    for bound in (1, 26_000):
        current.get().cheap.below(bound)
    make_shop(5, 4)
    Listing.objects.filter(ordinal__in=Listing.objects.values("ordinal")[:3]).update(
        is_shown=False, revision=index.Current().get().revision + 1
    )
    step, whole = current.get(), index.Current().get()
    assert step.revision == whole.revision
    for group in index.GROUPS:
        kept = {key: bits for key, bits in step.sets[group].items() if bits}
        assert kept == dict(whole.sets[group]), group
    for name in ("newest", "cheap", "dear", "popular"):
        assert getattr(step, name).order.tolist() == getattr(whole, name).order.tolist()
    for bound in (1, 26_000, 1 << 34):
        assert step.cheap.below(bound) == whole.cheap.below(bound)
    again = snapshots.parse(memoryview(b"".join(snapshots.dump(whole))))
    assert (again.revision, again.cheap.keys) == (whole.revision, whole.cheap.keys)
    keys = names.read()
    counts = [
        [
            one.counts(group, of, RowSet(one.shown))
            for group, of in (("brand", keys.brand_keys), ("category", keys.category_keys))
        ]
        for one in (step, whole, again)
    ]
    assert counts[0]
    assert counts[1:] == counts[:1] * 2
    assert {group: dict(sets) for group, sets in again.sets.items()} == {
        group: {key: bits for key, bits in sets.items() if bits} for group, sets in whole.sets.items()
    }


def test_a_snapshot_with_slices_of_bits_is_read_and_one_without_is_none_to_who_needs_them():
    make_shop(4, 8)
    whole = index.Current().get()
    data = b"".join(snapshots.dump(whole))
    length = int.from_bytes(data[:4], "little")
    head, rest = json.loads(data[4 : 4 + length]), data[4 + length :]
    assert "parts" not in head
    slice_of_bits = zlib.compress(b"\x01")
    former = {
        "revision": head["revision"],
        "parts": [["slice", "cheap", 0, False, len(slice_of_bits)], *head["kept"]],
    }
    text = json.dumps(former).encode()
    again = snapshots.parse(memoryview(len(text).to_bytes(4, "little") + text + slice_of_bits + rest))
    assert again.cheap.order.tolist() == whole.cheap.order.tolist()
    assert again.shown == whole.shown


def test_who_is_far_behind_takes_the_later_snapshot_and_reads_the_rest_in_portions(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(snapshots, "SMALLEST", 1)
    monkeypatch.setattr(snapshots, "FREQUENT", 0)
    monkeypatch.setattr(index, "PORTION", 3)
    make_shop(4, 3)
    snapshots.make()
    current.forget()
    current.get(snapshots.load)
    make_shop(5, 6)
    snapshots.make(is_whole=False)
    make_shop(6, 2)
    read: list[Any] = []
    take = index._read

    def noted(known: index.Index) -> Any:
        read.append(known.revision)
        return take(known)

    monkeypatch.setattr(index, "_read", noted)
    behind, whole = current.get(snapshots.load), index.caught_up(index.Index())
    assert read[1] == SearchSnapshot.objects.get().revision
    assert (behind.revision, behind.cheap.keys) == (whole.revision, whole.cheap.keys)
    assert behind.cheap.order.tolist() == whole.cheap.order.tolist()
    for group in ("all", "brand", "category", "value", "stock"):
        assert {key: bits for key, bits in behind.sets[group].items() if bits} == whole.sets[group], group
    worded = index.caught_up(index.Index().with_frequent(behind.sets["word"]))
    assert behind.sets["word"] == worded.sets["word"]


def test_facets_are_counted_once_for_all_pages_and_orders_of_a_list(monkeypatch: pytest.MonkeyPatch):
    make_shop(9, 6)
    counted: list[Any] = []
    count, known = facets._counted, names.read()
    monkeypatch.setattr(facets, "read_names", lambda: known)

    def noted(*given: Any) -> Any:
        counted.append(given)
        return count(*given)

    monkeypatch.setattr(facets, "_counted", noted)
    asked = Request(in_stock=True, size=2)
    pages = [replace(asked, page=2), replace(asked, sort=Sort.CHEAPEST)]
    first, *others = [engine.find(request).facets for request in (asked, *pages)]
    assert others == [first, first]
    assert len(counted) == 1
    assert engine.find(replace(asked, brands=("sur",))).facets != first
    # What was asked for last stays: facets, their groups and the ranges of prices.
    monkeypatch.setattr(facets, "_KEPT", 2 * (len(known.options()) + 4))
    for request in (asked, replace(asked, brands=("norte",)), asked):
        engine.find(request)
    assert len(counted) == 3


def test_a_group_is_counted_once_for_all_choices_within_it(monkeypatch: pytest.MonkeyPatch):
    make_shop(9, 6)
    counted: list[str] = []
    count, ranges, known = index.Index.counts, facets._ranges, names.read()
    monkeypatch.setattr(facets, "read_names", lambda: known)

    def noted(self: Any, group: str, keys: Any, among: RowSet) -> list[int]:
        counted.append(known.options()[0] if keys is known.keys_of(known.options()[0]) else group)
        return count(self, group, keys, among)

    def noted_ranges(*given: Any) -> Any:
        counted.append("ranges")
        return ranges(*given)

    monkeypatch.setattr(index.Index, "counts", noted)
    monkeypatch.setattr(facets, "_ranges", noted_ranges)

    def facets_of(**asked: Any) -> tuple[Any, list[str]]:
        counted.clear()
        found = engine.find(Request(**asked)).facets
        return found, list(counted)

    facets_of(options={"color": ("negro",)})
    assert "color" not in facets_of(options={"color": ("negro", "oliva")})[1]
    assert "color" in facets_of(options={"color": ("negro",)}, in_stock=True)[1]
    dear, which = facets_of(lowest=Decimal(200))
    assert ("ranges" in which, "color" in which) == (True, True)
    dearer, which = facets_of(lowest=Decimal(300))
    assert ("ranges" in which, "color" in which) == (False, True)
    bounds = [(one.lowest, one.highest, one.count) for one in dear.prices]
    assert bounds
    assert bounds == [(one.lowest, one.highest, one.count) for one in dearer.prices]
    current.forget()
    assert facets_of(lowest=Decimal(300))[0] == dearer


def test_rows_of_prices_are_kept_for_all_lists_of_them_until_a_row_changes(monkeypatch: pytest.MonkeyPatch):
    make_shop(9, 6)
    asked: list[tuple[Any, ...]] = []
    within = facets.within

    def noted(index: Any, bits: int, lowest: Any, highest: Any) -> int:
        asked.append((lowest, highest))
        return within(index, bits, lowest, highest)

    monkeypatch.setattr(facets, "within", noted)
    cheap = Request(highest=Decimal(300), with_facets=False)
    before = engine.find(cheap).total
    engine.find(replace(cheap, brands=("sur",)))
    assert asked == [(None, Decimal(300))]
    make_product(("Negro",), ("M",), "100", name="Buzo Andén")
    assert engine.find(cheap).total == before + 1


def test_names_that_are_read_again_and_are_as_they_were_stay_the_same_object(monkeypatch: pytest.MonkeyPatch):
    make_shop(9, 2)
    known = names.read()
    monkeypatch.setattr(lately, "KEEP_SECONDS", 0)
    assert names.read() is known
    monkeypatch.setattr("catalog.listing.navigation.remember", lambda _key, _read: replace(known, brands=()))
    assert names.read().brands == ()


def test_lists_do_not_wait_for_each_other_where_nothing_has_changed():
    known = current.get()
    with current._lock:
        assert current.get() is known


def _statements(request: Request) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        engine.find(request)
    return [query["sql"] for query in captured.captured_queries]


def test_a_list_costs_one_statement_and_another_where_rows_changed_however_many_there_are():
    make_shop(6, 3)
    engine.find(Request())
    asked = Request(options={"talle": ("m",)}, in_stock=True, brands=("sur",))
    for number in (2, 9):
        make_shop(number, number)
        assert [len(_statements(asked)) for _turn in range(2)] == [2, 1]


def test_words_are_asked_once_for_all_lists_of_them_until_a_row_changes():
    make_shop(6, 3)
    engine.find(Request())
    word = Listing.objects.filter(is_shown=True).values_list("words", flat=True)[0][0]
    asked = Request(text=word)
    before = engine.find(asked).total
    narrowed = replace(asked, sort=Sort.CHEAPEST, in_stock=True)
    assert not [sql for sql in _statements(narrowed) if "document" in sql]
    # Codes are of variants, whose rows of the lists may stay as they are: they are asked each time.
    assert len([sql for sql in _statements(narrowed) if "sku" in sql]) == 1
    make_product(("Negro",), ("M",), name=f"{word} de otra temporada")
    assert engine.find(asked).total > before
    assert len(current.get().matched) == 2


def test_all_lists_of_a_text_begin_with_the_same_set():
    make_shop(6, 3)
    word = Listing.objects.filter(is_shown=True).values_list("words", flat=True)[0][0]
    asked = Request(text=word)
    assert engine.find(asked).total > 0
    for narrowed in (replace(asked, in_stock=True), replace(asked, brands=("sur",))):
        engine.find(narrowed)
    assert len({id(key[1]) for key in current.get().counted}) == 1


def test_of_words_that_were_asked_those_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text, "_KEPT", 2)
    make_shop(6, 3)
    for word in ("campera", "gorra", "jean"):
        engine.find(Request(text=word))
    assert len(current.get().matched) == 2


def test_one_slip_in_any_word_of_a_large_vocabulary_is_mended():
    make_shop(7, 4)
    engine.find(Request())
    words = [
        "campera",
        "rompeviento",
        "pantalon",
        "bermuda",
        "zapatilla",
        "musculosa",
        "chaleco",
        "bufanda",
        "gorra",
    ]
    spelling.add(words)
    chance, right, tried = random.Random(8), 0, 0
    for _turn in range(120):
        word = chance.choice(words)
        typed = _edit(word, chance)
        if typed != word:
            tried += 1
            right += spelling.candidates(typed)[:1] == [word]
    assert right / tried >= 0.95


def _edit(word: str, chance: random.Random) -> str:
    place, letter = chance.randrange(len(word)), chance.choice("abcdefghijklmnopqrstuvwxyz")
    kind = chance.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + letter + word[place:]
    if kind == 2:
        return word[:place] + letter + word[place + 1 :]
    return word[:place] + word[place : place + 2][::-1] + word[place + 2 :]


def test_what_is_searched_in_vain_is_counted_and_never_what_may_be_of_a_person(client: Any):
    make_product(("Negro",), ("M",), name="Buzo Andén")
    sent: list[tuple[str, str]] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("catalog.search.misses.dispatch", lambda name, *args: sent.append(args))
        for text in ("heladera", "ana@example.com", "11 2233-4455", "bzuo", "buzo"):
            client.get("/buscar/", {"q": text})
    assert sent == [("heladera", ""), ("bzuo", "buzo")]
    for text, corrected in [*sent, *sent]:
        note_miss(text, corrected)
    assert {*SearchMiss.objects.values_list("text", "corrected", "count")} == {
        ("heladera", "", 2),
        ("bzuo", "buzo", 2),
    }
