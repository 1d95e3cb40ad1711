"""Snapshots of the index: made by a worker, so that a new process of a large shop begins within moments.

One row of PostgreSQL, and no copy in Redis: a process reads it once in its life, and then only the rows that have
changed since. Below `SMALLEST` rows there is none: reading all rows is as fast.
"""

import json
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from catalog.models import Listing, SearchSnapshot
from catalog.search.bitmaps import octets_of, of_octets
from catalog.search.columns import Kinds
from catalog.search.index import BEGINNING, FREQUENT, GROUPS, Index, caught_up
from catalog.search.sorting import Sorting

SMALLEST: Final = 2_000
# After so many changed rows, of a hundred, a snapshot is made again.
_STALE_PERCENT: Final = 5
_SORTINGS: Final = ("newest", "cheap", "dear", "popular")
_LENGTH: Final = struct.Struct("<I")
# Lexemes of many rows, and what lexemes of many begin with: a row may be counted twice, which makes a set too many.
_FREQUENT: Final = """
WITH lexeme AS MATERIALIZED (
    SELECT word, ndoc FROM ts_stat('SELECT document FROM catalog_listing WHERE is_shown') WHERE word NOT LIKE '=%%'
)
SELECT word FROM lexeme WHERE ndoc > %(many)s
 UNION ALL
SELECT left(word, length) || '*'
  FROM lexeme CROSS JOIN LATERAL generate_series(%(shortest)s, length(word)) AS length
 GROUP BY left(word, length)
HAVING sum(ndoc) > %(many)s
"""


def is_due() -> bool:
    """Return whether there are many rows, and no snapshot or one that is far behind. Four statements, by indexes."""
    if Listing.objects.filter(is_shown=True)[:SMALLEST].count() < SMALLEST:
        return False
    made = SearchSnapshot.objects.filter(pk=1).values_list("revision", flat=True).first()
    if made is None:
        return True
    # As many as were ever made: counting those that are shown reads them all.
    rows = Listing.objects.aggregate(most=Max("ordinal"))["most"]
    changed: int = Listing.objects.filter(revision__gt=made).count()
    return bool(changed * 100 > rows * _STALE_PERCENT)


def make(*, is_whole: bool = True) -> bool:
    """Write the snapshot of the rows as they are; return whether there are enough.

    `is_whole`: it is counted which words are frequent, and all rows are read, unless nothing has changed; else only
    what has changed since the last snapshot.
    """
    last = load()
    index = caught_up(last or Index())
    if index.shown.bit_count() < SMALLEST:
        SearchSnapshot.objects.all().delete()
        return False
    if last is not None and index.revision == last.revision:
        return True
    if is_whole or last is None:
        with connection.cursor() as cursor:
            cursor.execute(_FREQUENT, {"many": FREQUENT, "shortest": BEGINNING})
            index = caught_up(Index().with_frequent(key for (key,) in cursor.fetchall()))
    SearchSnapshot.objects.update_or_create(
        pk=1,
        defaults={"revision": index.revision, "made_at": timezone.now(), "data": b"".join(dump(index))},
    )
    return True


def load() -> Index | None:
    """Return the index of the snapshot; None: there is none, or none that this program reads."""
    kept = SearchSnapshot.objects.filter(pk=1).values_list("data", flat=True).first()
    if kept is None:
        return None
    try:
        return parse(memoryview(bytes(kept)))
    except (ValueError, KeyError, struct.error, zlib.error):
        return None


def dump(index: Index) -> Iterator[bytes]:
    """Yield an index as bytes: a head that names the parts, then each, compressed."""
    parts: list[tuple[list[object], bytes]] = []
    for group in GROUPS:
        for key, bits in index.sets[group].items():
            if bits:
                parts.append((["set", group, str(key), isinstance(key, UUID)], octets_of(bits)))
    for name in _SORTINGS:
        sorting: Sorting = getattr(index, name)
        parts.append((["keys", name, sys.byteorder, False], sorting.keys.tobytes()))
    packed = [zlib.compress(octets, 1) for _name, octets in parts]
    head = {
        "revision": index.revision,
        # By another name than in snapshots that had slices of bits: a program that reads them finds none.
        "kept": [[*name, len(p)] for (name, _o), p in zip(parts, packed, strict=True)],
    }
    text = json.dumps(head).encode()
    yield _LENGTH.pack(len(text))
    yield text
    yield from packed


def parse(data: memoryview) -> Index:
    """Return the index of such bytes.

    Raises:
        ValueError, KeyError, struct.error, zlib.error: they are none.
    """
    (length,) = _LENGTH.unpack_from(data)
    head = json.loads(bytes(data[4 : 4 + length]))
    place = 4 + length
    sets: dict[str, dict[Any, int]] = {group: {} for group in GROUPS}
    keys: dict[str, array[int]] = {}
    for kind, name, key, is_uuid, size in head["kept"] if "kept" in head else head["parts"]:
        part, place = data[place : place + size], place + size
        if kind == "slice":
            continue
        octets = zlib.decompress(part)
        if kind == "set":
            number = UUID(key) if is_uuid else int(key) if name == "category" else key
            sets[name][number] = of_octets(octets)
        else:
            keys[name] = array("Q", octets)
            if key != sys.byteorder:
                keys[name].byteswap()
    rows = sets["all"]["made"]
    made: dict[str, Any] = {
        name: Sorting(getattr(Index(), name).width, keys[name], rows) for name in _SORTINGS
    }
    return Index(head["revision"], sets, kinds=Kinds.of_sets(sets), **made)
