"""Moving the clock: every stored instant becomes older, here and in the sandbox, by the same span.

The shop reads two clocks (the database's `now()` and Python's), both the machine's, which no test may turn. What can be
moved honestly is the past: every instant in every table of the shop is set back by the span, in one transaction that
holds all tables, so that each deadline, lease and back-off is that much nearer; what Redis keeps for a while is kept
for so much less. The sandbox does the same with `advance`. Left alone are the provider's own stamps (`approved_at`, `provider_updated_at`): they are its words, which it
repeats, and what the beat of the clock does not change.
"""

import time

import psycopg
from psycopg import sql

from tests.chaos.services.stack import ShopStack

# Shorter than PostgreSQL's own `deadlock_timeout` of a second, so that the shop's transaction is never the one ended.
_LOCK_TIMEOUT = "300ms"
_TRIES = 100
_KEPT = {("payments_payment", "approved_at"), ("payments_payment", "provider_updated_at")}

_COLUMNS = """
    SELECT c.table_name, c.column_name
      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
       AND c.data_type = 'timestamp with time zone' AND c.is_generated = 'NEVER'
       AND c.table_name <> 'django_migrations'
     ORDER BY 1, 2
"""


def move(stack: ShopStack, seconds: float) -> None:
    """Let `seconds` pass: in the shop's tables and in Redis, then at the provider, which does what falls due."""
    stack.patiently(lambda: _age(stack.env["DATABASE_URL"], seconds))
    stack.servers.age_redis(seconds)
    stack.control("advance", {"seconds": seconds})


def _age(url: str, seconds: float, *, tries: int = _TRIES) -> None:
    for turn in range(tries):
        try:
            with psycopg.connect(url) as connection:
                _set_back(connection, seconds)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if turn == tries - 1:
                raise
            time.sleep(0.05)


def _set_back(connection: psycopg.Connection, seconds: float) -> None:
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS).fetchall():
        if (table, column) not in _KEPT:
            columns.setdefault(table, []).append(column)
    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    # The ledger refuses every UPDATE by trigger; here it must be allowed.
    connection.execute("SET LOCAL session_replication_role = replica")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    for table, instants in columns.items():
        changes = sql.SQL(", ").join(
            sql.SQL("{0} = {0} - make_interval(secs => {1})").format(
                sql.Identifier(name), sql.Literal(seconds)
            )
            for name in instants
        )
        connection.execute(sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), changes))
