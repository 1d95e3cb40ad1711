"""Lists of products: categories, collections and the search, with what they can be narrowed by.

A list reads what its address asks for (`catalog/search/query.py`), asks the search once and shows cards of rows. All
of it works by links and one form; nothing of it is of one visitor.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.listing.cards import Card
from catalog.listing.generations import STOCK, catalogue_of
from catalog.listing.listed import cards_of
from catalog.search import names, query
from catalog.search.port import Facet, Found, PriceRange, Request, Search, Sort
from catalog.search.postgres import engine as postgres
from catalog.search.query import Addresses, Chip
from shop.core.shared_pages.marks import depends
from shop.core.templatetags.money import money

engine: Final[Search] = postgres
# Rows are written by a job and read into memory: they may follow the generation by a moment.
KEEP_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class SortLink:
    """An order of the list and its address."""

    name: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A facet with its name."""

    facet: Facet
    name: str


@dataclass(frozen=True, slots=True)
class PriceLink:
    """A range of prices in words, with its address."""

    range: PriceRange
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything a list shows. `number` and `pages` are 0 where pages have no numbers."""

    request: Request
    found: Found
    cards: list[Card]
    sorts: list[SortLink]
    groups: list[Group]
    prices: list[PriceLink]
    chips: list[Chip]
    hidden: list[tuple[str, str]]
    path: str
    query: str
    clear_url: str
    previous_url: str
    next_url: str
    first_url: str
    canonical_path: str
    in_stock_name: str = field(default="")

    @property
    def total(self) -> int:
        """Return how many rows there are."""
        return self.found.total

    @property
    def suffix(self) -> str:
        """Return the query of the page with its question mark; "" where nothing is asked for."""
        return f"?{self.query}" if self.query else ""

    @property
    def lowest(self) -> str:
        """Return the lowest price that is asked for, as it is typed."""
        return query.plain(self.request.lowest)

    @property
    def highest(self) -> str:
        """Return the highest price that is asked for, as it is typed."""
        return query.plain(self.request.highest)

    @property
    def is_narrowed(self) -> bool:
        """Return whether anything is chosen: such a page is for nobody's index."""
        return bool(self.chips)


def read(request: HttpRequest, *, path: str = "", usual: str = "", **place: Any) -> ListPage:
    """Return the list that a page's address asks for.

    `path` is where its links lead (the page itself), `usual` the name of its usual order, `place` as in `query.read`.
    """
    path = path or request.path
    asked = query.read(request.GET, version=catalogue_of(request), **place)
    found = engine.find(asked)
    known = names.read()
    addresses = Addresses(path, asked, known)
    numbered = f"?page={found.page}" if found.page > 1 else ""
    return ListPage(
        request=asked,
        found=found,
        cards=cards_of(found.keys, timezone.now(), sizes=found.sizes, known=found.rows),
        sorts=_sorts(asked, addresses, usual or _("Newest")),
        groups=[Group(group, _group_name(group)) for group in found.facets.groups],
        prices=[PriceLink(one, _range(one), addresses.priced(one)) for one in found.facets.prices],
        chips=_chips(asked, found, addresses),
        hidden=[pair for pair in addresses.pairs if pair[0] in {query.TEXT, query.LITERAL, query.SORT}],
        path=path,
        query=addresses.page(found.page).partition("?")[2],
        clear_url=addresses.bare(),
        previous_url=_previous(found, addresses),
        next_url=_next(found, addresses),
        first_url=addresses.page(1) if asked.behind or asked.before else "",
        canonical_path=f"{path}{numbered}",
        in_stock_name=_("Only what is in stock in my size") if found.sizes else _("Only what is in stock"),
    )


def _sorts(asked: Request, addresses: Addresses, usual: str) -> list[SortLink]:
    named = [(Sort.USUAL, usual)]
    if usual != _("Newest"):
        named.append((Sort.NEWEST, _("Newest")))
    named += [
        (Sort.BEST_SELLING, _("Best-selling")),
        (Sort.CHEAPEST, _("Price, low first")),
        (Sort.DEAREST, _("Price, high first")),
    ]
    return [SortLink(name, addresses.sorted_by(sort), asked.sort == sort) for sort, name in named]


def _group_name(group: Facet) -> str:
    return {"brand": _("Brand"), "category": _("Category")}.get(group.kind, group.name)


def _range(one: PriceRange) -> str:
    low = money(one.lowest) if one.lowest is not None else ""
    high = money(one.highest) if one.highest is not None else ""
    if low and high:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    return _("From %(amount)s") % {"amount": low} if low else _("Up to %(amount)s") % {"amount": high}


def _chips(asked: Request, found: Found, addresses: Addresses) -> list[Chip]:
    chips = query.chosen_chips(found, addresses)
    if asked.lowest is not None or asked.highest is not None:
        chosen = PriceRange(asked.lowest, asked.highest, 0, is_chosen=True)
        chips.append(Chip(_range(chosen), addresses.priced(chosen)))
    if asked.in_stock:
        chips.append(Chip(_("In stock"), addresses.toggled(query.IN_STOCK, "1")))
    return chips


def _previous(found: Found, addresses: Addresses) -> str:
    if found.before:
        return addresses.at(query.BEFORE, found.before)
    return addresses.page(found.page - 1) if found.pages and found.page > 1 else ""


def _next(found: Found, addresses: Addresses) -> str:
    if found.behind:
        return addresses.at(query.BEHIND, found.behind)
    return addresses.page(found.page + 1) if found.page < found.pages else ""


def lead_cards(number: int) -> list[Card]:
    """Return cards of the newest products, one for each."""
    found = engine.find(Request(size=number, leads=True, with_facets=False))
    return cards_of(found.keys, timezone.now(), known=found.rows)


def kept(response: HttpResponse, *, differs_early: bool = False) -> HttpResponse:
    """Let a page of lists be kept for as long as the rows in memory may be behind the database.

    What is counted or filtered depends on all stock.
    """
    depends(response, STOCK, differs_early=differs_early, keep=KEEP_SECONDS)
    return response
