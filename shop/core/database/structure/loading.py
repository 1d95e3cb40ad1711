"""Read the structure into an empty database, so that no migration of the file has to run there."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

FILE: Final = Path(__file__).with_name("structure.sql")
# A migration that the file contains, one in each such line.
_MIGRATION: Final = re.compile(r"^-- migration: ([a-z_0-9]+)\.(\w+)$", re.MULTILINE)
# Names in the file are qualified; within functions they are found by the path of whoever calls them, later.
_PREPARE: Final = """
SET LOCAL search_path = '';
SET LOCAL check_function_bodies = off;
SET LOCAL client_min_messages = warning;
"""
_APPLIED: Final = "INSERT INTO public.django_migrations (app, name, applied) VALUES (%s, %s, now())"
# Relations of nobody but extensions (the views of pg_stat_statements, say) leave a database empty.
_EMPTY: Final = """
SELECT current_schema() = 'public' AND NOT EXISTS (
    SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
       AND NOT EXISTS (
           SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'))
"""


class Cursor(Protocol):
    """A cursor, Django's or psycopg's."""

    def execute(self, query: str) -> object: ...

    def executemany(self, query: str, params: Sequence[tuple[str, str]], /) -> object: ...


def names(text: str) -> list[tuple[str, str]]:
    """Return the migrations that a structure contains, as pairs of app and name, in the order of the file."""
    return _MIGRATION.findall(text)


def load(connection: BaseDatabaseWrapper, file: Path = FILE) -> int:
    """Make the tables, functions and first rows of the file in one transaction; return how many migrations that spares.

    0, with nothing made, where the database is not empty, its tables do not go to the schema `public`, or the file
    contains a migration that this version or configuration does not have.

    Raises: DatabaseError, with nothing made, where the server refuses the file.
    """
    text = file.read_text(encoding="utf-8")
    if not _is_empty(connection) or not set(names(text)) <= set(MigrationLoader(None).disk_migrations or ()):
        return 0
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        read(text, cursor)
    return len(names(text))


def read(text: str, cursor: Cursor) -> None:
    """Make what the text of a structure says, within a transaction that is open, and note its migrations as applied."""
    cursor.execute(_PREPARE)
    cursor.execute(text)
    cursor.executemany(_APPLIED, names(text))


def _is_empty(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        return bool(cursor.fetchone()[0])
