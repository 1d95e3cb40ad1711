"""The search that needs PostgreSQL alone: rows by sets in memory (`index.py`), words by an index of documents."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.db import connection

from catalog.listing.rows import words_of
from catalog.models import Listing, Option
from catalog.search import bitmaps, snapshots, spelling, text
from catalog.search.bitmaps import RowSet
from catalog.search.facets import Narrowing, facets
from catalog.search.index import Index, current
from catalog.search.names import read as read_names
from catalog.search.port import NUMBERED, Correction, Facets, Found, Place, Request, Sort
from catalog.search.sorting import Sorting
from shop.core.database.kept_queries import Rows

_IN_PLACES: Final = """
SELECT listing.ordinal
  FROM catalog_listing AS listing
  JOIN catalog_collectionproduct AS entry
    ON entry.product_id = listing.product_id AND entry.collection_id = %s
 WHERE listing.ordinal = ANY (%s)
 ORDER BY entry.sort_order, listing.product_id DESC, listing.ordinal
"""
# Collections of more rows are shown by date.
_PLACED: Final = 5_000
# The codes of so many texts are kept.
_KEPT: Final = 64


class PostgresSearch:
    """See `port.Search`. It has no state of its own but the index of the process."""

    def find(self, request: Request) -> Found:
        """Return the keys of the rows that are asked for: one round trip, and up to three for words."""
        index, coded = _index_and_coded(request)
        base = index.shown
        if request.leads:
            base &= index.bits("all", "lead")
        if request.within is not None:
            base &= index.bits("category", request.within)
        if request.collection is not None:
            base &= index.bits("collection", request.collection)
        matches = text.Matches(base)
        if request.text:
            matches = text.match(request.text, index, read_names, coded=coded, is_literal=request.is_literal)
            # The same object for each list of a text: what is counted of it is found by it.
            base = matches.rows if base is index.shown else base & matches.rows
        narrowing = Narrowing(base, request, index)
        rows = narrowing.rows()
        counted = facets(narrowing) if request.with_facets else Facets()
        stages = _stages(rows, request, matches, index)
        page = _page(stages, rows, request, index)
        corrected = Correction(text.fold(request.text), matches.corrected) if matches.corrected else None
        sizes = tuple(dict.fromkeys((*matches.sizes, *_chosen_sizes(request))))
        return Found(
            keys=page.keys,
            total=rows.size,
            page=page.page,
            pages=page.pages,
            behind=page.behind,
            before=page.before,
            facets=counted,
            corrected=corrected,
            sizes=sizes,
            rows=index.rows,
        )

    def suggest(self, typed: str, *, limit: int) -> list[str]:
        """Return words that the last word may become, with those before it. One statement."""
        words = words_of(text.fold(typed)).split()
        if not words:
            return []
        before = " ".join(words[:-1])
        return [f"{before} {word}".strip() for word in text.complete(words[-1], limit)]

    def index(self, keys: Iterable[int]) -> None:
        """Keep the words of rows that are new or changed. Their sets are read by each process itself."""
        found = Listing.objects.filter(pk__in=list(keys), is_shown=True).values_list("words", flat=True)
        spelling.add(word for words in found for word in words)

    def drop(self, keys: Iterable[int]) -> None:
        """Do nothing: each process reads it by the revision of the rows, and words are counted by `rebuild`."""

    def rebuild(self) -> None:
        """Count the words, and make the snapshot from which new processes begin. Statements of some seconds."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT unnest(words) FROM catalog_listing WHERE is_shown")
            spelling.add(word for (word,) in cursor.fetchall())
        spelling.count()
        snapshots.make()


def _index_and_coded(request: Request) -> tuple[Index, Rows]:
    """Return the index as of now, and the rows of a text that may be a code: one round trip.

    Codes are of variants, whose rows of the lists may stay as they are when a code changes: they are kept for pages of
    the same version of the catalogue alone, which every change of a variant ends.
    """
    key, known = (request.text, request.version), current.last
    if known is not None and (coded := known.coded.get(key)) is not None:
        index = current.get(snapshots.load)
        if index is known:
            return index, coded
    asked = text.codes_of(request.text)
    index, coded = current.beside(asked, snapshots.load)
    if asked and request.version:
        index.coded[key] = coded
        while len(index.coded) > _KEPT:
            index.coded.popitem(last=False)
    return index, coded


def _chosen_sizes(request: Request) -> list[UUID]:
    if not request.options:
        return []
    return [
        value.key
        for value in read_names().values
        if value.kind == Option.Kind.SIZE and value.code in request.options.get(value.option, ())
    ]


def _stages(rows: RowSet, request: Request, matches: text.Matches, index: Index) -> list[RowSet]:
    """Return the rows in parts: each comes before the next, whatever the order within."""
    if not request.text or request.sort != Sort.USUAL:
        return [rows]
    stages, rest = list[RowSet](), rows.bits
    in_names = [matches.name, matches.whole, matches.title, matches.some]
    wanted = [matches.code, matches.begun]
    if matches.sizes:
        in_stock = 0
        for size in matches.sizes:
            in_stock |= index.bits("stock", size)
        wanted += [*(bits & in_stock for bits in in_names), in_stock]
    wanted += in_names
    for bits in wanted:
        part = rest & bits
        stages.append(RowSet(part))
        rest ^= part
    return [*stages, RowSet(rest)]


def _sorting(request: Request, index: Index) -> Sorting:
    by_sort = {
        Sort.NEWEST: index.newest,
        Sort.BEST_SELLING: index.popular,
        Sort.CHEAPEST: index.cheap,
        Sort.DEAREST: index.dear,
        Sort.USUAL: index.popular if request.text else index.newest,
    }
    return by_sort[request.sort]


def _page(stages: list[RowSet], rows: RowSet, request: Request, index: Index) -> Found:
    total, sorting = rows.size, _sorting(request, index)
    if request.collection and request.sort == Sort.USUAL and not request.text and 0 < total <= _PLACED:
        return _numbered(_in_places(request, rows.bits), request)
    if total <= NUMBERED:
        return _numbered([ordinal for bits in stages for ordinal in sorting.ordered(bits)], request)
    return _by_keyset(stages, sorting, request)


def _in_places(request: Request, rows: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_PLACES, [request.collection, list(bitmaps.ordinals_of(rows))])
        return [ordinal for (ordinal,) in cursor.fetchall()]


def _numbered(ordered: list[int], request: Request) -> Found:
    """Return the page of a number; one too high is the last."""
    pages = max(-(-len(ordered) // request.size), 1)
    page = min(max(request.page, 1), pages)
    begin = (page - 1) * request.size
    return Found(tuple(ordered[begin : begin + request.size]), len(ordered), page=page, pages=pages)


def _by_keyset(stages: list[RowSet], sorting: Sorting, request: Request) -> Found:
    """Return the page behind a place, or before one; without either the first."""
    if request.before is not None:
        return _backwards(stages, sorting, request, request.before)
    left, keys = request.size + 1, list[tuple[int, int]]()
    for number, bits in enumerate(stages):
        behind = None
        if request.behind is not None:
            if number < request.behind.stage:
                continue
            if number == request.behind.stage:
                behind = _known(request.behind, sorting)
        keys += [(number, ordinal) for ordinal in sorting.first(bits, left, behind=behind)]
        left = request.size + 1 - len(keys)
        if left <= 0:
            break
    shown = keys[: request.size]
    following = _place(shown[-1], sorting) if len(keys) > request.size else None
    former = _place(shown[0], sorting) if request.behind is not None and shown else None
    return Found(tuple(ordinal for _stage, ordinal in shown), 0, behind=following, before=former)


def _backwards(stages: list[RowSet], sorting: Sorting, request: Request, before: Place) -> Found:
    left, keys = request.size + 1, list[tuple[int, int]]()
    for number in range(min(before.stage, len(stages) - 1), -1, -1):
        place = _known(before, sorting) if number == before.stage else None
        keys = [(number, ordinal) for ordinal in sorting.last(stages[number], left, before=place)] + keys
        left = request.size + 1 - len(keys)
        if left <= 0:
            break
    shown = keys[-request.size :]
    if not shown:
        return _by_keyset(stages, sorting, replace(request, before=None))
    former = _place(shown[0], sorting) if len(keys) > request.size else None
    return Found(
        tuple(ordinal for _stage, ordinal in shown), 0, behind=_place(shown[-1], sorting), before=former
    )


def _place(row: tuple[int, int], sorting: Sorting) -> Place:
    stage, ordinal = row
    return Place(stage, sorting.keys[ordinal], ordinal)


def _known(place: Place, sorting: Sorting) -> tuple[int, int]:
    """Return the key and ordinal of a place; no key is higher than the highest."""
    return min(place.key, sorting.most), place.ordinal


engine: Final = PostgresSearch()
