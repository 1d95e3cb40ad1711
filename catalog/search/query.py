"""What a list's address asks for, and the addresses of a list that asks for something else.

`KEYS` and the parameters of the options (`shared_keys`) are all keys that a list reads: a cache may drop the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from catalog.listing.generations import Generations
from catalog.search import names, prices
from catalog.search.names import Names
from catalog.search.port import LONGEST, PAGE_SIZE, Found, Place, PriceRange, Request, Sort
from catalog.search.prices import Unread
from catalog.variants.picker import PARAMETERS
from shop.core import money
from shop.core.user_input import numerals

TEXT, LITERAL, SORT, PAGE = "q", "literal", "orden", "page"
BEHIND, BEFORE = "desde", "hasta"
BRAND, CATEGORY, LOWEST, HIGHEST, IN_STOCK = "marca", "categoria", "precio_min", "precio_max", "disponible"
KEYS: Final = (
    TEXT, LITERAL, SORT, PAGE, BEHIND, BEFORE, BRAND, CATEGORY, LOWEST, HIGHEST, IN_STOCK,
)  # fmt: skip
_ALWAYS: Final = frozenset((*KEYS, *PARAMETERS.values()))
# Of one group as many values are read: more than any list shows.
_MOST: Final = 40


def shared_keys(generations: Generations) -> frozenset[str]:
    """Return all keys that a list reads, options included, for the cache of shared pages. Asks nobody.

    An option named like another key cannot be chosen by.
    """
    return generations.option_codes | _ALWAYS


def _parameters(known: Names) -> dict[str, str]:
    """Return the code of each option by its parameter."""
    return {value.parameter: value.option for value in known.values if value.parameter not in KEYS}


def read(
    query: QueryDict,
    *,
    within: int | None = None,
    collection: UUID | None = None,
    with_text: bool = False,
    version: str = "",
) -> Request:
    """Return what an address asks for; what is nonsense in it is passed over. `version` as of `Request`.

    Of prices, which people type, the page says what could not be read.
    """
    options: dict[str, tuple[str, ...]] = {}
    for parameter, option in _parameters(names.read()).items():
        if wanted := _several(query, parameter):
            options[option] = wanted
    lowest, highest = (prices.read(query.get(key, "")) for key in (LOWEST, HIGHEST))
    if isinstance(lowest, Decimal) and isinstance(highest, Decimal) and lowest > highest:
        # Whoever has the fields the wrong way round means what lies between.
        lowest, highest = highest, lowest
    sort = query.get(SORT, "")
    page = query.get(PAGE, "")
    return Request(
        text=query.get(TEXT, "").strip()[:LONGEST] if with_text else "",
        is_literal=bool(query.get(LITERAL)),
        within=within,
        collection=collection,
        options=options,
        brands=_several(query, BRAND),
        categories=_several(query, CATEGORY),
        lowest=lowest if isinstance(lowest, Decimal) else None,
        highest=highest if isinstance(highest, Decimal) else None,
        unread_lowest=lowest if isinstance(lowest, Unread) else None,
        unread_highest=highest if isinstance(highest, Unread) else None,
        in_stock=bool(query.get(IN_STOCK)),
        sort=Sort(sort) if sort in set(Sort) else Sort.USUAL,
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
        behind=Place.read(query.get(BEHIND, "")),
        before=Place.read(query.get(BEFORE, "")),
        size=PAGE_SIZE,
        version=version,
    )


def _several(query: QueryDict, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in query.getlist(key)[:_MOST] if value))


def canonical(query: QueryDict) -> str | None:
    """Return a query with its prices as links have them; None: it has them so, or they cannot be read."""
    found = query.copy()
    for key in (LOWEST, HIGHEST):
        price = prices.read(query.get(key, ""))
        if isinstance(price, Decimal):
            found.setlist(key, [prices.in_address(price)])
    return found.urlencode() if found != query else None


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that is chosen, in words, and the address of the list without it."""

    name: str
    url: str


@lru_cache(maxsize=4096)
def _written(pair: tuple[str, str]) -> str:
    """Return a pair as addresses have it: each of a list's addresses has most of its pairs."""
    return urlencode([pair])


class Addresses:
    """The addresses of one list: each is what is asked for with one thing changed. The place is never kept."""

    def __init__(self, path: str, request: Request, known: Names) -> None:
        self._path = path
        parameters = {option: parameter for parameter, option in _parameters(known).items()}
        self.pairs: list[tuple[str, str]] = []
        if request.text:
            self.pairs.append((TEXT, request.text))
        if request.is_literal:
            self.pairs.append((LITERAL, "1"))
        for option, values in request.options.items():
            # An option that has gone since the address was read can be chosen no more.
            self.pairs += [(parameters[option], value) for value in values if option in parameters]
        self.pairs += [(BRAND, value) for value in request.brands]
        self.pairs += [(CATEGORY, value) for value in request.categories]
        for key, price in ((LOWEST, request.lowest), (HIGHEST, request.highest)):
            if price is not None:
                self.pairs.append((key, prices.in_address(price)))
        if request.in_stock:
            self.pairs.append((IN_STOCK, "1"))
        if request.sort:
            self.pairs.append((SORT, request.sort.value))

    def to(self, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the address with these pairs."""
        query = "&".join(map(_written, sorted(pairs)))
        return f"{self._path}?{query}" if query else self._path

    def without(self, *keys: str) -> list[tuple[str, str]]:
        """Return the pairs without these keys."""
        return [pair for pair in self.pairs if pair[0] not in keys]

    def sorted_by(self, sort: Sort) -> str:
        """Return the address in another order."""
        return self.to([*self.without(SORT), *([(SORT, sort.value)] if sort else [])])

    def toggled(self, key: str, value: str) -> str:
        """Return the address with a value chosen that was not, or the other way round."""
        pair = (key, value)
        pairs = [one for one in self.pairs if one != pair] if pair in self.pairs else [*self.pairs, pair]
        return self.to(pairs)

    def priced(self, range_: PriceRange) -> str:
        """Return the address with a range of prices, or without one when it is the chosen."""
        pairs = self.without(LOWEST, HIGHEST)
        if not range_.is_chosen:
            ends = ((LOWEST, range_.lowest), (HIGHEST, range_.highest))
            pairs += [(key, prices.in_address(price)) for key, price in ends if price is not None]
        return self.to(pairs)

    def page(self, number: int) -> str:
        """Return the address of a numbered page."""
        return self.to([*self.pairs, *([(PAGE, str(number))] if number > 1 else [])])

    def at(self, key: str, place: Place) -> str:
        """Return the address of the page behind a place, or before one."""
        return self.to([*self.pairs, (key, str(place))])

    def bare(self) -> str:
        """Return the address with nothing chosen but what was typed, and the order."""
        return self.to([pair for pair in self.pairs if pair[0] in {TEXT, LITERAL, SORT}])


def plain(price: Decimal | None) -> str:
    """Return a price as people type it in the active language: `50000`, `1.234,50`; none is empty."""
    if price is None:
        return ""
    if price == price.to_integral_value():
        return prices.in_address(price)
    exact = -int(price.normalize().as_tuple().exponent)
    return numerals.write(price, decimals=max(exact, money.decimals()))


def chosen_chips(found: Found, addresses: Addresses) -> list[Chip]:
    """Return what is chosen of the groups; prices and stock are the page's, which knows their words."""
    return [
        Chip(value.name, addresses.toggled(group.code, value.code))
        for group in found.facets.groups
        for value in group.values
        if value.is_chosen
    ]
