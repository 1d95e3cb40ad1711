"""Whether what was meant is the first row that is found: for `benchmarks/search.py`."""

import random
from typing import Final

from benchmarks.many_rows import names

ANY_SLIP: Final = "words with a slip"
KINDS: Final = (
    "names",
    "distinctive words with a slip",
    "distinctive words with a slip, in a name",
    ANY_SLIP,
)
EDITS: Final = "abcdefghijklmnopqrstuvwxyz"


def slip(word: str, chance: random.Random) -> str:
    """Return a word with one letter too few, too many or another, or with two that changed places."""
    place, letter = chance.randrange(len(word)), chance.choice(EDITS)
    return chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        )
    )


def relevance(number: int) -> dict[str, float]:
    """Return which part of searches has what was meant as the first row: names, and words with one slip.

    A slip counts as distinctive where no other word is as near to what was typed.
    """
    from catalog.models import Listing, Product
    from catalog.search import spelling
    from catalog.search.port import Request
    from catalog.search.postgres import engine

    chance, right, tried = random.Random(23), dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    known = [word for word in names() if len(word) >= spelling.SHORTEST]
    there = {*names()}
    titles = list(Product.objects.order_by("slug").values_list("name", flat=True)[: number * 4 : 4])

    def first(text: str) -> str:
        keys = engine.find(Request(text=text, size=1, with_facets=False)).keys
        return Listing.objects.get(pk=keys[0]).name if keys else ""

    def note(kind: str, is_right: bool) -> None:
        tried[kind] += 1
        right[kind] += is_right

    for title in titles:
        note("names", first(title) == title)
        garment, word, _other = title.split()[:3]
        typed = slip(word, chance)
        if len(word) >= spelling.SHORTEST and typed not in there and typed:
            is_alone = sum(spelling.distance(typed, one) == 1 for one in spelling.candidates(typed)) == 1
            if is_alone:
                note("distinctive words with a slip, in a name", word in first(f"{garment} {typed}").split())
    while tried[ANY_SLIP] < number:
        word = chance.choice(known)
        typed = slip(word, chance)
        if typed not in there and typed:
            meant = spelling.candidates(typed)
            note(ANY_SLIP, word in meant[:1])
            if sum(spelling.distance(typed, one) == 1 for one in meant) == 1:
                note("distinctive words with a slip", word in meant[:1])
    return {kind: right[kind] / max(tried[kind], 1) for kind in KINDS}
