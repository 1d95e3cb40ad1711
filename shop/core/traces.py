"""Look for words in the whole database: every column of text, JSON and arrays of every table, whatever the models say.

What an erasure is held to: it does not ask the code that erased. A sequential read of every table: for a test, a
command and a person who wants to know, not for a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

_TEXTUAL = ("text", "character varying", "character", "json", "jsonb", "ARRAY", "USER-DEFINED", "inet")


@dataclass(frozen=True, order=True)
class Trace:
    """Where a word was found, and in how many rows."""

    table: str
    column: str
    word: str
    rows: int


def find(words: Iterable[str]) -> list[Trace]:
    """Return where any of the words stands, in any case, as part of any text."""
    wanted = sorted({word for word in words if word})
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type = ANY(%s) ORDER BY table_name, column_name",
            [list(_TEXTUAL)],
        )
        for table, column in cursor.fetchall():
            for word in wanted:
                pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
                name = f'"{table}"."{column}"'
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {name}::text ILIKE %s', [pattern])  # noqa: S608
                (rows,) = cursor.fetchone()
                if rows:
                    found.append(Trace(table, column, word, rows))
    return found
