"""The servers of a cluster: a primary, its streaming replica, a PgBouncer before the primary, and Redis.

The pooler is the one address that the shop knows of the primary: after a failover it leads to the promoted replica.
https://www.postgresql.org/docs/current/warm-standby.html, https://www.pgbouncer.org/config.html
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from shop.demo.services import EmbeddedPostgres
from shop.demo.services.postgres import SUPERUSER
from tests.chaos.services.fixtures import OPTIONS, Servers
from tests.journeys.stack import PATIENCE, free_port

# Connections of the pooler to the server for each database; clients may be many more.
POOL = 12


class Cluster(Servers):
    """What a chaos run has, and a replica and a pooler. `programs`: where Debian's programs are, by name."""

    def __init__(self, folder: Path, programs: dict[str, str]) -> None:
        super().__init__(folder)
        self.programs = programs
        streaming = {"wal_level": "replica", "max_wal_senders": "5", "hot_standby": "on"}
        self.postgres.options = {**OPTIONS, **streaming}
        self.replica = EmbeddedPostgres(
            folder / "standby" / "postgres", port=free_port(), options=self.postgres.options
        )
        self.pooler_port = free_port()
        self._pooler: subprocess.Popen[bytes] | None = None
        self._leading = self.postgres

    def start(self) -> None:
        """Start everything; the replica begins with a copy of the seeded primary and follows it."""
        super().start()
        self._copy_primary()
        self.replica.start()
        self._start_pooler()

    # -- the replica -------------------------------------------------------------------------------------------------
    def _copy_primary(self) -> None:
        place = self.replica.folder.parent
        place.mkdir()
        place.chmod(0o755)
        account = self.replica.settle()
        self.replica.pgpass.touch(mode=0o600)
        self.replica.pgpass.write_text(self.postgres.pgpass.read_text())
        account.own(place)
        command = [str(self.postgres.programs / "pg_basebackup"), "--pgdata", str(self.replica.data)]
        command += ["--host", "127.0.0.1", "--port", str(self.postgres.port), "--username", SUPERUSER]
        # --write-recovery-conf: it starts as a standby that follows this primary.
        command += ["--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast"]
        environment = {"PGPASSWORD": self.postgres.password(), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        subprocess.run(command, check=True, cwd="/", env=environment, **account.popen_options())

    def kill_replica(self) -> None:
        """Kill the replica at once, as its machine's power does."""
        _kill(self.replica)

    def behind(self) -> int:
        """Return how many bytes of the primary's log the replica has not replayed."""
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as primary:
            (written,) = primary.execute("SELECT pg_current_wal_lsn()::text").fetchone() or ("",)
        with psycopg.connect(self.replica.url("postgres"), autocommit=True) as standby:
            query = "SELECT pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn())"
            (size,) = standby.execute(query, [written]).fetchone() or (0,)
        return max(int(size), 0)

    def await_replica(self) -> None:
        """Wait until the replica has all that the primary had written when it was asked; none follows after a failover."""
        if self._leading is self.replica:
            return
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                if self.behind() == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("the replica does not follow")

    # -- failover ----------------------------------------------------------------------------------------------------
    def confirm_by_replica(self) -> None:
        """Let each durable commit wait for the replica, so that a lost primary takes nothing with it that was promised."""
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as primary:
            primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.execute("SELECT pg_reload_conf()")
        self.await_replica()

    def fail_over(self) -> None:
        """Kill the primary, promote the replica, and let the pooler lead there. What the merchant's people do by hand."""
        _kill(self.postgres)
        with psycopg.connect(self.replica.url("postgres"), autocommit=True) as standby:
            # What was copied with the primary's files would let every commit wait for a standby that is not there.
            standby.execute("SELECT pg_promote(true, 60)")
            standby.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            standby.execute("SELECT pg_reload_conf()")
        self._leading = self.replica
        self._write_pooler()
        if self._pooler is not None:
            # It reads its file again; connections to the old address are closed when they break or are given back.
            self._pooler.send_signal(signal.SIGHUP)

    # -- the pooler --------------------------------------------------------------------------------------------------
    def pooled_url(self, database: str) -> str:
        """Return the address of a database by the pooler."""
        secret = quote(self.postgres.password())
        return f"postgres://{SUPERUSER}:{secret}@127.0.0.1:{self.pooler_port}/{database}"

    def environment(self, database: str) -> dict[str, str]:
        """Return the environment of a node."""
        found = super().environment(database)
        if self._pooler is None:
            return found
        return found | {
            "DATABASE_URL": self.pooled_url(database),
            "DATABASE_REPLICA_URL": self.replica.url(database),
        }

    def _start_pooler(self) -> None:
        account = self.postgres.settle()
        self._write_pooler()
        command = [self.programs["pgbouncer"], "--quiet", str(self._pooler_folder / "pgbouncer.ini")]
        self._pooler = subprocess.Popen(command, cwd="/", **account.popen_options())
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.pooled_url("postgres"), prepare_threshold=None).close()
                return
            time.sleep(0.1)
        raise RuntimeError("PgBouncer does not answer")

    @property
    def _pooler_folder(self) -> Path:
        return self.postgres.data.parent / "pooler"

    def _write_pooler(self) -> None:
        folder = self._pooler_folder
        folder.mkdir(exist_ok=True)
        (folder / "users.txt").write_text(f'"{SUPERUSER}" "{self.postgres.password()}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"""[databases]
* = host=127.0.0.1 port={self._leading.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.pooler_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {POOL}
max_client_conn = 300
server_fast_close = 1
server_login_retry = 1
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""
        )
        self.postgres.settle().own(folder)

    def stop(self) -> None:
        """Stop all servers and delete everything."""
        if self._pooler is not None:
            self._pooler.terminate()
            self._pooler.wait(30)
        with suppress(Exception):
            self.replica.stop()
        for folder in (self.replica.data.parent, self._pooler_folder):
            shutil.rmtree(folder, ignore_errors=True)
        super().stop()

    def copy(self, database: str) -> None:
        """Make a copy of the seeded shop, and wait until the replica has it, too."""
        super().copy(database)
        self.await_replica()

    def drop(self, database: str) -> None:
        """Drop a run's database on whichever server leads."""
        with psycopg.connect(self._leading.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _kill(server: EmbeddedPostgres) -> None:
    """Kill a server with all its processes, and wait until it is gone."""
    pid = server.running_pid()
    if pid is None:
        return
    # Its children see that it is gone, and end.
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while server.running_pid() is not None and time.monotonic() < deadline:
        time.sleep(0.05)
