"""The servers of a chaos run: a PostgreSQL and a Redis of its own, which it may restart, kill and empty.

The demo shop is seeded once into a template database; every run begins with a copy of it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis
from tests.journeys.stack import PATIENCE, START_SECONDS, free_port
from tests.support import template_database
from tests.support.starter import Starter

TEMPLATE = "chaos_template"
# Not `FORGETFUL`: the server is killed in the run, and what it has said to be written must be there afterwards.
# (`fsync` protects from a power cut alone; what a killed process has written, the system keeps.)
OPTIONS = {"max_connections": "120", "fsync": "off", "max_wal_size": "2GB"}


class Servers:
    """The two servers and the seeded template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = EmbeddedPostgres(folder / "postgres", port=free_port(), options=OPTIONS)
        self.redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)

    def start(self) -> None:
        """Start both servers and seed the demo shop."""
        self.postgres.start()
        self.redis.start()
        self.postgres.ensure_database(TEMPLATE)
        are_made = self._copy_tables()
        starter = Starter(self.environment(TEMPLATE))
        try:
            for command in (["demo"],) if are_made else (["migrate", "--verbosity", "0"], ["demo"]):
                log = self.folder / f"{command[0]}.log"
                done = starter.run("manage.py", *command, log=log, timeout=START_SECONDS)
                if done.returncode:
                    raise RuntimeError(f"manage.py {command[0]} failed:\n{done.stdout[-2000:]}")
        finally:
            starter.stop()

    def _copy_tables(self) -> bool:
        """Copy what the migrations have made for the test databases, where that is; a restore is faster than a migration."""
        made = template_database.url()
        if made is None:
            return False
        programs = self.postgres.programs
        dump = [str(programs / "pg_dump"), "--no-owner", "--dbname", made]
        restore = [
            str(programs / "psql"),
            "--quiet",
            "--no-psqlrc",
            "--set",
            "ON_ERROR_STOP=1",
            self.postgres.url(TEMPLATE),
        ]
        data = subprocess.run(dump, check=True, capture_output=True).stdout
        subprocess.run(restore, check=True, input=data, stdout=subprocess.DEVNULL)
        return True

    def environment(self, database: str) -> dict[str, str]:
        """Return the environment of the shop's processes on one of the ground's databases."""
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "on",
            "PERCHA_DOTENV": os.devnull,
            "PERCHA_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.postgres.url(database),
            "REDIS_URL": self.redis.url(0),
        }

    def copy(self, database: str) -> None:
        """Make a database that is a copy of the seeded shop."""
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{TEMPLATE}"')
            # A copied sequence has numbers in hand that the copy's log does not know of: a crash would give them out
            # again. The first number after a checkpoint is logged.
            connection.execute("CHECKPOINT")

    def drop(self, database: str) -> None:
        """Drop a run's database."""
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def restart_postgres(self, *, crash: bool) -> None:
        """Stop the server at once and start it again. `crash`: SIGQUIT, no shutdown checkpoint, recovery from the log.

        What was committed asynchronously in the last moments (a cart's holds) is lost by a crash, as in life.
        """
        pid = self.postgres.running_pid()
        if crash and pid is not None:
            os.kill(pid, signal.SIGQUIT)
            deadline = time.monotonic() + PATIENCE
            while self.postgres.running_pid() is not None and time.monotonic() < deadline:
                time.sleep(0.02)
        else:
            self.postgres.stop()
        self.postgres.start()

    def flush_redis(self) -> None:
        """Empty Redis: the queue, what workers hold unacknowledged, and the cache."""
        with self._redis() as client:
            client.flushall()

    def age_redis(self, seconds: float) -> None:
        """Shorten every expiry in Redis by a span; what would have expired meanwhile is deleted."""
        with self._redis() as client:
            for key in client.scan_iter(count=500):
                rest = client.pttl(key)
                if rest > 0:
                    client.pexpire(key, max(1, rest - int(seconds * 1000)))

    @contextmanager
    def _redis(self) -> Iterator["redis.Redis[bytes]"]:
        client = redis.Redis.from_url(self.redis.url(0), socket_timeout=5)
        try:
            yield client
        finally:
            client.close()

    def stop(self) -> None:
        """Stop both servers and delete everything."""
        for server in (self.redis, self.postgres):
            with suppress(Exception):
                server.stop()
            if server.data != server.folder:
                shutil.rmtree(server.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running(folder: Path | None = None) -> Iterator[Servers]:
    """Give a ground in a new folder that the servers' account can enter; all of it is gone afterwards."""
    place = folder or Path(tempfile.mkdtemp(prefix="percha-chaos-"))
    place.chmod(0o755)
    servers = Servers(place)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
