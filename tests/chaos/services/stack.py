"""The shop of a chaos run: web, worker, beat and sandbox as processes which may be killed and started again."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.chaos.people.bank import ACCOUNT, Bank
from tests.chaos.services.fixtures import Servers
from tests.journeys.stack import PATIENCE, Stack
from tests.support.starter import Started

# One second of the shop's time-outs and first pauses instead of ten and fifteen: hundreds fit into minutes.
HASTE = {"PAYMENT_TIMEOUT": "1", "PAYMENT_BREAKER_PAUSE": "1", "LOG_LEVEL": "WARNING"}


class ShopStack(Stack):
    """A `Stack` on the `Servers`. `without` names a guard which its web and worker shall lack (`unguarded.py`)."""

    worker_threads = 3

    def __init__(self, servers: Servers, *, without: str = "", **settings: str) -> None:
        folder = servers.folder / f"house-{time.monotonic_ns()}"
        folder.mkdir()
        super().__init__(folder, **{**HASTE, **settings})
        self.servers = servers
        self.without = without
        self.database = f"chaos_{folder.name.rsplit('-', 1)[1]}"
        # Stripe leaves vouchers in Mexico (OXXO), Mercado Pago in Argentina (Rapipago), where the sandbox's account is.
        is_mexican = settings.get("SHOP_CURRENCY") == "MXN"
        self.gateways = ("stripe",) if is_mexican else ("mercadopago", "stripe")
        self.voucher_gateway = "stripe" if is_mexican else "mercadopago"
        self.bank = Bank()
        # A shop of its own country has an account of its own there.
        self.has_transfers = not is_mexican
        self.running: dict[str, Started] = {}
        self._lock = threading.RLock()

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.servers.environment(self.database),
            "SITE_URL": self.url,
            "SANDBOX_URL": self.sandbox_url,
            "SANDBOX_ENABLED": "on",
            "PERCHA_DATA_DIR": str(self.folder),
            "DATABASE_URL": self._with_password(),
            "CHAOS_WITHOUT": self.without,
            "PAYMENT_GATEWAYS": ",".join((*self.gateways, *(("transfer",) if self.has_transfers else ()))),
            **(ACCOUNT if self.has_transfers else {}),
            **self.settings,
        }

    def _with_password(self) -> str:
        parts = urlsplit(self.servers.postgres.url(self.database))
        return urlunsplit(parts)

    # -- life ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Copy the seeded shop and start every process."""
        self.servers.copy(self.database)
        self.servers.flush_redis()
        for name in ("sandbox", "web", "worker", "beat"):
            self.begin(name)
        self.await_web()

    def begin(self, name: str) -> None:
        """Start a process that does not run."""
        with self._lock:
            there = self.running.get(name)
            if there is None or there.poll() is not None:
                self.running[name] = self.spawn(name)

    def command(self, name: str) -> list[str]:
        """Return what Python runs as `web`, `worker`, `beat` or `sandbox`, without the guard that is to be removed."""
        if name == "beat":
            schedule = str(self.folder / "beat-schedule")
            command = ["-m", "celery", "-A", "tests.chaos.services.fast_beat", "beat", "--schedule", schedule]
            return [*command, "--loglevel", "warning"]
        command = super().command(name)
        if self.without:
            lacking = {
                "shop.wsgi": "tests.chaos.without_guards:application",
                "shop": "tests.chaos.without_guards",
            }
            command = [lacking.get(word, word) for word in command]
        return command

    def kill(self, name: str) -> None:
        """SIGKILL a process with all its children: no clean-up runs."""
        with self._lock:
            process = self.running.get(name)
            if process is not None:
                process.kill()
                process.wait()

    def all_begin(self) -> None:
        """Start what does not run, and wait until the shop answers."""
        for name in ("sandbox", "web", "worker", "beat"):
            self.begin(name)
        self.await_web()

    def await_web(self) -> None:
        """Wait until the sandbox and a page of the shop answer."""
        self._wait(f"{self.sandbox_url}/_sandbox/health")
        self._wait(f"{self.url}/carrito/")

    def stop(self) -> None:
        """Kill every process and drop the database."""
        self.end_processes()
        with suppress(psycopg.Error):
            self.servers.drop(self.database)

    # -- eyes and hands --------------------------------------------------------------------------------------------
    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Return rows of the shop's database; a server that is just being restarted is waited for."""
        found: list[dict[str, Any]] = self.patiently(lambda: Stack.rows(self, query, *parameters))
        return found

    def patiently(self, act: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Call `act` until the database answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return act()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def act(self, name: str, subject: str, **params: Any) -> dict[str, Any] | None:
        """Call an operator's action of the sandbox; None when its state forbids it."""
        try:
            done: dict[str, Any] = self.control(f"actions/{name}", {"id": subject, **params})
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 409:
                return None
            raise
        return done

    def disarm(self) -> None:
        """Remove every fault of the sandbox."""
        self.control_delete("faults")
