"""Statements whose plan a connection of PostgreSQL keeps.

PostgreSQL reads, checks and plans a statement each time it gets it as a text, which for one of six tables takes several
times as long as finding its rows. A `KeptSql` is prepared (`PREPARE`) on a connection when it is asked there for the
first time, and then asked by its name (`EXECUTE`), also several in one round trip (`cursor.py`).

Whoever counts, watches or logs statements above the cursor (Django's wrappers) sees the text as it was written.

https://www.postgresql.org/docs/current/sql-prepare.html
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from typing import Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg.adapt import Transformer

_PLACE: Final = re.compile("%(s|%)")
# What a text may be made of that needs no escaping, in any encoding.
_PLAIN: Final = re.compile(r"[A-Za-z0-9 _.,:;@/+={}()<>#*-]*", re.ASCII)
_AS_TEXT: Final = frozenset({str, UUID})
_numbers = count(1)
# What `unknown` would leave to the place in which a value stands.
_TYPES: Final = {
    Decimal: "numeric",
    UUID: "uuid",
    date: "date",
    datetime: "timestamptz",
    timedelta: "interval",
}


class KeptSql(str):
    """SQL of ours with `%s` for each value (and `%%` for a percent sign), the same text each time."""

    __slots__ = ("is_write_alone", "numbers", "parts")
    # For each statement of the text: its number in this process, its values, and what is prepared (`types AS text`).
    parts: tuple[tuple[int, int, str], ...]
    # The numbers of its statements.
    numbers: frozenset[int]
    # Nobody waits for its answer: within a transaction it goes with the next statement (`cursor.py`).
    is_write_alone: bool


@cache
def kept(sql: str, *kinds: type) -> KeptSql:
    """Return one statement as one to be kept.

    A value has the type that PostgreSQL expects in its place; where `kinds` say what values are, the type of that kind.
    """
    places = count(1)
    text = _PLACE.sub(lambda found: "%" if found[1] == "%" else f"${next(places)}", sql)
    types = f"({', '.join(_TYPES.get(kind, 'unknown') for kind in kinds)})" if kinds else ""
    return _made(sql, ((next(_numbers), next(places) - 1, f"{types} AS {text}"),))


def _made(sql: str, parts: tuple[tuple[int, int, str], ...], *, is_write_alone: bool = False) -> KeptSql:
    made = KeptSql(sql)
    made.parts, made.is_write_alone = parts, is_write_alone
    made.numbers = frozenset(number for number, _places, _text in parts)
    return made


@cache
def write_alone(sql: KeptSql) -> KeptSql:
    """Return the same statement as one whose answer nobody waits for: it changes rows, and how many is known."""
    return _made(sql, sql.parts, is_write_alone=True)


@lru_cache(maxsize=1024)
def joined(*statements: KeptSql) -> KeptSql:
    """Return several statements as one text, to be asked in one round trip."""
    return _made("; ".join(statements), tuple(part for one in statements for part in one.parts))


Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]


class Prepared:
    """What is prepared on a connection, by its number. `turn` makes names new after all were given up (`is_stale`)."""

    __slots__ = ("is_stale", "literal", "made", "reader", "turn")

    def __init__(self, connection: Connection) -> None:
        self.made: set[int] = set()
        self.turn, self.is_stale = 0, False
        # Values as SQL; it remembers how each type is written, and the other how each is read.
        self.literal = Transformer(connection).as_literal
        self.reader = Transformer(connection)

    def prepare(self, query: KeptSql, execute: Callable[[str], object]) -> None:
        """Prepare the statements of a text that are not prepared yet, all in one round trip. Raises: as `execute`."""
        if query.numbers <= self.made:
            return
        # One statement may be asked several times in a text.
        parts = {number: text for number, _places, text in query.parts if number not in self.made}
        texts = [f"PREPARE k{number}_{self.turn} {text}" for number, text in parts.items()]
        if self.is_stale:
            # What rides with this is asked before it.
            texts.insert(0, "DEALLOCATE ALL")
        try:
            execute("; ".join(texts))
        except BaseException:
            # Some of them may be prepared, which no rollback undoes: the table of the next was locked for too long.
            self.forget()
            raise
        self.made |= query.numbers
        self.is_stale = False

    def forget(self) -> None:
        """Let everything be prepared again, under names that nothing has."""
        self.made.clear()
        self.turn, self.is_stale = self.turn + 1, True

    def calls(self, query: KeptSql, values: Sequence[object]) -> bytes:
        """Return what asks the prepared statements of a text for these values."""
        literal, turn, begin, calls = self.literal, self.turn, 0, []
        for number, places, _text in query.parts:
            call = b"EXECUTE k%d_%d" % (number, turn)
            if places:
                given = values[begin : begin + places]
                call += b"(" + b",".join([_written(one) or literal(one) for one in given]) + b")"
            calls.append(call)
            begin += places
        if begin != len(values):
            raise psycopg.ProgrammingError(f"{begin} values are asked for, and {len(values)} given")
        return b";".join(calls)


def _written(value: object) -> bytes | None:
    """Return a value of a plain kind as SQL, as the argument of a prepared statement, which says of what type it is."""
    kind = type(value)
    if value is None:
        return b"NULL"
    if kind is bool:
        return b"true" if value else b"false"
    if kind is int:
        return str(value).encode()
    text = str(value) if kind in _AS_TEXT else ""
    return f"'{text}'".encode() if kind in _AS_TEXT and _PLAIN.fullmatch(text) else None


def keep_plans(connection: Connection) -> Prepared | None:
    """Let a new connection keep the plans of statements; None where a pooler stands behind its address.

    A pooler (PgBouncer) gives each transaction another of its server's connections, and the next client this one. It
    tells its clients another process's number than the server's own: that is how it is known.

    Plans are made for any value at once: what a kept statement asks for by key or by list has one good plan, and the
    first five times of each connection would be as dear as before.
    """
    before, connection.autocommit = connection.autocommit, True
    try:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        if row is None or row[0] != connection.info.backend_pid:
            return None
        connection.execute("SET plan_cache_mode = force_generic_plan")
        return Prepared(connection)
    finally:
        connection.autocommit = before
