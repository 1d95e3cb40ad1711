"""Write the structure of a migrated database, the same text each time the same migrations made it.

Rows that migrations wrote get an id and a time of their own in each database. Those that Django and the shop write
after every `migrate` (content types, permissions, roles) are not part of it.
"""

import re
import subprocess
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

_WRITTEN_AFTERWARDS: Final = frozenset(
    {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions", "django_migrations"}
)
# pg_dump's heading of a statement, and what it sets for its session between them.
_HEADING: Final = re.compile(r"\n*^--\n-- Name: .*\n--\n+", re.MULTILINE)
_SETTINGS: Final = re.compile(r"^SET default_(tablespace|table_access_method) = .*;\n+", re.MULTILINE)
_END: Final = "\n--\n-- PostgreSQL database dump complete"
_TABLES: Final = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
_COLUMNS: Final = """
SELECT attname, format_type(atttypid, NULL), EXISTS (
           SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'p' AND conkey = ARRAY[attnum]),
       EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f' AND attnum = ANY (conkey))
  FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
 ORDER BY attnum
"""
_SEQUENCES: Final = """
SELECT s.sequencename, s.last_value FROM pg_sequences s
  JOIN pg_class c ON c.relname = s.sequencename AND c.relnamespace = 'public'::regnamespace
 WHERE s.schemaname = 'public' AND s.last_value IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
                    WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND t.relname = ANY (%s))
 ORDER BY 1
"""

Connection = psycopg.Connection[tuple[object, ...]]


class StructureError(Exception):
    """Why a database has no structure that a file could hold; a sentence for the developer."""


def written(address: str, programs: Path) -> str:
    """Return the structure of the database at `address` (a URL), by the pg_dump in the folder `programs`.

    Raises: StructureError, CalledProcessError.
    """
    with psycopg.connect(address, autocommit=True) as connection:
        migrations = connection.execute(
            "SELECT app, name FROM django_migrations ORDER BY app, name"
        ).fetchall()
        rows = [
            line
            for (table,) in connection.execute(_TABLES).fetchall()
            for line in _rows(connection, str(table))
        ]
        sequences = connection.execute(_SEQUENCES, [list(_WRITTEN_AFTERWARDS)]).fetchall()
    parts = [
        "-- What the migrations below make of an empty database. Written by `make structure`, not by hand.",
        *(f"-- migration: {app}.{name}" for app, name in migrations),
        _dumped(address, programs, "pre-data"),
        *rows,
        *(f"SELECT setval('public.{name}', {value});" for name, value in sequences),
        _dumped(address, programs, "post-data"),
    ]
    return "\n".join(parts) + "\n"


def _dumped(address: str, programs: Path, section: str) -> str:
    options = ("--schema-only", f"--section={section}", "--no-owner", "--no-privileges", "--no-comments")
    command = [str(programs / "pg_dump"), *options, address]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Everything before the first heading is of pg_dump's own session.
    statements = _HEADING.split(text.partition(_END)[0])[1:]
    return "\n\n".join(_SETTINGS.sub("", statement).strip("\n") for statement in statements)


def _rows(connection: Connection, table: str) -> list[str]:
    """Return an INSERT for each row of a table, in the order of what stands in them."""
    if table in _WRITTEN_AFTERWARDS:
        return []
    columns = connection.execute(_COLUMNS, [f"public.{table}"]).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(str(name)) for name, *_kind in columns)
    found = connection.execute(
        sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier("public", table))
    ).fetchall()
    into = sql.SQL("INSERT INTO {} ({}) VALUES ").format(sql.Identifier("public", table), names).as_string()
    return sorted(f"{into}({', '.join(map(_literal, columns, row))});" for row in found)


def _literal(column: tuple[object, ...], value: object) -> str:
    name, kind, is_key, is_reference = column
    if is_key and kind == "uuid":
        return "gen_random_uuid()"
    if name in {"created_at", "updated_at"}:
        return "now()"
    if value is not None and (is_key or is_reference):
        raise StructureError(
            f"A migration writes rows with the number or reference {name}; each shop has its own."
        )
    return sql.Literal(value).as_string()
