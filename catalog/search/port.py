"""What a search is asked and what it answers: the protocol of whatever finds rows of the lists.

`catalog/search/postgres.py` is the one there is; `catalog/tests/search/contract.py` has the tests that another one must
pass. It answers keys of rows only (`Listing.ordinal`): what is shown, prices and stock always come from PostgreSQL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from catalog.listing.kept_rows import KeptRows
from catalog.search.prices import Unread

PAGE_SIZE: Final = 24
# As many rows have numbered pages; longer lists have a next page and one before.
NUMBERED: Final = 1_000
MOST_WORDS: Final = 8
LONGEST: Final = 100


class Sort(StrEnum):
    """The order of a list, as addresses have it. `USUAL`: of a search the best, of a collection its own, or newest."""

    USUAL = ""
    NEWEST = "nuevo"
    BEST_SELLING = "vendido"
    CHEAPEST = "precio"
    DEAREST = "-precio"


class Place(NamedTuple):
    """Where a page begins behind, or ends before: stage, key and ordinal of a row in the order of the list."""

    stage: int
    key: int
    ordinal: int

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that an address has; None: it is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            return None
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.stage}.{self.key}.{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: all of it must hold; of the values of one option, or of several brands, one is enough.

    `options` has the codes of values by the code of their option. With `in_stock` a row must have units left, and of
    each option that is asked for one of its values. `within` and `collection` are where the list stands (keys),
    `categories` the paths that were chosen. Prices in the shop's currency, taxes included. `is_literal`: what was
    typed is searched as it is, without corrections. `version` of the catalogue, where the page is made as of one: what
    was read for such a page will do for others of it. By what was typed as a price and is `unread` nothing is searched.
    """

    text: str = ""
    is_literal: bool = False
    within: int | None = None
    collection: UUID | None = None
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lowest: Decimal | None = None
    highest: Decimal | None = None
    in_stock: bool = False
    sort: Sort = Sort.USUAL
    page: int = 1
    behind: Place | None = None
    before: Place | None = None
    size: int = PAGE_SIZE
    # One row for each product: the one that stands for it.
    leads: bool = False
    with_facets: bool = True
    version: str = ""
    unread_lowest: Unread | None = field(default=None, compare=False)
    unread_highest: Unread | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value that can be chosen and how many rows there would be; `code` is as addresses have it."""

    code: str
    name: str
    count: int
    is_chosen: bool
    swatch: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """One group of values. `kind`: colour, size, other (options), brand, category."""

    kind: str
    code: str
    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class PriceRange:
    """A range of prices (from, below or None) and how many rows there would be."""

    lowest: Decimal | None
    highest: Decimal | None
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """What a list can be narrowed by, each group counted without its own choice. `in_stock`: rows with units left."""

    groups: tuple[Facet, ...] = ()
    prices: tuple[PriceRange, ...] = ()
    in_stock: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """What was typed, and what was searched instead."""

    typed: str
    searched: str


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of one page in order, and of how many rows it is one.

    `capped`: there may be more than `total`. `pages` is 0 where pages have no numbers. `sizes` are the values of sizes
    that the text named. `rows`: what is known of the rows already; an engine that does not know at once of each of
    their changes knows none.
    """

    keys: tuple[int, ...]
    total: int
    capped: bool = False
    page: int = 1
    pages: int = 0
    behind: Place | None = None
    before: Place | None = None
    facets: Facets = field(default_factory=Facets)
    corrected: Correction | None = None
    sizes: tuple[UUID, ...] = ()
    rows: KeptRows = field(default_factory=KeptRows, compare=False, repr=False)


class Search(Protocol):
    """Finds rows of the lists. Each verb may be called by any number of threads."""

    def find(self, request: Request) -> Found:
        """Return the keys of the rows that are asked for. Nothing found, or nonsense asked: no keys, no error."""

    def suggest(self, typed: str, *, limit: int) -> list[str]:
        """Return words that what was typed may become, the most frequent first; none for an empty text."""

    def index(self, keys: Iterable[int]) -> None:
        """Take note of rows that are new or changed, in the transaction that writes them."""

    def drop(self, keys: Iterable[int]) -> None:
        """Take note of rows that are no longer shown, in the transaction that hides them."""

    def rebuild(self) -> None:
        """Make again whatever is kept besides the rows. Searches go on meanwhile."""
