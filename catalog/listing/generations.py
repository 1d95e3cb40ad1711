"""The generations of what pages show: a page that was kept is right while its generation is the present one.

They are counted from the rows that triggers insert (`catalog/models/changes.py`), like the version that the API asks
for (`catalog.listing.version`), and read by one statement once a second for each process (`CATALOGUE_CHECKED_EVERY`),
however many pages it gives. A page depends on the catalogue, and of stock on the products that it shows, or on all
it (`STOCK`: what is counted or filtered by stock).
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest
from django.utils import timezone

from catalog.listing import version
from shop.core.database.postgresql.prepared import kept
from shop.core.shared_pages import program
from shop.core.shared_pages.marks import shared_page

log = logging.getLogger(__name__)
STOCK: Final = "stock"
AWAY_SECONDS: Final = 30
Part = Callable[[], str]
_READ: Final = kept(
    "SELECT catalogue, stock, products, at, hint, hinted_at, option_codes FROM catalog_generations()"
)
_parts: Final[list[Part]] = []


@dataclass(frozen=True, slots=True)
class Generations:
    """What there was at `now` (the database's clock). `products` has those whose stock was noted lately.

    `is_exact` is false while a change of availability could be missing.
    """

    catalogue: str
    stock: str
    products: Mapping[str, str]
    now: datetime
    is_exact: bool
    option_codes: frozenset[str]

    def text(self, tags: tuple[str, ...]) -> str:
        """Return the generation of what depends on the catalogue and the stock of these: `STOCK`, or products' tags."""
        if STOCK in tags:
            return f"{self.catalogue} {self.stock}"
        return " ".join(
            [self.catalogue, *(self.products.get(tag.removeprefix("product-"), "-") for tag in tags)]
        )


def tag_of(product_id: UUID) -> str:
    """Return the tag of pages that show a product's stock."""
    return f"product-{product_id}"


def contribute(part: Part) -> Part:
    """Register what else pages show that no trigger notes: the text is another one when that has changed."""
    _parts.append(part)
    return part


def read() -> Generations:
    """Return the present generations. One statement, and one for each part that was contributed; no locks."""
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        catalogue, stock, products, now, hint, hinted_at, codes = cursor.fetchone()
    shown = [catalogue, str(timezone.localdate(now)), program.digest(), *(part() for part in _parts)]
    is_exact = hint is None or (hint >= settings.LOW_STOCK_HINT and hinted_at < now - version.HINT_SETTLES)
    return Generations("/".join(shown), stock, _as_dict(products), now, is_exact, frozenset(codes))


class _Seen:
    """What this process has read last; one thread reads, the others go on with that meanwhile."""

    def __init__(self) -> None:
        self.last: tuple[float, Generations] | None = None
        self.answered = 0.0
        self._lock = Lock()

    def known(self) -> Generations | None:
        """Return the generations where `current` would return them without asking; None: ask for them.

        They are at most `CATALOGUE_CHECKED_EVERY` seconds old, or twice that while another thread asks.
        """
        last = self.last
        if last is None:
            return None
        age = time.monotonic() - last[0]
        every = settings.CATALOGUE_CHECKED_EVERY
        return last[1] if age < every or (age < 2 * every and self._lock.locked()) else None

    def lately(self, seconds: float) -> str:
        """Return the version of the catalogue that was read within so many seconds, "" where none was."""
        last = self.last
        return last[1].catalogue if last and time.monotonic() - last[0] < seconds else ""

    def current(self) -> Generations:
        """Return the generations, at most `CATALOGUE_CHECKED_EVERY` seconds old."""
        if known := self.known():
            return known
        last = self.last
        # Whoever comes while another thread asks takes what there is, unless that is too old.
        is_mine = self._lock.acquire(blocking=last is None or not settings.CATALOGUE_CHECKED_EVERY)
        if (
            not is_mine
            and last is not None
            and time.monotonic() - last[0] < 2 * settings.CATALOGUE_CHECKED_EVERY
        ):
            return last[1]
        try:
            since = time.monotonic()
            found = self._read(last)
            self.last = (since, found)
        finally:
            if is_mine:
                self._lock.release()
        return found

    def _read(self, last: tuple[float, Generations] | None) -> Generations:
        """Ask; while the database is away, go on for half a minute with what was known last."""
        try:
            found = read()
        except Error:
            if last is None or time.monotonic() - self.answered > AWAY_SECONDS:
                raise
            log.warning("The database does not answer: pages are shown as they were")
            return last[1]
        self.answered = time.monotonic()
        return found

    def forget(self) -> None:
        """Ask again at once: for tests."""
        self.last = None


seen: Final = _Seen()
current: Final = seen.current
# The decorator of every page of the storefront that is the same for everybody.
shared: Final = partial(shared_page, generations=current, known=seen.known)


def of_page(request: HttpRequest) -> Generations | None:
    """Return the generations that a shared page is made by; None for a visitor's own page."""
    found: Generations | None = getattr(request, "generations", None)
    return found


def now_of(request: HttpRequest) -> datetime:
    """Return the moment by which a page is made: that of its generations, so that both know the same open drops."""
    found = of_page(request)
    return found.now if found else timezone.now()


def catalogue_of(request: HttpRequest) -> str:
    """Return the generation of the catalogue that a shared page is made by; "" for a visitor's own page."""
    found = of_page(request)
    return found.catalogue if found else ""


def _as_dict(found: Any) -> Mapping[str, str]:
    """Return a column of JSON, which Django's connections give as text."""
    return dict(json.loads(found) if isinstance(found, str) else found)
