"""The rows of the lists as sets, in the memory of each process: what each value, brand, category … has.

A process reads the rows that changed since it last looked, by `Listing.revision`, with one statement for each request;
most often there are none. A new process begins with the snapshot of a worker (`catalog/search/snapshots.py`), where
there are many rows. Memory: a set of 200,000 rows has 25 KB; a thousand of them 25 MB.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from catalog.search.bitmaps import Slices, of_ordinals

# Prices in hundredths: above 343 million all are equal. What has no price comes last, whichever way.
_PRICE: Final = 35
_TIME: Final = 34
_SOLD: Final = 20
# Above so many rows a word is kept as a set; the others are found by the index of the documents.
FREQUENT: Final = 2_000
_CHANGED: Final = """
SELECT newest.revision, row.ordinal, row.is_shown, row.is_lead, row.units, row.price, row.published_at, row.sold_30d,
       row.brand_id, row.category_ids, row.collection_ids, row.value_ids, row.in_stock_ids,
       CASE WHEN %(with_words)s THEN tsvector_to_array(row.document) END,
       CASE WHEN %(with_words)s THEN tsvector_to_array(ts_filter(row.document, '{a}')) END
  FROM (SELECT coalesce(max(revision), 0) AS revision FROM catalog_listing) AS newest
  LEFT JOIN catalog_listing AS row ON row.revision > %(known)s
"""


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

    `sets` by group and key: of `all` the keys are shown, lead and stock; `stock` has rows with units left in a value;
    `word` and `title` (weight A) the frequent lexemes.
    """

    revision: int = 0
    sets: Mapping[str, Mapping[Any, int]] = field(default_factory=lambda: {group: {} for group in GROUPS})
    newest: Slices = field(default_factory=lambda: Slices(_TIME))
    cheap: Slices = field(default_factory=lambda: Slices(_PRICE))
    dear: Slices = field(default_factory=lambda: Slices(_PRICE))
    popular: Slices = field(default_factory=lambda: Slices(_SOLD + _TIME))

    @property
    def shown(self) -> int:
        """Return the rows that are shown."""
        return self.sets["all"].get("shown", 0)

    def bits(self, group: str, key: object) -> int:
        """Return the rows that have something; none have what is not known."""
        return self.sets[group].get(key, 0)

    def is_frequent(self, lexeme: str) -> bool:
        """Return whether the rows of a lexeme are kept."""
        return lexeme in self.sets["word"]


def changed(index: Index, rows: Iterable[tuple[Any, ...]]) -> Index:
    """Return the index after these rows (of the statement above) have changed."""
    fresh: dict[str, dict[Any, list[int]]] = {group: defaultdict(list) for group in GROUPS}
    keys: dict[str, dict[int, int]] = {"newest": {}, "cheap": {}, "dear": {}, "popular": {}}
    ordinals: list[int] = []
    revision = index.revision
    frequent = index.sets["word"].keys()
    for row in rows:
        revision = max(revision, row[0])
        if row[1] is None:
            continue
        ordinals.append(row[1])
        if row[2]:
            _add(fresh, row, frequent)
        _sort(keys, row)
    if not ordinals:
        return replace(index, revision=revision)
    known = of_ordinals(ordinals)
    sets = {group: _merged(index.sets[group], fresh[group], known) for group in GROUPS}
    slices = {name: getattr(index, name).changed(known, keys[name]) for name in keys}
    return Index(revision, sets, **slices)


def _add(fresh: dict[str, dict[Any, list[int]]], row: tuple[Any, ...], frequent: Iterable[str]) -> None:
    """Note what a shown row belongs to."""
    _newest, ordinal, _shown, is_lead, units, _price, _at, _sold, brand, categories, collections, values = (
        row[:12]
    )
    in_stock, words, title = row[12:15]
    fresh["all"]["shown"].append(ordinal)
    if is_lead:
        fresh["all"]["lead"].append(ordinal)
    if units > 0:
        fresh["all"]["stock"].append(ordinal)
    fresh["brand"][brand].append(ordinal)
    for group, members in (
        ("category", categories),
        ("collection", collections),
        ("value", values),
        ("stock", in_stock),
        ("word", set(words or ()).intersection(frequent)),
        ("title", set(title or ()).intersection(frequent)),
    ):
        for member in members:
            fresh[group][member].append(ordinal)


def _sort(keys: dict[str, dict[int, int]], row: tuple[Any, ...]) -> None:
    ordinal, price, published_at, sold = row[1], row[5], row[6], row[7]
    keys["newest"][ordinal] = newest_key(published_at)
    keys["cheap"][ordinal] = cents(price)
    keys["dear"][ordinal] = dear_key(price)
    keys["popular"][ordinal] = popular_key(sold, published_at)


def _merged(old: Mapping[Any, int], new: Mapping[Any, list[int]], known: int) -> dict[Any, int]:
    kept = {key: bits & ~known if bits & known else bits for key, bits in old.items()}
    for key, ordinals in new.items():
        kept[key] = kept.get(key, 0) | of_ordinals(ordinals)
    return kept


class Current:
    """The index of this process."""

    def __init__(self) -> None:
        self._index: Index | None = None
        self._lock = threading.Lock()

    def get(self, load: Callable[[], Index | None] = lambda: None) -> Index:
        """Return the index as of now: one statement. `load` gives the one to begin with, when there is none yet."""
        with self._lock:
            index = self._index or load() or Index()
            rows = _read(index)
            if rows[0][0] < index.revision:
                # A database that was restored: what is known here has not happened there.
                index = Index()
                rows = _read(index)
            self._index = changed(index, rows)
            return self._index

    def forget(self) -> None:
        """Begin again: after a new snapshot, and for tests whose rows were rolled back."""
        with self._lock:
            self._index = None


def _read(index: Index) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"known": index.revision, "with_words": bool(index.sets["word"])})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


current: Final = Current()
