"""The whole shop as processes of their own: web, Celery worker and payment sandbox.

The stack has its own database (seeded with the demo shop) and a Redis of its own: on a shared one, the worker of another
stack would take its jobs.
Celery beat is left out on purpose: a journey runs the job it is about (`stack.job("expire_holds")`) when it wants it.
"""

import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.rows import dict_row

from shop.demo.run.environment import ACCOUNT
from shop.demo.services import EmbeddedRedis
from tests.support import template_database
from tests.support.starter import Started, Starter

# Waits end with their condition; these limits only end a test whose stack is broken.
START_SECONDS = 300.0
PATIENCE = 120.0
# Below the ports that a system lends to outgoing connections (Linux: from 32768): while a server that is killed in a
# test is away, no caller can be given its place.
_PORTS = range(18_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now, and that no caller will be lent."""
    for port in random.SystemRandom().sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("every port that was tried is in use")


class Stack:
    """The running processes, with their addresses and database."""

    # The worker is one process; of its threads there are enough for jobs to meet one another.
    worker_threads = 2

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.database = f"percha_journey_{os.getpid()}_{self.web_port}"
        self.redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
        self._server = os.environ.get("DATABASE_URL", "")
        self._starter: Starter | None = None
        self._processes: list[Started] = []
        # One connection for all queries: a new one costs both sides more than most answers.
        self._link: psycopg.Connection[dict[str, Any]] | None = None
        self._asking = threading.Lock()

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "on",
            "DATABASE_URL": urlunsplit(urlsplit(self._server)._replace(path=f"/{self.database}")),
            "REDIS_URL": self.redis.url(),
            "SITE_URL": self.url,
            "SANDBOX_URL": self.sandbox_url,
            "SANDBOX_ENABLED": "on",
            "PERCHA_DATA_DIR": str(self.folder),
            **ACCOUNT,
            **self.settings,
        }

    # -- life ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Make the database, seed the demo shop, start the processes and wait until they answer."""
        self.redis.start()
        template = template_database.name() if template_database.url() else ""
        with psycopg.connect(self._server_database(), autocommit=True) as connection:
            copied = f' TEMPLATE "{template}"' if template else ""
            connection.execute(f'CREATE DATABASE "{self.database}"{copied}')
        if not template:
            self.manage("migrate", "--verbosity", "0")
        self.manage("demo")
        self._processes = [self.spawn(name) for name in ("sandbox", "worker", "web")]
        self._wait(f"{self.sandbox_url}/_sandbox/health")
        self._wait(f"{self.url}/healthz/")

    @property
    def starter(self) -> Starter:
        """The process from which all of the stack's are forked."""
        if self._starter is None:
            self._starter = Starter(self.env)
        return self._starter

    def spawn(self, name: str) -> Started:
        """Start one of the processes; what it says is added to its log."""
        return self.starter.start(*self.command(name), log=self.folder / f"{name}.log")

    def command(self, name: str) -> list[str]:
        """Return what Python runs as `web`, `worker` or `sandbox`."""
        if name == "sandbox":
            return ["manage.py", "sandbox", "--port", str(self.sandbox_port)]
        if name == "web":
            address = ["--bind", f"127.0.0.1:{self.web_port}", "--log-level", "warning"]
            threads = ["--workers", "1", "--threads", "8", "--worker-class", "gthread"]
            return ["-m", "gunicorn", "shop.wsgi", *address, *threads]
        alone = ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
        threads = ["--pool", "threads", "--concurrency", str(self.worker_threads)]
        return ["-m", "celery", "-A", "shop", "worker", "--queues", "celery,long", *threads, *alone]

    def stop(self) -> None:
        """Stop the processes and drop the database."""
        self.end_processes()
        self.redis.stop()
        if self.redis.data != self.redis.folder:
            shutil.rmtree(self.redis.data, ignore_errors=True)
        with psycopg.connect(self._server_database(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def end_processes(self) -> None:
        """End every process, and close what looks at the database."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
        if self._starter is not None:
            self._starter.stop()
        if self._link is not None:
            self._link.close()

    def _server_database(self) -> str:
        return urlunsplit(urlsplit(self._server)._replace(path="/postgres"))

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"{url} did not answer within {START_SECONDS} s:\n{self.logs()}")

    # -- hands ---------------------------------------------------------------------------------------------------
    def manage(self, *arguments: str) -> str:
        """Run a management command in the stack's environment and return what it printed."""
        log = self.folder / "manage.out"
        done = self.starter.run("manage.py", *arguments, log=log, timeout=START_SECONDS)
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}")
        return done.stdout

    def job(self, name: str) -> str:
        """Run one of the beat's jobs by its command."""
        return self.manage(name)

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the sandbox's control API; POST when a body is given."""
        request = urllib.request.Request(
            f"{self.sandbox_url}/_sandbox/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def control_delete(self, path: str) -> None:
        """Call the sandbox's control API with DELETE."""
        request = urllib.request.Request(f"{self.sandbox_url}/_sandbox/api/{path}", method="DELETE")
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def pay_voucher(self, gateway: str, reference: str) -> None:
        """Pay the open voucher of our reference in the sandbox, as a shopper does at the counter."""
        kind, action = (
            ("payments", "mp.approve") if gateway == "mercadopago" else ("sessions", "stripe.pay_voucher")
        )
        (found,) = self.control(f"{kind}?ref={reference}")
        self.control(f"actions/{action}", {"id": str(found["id"])})

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """POST to the shop as a machine does, and return the status."""
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def api(self, path: str, body: dict[str, Any]) -> Any:
        """POST to the shop's API as a guest does, and return its answer."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": os.urandom(16).hex()},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    # -- eyes ----------------------------------------------------------------------------------------------------
    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Return rows of the stack's database (the query is a constant of the test).

        Raises: psycopg.OperationalError when the server is away; the next call connects again.
        """
        with self._asking:
            if self._link is None or self._link.closed:
                # Nothing is prepared: a pooler may stand between.
                self._link = psycopg.connect(
                    self.env["DATABASE_URL"], row_factory=dict_row, autocommit=True, prepare_threshold=None
                )
            try:
                cursor = self._link.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                self._link.close()
                raise

    def execute(self, statement: str, *parameters: Any) -> int:
        """Change rows of the stack's database (the statement is a constant of the test); return how many."""
        return len(self.rows(f"{statement} RETURNING 1 AS changed", *parameters))

    def value(self, query: str, *parameters: Any) -> Any:
        """Return the single value of a query."""
        (row,) = self.rows(query, *parameters)
        (value,) = row.values()
        return value

    def eventually(self, query: str, *parameters: Any, equals: Any, seconds: float = PATIENCE) -> None:
        """Wait until the query's single value is `equals`: jobs run in another process.

        Raises: AssertionError with the last value and the logs.
        """
        deadline = time.monotonic() + seconds
        while (seen := self.value(query, *parameters)) != equals:
            if time.monotonic() > deadline:
                raise AssertionError(f"{query} gives {seen!r}, expected {equals!r}\n{self.logs()}")
            time.sleep(0.1)

    def logs(self, lines: int = 40) -> str:
        """Return the last lines of every process's output."""
        parts = []
        for path in sorted(self.folder.glob("*.log")):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            parts.append(f"--- {path.name}\n" + "\n".join(tail))
        return "\n".join(parts)
