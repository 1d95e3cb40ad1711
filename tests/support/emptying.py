"""Empty the test database after a transactional test: delete the rows there are, instead of renewing every table.

Django's flush truncates all tables (new files for each table and index), and makes content types, permissions and roles
again: a quarter of a second for a handful of rows. Here a table without pages is left alone, a small one deleted from, a
large one truncated. What the migrations have seeded stays as it is as long as its digest says that no test has touched
it; otherwise, or where the database's user may not do this, Django's own flush runs.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected

# Larger tables are truncated: deleted rows keep their pages for a while, and whoever looks would read them all.
LARGE = 256 * 1024
MAY = "SELECT has_parameter_privilege('session_replication_role', 'SET')"
# The lock of TRUNCATE: a transaction that somebody has left open ends first, or its rows would come to light later.
LOCK = "LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"
# Neither foreign keys nor triggers are asked: they speak of single rows, and TRUNCATE does not ask them either.
EMPTY = """
SET LOCAL session_replication_role = replica;
DO $$
DECLARE place regclass;
BEGIN
    FOR place IN SELECT name::regclass FROM unnest('{{{tables}}}'::text[]) AS name LOOP
        CONTINUE WHEN pg_relation_size(place) = 0;
        IF pg_relation_size(place) > {large} THEN
            EXECUTE format('TRUNCATE %s CASCADE', place);
        ELSE
            EXECUTE format('DELETE FROM %s', place);
        END IF;
    END LOOP;
END $$
"""


class Emptying:
    """One test database: which of its tables were seeded before the first test, and with what."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._tables = [connection.ops.quote_name(name) for name in sorted(names)]
        self._seeded = [table for table in self._tables if self._ask(f"SELECT EXISTS (TABLE {table})")]
        self._seeds = self._digest()
        self._may = bool(self._ask(MAY))

    def run(self, flush: Callable[[], None]) -> None:
        """Empty every table that was empty before the first test, or `flush` when a seeded one was changed."""
        from django.contrib.contenttypes.models import ContentType

        ContentType.objects.clear_cache()
        if not (self._may and self._emptied_in_the_end()):
            flush()
            self._seeds = self._digest()

    def _emptied_in_the_end(self) -> bool:
        """Empty the tables, again when PostgreSQL has chosen us as the victim: a late commit needs rows we had locked."""
        from django.db import OperationalError

        for _try in range(9):
            try:
                return self._emptied()
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return self._emptied()

    def _emptied(self) -> bool:
        """Empty the tables and say so, or say that the seeds are not what they were."""
        from django.db import transaction

        emptied = [table for table in self._tables if table not in self._seeded]
        with transaction.atomic(), self._connection.cursor() as cursor:
            cursor.execute(LOCK.format(tables=", ".join(self._tables)))
            if self._digest() != self._seeds:
                return False
            cursor.execute(EMPTY.format(tables=",".join(emptied), large=LARGE))
        return True

    def _digest(self) -> str:
        """Return one digest of all seeded rows."""
        if not self._seeded:
            return ""
        rows = " UNION ALL ".join(f"SELECT '{table}' || t::text FROM {table} AS t" for table in self._seeded)
        return str(self._ask(f"SELECT md5(string_agg(row, '' ORDER BY row)) FROM ({rows}) AS seeds (row)"))

    def _ask(self, statement: str) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once pytest-django has made the database, let its transactional tests be cleared up after in this way."""
    from django.db import connection
    from django.test import TransactionTestCase

    flush: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        emptying = Emptying(connection)

    def teardown(case: TransactionTestCase) -> None:
        if case.available_apps is None:
            emptying.run(lambda: flush(case))
        else:
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
