"""The whole shop as a visitor meets it: web, Celery worker and payment sandbox as processes of their own.

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
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.rows import dict_row

from shop.demo.services import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[2]
# Waits end when what they wait for is there; these only end a test whose stack is broken.
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
    """The running processes and the facts behind them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.database = f"percha_journey_{os.getpid()}_{self.web_port}"
        self.redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
        self._server = os.environ.get("DATABASE_URL", "")
        self._processes: list[subprocess.Popen[bytes]] = []

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
            **self.settings,
        }

    # -- life ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Make the database, seed the demo shop, start the processes and wait until they answer."""
        self.redis.start()
        with psycopg.connect(self._server_database(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self.database}"')
        self.manage("migrate", "--verbosity", "0")
        self.manage("demo")
        self._spawn("sandbox", sys.executable, "manage.py", "sandbox", "--port", str(self.sandbox_port))
        self.start_worker()
        self._spawn(
            "web",
            sys.executable,
            "-m",
            "gunicorn",
            "shop.wsgi",
            "--bind",
            f"127.0.0.1:{self.web_port}",
            "--workers",
            "1",
            "--threads",
            "8",
            "--worker-class",
            "gthread",
            "--log-level",
            "warning",
        )
        self._wait(f"{self.sandbox_url}/_sandbox/health")
        self._wait(f"{self.url}/healthz/")

    def start_worker(self) -> None:
        """Start the Celery worker (one process, two threads, so that jobs can meet one another)."""
        self.worker = self._spawn(
            "worker",
            sys.executable,
            "-m",
            "celery",
            "-A",
            "shop",
            "worker",
            "--queues",
            "celery,long",
            "--pool",
            "threads",
            "--concurrency",
            "2",
            "--loglevel",
            "warning",
            "--without-gossip",
            "--without-mingle",
        )

    def stop(self) -> None:
        """Stop the processes and drop the database."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.redis.stop()
        if self.redis.data != self.redis.folder:
            shutil.rmtree(self.redis.data, ignore_errors=True)
        with psycopg.connect(self._server_database(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def _server_database(self) -> str:
        return urlunsplit(urlsplit(self._server)._replace(path="/postgres"))

    def _spawn(self, name: str, *command: str) -> "subprocess.Popen[bytes]":
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT)
        log.close()
        self._processes.append(process)
        return process

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
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
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
        """Do at the provider what the shopper does at the counter: pay the open voucher of our reference."""
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

    # -- eyes ----------------------------------------------------------------------------------------------------
    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Return rows of the stack's database (the query is a constant of the test)."""
        with psycopg.connect(self.env["DATABASE_URL"], row_factory=dict_row, autocommit=True) as connection:
            cursor = connection.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

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
