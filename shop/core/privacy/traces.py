"""Search words in the whole database: all text, JSON, arrays and bytes of every table, independent of the models.

It verifies erasures without using the erasing code. A sequential scan of every table: for tests and a command, not for
a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

_TEXTUAL = ("text", "character varying", "character", "json", "jsonb", "ARRAY", "USER-DEFINED", "inet")
# Files stored in a row: compared byte by byte, ASCII letters in any case.
_BINARY = "bytea"


@dataclass(frozen=True, order=True)
class Trace:
    """Where a word was found, and in how many rows."""

    table: str
    column: str
    word: str
    rows: int


def find(words: Iterable[str]) -> list[Trace]:
    """Return where any of the words is found, in any case, as part of any text."""
    wanted = sorted({word for word in words if word})
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type = ANY(%s) ORDER BY table_name, column_name",
            [[*_TEXTUAL, _BINARY]],
        )
        for table, column, kind in cursor.fetchall():
            for word in wanted:
                condition, asked = _condition(f'"{table}"."{column}"', kind, word)
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}', [asked])  # noqa: S608
                (rows,) = cursor.fetchone()
                if rows:
                    found.append(Trace(table, column, word, rows))
    return found


def _condition(name: str, kind: str, word: str) -> tuple[str, str]:
    """Return the condition that a column holds a word, and its parameter."""
    if kind == _BINARY:
        both = f"lower(encode(convert_to(%s, 'UTF8'), 'escape')) IN lower(encode({name}, 'escape'))"
        return f"position({both}) > 0", word
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return f"{name}::text ILIKE %s", pattern
