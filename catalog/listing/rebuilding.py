"""Keep the rows of the lists as the catalogue and the stock are: a job makes those again of which something changed.

Triggers insert a `ListingMark` in the transaction of every change. A run deletes marks and writes the rows of their
products in one transaction, in this order: what was committed with a deleted mark is seen by the statements after the
deletion (READ COMMITTED), and a change that comes later has a mark that stays. A run that is killed leaves marks and
rows as they were. Runs take turns by an advisory lock, so that no older reading is written over a newer one, and
`Listing.revision` grows in the order of commits.
"""

import time
from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from catalog.listing import rows, version
from catalog.models import ListingMark, ListingState
from catalog.sql import load

# Products of one transaction.
PORTION: Final = 500
_LOCK: Final = "catalog listing"
_TIME: Final = 20.0
_WRITE: Final = load("listing_rows")
_EXPAND: Final = load("listing_marks")
_SINGLE, _LATER = ListingMark.Kind.PRODUCT, ListingMark.Kind.LATER
# What was sold in thirty days, by row. Returned units have been wanted, too.
_SOLD: Final = """
WITH units AS (
    SELECT variant.product_id, colour.value_id AS colour_id, -sum(movement.quantity) AS sold
      FROM inventory_stockmovement AS movement
      JOIN catalog_variant AS variant ON variant.id = movement.variant_id
      LEFT JOIN (catalog_variantvalue AS colour
                 JOIN catalog_option AS option ON option.id = colour.option_id AND option.kind = 'colour')
        ON colour.variant_id = variant.id
     WHERE movement.kind = 'sale' AND movement.occurred_at > statement_timestamp() - interval '30 days'
     GROUP BY variant.product_id, colour.value_id
)
UPDATE catalog_listing AS listing
   SET sold_30d = counted.sold, revision = nextval('catalog_listing_revision')
  FROM (SELECT row.ordinal, greatest(coalesce(units.sold, 0), 0) AS sold
          FROM catalog_listing AS row
          LEFT JOIN units ON units.product_id = row.product_id AND units.colour_id IS NOT DISTINCT FROM row.colour_id)
       AS counted
 WHERE counted.ordinal = listing.ordinal AND counted.sold <> listing.sold_30d
"""


class Follower(Protocol):
    """Keeps something about rows of the lists besides them (`catalog.search.port.Search`)."""

    def index(self, keys: Iterable[int]) -> None:
        """Take note of rows that are new or changed."""

    def drop(self, keys: Iterable[int]) -> None:
        """Take note of rows that are no longer shown."""


_followers: Final[list[Follower]] = []


class Busy(Exception):
    """Another run is at work. It takes what this one would have taken."""


def is_due() -> bool:
    """Return whether anything has changed since the last run, or the program is another one. One statement."""
    state = ListingState.objects.filter(pk=1, shape=_shape())
    return ListingMark.objects.exists() or not state.exists()


def catch_up(*, seconds: float = _TIME) -> dict[str, int]:
    """Make the rows again of what has changed; return how many products and rows, and how many marks are left.

    Ends when nothing is left or after so many `seconds`. While another run is at work it does nothing ("busy").
    """
    end, tally = time.monotonic() + seconds, {"products": 0, "rows": 0}
    _adopt_shape()
    while time.monotonic() < end:
        try:
            done = _portion()
        except Busy:
            return {**tally, "busy": 1}
        if done is None:
            return {**tally, "left": 0}
        tally = {name: tally[name] + number for name, number in done.items()}
    return {**tally, "left": ListingMark.objects.count()}


def begin_again() -> None:
    """Ask for all rows to be made again, by the next runs."""
    ListingMark.objects.create(kind=ListingMark.Kind.ALL)


def count_sales() -> int:
    """Write how many units were sold in thirty days into the rows; return how many rows changed. One statement.

    Raises:
        Busy: see there.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turn()
        cursor.execute(_SOLD)
        return int(cursor.rowcount)


def text_configuration() -> str:
    """Return the name of PostgreSQL's configuration for the texts of the shop."""
    return "portuguese" if settings.SHOP_COUNTRY == "BR" else "spanish"


def _portion() -> dict[str, int] | None:
    """Make the rows of the next products again; None: nothing is left."""
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turn()
        cursor.execute(_EXPAND)
        kind = _SINGLE
        products = _take(kind) or _take(kind := _LATER)
        if not products:
            return None
        return {"products": len(products), "rows": write(products)}


def _take(kind: ListingMark.Kind) -> list[UUID]:
    """Delete all marks of the next products and return their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT key FROM"
            " (SELECT key FROM catalog_listingmark WHERE kind = %s ORDER BY id LIMIT %s) AS marks",
            [kind, PORTION],
        )
        keys = sorted(key for (key,) in cursor.fetchall())
    ListingMark.objects.filter(kind__in=(_SINGLE, _LATER), key__in=keys).delete()
    return [UUID(key) for key in keys]


def write(products: Iterable[UUID]) -> int:
    """Make the rows of these products again, in the caller's transaction; return how many rows changed."""
    keys = list(products)
    made = rows.make(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {"rows": DjangoJSONEncoder().encode(made), "products": keys, "config": text_configuration()},
        )
        written, gone = cursor.fetchone()
    for follower in _followers:
        follower.index(written)
        follower.drop(gone)
    return len(written) + len(gone)


def follow(follower: Follower) -> None:
    """Tell `follower` of every row that is written or taken out, in the transaction that does it."""
    if follower not in _followers:
        _followers.append(follower)


def _take_turn() -> None:
    """Take the lock of the lists until the transaction ends.

    Raises:
        Busy: another run has it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Busy


def _shape() -> str:
    """Return the program and the settings that rows depend on."""
    return f"{version.shape()} {text_configuration()} {PORTION}"


def _adopt_shape() -> None:
    """Ask for all rows when they were made by another program or with other settings."""
    state, shape = ListingState.objects.filter(pk=1).first(), _shape()
    if state is None or state.shape != shape:
        with transaction.atomic():
            begin_again()
            ListingState.objects.update_or_create(pk=1, defaults={"shape": shape})
