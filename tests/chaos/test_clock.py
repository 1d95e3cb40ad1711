"""Moving the clock: every instant of the shop by the same span, at once, also past the ledger's triggers."""

from datetime import timedelta

import psycopg
import pytest

from tests.chaos.services import clock
from tests.chaos.services.fixtures import Servers

HOUR = timedelta(hours=1)
_PAST = """
    SELECT (SELECT min(occurred_at) FROM inventory_stockmovement),
           (SELECT max(created_at) FROM catalog_product),
           (SELECT max(ends_at) FROM catalog_collection)
"""


def test_everything_is_older_by_the_same_span(servers: Servers) -> None:
    servers.copy("chaos_clock")
    try:
        url = servers.postgres.url("chaos_clock")
        with psycopg.connect(url) as connection:
            before = connection.execute(_PAST).fetchone()
            columns = {(table, column) for table, column in connection.execute(clock._COLUMNS)}
        clock._age(url, HOUR.total_seconds())
        with psycopg.connect(url) as connection:
            assert connection.execute(_PAST).fetchone() == tuple(moment - HOUR for moment in before)
    finally:
        servers.drop("chaos_clock")
    assert columns >= clock._KEPT
    assert ("payments_paymentattempt", "next_check_at") in columns
    assert ("inventory_reservation", "expires_at") in columns


def test_a_busy_shop_is_waited_for_and_never_ended(servers: Servers) -> None:
    servers.copy("chaos_busy")
    try:
        url = servers.postgres.url("chaos_busy")
        with psycopg.connect(url) as busy:
            busy.execute("SELECT 1 FROM catalog_product LIMIT 1 FOR UPDATE").fetchone()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                clock._age(url, 1, tries=2)
            assert busy.execute("SELECT count(*) > 0 FROM catalog_product").fetchone() == (True,)
        clock._age(url, 1)
    finally:
        servers.drop("chaos_busy")
