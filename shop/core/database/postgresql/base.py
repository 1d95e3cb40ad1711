"""The backend that `DATABASES` names as its engine; Django looks for `DatabaseWrapper` in a module of this name."""

import select
import time
from typing import Final

from django.conf import settings
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import debug_transaction
from psycopg.pq import TransactionStatus

from shop.core.database.postgresql.cursor import Cursor, commit, drop, ride
from shop.core.database.postgresql.prepared import Connection, keep_plans

# A connection that nobody has used for so many seconds is asked by a statement all the same: something between the two
# machines may have forgotten it without a word to either.
ASKED_AFTER: Final = 30.0


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which shows statements as they were written, by whatever name and with whatever else they were sent."""

    def last_executed_query(self, cursor: object, sql: object, params: object) -> str:
        """Return the statement with its values."""
        return sql if isinstance(sql, str) and params is None else str(self.compose_sql(sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, which keeps the plans of statements, and whose check at the beginning of a request costs no round trip.

    An idle connection has nothing to read. A server, or a pooler before it, that ends one says so or closes it, and
    either makes its socket readable; then, and after `ASKED_AFTER`, Django's own check asks by a statement.
    """

    ops_class = DatabaseOperations
    _found_usable_at: float = float("-inf")

    def get_connection_params(self) -> dict[str, object]:
        """Return what a new connection is opened with."""
        return super().get_connection_params() | {"cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, object]) -> Connection:
        """Open a connection."""
        connection: Connection = super().get_new_connection(conn_params)
        ride(connection, keep_plans(connection) if settings.DATABASE_KEEP_PLANS else None)
        return connection

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
