"""Which rows have all words that were typed: by the index of the documents, and by sets where a word is frequent.

A word is any of its lexemes: stemmed as it was typed and without accents (the stemmers know their suffixes with
accents), and as it is; and those of its synonyms. The last word may be the beginning of one. Words of one size narrow
the rows to those made in it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Final, TypeAlias
from uuid import UUID

from django.db import connection

from catalog.listing.rows import words_of
from catalog.search import bitmaps, codes, spelling
from catalog.search.index import Index
from catalog.search.names import Names
from catalog.search.port import LONGEST, MOST_WORDS
from catalog.search.words import Word, read_words, synonyms
from shop.core import folding
from shop.core.database.kept_queries import Asked, named, together

# So many words that may have been meant are tried.
_MEANT: Final = 4
# What stands beside a size and says no more: "talle m".
_SIZE: Final = frozenset({"talle", "talla", "tamanho", "tam", "size", "numero"})
# Of each row: 3 where all words are in the name, 2 where the last one is the beginning of one that is, 1 where some are
# in the name, 0 where none is.
_MATCH: Final = """
SELECT ordinal, CASE WHEN NOT document @@ %(some)s::tsquery THEN 0
                     WHEN document @@ %(whole)s::tsquery THEN 3
                     WHEN document @@ %(title)s::tsquery THEN 2 ELSE 1 END
  FROM catalog_listing
 WHERE is_shown AND document @@ %(query)s::tsquery
"""
_SOME_IN_NAME, _BEGUN_IN_NAME, _IN_NAME, _BEGINS_CODE, _IS_NAME, _IS_CODE = range(1, 7)
# The document has the whole folded name as one lexeme (catalog/sql/listing_rows.sql).
_NAMED: Final = """
SELECT ordinal, 4 FROM catalog_listing WHERE is_shown AND document @@ %(name)s::tsquery
"""
_SOME, _TITLE, _WHOLE, _NAME = range(1, 5)
# Queries of documents: all words and those of names (`_in_names`), or a name alone.
Query: TypeAlias = tuple[str, str, str, str] | tuple[str]
# The answers of so many are kept, those that were asked for last, until a row changes: some 50 KB each of 200,000 rows.
_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows that have all words. Of these, from the best on: `code` has the SKU or barcode that was typed, `begun` one
    that begins so, `name` is called so, `whole` has all words in the name, `title` as well when the last may be a
    beginning, `some` has some there.
    """

    rows: int
    some: int = 0
    title: int = 0
    whole: int = 0
    name: int = 0
    begun: int = 0
    code: int = 0
    sizes: tuple[UUID, ...] = ()
    corrected: str = ""


@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Return folded text (`shop.core.folding`), at most `LONGEST` characters."""
    return folding.fold(text)[:LONGEST].strip()


def codes_of(text: str) -> tuple[Asked[tuple[int, int]], ...]:
    """Return the statement that finds a text among the codes, if it may be one: it may be asked with others."""
    return codes.asked(fold(text))


def match(
    text: str,
    index: Index,
    names: Callable[[], Names],
    *,
    coded: Sequence[list[tuple[int, int]]] = (),
    is_literal: bool = False,
) -> Matches:
    """Return the rows that a text means. Words that no row has are corrected, unless it `is_literal`.

    `coded` are the rows of `codes_of`.
    """
    folded = words_of(fold(text)).split()
    if not folded:
        return Matches(0)
    meant = _meant(text, folded, index, names)
    by_code = _of_kinds(index, [row for rows in coded for row in rows])
    found = replace(meant.found, begun=by_code.get(codes.BEGINS, 0), code=by_code.get(codes.IS, 0))
    corrected = ""
    if not found.rows and not found.begun and not found.code and not is_literal:
        found, corrected = _corrected(meant.words, meant.pairs, folded[:MOST_WORDS], index)
    return _made_in(meant.sizes, replace(found, corrected=corrected), index)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a text says by these names and synonyms: its words, the sizes among them, and the rows of the words.

    Without `names` it did not matter what sizes are called.
    """

    pairs: list[tuple[str, str]]
    words: list[Word]
    sizes: tuple[UUID, ...]
    found: Matches
    names: Names | None
    synonyms: object

    def is_of(self, names: Callable[[], Names]) -> bool:
        """Return whether names and synonyms are still the same."""
        return self.synonyms is synonyms() and (self.names is None or self.names is names())


def _meant(text: str, folded: list[str], index: Index, names: Callable[[], Names]) -> _Meant:
    """Return what a text says: kept until a row changes, as what the documents were asked is."""
    known: _Meant | None = index.meant.pop(text, None)
    if known is None or not known.is_of(names):
        known = _understood(text, folded, index, names)
    index.meant[text] = known
    while len(index.meant) > _KEPT:
        index.meant.popitem(last=False)
    return known


def _understood(text: str, folded: list[str], index: Index, names: Callable[[], Names]) -> _Meant:
    typed = words_of(text.lower()).split()
    typed = typed if len(typed) == len(folded) else folded
    sizes: tuple[UUID, ...] = ()
    pairs = list(zip(typed, folded, strict=True))[:MOST_WORDS]
    by = names() if len(pairs) > 1 else None
    if by is not None:
        pairs, sizes = _sizes(pairs, by)
    of = synonyms()
    words = read_words(pairs)
    called = {" ".join(folded), " ".join(word for _typed, word in pairs)}
    return _Meant(pairs, words, sizes, _all_of(words, index, called), by, of)


def _made_in(sizes: tuple[UUID, ...], found: Matches, index: Index) -> Matches:
    """Return the rows that are made in one of these sizes, where there are any, and those of a code."""
    if not sizes and not found.begun and not found.code and (found.rows or not found.corrected):
        return found
    made = 0 if sizes else index.shown
    for size in sizes:
        made |= index.bits("value", size)
    rows = found.rows & made
    return Matches(
        rows | found.begun | found.code,
        found.some & made,
        found.title & made,
        found.whole & made,
        found.name & made,
        found.begun,
        found.code,
        sizes,
        found.corrected if rows else "",
    )


def _corrected(
    words: list[Word], pairs: list[tuple[str, str]], folded: list[str], index: Index
) -> tuple[Matches, str]:
    """Return the rows of the words with those corrected that no row has, and all that was searched.

    Of several words that may have been meant those are taken that stand together in a row, the likeliest first.
    """
    found, said = Matches(0), ""
    for better in _better(words, index):
        name = _rejoined([word for _typed, word in pairs], words, better)
        found = _all_of(read_words([(word, word) for word in better]), index, {name})
        said = _rejoined(folded, words, better)
        if found.rows:
            break
    return found, said


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


def _all_of(words: list[Word], index: Index, called: Iterable[str] = ()) -> Matches:
    """Return the rows that have all words, and which of them are `called` so."""
    names = sorted(_quoted("=" + one) for one in called)
    name: list[Query] = [(" | ".join(names),)] if names else []
    frequent = [word for word in words if _has_frequent(word, index)]
    if len(frequent) < len(words):
        query = " & ".join(f"({_of(word)})" for word in words)
        found, *named_so = _ask(index, (query, *_in_names(words)), *name)
    else:
        rare = {word: keys for word in frequent if (keys := _rare(word, index))}
        queries: list[Query] = [_rare_query(word, keys) for word, keys in rare.items()]
        answers = _ask(index, *queries, *name)
        more = dict(zip(rare, answers, strict=False))
        found, named_so = _by_sets(frequent, more, index), answers[len(rare) :]
    for one in named_so:
        found = replace(found, rows=found.rows | one.rows, name=one.name)
    return found


def _has_frequent(word: Word, index: Index) -> bool:
    return any(map(index.is_frequent, _possible(word)))


def _possible(word: Word) -> list[str]:
    """Return the keys of a word's sets: its lexemes, and all that begins with it when it may be completed."""
    return [*word.lexemes, *([f"{word.folded}*"] if word.is_completed else [])]


def _rare(word: Word, index: Index) -> set[str]:
    """Return which keys of a word have no sets."""
    return {key for key in _possible(word) if not index.is_frequent(key)}


def _rare_query(word: Word, rare: set[str]) -> Query:
    """Return the query of such keys; what the word is as it is counts more than what begins with it."""
    in_name, as_it_is = _any(rare, ":A"), rare & word.lexemes
    return _any(rare), in_name, in_name, _any(as_it_is, ":A") if as_it_is else in_name


def _by_sets(words: list[Word], more: Mapping[Word, Matches], index: Index) -> Matches:
    """Return the rows of words of which lexemes are frequent; `more` are those of the other lexemes."""
    rows = title = whole = index.shown
    some = 0
    for word in words:
        one = _of_sets(word, more.get(word), index)
        rows, title, whole, some = rows & one.rows, title & one.title, whole & one.whole, some | one.title
    return Matches(rows, some & rows, title & rows, whole & rows)


def _of_sets(word: Word, more: Matches | None, index: Index) -> Matches:
    rows = title = whole = 0
    for key in filter(index.is_frequent, _possible(word)):
        rows |= index.bits("word", key)
        title |= index.bits("title", key)
        whole |= index.bits("title", key) if key in word.lexemes else 0
    if more is not None:
        rows, title = rows | more.rows, title | more.title
        whole |= more.whole if _rare(word, index) & word.lexemes else 0
    return Matches(rows, title, title, whole)


def _in_names(words: list[Word]) -> tuple[str, str, str]:
    """Return the queries of names that have some of the words, all of them, and all of them as they are."""
    each = [f"({_of(word, ':A')})" for word in words]
    whole = [f"({_any(word.lexemes, ':A')})" for word in words]
    return " | ".join(each), " & ".join(each), " & ".join(whole)


def _ask(index: Index, *queries: Query) -> list[Matches]:
    """Return the rows of each query. One round trip for those that were not asked since a row changed, or none."""
    found = {query: index.matched.pop(query, None) for query in queries}
    asked = [query for query, known in found.items() if known is None]
    if asked:
        answers = together(*map(_statement, asked))
        found |= {query: _matches(index, rows) for query, rows in zip(asked, answers, strict=True)}
    index.matched.update(found)
    while len(index.matched) > _KEPT:
        index.matched.popitem(last=False)
    return [found[query] or Matches(0) for query in queries]


def _statement(query: Query) -> Asked[tuple[int, int]]:
    if len(query) == 1:
        return named(_NAMED, {"name": query[0]})
    return named(_MATCH, dict(zip(("query", "some", "title", "whole"), query, strict=True)))


def _of_kinds(index: Index, found: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the rows that are shown, of those that were found, by kind."""
    of_kind: dict[int, list[int]] = defaultdict(list)
    for ordinal, kind in found:
        of_kind[kind].append(ordinal)
    return {kind: bitmaps.of_ordinals(ordinals) & index.shown for kind, ordinals in of_kind.items()}


def _matches(index: Index, found: Iterable[tuple[int, int]]) -> Matches:
    bits = _of_kinds(index, found)
    named_so, whole = bits.get(_NAME, 0), bits.get(_WHOLE, 0)
    title = whole | bits.get(_TITLE, 0)
    some = title | bits.get(_SOME, 0)
    return Matches(some | bits.get(0, 0) | named_so, some, title, whole, named_so)


def _of(word: Word, weight: str = "") -> str:
    return _any(_possible(word), weight)


def _any(keys: Iterable[str], weight: str = "") -> str:
    """Return the query of any of these lexemes and beginnings (`rem*`)."""
    return " | ".join(_term(key, weight) for key in sorted(keys))


def _term(key: str, weight: str) -> str:
    if key.endswith("*"):
        return _quoted(key[:-1]) + ":*" + weight.removeprefix(":")
    return _quoted(key) + weight


def _quoted(lexeme: str) -> str:
    """Return a lexeme as a text search query has it; of what was typed only letters and figures come here."""
    return "'" + re.sub(r"['\\]", "", lexeme) + "'"


def _better(words: list[Word], index: Index) -> Iterator[list[str]]:
    """Yield the words, each that no row has replaced by one that some row has, the likeliest first."""
    likely = []
    for word in words:
        alone = _all_of([word], index)
        likely.append([] if alone.rows else spelling.candidates(word.folded)[:_MEANT])
    if any(likely):
        choices = [meant or [word.folded] for word, meant in zip(words, likely, strict=True)]
        # By how unlikely each is: the first of all, then those with one word's second, …
        places = product(*(range(len(meant)) for meant in choices))
        for chosen in sorted(places, key=sum)[:_MEANT]:
            yield [meant[place] for meant, place in zip(choices, chosen, strict=True)]


def complete(beginning: str, number: int) -> list[str]:
    """Return the words that begin so, those of most rows first."""
    pattern = re.sub(r"([\\%_])", r"\\\1", beginning) + "%"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM catalog_searchword WHERE word LIKE %s ORDER BY weight DESC, word LIMIT %s",
            [pattern, number],
        )
        return [word for (word,) in cursor.fetchall()]
