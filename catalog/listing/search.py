"""Search in the catalogue: PostgreSQL full text first, parts of words when that finds nothing.

Words are folded by `shop.core.folding`, as in every search of the back office. For full text, what is stored is folded
with a `translate()` of the letters of our languages: the embedded PostgreSQL has no `unaccent` extension.
"""

import difflib
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower

from catalog.listing.cards import on_show
from catalog.listing.navigation import category_entries, remember
from catalog.models import Product, Variant
from shop.core import folding

MAX_QUERY: Final = 100
MAX_WORDS: Final = 8
MAX_FOUND: Final = 480
SHORTEST_CODE: Final = 3
_ACCENTED: Final = "áàâãäéèêëíìîïóòôõöúùûüñç"
_PLAIN: Final = "aaaaaeeeeiiiiooooouuuunc"


def fold(text: str) -> str:
    """Return folded text (`shop.core.folding`), at most `MAX_QUERY` characters."""
    return folding.fold(text)[:MAX_QUERY].strip()


def _folded(expression: Any) -> Func:
    return Func(
        Lower(Cast(expression, TextField())),
        Value(_ACCENTED),
        Value(_PLAIN),
        function="translate",
        output_field=TextField(),
    )


def _with_text(products: QuerySet[Product]) -> QuerySet[Product]:
    space = Value(" ")
    words = Concat(F("sku"), space, F("variant_values__value__name"), output_field=TextField())
    of_variants = (
        Variant.objects.filter(product=OuterRef("pk"), is_active=True)
        .order_by()
        .values("product")
        .annotate(words=StringAgg(words, " "))
        .values("words")
    )
    found = Coalesce(Subquery(of_variants), Value(""), output_field=TextField())
    other = [F("brand__name"), F("category__name"), F("category__path_slug"), F("summary"), found]
    spaced = [part for field in other for part in (field, space)]
    return products.annotate(
        name_text=_folded(F("name")), other_text=_folded(Concat(*spaced, output_field=TextField()))
    )


def search(text: str) -> list[UUID]:
    """Return the keys of the visible products that match, the best first, at most `MAX_FOUND`.

    A single word may be a code: products with a SKU or barcode that begins with it come first. One statement for that,
    one for the words, a third one only when whole words find nothing. An empty text finds nothing.
    """
    folded = fold(text)
    if not folded:
        return []
    coded = _by_code(folded)
    return list(dict.fromkeys([*coded, *_by_words(folded, or_parts=not coded)]))[:MAX_FOUND]


def _by_code(folded: str) -> list[UUID]:
    """Return products with a variant on sale whose SKU or barcode begins with the one word that was typed."""
    if " " in folded or len(folded) < SHORTEST_CODE:
        return []
    variants = Variant.objects.filter(product=OuterRef("pk"), is_active=True).filter(
        Q(sku__istartswith=folded) | Q(barcode__startswith=folded)
    )
    found = on_show().filter(Exists(variants)).order_by("-published_at", "-id")
    return list(found.values_list("pk", flat=True)[:MAX_FOUND])


def _by_words(folded: str, *, or_parts: bool) -> list[UUID]:
    products = _with_text(on_show())
    vector = SearchVector("name_text", weight="A", config="spanish") + SearchVector(
        "other_text", weight="B", config="spanish"
    )
    query = SearchQuery(folded, config="spanish", search_type="plain")
    exact = products.annotate(found=vector).filter(found=query).annotate(rank=SearchRank(F("found"), query))
    keys = list(exact.order_by("-rank", "-published_at", "-id").values_list("pk", flat=True)[:MAX_FOUND])
    return keys or (_parts_of_words(products, folded) if or_parts else [])


def _parts_of_words(products: QuerySet[Product], folded: str) -> list[UUID]:
    matching = products.annotate(
        all_text=Concat(F("name_text"), Value(" "), F("other_text"), output_field=TextField())
    )
    for word in folded.split()[:MAX_WORDS]:
        matching = matching.filter(all_text__regex=folding.pattern(word))
    return list(matching.order_by("-published_at", "-id").values_list("pk", flat=True)[:MAX_FOUND])


def suggest(text: str, version: str = "") -> str:
    """Return a word of the catalogue that is close to what was typed, or nothing.

    `version` (of the catalogue) asks for its words; without it they may be half a minute old.
    """
    words = remember(f"catalog:vocabulary{version}", lambda: _vocabulary(version))
    guesses = [
        (difflib.get_close_matches(word, words, n=1, cutoff=0.72) or [word])[0]
        for word in fold(text).split()[:MAX_WORDS]
    ]
    guess = " ".join(guesses)
    return guess if guess != fold(text) else ""


def _vocabulary(version: str) -> list[str]:
    names = list(on_show().values_list("name", flat=True)[:5000])
    names += [entry.name for entry in category_entries(version)]
    return sorted({word for name in names for word in fold(name).split() if len(word) > 2})
