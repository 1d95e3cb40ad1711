"""Words that are searched, with their lexemes: stemmed as typed and without accents, as they are, and of synonyms."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db import connection

from catalog.listing.rebuilding import text_configuration
from catalog.models import SearchSynonyms
from catalog.search.index import BEGINNING
from catalog.search.lately import Lately
from shop.core import folding

_LEXEMES: Final = """
SELECT word.place, tsvector_to_array(to_tsvector(%(config)s::regconfig, word.typed)),
       tsvector_to_array(to_tsvector(%(config)s::regconfig, word.folded)),
       tsvector_to_array(to_tsvector('simple', word.folded))
  FROM unnest(%(typed)s::text[], %(folded)s::text[]) WITH ORDINALITY AS word (typed, folded, place)
 ORDER BY word.place
"""
_kept: Final = Lately[list[frozenset[str]]]()


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as typed, folded, and its lexemes; `is_last`: it may be the beginning of a longer one."""

    folded: str
    lexemes: frozenset[str]
    is_last: bool = False

    @property
    def is_completed(self) -> bool:
        """Return whether words that begin so will do."""
        return self.is_last and len(self.folded) >= BEGINNING


def read_words(pairs: list[tuple[str, str]]) -> list[Word]:
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
    for group in synonyms():
        if lexemes & group:
            found |= group
    return found


def synonyms() -> list[frozenset[str]]:
    """Return the synonyms of the shop's country as lexemes; the same object while nothing has changed."""
    return _kept.read(f"catalog:synonyms:{settings.SHOP_COUNTRY}", _read_synonyms)


def forget() -> None:
    """Read the synonyms again: for tests."""
    _kept.forget()


def _read_synonyms() -> list[frozenset[str]]:
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
