"""The version of the catalogue: what is shown to everybody is the same until it changes, by a write or by time alone.

It is counted from the rows that triggers insert (`catalog/models/changes.py`) with one statement, which reads no row
that a sale writes. To it belong the drops that have opened and closed by the database's clock, the settings that shape
what is shown, and the program's own text: a new release may show something else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from catalog.models import LowStockHint
from catalog.models.changes import LONG_AGO
from shop.core.database.postgresql.prepared import kept

# A statement that read the old hint has ended by then, and clocks agree: the shop's transactions take some seconds.
HINT_SETTLES: Final = timedelta(minutes=2)
# For how long at least a product's changes are counted by themselves: longer than any page is kept.
PRODUCTS_NOTED: Final = timedelta(hours=1)
_FOLD: Final = """
    WITH noted AS (
        SELECT id, CASE WHEN product_id IS NULL THEN NULL
                        WHEN changed_at >= statement_timestamp() - make_interval(secs => %(kept)s) THEN product_id
                        ELSE %(long_ago)s END AS product_id
          FROM catalog_catalogchange
    ), several AS (
        SELECT unnest(array_agg(id)) AS id, product_id FROM noted GROUP BY product_id HAVING count(*) > 1
    ), gone AS (
        DELETE FROM catalog_catalogchange AS change USING several WHERE change.id = several.id
        RETURNING change.changes, change.changed_at, several.product_id
    ), sums AS (
        INSERT INTO catalog_catalogchange (changes, changed_at, product_id)
        SELECT sum(changes), max(changed_at), product_id FROM gone GROUP BY product_id
    )
    SELECT count(*) FROM gone
"""
_SHAPING: Final = ("LOW_STOCK_HINT", "SHOP_CURRENCY", "SHOP_COUNTRY", "SITE_URL", "MEDIA_URL")
_READ: Final = kept(
    "SELECT changes, changed_at, windows, at, hint, hinted_at, early FROM catalog_version(%s, %s)"
)


@dataclass(frozen=True, slots=True)
class Version:
    """The version at `now` (the database's clock); `early` are the drops ahead that are open for the visitor.

    `is_exact` is false while a change of availability could be missing: the answer is then not to be kept.
    """

    text: str
    now: datetime
    early: frozenset[UUID]
    is_exact: bool = True

    @property
    def is_public(self) -> bool:
        """Return whether what is shown is the same for everybody, and may be kept."""
        return self.is_exact and not self.early


def read(
    cart_id: UUID | None = None, user_id: UUID | None = None, *, using: str = DEFAULT_DB_ALIAS
) -> Version:
    """Return the catalogue's version, with what this cart or account may buy early. One statement, without locks.

    A change that is committed later always gives another version, in whatever order transactions commit. `using`: the
    database that is asked, such as a replica whose version is to be compared.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_READ, [cart_id, user_id])
        changes, changed_at, windows, now, hint, hinted_at, early = cursor.fetchone()
    # Without a hint, or by a higher one, more is noted than is needed.
    is_exact = hint is None or (hint >= settings.LOW_STOCK_HINT and hinted_at < now - HINT_SETTLES)
    text = f"{changes}.{changed_at}.{windows}.{shape()}"
    return Version(text, now, frozenset(early), is_exact)


def shape() -> str:
    """Return a digest of the settings and of the program by which the catalogue is shown."""
    return _digest(tuple(str(getattr(settings, name)) for name in _SHAPING))


def fold() -> int:
    """Add up the noted changes and return how many rows there were. Two at once are harmless.

    What was noted for all becomes one row, and so does each product's; of products that have had nothing noted for an
    hour, all together. The sum stays the same in every snapshot. Locks only rows that are committed, which nobody else
    locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"long_ago": LONG_AGO, "kept": PRODUCTS_NOTED.total_seconds()})
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def adopt_hint() -> bool:
    """Give the triggers the present LOW_STOCK_HINT; return whether it was another. Answers rely on it when it settled.

    A statement that is still running notes by the hint before: by a higher one, or by none at all, it notes enough.
    """
    now = timezone.now()
    known = LowStockHint.objects.filter(pk=1).first()
    if known is not None and known.units == settings.LOW_STOCK_HINT:
        return False
    notes_enough = known is None or (
        known.units >= settings.LOW_STOCK_HINT and known.changed_at < now - HINT_SETTLES
    )
    since = now - (2 * HINT_SETTLES if notes_enough else timedelta())
    LowStockHint.objects.update_or_create(
        pk=1, defaults={"units": settings.LOW_STOCK_HINT, "changed_at": since}
    )
    return True


@lru_cache(maxsize=8)
def _digest(values: tuple[str, ...]) -> str:
    found = sha256(repr(values).encode())
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        if "tests" not in path.parts and "migrations" not in path.parts:
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
