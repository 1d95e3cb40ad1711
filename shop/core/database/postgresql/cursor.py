"""The cursor of the shop's connections: it asks kept statements by their names, and saves round trips.

Some statements have no answer that anybody waits for: `BEGIN`, `SET LOCAL`, `SAVEPOINT`, `RELEASE SAVEPOINT`, and
writes that are marked so (`prepared.write_alone`). They *ride* with the next statement of their transaction, before it
and in the same round trip, in their order; what still rides at the end goes with `COMMIT`, and a rollback drops it. A
constraint that refuses such a write is told by the statement it rode with, or by the commit: the transaction fails all
the same.

Django counts and shows each of them as if it had gone by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql.base import CursorMixin
from psycopg._queries import PostgresQuery
from psycopg.abc import Params, PQGen, Query, QueryNoTemplate
from psycopg.copy import Writer
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult

from shop.core.database.postgresql.prepared import Connection, KeptSql, Prepared

_SAVEPOINT, _RELEASE, _SET_LOCAL = "SAVEPOINT ", "RELEASE SAVEPOINT ", "SET LOCAL "
# What means nothing in a transaction that does nothing else.
_MARKS = (b"BEGIN", _SAVEPOINT.encode(), _RELEASE.encode(), _SET_LOCAL.encode())


class Riding:
    """What is prepared on a connection (None: nothing may be), and what rides with its next statement."""

    __slots__ = ("prepared", "statements")

    def __init__(self, prepared: Prepared | None) -> None:
        self.prepared = prepared
        self.statements: list[bytes] = []

    def mark(self, statement: str) -> None:
        """Let a savepoint, or its end, ride; both together are nothing."""
        if (
            statement.startswith(_RELEASE)
            and self.statements
            and self.statements[-1].decode() == statement.removeprefix("RELEASE ")
        ):
            self.statements.pop()
        else:
            self.statements.append(statement.encode())

    def begin(self, connection: Connection) -> bool:
        """Let `BEGIN` ride, where psycopg would send it now by itself; say whether it does."""
        if (
            connection._autocommit
            or connection.pgconn.transaction_status != TransactionStatus.IDLE
            or connection._pipeline
        ):
            return False
        self.statements.insert(0, bytes(connection._get_tx_start_command()))
        return True

    def take(self, text: bytes) -> tuple[bytes, int]:
        """Return a statement behind those that ride with it, and how many these are; they ride no more."""
        number = len(self.statements)
        if number:
            text = b"; ".join([*self.statements, text])
            self.statements.clear()
        return text, number


_connections: WeakKeyDictionary[Connection, Riding] = WeakKeyDictionary()


def ride(connection: Connection, prepared: Prepared | None) -> Riding:
    """Save round trips on a connection; return what rides on it."""
    return _connections.setdefault(connection, Riding(prepared))


def set_local(connection: Connection, assignments: Sequence[str]) -> None:
    """Let `SET LOCAL …` ride at the beginning of a transaction whose first statement has not gone yet; once.

    Raises: as psycopg, on a connection on which nothing rides.
    """
    state = _connections.get(connection)
    if state is None:
        connection.execute(b"; ".join([one.encode() for one in assignments]))
        return
    if not any(one.startswith(_SET_LOCAL.encode()) for one in state.statements):
        state.statements[:0] = [one.encode() for one in assignments]


def may_ride(connection: Connection) -> bool:
    """Say whether a write may wait for the next statement: within a transaction that has not failed.

    In one that has, the statement must fail by itself, as everything but its rollback does.
    """
    return not (connection.autocommit or connection.pgconn.transaction_status == TransactionStatus.INERROR)


def drop(connection: Connection) -> None:
    """Forget what rides: its transaction is given up."""
    if state := _connections.get(connection):
        state.statements.clear()


def commit(connection: Connection) -> None:
    """Commit with what still rides. Raises: as psycopg."""
    state = _connections.get(connection)
    if state is None or not state.statements:
        return connection.commit()
    # A transaction ends its savepoints by itself.
    if all(one.startswith(_MARKS) for one in state.statements):
        state.statements.clear()
        return connection.commit()
    # Within the one transaction that `BEGIN` opens, if nothing but writes that ride have been asked in it.
    psycopg.ClientCursor.execute(connection.cursor(), "COMMIT")
    return None


class Cursor(CursorMixin, psycopg.ClientCursor[tuple[object, ...]]):
    """Django's cursor with kept statements and statements that ride."""

    _skipped = 0

    def execute(self, query: Query, params: Params | None = None, **options: bool | None) -> Self:
        """Ask a statement, or several; see psycopg."""
        state = _connections.get(self._conn)
        if state is None:
            return super().execute(cast(QueryNoTemplate, query), params, **options)
        if type(query) is KeptSql:
            if state.prepared is not None:
                return self._execute_kept(state, state.prepared, query, cast(Sequence[object], params or ()))
            if query.is_write_alone and may_ride(self._conn):
                state.statements.append(self.mogrify(cast(QueryNoTemplate, query), params).encode())
                return self
        if (
            params is None
            and type(query) is str
            and query.startswith((_SAVEPOINT, _RELEASE))
            and may_ride(self._conn)
        ):
            state.mark(query)
            return self
        return super().execute(cast(QueryNoTemplate, query), params, **options)

    def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:
        """Ask a statement for each of several rows of values; see psycopg."""
        self._send_riding()
        super().executemany(query, params_seq, returning=returning)

    @contextmanager
    def copy(
        self, statement: Query, params: Params | None = None, *, writer: Writer | None = None
    ) -> Iterator[psycopg.Copy]:
        """Copy many rows; see psycopg."""
        self._send_riding()
        with super().copy(statement, params, writer=writer) as copy:
            yield copy

    def _execute_kept(
        self, state: Riding, prepared: Prepared, query: KeptSql, values: Sequence[object]
    ) -> Self:
        try:
            prepared.prepare(query, super().execute)
            calls = prepared.calls(query, values)
            if query.is_write_alone and may_ride(self._conn):
                state.statements.append(calls)
                return self
            return super().execute(calls)
        except psycopg.errors.FeatureNotSupported:
            # A migration has changed the type of a column beneath: the next time they are prepared again.
            prepared.forget()
            raise

    def _send_riding(self) -> None:
        state = _connections.get(self._conn)
        if state and state.statements:
            waiting = b"; ".join(state.statements)
            state.statements.clear()
            super().execute(waiting)

    # -- psycopg's own parts -----------------------------------------------------------------------------------------
    def _start_query(self, query: Query | None = None) -> PQGen[None]:
        state, connection = _connections.get(self._conn), self._conn
        # COPY goes by itself.
        if state is None or query is None or not state.begin(connection):
            yield from super()._start_query(query)
            return
        # Let the connection not send `BEGIN` by itself (its lock is held).
        connection._autocommit = True
        try:
            yield from super()._start_query(query)
        finally:
            connection._autocommit = False

    def _execute_send(
        self, query: PostgresQuery, *, force_extended: bool = False, binary: bool | None = None
    ) -> None:
        query.query = self._with_riding(query.query)
        super()._execute_send(query, force_extended=force_extended, binary=binary)

    def _with_riding(self, text: bytes) -> bytes:
        """Return a statement behind those that ride with it."""
        state = _connections.get(self._conn)
        text, self._skipped = state.take(text) if state else (text, 0)
        return text

    def _set_results(self, results: list[PGresult]) -> None:
        super()._set_results(results[self._skipped :])
