"""Kept statements asked without a cursor: what goes over the wire and what is made of it is the same.

A cursor of psycopg is an object with a state of its own, which can be read row by row, moved between results and asked
again. Whoever wants all rows of all answers at once needs nothing of that.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from shop.core.database.postgresql.cursor import Riding, may_ride
from shop.core.database.postgresql.prepared import Connection, KeptSql, Prepared

# The rows of each of several statements.
Answers: TypeAlias = list[list[tuple[Any, ...]]]
_GOOD = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Asking:
    """A connection whose plans are kept, with what rides on it."""

    __slots__ = ("connection", "prepared", "riding")

    def __init__(self, connection: Connection, riding: Riding, prepared: Prepared) -> None:
        self.connection, self.riding, self.prepared = connection, riding, prepared

    def ask(self, text: KeptSql, values: Sequence[object]) -> Answers:
        """Ask the statements of a text in one round trip; return the rows of each. Raises: as psycopg."""
        results = self._results(text, values)
        reader = self.prepared.reader
        answers: Answers = []
        for result in results:
            reader.set_pgresult(result)
            answers.append(reader.load_rows(0, result.ntuples, tuple))
        reader.set_pgresult(None)
        return answers

    def tell(self, text: KeptSql, values: Sequence[object]) -> int:
        """Ask a statement that writes; return how many rows it wrote, -1: it goes with the next. Raises: as psycopg."""
        if text.is_write_alone and may_ride(self.connection):
            self.prepared.prepare(text, self.connection.execute)
            self.riding.statements.append(self.prepared.calls(text, values))
            return -1
        return self._results(text, values)[-1].command_tuples or 0

    def _results(self, text: KeptSql, values: Sequence[object]) -> list[PGresult]:
        connection = self.connection
        try:
            self.prepared.prepare(text, connection.execute)
            calls = self.prepared.calls(text, values)
            connection._check_connection_ok()
            with connection.lock:
                return connection.wait(self._exchange(calls))
        except psycopg.errors.FeatureNotSupported:
            # A migration has changed the type of a column beneath: the next time they are prepared again.
            self.prepared.forget()
            raise

    def _exchange(self, calls: bytes) -> PQGen[list[PGresult]]:
        connection = self.connection
        self.riding.begin(connection)
        whole, number = self.riding.take(calls)
        connection.pgconn.send_query(whole)
        results: list[PGresult] = yield from execute(connection.pgconn)
        # Nothing follows a statement that fails.
        if results[-1].status not in _GOOD:
            raise psycopg.errors.error_from_result(results[-1], encoding=connection.info.encoding)
        return results[number:]
