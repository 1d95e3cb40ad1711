"""The rows of the lists as sets, in the memory of each process: what each value, brand, category … has.

A process asks for the newest `Listing.revision` with each request, and reads the rows that changed since it last
looked; most often there are none. A new process begins with the snapshot of a worker (`catalog/search/snapshots.py`),
where there are many rows. Memory: a set of 200,000 rows has 25 KB; a thousand of them 25 MB.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog.listing.kept_rows import KeptRows
from catalog.search import columns
from catalog.search.bitmaps import RowSet, Sized, of_ordinals
from catalog.search.columns import Kinds, Member
from catalog.search.sorting import Sorting
from shop.core.database.kept_queries import Asked, Rows, together
from shop.core.database.postgresql.prepared import kept

# Prices in hundredths: above 343 million all are equal. What has no price comes last, whichever way.
_PRICE: Final = 35
_TIME: Final = 34
_SOLD: Final = 20
# Above so many rows a word, or what several begin with, is kept as a set; others are found by the index of documents.
FREQUENT: Final = 2_000
# From so many letters on the beginning of a word finds it.
BEGINNING: Final = 3
# So many facets are known by their keys.
_KEPT: Final = 64
# Rows of one statement: whoever is far behind needs little memory at a time.
PORTION: Final = 5_000
# Arrays come as text: very many rows have the same.
_CHANGED: Final = """
SELECT newest.revision, row.ordinal, row.is_shown, row.is_lead, row.units, row.price, row.published_at, row.sold_30d,
       row.brand_id, row.category_ids, row.collection_ids, row.value_ids, row.in_stock_ids, row.words, row.titles,
       row.revision
  FROM (SELECT coalesce(max(revision), 0) AS revision FROM catalog_listing) AS newest
  LEFT JOIN (SELECT ordinal, is_shown, is_lead, units, price, published_at, sold_30d, brand_id::text,
                    category_ids::text, collection_ids::text, value_ids::text, in_stock_ids::text,
                    CASE WHEN %(with_words)s THEN array_to_string(tsvector_to_array(document), chr(1)) END AS words,
                    CASE WHEN %(with_words)s
                         THEN array_to_string(tsvector_to_array(ts_filter(document, '{a}')), chr(1)) END AS titles,
                    revision
               FROM catalog_listing
              WHERE revision > %(known)s
              ORDER BY revision
              LIMIT %(portion)s) AS row ON TRUE
"""
_NEWEST: Final = kept("SELECT coalesce(max(revision), 0) FROM catalog_listing")
Row = tuple[Any, ...]
Sets = Mapping[Any, int]
Fresh = dict[Any, list[int]]


def newest_key(published_at: datetime) -> int:
    """Return the sort key of a moment: the later, the lower."""
    return min(max((1 << _TIME) - 1 - int(published_at.timestamp()), 0), (1 << _TIME) - 1)


def cents(price: Decimal | None) -> int:
    """Return a price in hundredths; that of nothing is above all."""
    return (1 << _PRICE) - 1 if price is None else min(int(price * 100), (1 << _PRICE) - 2)


def dear_key(price: Decimal | None) -> int:
    """Return the sort key of a price: the higher, the lower."""
    return (1 << _PRICE) - 1 if price is None else (1 << _PRICE) - 2 - cents(price)


def popular_key(sold: int, published_at: datetime) -> int:
    """Return the sort key of how often something is sold; of equal ones the newest comes first."""
    unsold = (1 << _SOLD) - 1 - min(max(sold, 0), (1 << _SOLD) - 1)
    return unsold << _TIME | newest_key(published_at)


GROUPS: Final = ("all", "brand", "category", "collection", "value", "stock", "word", "title")


@dataclass(frozen=True)
class Index:
    """All sets at one revision. Never changed: a later revision is another object.

    `sets` by group and key: of `all` the keys are shown, lead, stock, and made (also what is shown no more); `stock`
    has rows with units left in a value; `word` and `title` (weight A) the frequent lexemes, and with a `*` what
    frequently is a beginning of them. `kinds` have brand and categories once more, by row.
    """

    revision: int = 0
    sets: Mapping[str, Sets] = field(default_factory=lambda: {group: {} for group in GROUPS})
    newest: Sorting = field(default_factory=lambda: Sorting(_TIME))
    cheap: Sorting = field(default_factory=lambda: Sorting(_PRICE))
    dear: Sorting = field(default_factory=lambda: Sorting(_PRICE))
    popular: Sorting = field(default_factory=lambda: Sorting(_SOLD + _TIME))
    # Facets that have been counted, by what they are of: other pages and orders of a list have the same.
    counted: OrderedDict[Any, Any] = field(default_factory=OrderedDict, repr=False, compare=False)
    # What documents have been asked, in the same way (`catalog/search/text.py`).
    matched: OrderedDict[Any, Any] = field(default_factory=OrderedDict, repr=False, compare=False)
    # What texts say, and the rows of those that may be codes, by the version of the catalogue.
    meant: OrderedDict[str, Any] = field(default_factory=OrderedDict, repr=False, compare=False)
    coded: OrderedDict[tuple[str, str], Rows] = field(default_factory=OrderedDict, repr=False, compare=False)
    kinds: Kinds = field(default_factory=Kinds)
    # Rows that lists have shown, until they change.
    rows: KeptRows = field(default_factory=KeptRows, repr=False, compare=False)
    _counters: "OrderedDict[tuple[str, int], tuple[tuple[object, ...], Callable[[RowSet], list[int]]]]" = (
        field(default_factory=OrderedDict, repr=False, compare=False)
    )

    @property
    def shown(self) -> int:
        """Return the rows that are shown."""
        return self.sets["all"].get("shown", 0)

    def bits(self, group: str, key: object) -> int:
        """Return the rows that have something; none have what is not known."""
        return self.sets[group].get(key, 0)

    def counts(self, group: str, keys: tuple[object, ...], among: RowSet) -> list[int]:
        """Return how many of the rows `among` have each of these."""
        # Hashing keys takes longer than counting their rows: they are looked up once.
        known, counter = self._counters.get((group, id(keys)), ((), None))
        if known is not keys or counter is None:
            counter = self._counter(group, keys)
            self._counters[group, id(keys)] = keys, counter
            while len(self._counters) > _KEPT:
                self._counters.popitem(last=False)
        return counter(among)

    def _counter(self, group: str, keys: tuple[object, ...]) -> Callable[[RowSet], list[int]]:
        if group not in columns.GROUPS:
            return Sized(self.bits(group, key) for key in keys).common
        places = self.kinds.places((group, key) for key in keys)

        def count(among: RowSet) -> list[int]:
            found = self.kinds.count(among)
            return [found[place] for place in places]

        return count

    def is_frequent(self, lexeme: str) -> bool:
        """Return whether the rows of a lexeme, or of a beginning (`rem*`), are kept."""
        return lexeme in self.sets["word"]

    def with_frequent(self, lexemes: Iterable[str]) -> "Index":
        """Return an index that keeps the rows of these lexemes and beginnings from now on; none has any yet."""
        none = dict.fromkeys(lexemes, 0)
        return replace(self, sets={**self.sets, "word": none, "title": none})


def changed(index: Index, rows: Iterable[Row]) -> Index:
    """Return the index after these rows (of the statement above) have changed."""
    fresh: dict[str, Fresh] = {group: defaultdict(list) for group in GROUPS}
    keys: dict[str, dict[int, int]] = {"newest": {}, "cheap": {}, "dear": {}, "popular": {}}
    kinds: dict[int, tuple[Member, ...]] = {}
    ordinals: list[int] = []
    revision = index.revision
    kept = _Kept(index.sets["word"])
    for number, row in enumerate(rows, 1):
        # Of a whole portion there may be more: it is known up to its last row.
        revision = row[15] if number >= PORTION else row[0]
        if row[1] is None:
            continue
        ordinals.append(row[1])
        fresh["all"]["made"].append(row[1])
        if row[2]:
            kinds[row[1]] = _add(fresh, row, kept)
        _sort(keys, row)
    if not ordinals:
        return replace(index, revision=revision, rows=index.rows.after(revision, ()))
    known = of_ordinals(ordinals)
    sets = {group: _merged(index.sets[group], fresh[group], known) for group in GROUPS}
    sorted_by: dict[str, Any] = {name: getattr(index, name).changed(known, keys[name]) for name in keys}
    rows_left = index.rows.after(revision, ordinals)
    return Index(revision, sets, kinds=index.kinds.changed(kinds), rows=rows_left, **sorted_by)


class _Kept:
    """Which frequent lexemes and beginnings a text has; each lexeme is looked up once."""

    def __init__(self, frequent: Mapping[str, int]) -> None:
        self._frequent = frequent
        self._longest = max(map(len, frequent), default=0)
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, lexemes: str | None) -> set[str]:
        """Return the keys of the sets that a row of these lexemes belongs to."""
        if not lexemes:
            return set()
        found: set[str] = set()
        for lexeme in lexemes.split("\x01"):
            keys = self._known.get(lexeme)
            found.update(self._find(lexeme) if keys is None else keys)
        return found

    def _find(self, lexeme: str) -> tuple[str, ...]:
        found = [lexeme, *beginnings(lexeme[: self._longest])]
        self._known[lexeme] = kept = tuple(key for key in found if key in self._frequent)
        return kept


def beginnings(lexeme: str) -> list[str]:
    """Return the keys of what a lexeme begins with."""
    return [f"{lexeme[:length]}*" for length in range(BEGINNING, len(lexeme) + 1)]


@lru_cache(maxsize=20_000)
def _uuids(array: str) -> tuple[UUID, ...]:
    return tuple(UUID(key) for key in array[1:-1].split(",") if key)


@lru_cache(maxsize=5_000)
def _numbers(array: str) -> tuple[int, ...]:
    return tuple(int(key) for key in array[1:-1].split(",") if key)


def _add(fresh: dict[str, Fresh], row: Row, kept: _Kept) -> tuple[Member, ...]:
    """Note what a shown row belongs to; return of what kind it is."""
    _newest, ordinal, _shown, is_lead, units, _price, _at, _sold, brand, categories, collections, values = (
        row[:12]
    )
    in_stock, words, titles = row[12:15]
    fresh["all"]["shown"].append(ordinal)
    if is_lead:
        fresh["all"]["lead"].append(ordinal)
    if units > 0:
        fresh["all"]["stock"].append(ordinal)
    members: tuple[tuple[str, Iterable[Any]], ...] = (
        ("brand", _uuids(f"{{{brand}}}") if brand else (None,)),
        ("category", _numbers(categories)),
        ("collection", _uuids(collections)),
        ("value", _uuids(values)),
        ("stock", _uuids(in_stock)),
        ("word", kept.of(words)),
        ("title", kept.of(titles)),
    )
    for group, keys in members:
        for key in keys:
            fresh[group][key].append(ordinal)
    return tuple((group, key) for group, keys in members if group in columns.GROUPS for key in keys)


def _sort(keys: dict[str, dict[int, int]], row: Row) -> None:
    ordinal, price, published_at, sold = row[1], row[5], row[6], row[7]
    keys["newest"][ordinal] = newest_key(published_at)
    keys["cheap"][ordinal] = cents(price)
    keys["dear"][ordinal] = dear_key(price)
    keys["popular"][ordinal] = popular_key(sold, published_at)


def _merged(old: Sets, new: Fresh, known: int) -> dict[Any, int]:
    kept = {key: bits & ~known if bits & known else bits for key, bits in old.items()}
    for key, ordinals in new.items():
        kept[key] = kept.get(key, 0) | of_ordinals(ordinals)
    return kept


class Current:
    """The index of this process. `load` gives one to begin with, and a later one to whoever is far behind."""

    def __init__(self) -> None:
        self._index: Index | None = None
        self._lock = threading.Lock()

    @property
    def last(self) -> Index | None:
        """Return the index that was asked for last."""
        return self._index

    def get(self, load: Callable[[], Index | None] = lambda: None) -> Index:
        """Return the index as of now: one statement, and another one where something has changed."""
        return self.beside((), load)[0]

    def beside(
        self, asked: tuple[Asked[Any], ...], load: Callable[[], Index | None] = lambda: None
    ) -> tuple[Index, Rows]:
        """Return the index as of now, and the rows of other statements that are asked in the same round trip.

        Threads wait for each other only where something has changed.
        """
        [(newest,)], *rows = together(Asked(_NEWEST, ()), *asked)
        known = self._index
        if known is not None and newest == known.revision:
            return known, rows
        with self._lock:
            self._index = caught_up(self._index or load() or Index(), load)
            return self._index, rows

    def forget(self) -> None:
        """Begin again: after a new snapshot, and for tests whose rows were rolled back."""
        with self._lock:
            self._index = None


def caught_up(index: Index, load: Callable[[], Index | None] = lambda: None) -> Index:
    """Return the index after all changes until now: one statement, and another for each whole portion of rows.

    Whoever has more than a portion to read takes the index of `load` first, where that one is later.
    """
    rows = _read(index)
    if rows[0][0] < index.revision:
        # A database that was restored: what is known here has not happened there.
        index = Index()
        rows = _read(index)
    if len(rows) == PORTION and index.revision and (later := load()) and later.revision > rows[-1][15]:
        index = later
        rows = _read(index)
    while len(rows) == PORTION:
        index = changed(index, rows)
        rows = _read(index)
    return changed(index, rows)


def _read(index: Index) -> list[Row]:
    asked = {"known": index.revision, "portion": PORTION, "with_words": bool(index.sets["word"])}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, asked)
        rows: list[Row] = cursor.fetchall()
    return rows


current: Final = Current()
