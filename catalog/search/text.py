"""Which rows have all words that were typed: by the index of the documents, and by sets where a word is frequent.

A word is any of its lexemes: stemmed as it was typed and without accents (the stemmers know their suffixes with
accents), and as it is; and those of its synonyms. The last word may be the beginning of one. Words of one size narrow
the rows to those made in it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from catalog.listing.navigation import remember
from catalog.listing.rebuilding import text_configuration
from catalog.listing.rows import words_of
from catalog.models import SearchSynonyms
from catalog.search import bitmaps, spelling
from catalog.search.index import Index
from catalog.search.names import Names
from catalog.search.port import LONGEST, MOST_WORDS
from shop.core import folding

# From so many letters on the last word is completed.
_COMPLETED: Final = 3
_COMPLETIONS: Final = 40
_SHORTEST_CODE: Final = 3
# A query that finds nothing.
_NOTHING: Final = "nothing & !nothing"
# What stands beside a size and says no more: "talle m".
_SIZE: Final = frozenset({"talle", "talla", "tamanho", "tam", "size", "numero"})
_LEXEMES: Final = """
SELECT word.place, tsvector_to_array(to_tsvector(%(config)s::regconfig, word.typed)),
       tsvector_to_array(to_tsvector(%(config)s::regconfig, word.folded)),
       tsvector_to_array(to_tsvector('simple', word.folded))
  FROM unnest(%(typed)s::text[], %(folded)s::text[]) WITH ORDINALITY AS word (typed, folded, place)
 ORDER BY word.place
"""
# Of each row: 2 where all words are in the name, 1 where some are, 0 where none is.
_MATCH: Final = """
SELECT ordinal, CASE WHEN document @@ %(title)s::tsquery THEN 2 WHEN document @@ %(some)s::tsquery THEN 1 ELSE 0 END
  FROM catalog_listing
 WHERE is_shown AND document @@ %(query)s::tsquery
"""
_IN_NAME, _SOME_IN_NAME, _IS_CODE = 2, 1, 3
_CODES: Final = """
SELECT listing.ordinal, 3
  FROM catalog_variant AS variant
  LEFT JOIN (catalog_variantvalue AS colour
             JOIN catalog_option AS option ON option.id = colour.option_id AND option.kind = 'colour')
    ON colour.variant_id = variant.id
  JOIN catalog_listing AS listing
    ON listing.product_id = variant.product_id AND listing.colour_id IS NOT DISTINCT FROM colour.value_id
 WHERE variant.is_active AND listing.is_shown
   AND (upper(variant.sku) LIKE %(code)s OR variant.barcode LIKE %(code)s)
"""
# A code's beginning may be that of very many variants.
_MATCH_OR_CODE: Final = f"{_MATCH} UNION ALL ({_CODES} LIMIT 480)"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as typed, folded, and its lexemes; `is_last`: it may be the beginning of a longer one."""

    folded: str
    lexemes: frozenset[str]
    is_last: bool = False

    @property
    def is_completed(self) -> bool:
        """Return whether words that begin so will do."""
        return self.is_last and len(self.folded) >= _COMPLETED


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows that have all words: `title`, `some`: all or some in the name; `codes`: by SKU or barcode."""

    rows: int
    title: int = 0
    some: int = 0
    codes: int = 0
    sizes: tuple[UUID, ...] = ()
    corrected: str = ""


def fold(text: str) -> str:
    """Return folded text (`shop.core.folding`), at most `LONGEST` characters."""
    return folding.fold(text)[:LONGEST].strip()


def match(text: str, index: Index, names: Callable[[], Names], *, is_literal: bool = False) -> Matches:
    """Return the rows that a text means. Words that no row has are corrected, unless it `is_literal`."""
    folded = words_of(fold(text)).split()[:MOST_WORDS]
    typed = words_of(text.lower()).split()[:MOST_WORDS]
    if not folded:
        return Matches(0)
    code = _code(fold(text))
    typed = typed if len(typed) == len(folded) else folded
    sizes: tuple[UUID, ...] = ()
    pairs = list(zip(typed, folded, strict=True))
    if len(pairs) > 1:
        pairs, sizes = _sizes(pairs, names())
    words = _words(pairs)
    found = _all_of(words, index, code)
    corrected = ""
    if not found.rows and not found.codes and not is_literal:
        better = _better(words, index)
        if better != [word.folded for word in words]:
            found = _all_of(_words([(word, word) for word in better]), index)
            corrected = _rejoined(folded, words, better)
    made = -1
    if sizes:
        made = 0
        for size in sizes:
            made |= index.bits("value", size)
    rows = found.rows & made
    return Matches(
        rows | found.codes,
        found.title & made,
        found.some & made,
        found.codes,
        sizes,
        corrected if rows else "",
    )


def _rejoined(folded: list[str], words: list[Word], better: list[str]) -> str:
    """Return what was searched: the words as they were typed, corrected, with the sizes at their places."""
    left = dict(enumerate(better))
    asked = [word.folded for word in words]
    said, place = [], 0
    for word in folded:
        if place < len(asked) and word == asked[place]:
            said.append(left[place])
            place += 1
        else:
            said.append(word)
    return " ".join(said)


def _sizes(pairs: list[tuple[str, str]], names: Names) -> tuple[list[tuple[str, str]], tuple[UUID, ...]]:
    """Take the words that name a size out of several words, unless nothing else is left."""
    sizes = {folded: names.size(folded) for _typed, folded in pairs}
    rest = [pair for pair in pairs if not sizes[pair[1]] and pair[1] not in _SIZE]
    if not rest or not any(sizes.values()):
        return pairs, ()
    return rest, tuple(value.key for values in sizes.values() for value in values)


def _words(pairs: list[tuple[str, str]]) -> list[Word]:
    """Return the words with their lexemes. Words that texts are full of (de, para) are left out beside others."""
    found = _lexemes(tuple(pairs), text_configuration())
    words = [
        Word(folded, _with_synonyms(lexemes), is_last=place == len(pairs) - 1)
        for place, ((_typed, folded), (lexemes, is_stop)) in enumerate(zip(pairs, found, strict=True))
        if not is_stop or len(pairs) == 1
    ]
    return words or [Word(folded, frozenset({folded})) for _typed, folded in pairs[:1]]


@lru_cache(maxsize=5_000)
def _lexemes(pairs: tuple[tuple[str, str], ...], config: str) -> list[tuple[frozenset[str], bool]]:
    """Return the lexemes of words, and which are stop words of the language. One statement, then none."""
    with connection.cursor() as cursor:
        typed, folded = zip(*pairs, strict=True)
        cursor.execute(_LEXEMES, {"config": config, "typed": list(typed), "folded": list(folded)})
        return [(frozenset((*one, *two, *plain)), not one) for _place, one, two, plain in cursor.fetchall()]


def _with_synonyms(lexemes: frozenset[str]) -> frozenset[str]:
    found = lexemes
    for group in remember(f"catalog:synonyms:{settings.SHOP_COUNTRY}", _synonyms):
        if lexemes & group:
            found |= group
    return found


def _synonyms() -> list[frozenset[str]]:
    """Return the synonyms of the shop's country as lexemes."""
    groups = SearchSynonyms.objects.filter(is_active=True, country__in=["", settings.SHOP_COUNTRY])
    pairs = [
        (place, word.lower(), folding.fold(word))
        for place, group in enumerate(groups)
        for word in group.listed
    ]
    if not pairs:
        return []
    lexemes = _lexemes(tuple((typed, folded) for _place, typed, folded in pairs), text_configuration())
    found: dict[int, frozenset[str]] = {}
    for (place, _typed, _folded), (one, _stop) in zip(pairs, lexemes, strict=True):
        found[place] = found.get(place, frozenset()) | one
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that have all words; of these those with all of them in their names, and with some; those of a code."""

    rows: int
    title: int
    some: int
    codes: int = 0


def _all_of(words: list[Word], index: Index, code: str = "") -> _Rows:
    """Return the rows that have all words, or are those of a code."""
    frequent = [word for word in words if _has_frequent(word, index)]
    if len(frequent) < len(words):
        return _by_documents(words, index, code)
    rows = title = index.shown
    some = 0
    for word in frequent:
        one = _by_sets(word, index)
        rows, title, some = rows & one.rows, title & one.title, some | one.title
    codes = _ask(_NOTHING, _NOTHING, _NOTHING, index, code).codes if code else 0
    return _Rows(rows, title & rows, some & rows, codes)


def _has_frequent(word: Word, index: Index) -> bool:
    return any(index.is_frequent(lexeme) for lexeme in _possible(word, index))


def _possible(word: Word, index: Index) -> Iterator[str]:
    """Yield the lexemes of a word, and the frequent ones that begin with it when it may be completed."""
    yield from word.lexemes
    if word.is_completed:
        yield from (lexeme for lexeme in index.sets["word"] if lexeme.startswith(word.folded))


def _by_sets(word: Word, index: Index) -> _Rows:
    """Return the rows of a word of which lexemes are frequent; the other lexemes are asked for."""
    rows = title = 0
    rare = set()
    for lexeme in _possible(word, index):
        if index.is_frequent(lexeme):
            rows |= index.bits("word", lexeme)
            title |= index.bits("title", lexeme)
        else:
            rare.add(lexeme)
    if word.is_completed:
        rare.update(known for known in complete(word.folded, _COMPLETIONS) if not index.is_frequent(known))
    if rare:
        in_title = _any(rare, ":A")
        more = _ask(_any(rare), in_title, in_title, index)
        rows, title = rows | more.rows, title | more.title
    return _Rows(rows, title, title)


def _by_documents(words: list[Word], index: Index, code: str) -> _Rows:
    """Return the rows of words by the index of the documents: it has no more than the rarest of them."""
    query = " & ".join(f"({_of(word)})" for word in words)
    in_title = [f"({_of(word, ':A', ':*A')})" for word in words]
    return _ask(query, " & ".join(in_title), " | ".join(in_title), index, code)


def _ask(query: str, title: str, some: str, index: Index, code: str = "") -> _Rows:
    """Return the rows that a query finds, and those of variants on sale by their code. One statement."""
    with connection.cursor() as cursor:
        statement = _MATCH_OR_CODE if code else _MATCH
        cursor.execute(statement, {"query": query, "title": title, "some": some, "code": code})
        found = cursor.fetchall()
    of_kind = {
        kind: bitmaps.of_ordinals(ordinal for ordinal, its in found if its == kind) & index.shown
        for kind in {kind for _ordinal, kind in found}
    }
    title_rows, some_rows = of_kind.get(_IN_NAME, 0), of_kind.get(_SOME_IN_NAME, 0)
    rows = of_kind.get(0, 0) | some_rows | title_rows
    return _Rows(rows, title_rows, some_rows | title_rows, of_kind.get(_IS_CODE, 0))


def _of(word: Word, weight: str = "", beginning: str = ":*") -> str:
    parts = [_any(word.lexemes, weight)]
    if word.is_completed:
        parts.append(_quoted(word.folded) + beginning)
    return " | ".join(parts)


def _any(lexemes: Iterable[str], weight: str = "") -> str:
    return " | ".join(_quoted(lexeme) + weight for lexeme in sorted(lexemes))


def _quoted(lexeme: str) -> str:
    """Return a lexeme as a text search query has it; of what was typed only letters and figures come here."""
    return "'" + re.sub(r"['\\]", "", lexeme) + "'"


def _code(folded: str) -> str:
    """Return the pattern of SKUs and barcodes that begin with the one word that was typed; "" for several words."""
    if " " in folded or len(folded) < _SHORTEST_CODE:
        return ""
    return re.sub(r"([\\%_])", r"\\\1", folded.upper()) + "%"


def _better(words: list[Word], index: Index) -> list[str]:
    """Return the words, each that no row has replaced by the likeliest that some row has."""
    found = []
    for word in words:
        alone = _all_of([word], index)
        likely = [] if alone.rows else spelling.candidates(word.folded)
        found.append(likely[0] if likely else word.folded)
    return found


def complete(beginning: str, number: int) -> list[str]:
    """Return the words that begin so, those of most rows first."""
    pattern = re.sub(r"([\\%_])", r"\\\1", beginning) + "%"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM catalog_searchword WHERE word LIKE %s ORDER BY weight DESC, word LIMIT %s",
            [pattern, number],
        )
        return [word for (word,) in cursor.fetchall()]
