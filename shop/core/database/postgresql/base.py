"""The backend that `DATABASES` names as its engine; Django looks for `DatabaseWrapper` in a module of this name."""

import select
import time
from collections.abc import Sequence
from typing import Any, Final, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper, debug_transaction
from psycopg.pq import TransactionStatus

from shop.core.database.postgresql.asking import Answers, Asking
from shop.core.database.postgresql.cursor import Cursor, commit, drop, ride
from shop.core.database.postgresql.prepared import Connection, KeptSql, keep_plans

# A connection that nobody has used for so many seconds is asked by a statement all the same: something between the two
# machines may have forgotten it without a word to either.
ASKED_AFTER: Final = 30.0


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which shows statements as they were written, by whatever name and with whatever else they were sent."""

    def last_executed_query(self, cursor: object, sql: object, params: object) -> str:
        """Return the statement with its values."""
        return sql if isinstance(sql, str) and params is None else str(self.compose_sql(sql, params))


def _always(_database: object) -> bool:
    return True


def _rows_of(cursor: CursorWrapper, answers: int) -> Answers:
    rows: Answers = [cursor.fetchall()]
    for _more in range(answers - 1):
        cursor.nextset()
        rows.append(cursor.fetchall())
    return rows


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, which keeps the plans of statements, and whose check at the beginning of a request costs no round trip.

    An idle connection has nothing to read. A server, or a pooler before it, that ends one says so or closes it, and
    either makes its socket readable; then, and after `ASKED_AFTER`, Django's own check asks by a statement.
    """

    ops_class = DatabaseOperations
    _found_usable_at: float = float("-inf")
    _asking: Asking | None = None

    def get_connection_params(self) -> dict[str, object]:
        """Return what a new connection is opened with."""
        return super().get_connection_params() | {"cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, object]) -> Connection:
        """Open a connection."""
        connection: Connection = super().get_new_connection(conn_params)
        prepared = keep_plans(connection) if settings.DATABASE_KEEP_PLANS else None
        riding = ride(connection, prepared)
        self._asking = Asking(connection, riding, prepared) if prepared else None
        return connection

    def ask(self, text: KeptSql, values: Sequence[Any], *, answers: int) -> Answers:
        """Ask kept statements in one round trip; return the rows of each of so many.

        Where nobody watches or counts statements, without the layers of Django's cursor that are for that.
        """
        if (asking := self._unwatched()) is None:
            with self.cursor() as cursor:
                cursor.execute(text, values)
                return _rows_of(cursor, answers)
        with self.wrap_database_errors:
            return asking.ask(text, values)

    def tell(self, text: KeptSql, values: Sequence[Any]) -> int:
        """Ask a kept statement that writes, as `ask` does; return how many rows it wrote, -1: it goes with the next."""
        if (asking := self._unwatched()) is None:
            with self.cursor() as cursor:
                cursor.execute(text, values)
                return int(cursor.rowcount)
        with self.wrap_database_errors:
            return asking.tell(text, values)

    def _unwatched(self) -> Asking | None:
        """Return what asks without a cursor; None where a statement must go by Django's.

        So it must where somebody watches, where no plans are kept, and where a connection is to be opened.
        """
        # As Django's cursor does before a request's first statement.
        self.close_if_health_check_failed()
        if self.connection is None or self.queries_logged:
            return None
        for one in self.execute_wrappers:
            if getattr(one, "is_needed", _always)(self):
                return None
        self.validate_thread_sharing()
        self.validate_no_broken_transaction()
        return self._asking

    def _commit(self) -> None:
        if self.connection is not None:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                commit(self.connection)

    def _rollback(self) -> None:
        if self.connection is not None:
            drop(self.connection)
            with debug_transaction(self, "ROLLBACK"), self.wrap_database_errors:
                self.connection.rollback()

    def is_usable(self) -> bool:
        """Return whether the connection still stands, as far as this machine has heard."""
        now = time.monotonic()
        is_recent = now - self._found_usable_at < ASKED_AFTER
        usable = (is_recent and self._is_silent()) or bool(super().is_usable())
        self._found_usable_at = now if usable else float("-inf")
        return usable

    def _is_silent(self) -> bool:
        """Return whether the connection is open, in no transaction, and nothing has arrived on it."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)


def default_database() -> DatabaseWrapper:
    """Return this thread's connection to the database that is written to."""
    return cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
