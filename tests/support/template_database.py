"""The test databases are copies: the tables are made once for all workers, and once for as long as nothing of them changes.

`migrate` takes seconds also on an empty database, a copy of what it made (`CREATE DATABASE … TEMPLATE`) a fraction of
one. The template lies in the embedded PostgreSQL of the tests and is named after a digest of what it was made from. On
a server of one's own (DATABASE_URL) `migrate` makes each database, and nothing is left there.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from tests.support import services

_PREFIX: Final = "percha_template_"
_ROOMS: Final = ("shop", "catalog", "inventory", "orders", "payments")
# What the migrations import, and what is written after them (roles).
_WHOLE: Final = ("shop/core/", "shop/accounts/")


def name() -> str:
    """Return the template's name: a digest of everything that decides what `migrate` makes."""
    digest = hashlib.sha256()
    for path in (services.ROOT / "requirements.txt", services.ROOT / "shop" / "settings.py", *_sources()):
        digest.update(path.relative_to(services.ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return _PREFIX + digest.hexdigest()[:16]


def url() -> str | None:
    """Return the template's address, once a test of this run has had it made on the embedded server."""
    if services.EMBEDDED_POSTGRES not in os.environ:
        return None
    with _server() as server:
        made = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name()]).fetchone()
    return f"{_address()}/{name()}" if made else None


def _sources() -> Iterator[Any]:
    for room in _ROOMS:
        for path in sorted((services.ROOT / room).rglob("*")):
            place = path.relative_to(services.ROOT)
            if path.suffix not in {".py", ".sql"} or "tests" in place.parts:
                continue
            decides = {"migrations", "sql", "models"}.intersection(place.parts) or "models" in place.stem
            if decides or place.as_posix().startswith(_WHOLE):
                yield path


def _copy(creation: Any, make: Any, **options: Any) -> str:
    """Make the test database of `creation` as a copy of the template, and that first if it is not there (`make`)."""
    from django.conf import settings

    connection, template, copy = creation.connection, name(), creation._get_test_db_name()
    with (services.folder() / "template.lock").open("w") as lock, _server() as server:
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = {row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()}
        for old in sorted(each for each in there if each.startswith(_PREFIX) and each != template):
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        if template not in there:
            made = make(creation, **options | {"autoclobber": True, "keepdb": False})
            connection.close()
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(made), sql.Identifier(template)
                )
            )
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(template))
        )
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = copy
    connection.ensure_connection()
    return str(copy)


def _server() -> "psycopg.Connection[Any]":
    return psycopg.connect(f"{_address()}/postgres", autocommit=True)


def _address() -> str:
    return os.environ[services.EMBEDDED_POSTGRES].rsplit("/", 1)[0]


@pytest.fixture(scope="session", autouse=True)
def _copied() -> Iterator[None]:
    """Before pytest-django makes its database: let it be a copy, on our own server."""
    from django.db.backends.postgresql.creation import DatabaseCreation

    make = DatabaseCreation.create_test_db

    def create_test_db(creation: Any, **options: Any) -> str:
        return _copy(creation, make, **options)

    with pytest.MonkeyPatch.context() as patch:
        if services.EMBEDDED_POSTGRES in os.environ:
            patch.setattr(DatabaseCreation, "create_test_db", create_test_db)
        yield
