"""The file from which an empty database gets its tables says what the migrations say, and is read as a whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from environ import Env

from shop.core.database.structure import loading, writing
from shop.demo.services import EmbeddedPostgres
from shop.demo.services.ports import free_port
from shop.demo.services.postgres import installation
from tests.structure import migrated
from tests.support import services


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an embedded server: what pg_dump writes depends on its version."""
    if services.EMBEDDED_POSTGRES in os.environ:
        yield os.environ[services.EMBEDDED_POSTGRES].rsplit("/", 1)[0]
        return
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), port=free_port())
    server.start()
    yield server.url("postgres").rsplit("/", 1)[0]
    server.stop()


@pytest.fixture
def address(server: str) -> Iterator[str]:
    """Make an empty database and return its address."""
    with made(server, "structure") as address:
        yield address


@contextmanager
def made(server: str, name: str) -> Iterator[str]:
    """Make an empty database for one test."""
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as asked:
        asked.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        asked.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(address: str, django_db_blocker: "pytest.FixtureRequest") -> Iterator[BaseDatabaseWrapper]:
    """Return a connection of Django's to the empty database."""
    there = connection.copy("structure")
    there.settings_dict |= {
        key: value for key, value in Env.db_url_config(address).items() if key != "ENGINE"
    }
    connections["structure"] = there
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield there
        there.close()
    del connections["structure"]


@pytest.fixture(scope="module")
def programs() -> Path:
    """Return the folder of pg_dump of the embedded server."""
    site, home = installation()
    return site / home / "bin"


def tables(address: str) -> int:
    """Return how many tables a database has."""
    with psycopg.connect(address) as asked:
        row = asked.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row
    return int(row[0])


def test_the_file_is_what_the_migrations_make(server: str, address: str, programs: Path) -> None:
    file = loading.FILE.read_text(encoding="utf-8").splitlines()
    with made(server, "second") as second:
        lines = migrated(address, second, programs).splitlines()
    differing = [pair for pair in zip(lines, file, strict=False) if pair[0] != pair[1]]
    assert (differing[:3], len(lines)) == ([], len(file)), "run `make structure`"


def test_a_loaded_database_is_the_one_the_file_was_written_of(
    empty: BaseDatabaseWrapper, address: str, programs: Path
) -> None:
    assert loading.load(empty) == len(loading.names(loading.FILE.read_text(encoding="utf-8")))
    assert writing.written(address, programs) == loading.FILE.read_text(encoding="utf-8")
    # Whoever comes second finds tables, and makes none.
    assert loading.load(empty) == 0


@pytest.mark.parametrize(
    "ending", ["SELECT 1 / 0;", "CREATE TABLE public.django_migrations (id int);"], ids=["broken", "twice"]
)
def test_a_refused_file_leaves_nothing(
    ending: str, empty: BaseDatabaseWrapper, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "structure.sql"
    file.write_text(loading.FILE.read_text(encoding="utf-8") + ending, encoding="utf-8")
    with pytest.raises(DatabaseError):
        loading.load(empty, file)
    assert tables(address) == 0


def test_a_file_with_a_migration_that_is_not_here_is_not_read(
    empty: BaseDatabaseWrapper, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "structure.sql"
    file.write_text(
        f"-- migration: catalog.0999_of_a_later_version\n{loading.FILE.read_text(encoding='utf-8')}",
        encoding="utf-8",
    )
    assert loading.load(empty, file) == 0
    assert tables(address) == 0


def test_a_database_with_a_table_is_not_touched(empty: BaseDatabaseWrapper, address: str) -> None:
    with psycopg.connect(address, autocommit=True) as asked:
        asked.execute("CREATE TABLE kept (id int)")
    assert loading.load(empty) == 0
    assert tables(address) == 1
