"""The environment of every benchmark: a PostgreSQL that flushes to the disk, a Redis, and a fresh database.

Without BENCH_DATABASE_URL and BENCH_REDIS_URL both servers are embedded ones, started for the run on free ports with
`fsync on`, and removed after it. A server named there is used as it is; a database `percha_bench_<pid>` is made on it
and dropped (its user must be a superuser: the load of old rows skips the triggers).
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# Production's durability (fsync, full_page_writes, synchronous_commit are on); memory as on a small server.
OPTIONS = {
    "max_connections": "120",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "autovacuum_naptime": "10s",
}


@contextmanager
def servers() -> Iterator[str]:
    """Provide the servers, migrate, set Django up; yield the database's address. Everything is removed afterwards.

    A process whose parent has provided them already (`make bench`) shares them.
    """
    if ready := os.environ.get("PERCHA_BENCH_READY"):
        _set_up_django()
        yield ready
        return
    os.environ["PERCHA_DOTENV"] = os.devnull
    os.environ.setdefault("DEBUG", "on")
    # Stop the servers in order also when the terminal or a runner ends this process.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with ExitStack() as stack:
        server = os.environ.get("BENCH_DATABASE_URL") or _embedded_postgres(stack)
        os.environ["REDIS_URL"] = os.environ.get("BENCH_REDIS_URL") or _embedded_redis(stack)
        address = _database(server, stack)
        os.environ["DATABASE_URL"] = os.environ["PERCHA_BENCH_READY"] = address
        _set_up_django()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield address


def data() -> Path:
    """Return the folder of the benchmark's servers; it can be deleted after the run."""
    chosen = os.environ.get("PERCHA_DATA_DIR")
    return (Path(chosen).expanduser().resolve() if chosen else ROOT / ".data") / "bench"


def run_sql(address: str, *statements: str) -> None:
    """Run statements of our own, one after the other, each in a transaction of its own."""
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def emulate_flush(address: str, *, microseconds: int) -> None:
    """Let every flushed commit of later connections wait so long, as a disk would (0: only as long as this disk)."""
    name = urlsplit(address).path.lstrip("/")
    run_sql(
        address,
        f'ALTER DATABASE "{name}" SET commit_delay = {int(microseconds)}',
        f'ALTER DATABASE "{name}" SET commit_siblings = 0',
    )


def server_settings(address: str) -> str:
    """Return what the figures depend on: the server's version and how it commits."""
    names = ["server_version", "fsync", "synchronous_commit", "commit_delay", "wal_sync_method"]
    with psycopg.connect(address, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%s) ORDER BY name", [names]
        ).fetchall()
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    return ", ".join(f"{name} {setting}" for name, setting in rows) + f"; load of the machine {load}"


def _embedded_postgres(stack: ExitStack) -> str:
    from shop.demo.services import EmbeddedPostgres
    from shop.demo.services.ports import free_port

    folder = data()
    shutil.rmtree(folder / "postgres", ignore_errors=True)
    server = EmbeddedPostgres(folder / "postgres", port=free_port(), options=OPTIONS)
    shutil.rmtree(_data_of(server), ignore_errors=True)
    stack.callback(lambda: shutil.rmtree(_data_of(server), ignore_errors=True))
    stack.callback(server.stop)
    server.start()
    return server.url("postgres")


def _data_of(server: "object") -> Path:
    server.settle()  # type: ignore[attr-defined]
    place: Path = server.data  # type: ignore[attr-defined]
    return place


def _embedded_redis(stack: ExitStack) -> str:
    from shop.demo.services import EmbeddedRedis
    from shop.demo.services.ports import free_port

    server = EmbeddedRedis(data() / "redis", port=free_port(), durable=False)
    stack.callback(server.stop)
    server.start()
    return server.url(0)


def _database(server: str, stack: ExitStack) -> str:
    name = f"percha_bench_{os.getpid()}"
    run_sql(server, f'CREATE DATABASE "{name}"')
    stack.callback(lambda: run_sql(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django

    django.setup()
    from django.conf import settings

    settings.DEBUG = False  # As in production: Django must not remember every statement.
