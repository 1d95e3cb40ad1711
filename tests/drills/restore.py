"""`make restore-drill`: sell, back up, sell on, lose the server, restore into a fresh one, ask the providers, check.

Everything is real but the providers: two embedded PostgreSQL servers, pg_dump and pg_restore, and the sandbox, which
alone has what was paid after the backup. Ends with status 1 when a promise of docs/backup.md is not kept.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shop.demo.services import EmbeddedPostgres, EmbeddedRedis
from shop.demo.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "percha"
PROVIDERS = ("mercadopago", "stripe")
OPTIONS = {"max_connections": "50", "fsync": "off", "max_wal_size": "1GB"}


class Drill:
    """One shop on its present server; its providers outlive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began = time.monotonic()
        self.redis = EmbeddedRedis(folder / "redis", port=free_port(), durable=False)
        self.sandbox_port, self.web_port = free_port(), free_port()
        self.server = self._new_server("first")
        self.media = folder / "media-first"
        self.broken: list[str] = []

    def _new_server(self, name: str) -> EmbeddedPostgres:
        (self.folder / name).mkdir()
        return EmbeddedPostgres(self.folder / name / "postgres", port=free_port(), options=OPTIONS)

    @property
    def env(self) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if key != "DATABASE_TIMEOUTS_IN_ROLE"},
            "DEBUG": "on",
            "PERCHA_DOTENV": os.devnull,
            "DATABASE_URL": self.server.url(DATABASE),
            "REDIS_URL": self.redis.url(0),
            "MEDIA_ROOT": str(self.media),
            "PERCHA_DATA_DIR": str(self.folder),
            "SITE_URL": f"http://127.0.0.1:{self.web_port}",
            "SANDBOX_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "SANDBOX_ENABLED": "on",
            "PAYMENT_GATEWAYS": ",".join(PROVIDERS),
            "LOG_LEVEL": "ERROR",
        }

    def run(self, *command: str) -> str:
        """Run a program of the shop to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def act(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run a step in the shop (`tests/drills/acts.py`)."""
        answer: dict[str, Any] = json.loads(self.run("-m", "tests.drills.acts", name, *arguments))
        return answer

    def pay(self, begun: dict[str, Any]) -> None:
        """Pay on the provider's page; no notification arrives, since no shop is listening."""
        name = "mp.pay" if begun["gateway"] == "mercadopago" else "stripe.pay"
        method = "visa" if begun["gateway"] == "mercadopago" else "card"
        body = {"id": begun["external"], "method": method}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.sandbox_port}/_sandbox/api/actions/{name}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=60).close()

    def buy(self, gateway: str) -> dict[str, Any]:
        """Make a whole purchase."""
        begun = self.act("begin", gateway)
        self.pay(begun)
        return begun | self.act("settle", begun["attempt"])

    def lose_the_server(self) -> None:
        """Stop the first server, make its files unreachable, and begin with an empty one."""
        self.server.stop()
        shutil.rmtree(self.server.data, ignore_errors=True)
        self.server = self._new_server("second")
        self.media = self.folder / "media-second"
        self.server.start()
        self.server.ensure_database(DATABASE)

    def promise(self, words: str, is_kept: bool, data: object = "") -> None:
        """Print one promise and whether it is kept."""
        say(f"  {'✓' if is_kept else '✗'} {words}" + (f": {data}" if str(data) else ""))
        if not is_kept:
            self.broken.append(words)

    def step(self, words: str) -> None:
        say(f"{time.monotonic() - self.began:6.1f} s  {words}")


@contextmanager
def opened(folder: Path) -> Iterator[Drill]:
    """Start the servers, the sandbox and the seeded shop; stop all of it in the end."""
    drill = Drill(folder)
    sandbox = None
    try:
        drill.server.start()
        drill.redis.start()
        drill.server.ensure_database(DATABASE)
        drill.step("Filling a shop")
        drill.run("manage.py", "migrate", "--verbosity", "0")
        drill.run("manage.py", "demo")
        command = [sys.executable, "manage.py", "sandbox", "--port", str(drill.sandbox_port)]
        sandbox = subprocess.Popen(
            command, cwd=ROOT, env=drill.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _await(f"http://127.0.0.1:{drill.sandbox_port}/_sandbox/health")
        yield drill
    finally:
        if sandbox is not None:
            sandbox.terminate()
            sandbox.wait(30)
        drill.redis.stop()
        drill.server.stop()


def _await(url: str) -> None:
    for _turn in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer")


def drill(folder: Path) -> int:
    """Run the drill; return the exit status."""
    with opened(folder) as it:
        it.step("Selling before the backup")
        sold = [it.buy(code) for code in PROVIDERS for _turn in range(2)]
        open_page = {code: it.act("begin", code) for code in PROVIDERS}
        before = it.act("figures")

        it.step("Backing up")
        programs = str(it.server.programs)
        made = it.run("manage.py", "backup", str(folder / "backups"), "--programs", programs).strip()
        pictures = sorted(path.name for path in it.media.rglob("*") if path.is_file())
        say("        " + it.run("manage.py", "verify_backup", made, "--programs", programs).strip())

        it.step("Selling on: none of this is in the backup")
        for code in PROVIDERS:
            it.pay(open_page[code])
            open_page[code] |= it.act("settle", open_page[code]["attempt"])
        unknown = [it.buy(code) for code in PROVIDERS]
        refunded = it.act("refund", sold[0]["attempt"])
        lost = it.act("figures")

        it.step("The server is lost; restoring into a fresh one")
        it.lose_the_server()
        say(
            "        "
            + it.run("manage.py", "restore_backup", made, "--programs", programs).strip().splitlines()[0]
        )
        it.run("manage.py", "migrate", "--verbosity", "0")
        restored = it.act("figures")
        it.step("Asking the providers what was paid since")
        for line in it.run("manage.py", "after_restore", made).splitlines():
            say(f"        {line}")
        after = it.act("figures")
        again = it.run("manage.py", "after_restore", made)
        twice = it.act("figures")

        it.step("What was promised")
        keys = ("orders", "payments", "paid", "back", "on_hand", "movements")
        same = {key: restored[key] for key in keys} == {key: before[key] for key in keys}
        it.promise("the restored shop is the one of the backup", same)
        there = sorted(path.name for path in it.media.rglob("*") if path.is_file())
        it.promise("every picture is back", there == pictures and bool(there), len(there))
        new = sorted(set(after["orders"]) - set(before["orders"]))
        it.promise(
            "a payment begun before and made after the backup is an order", len(new) == len(PROVIDERS), new
        )
        given = max(lost["orders"])
        it.promise(
            "no order number is given out twice",
            bool(new) and min(new) > given,
            f"{min(new, default=0)} > {given}",
        )
        it.promise(
            "a refund made after the backup is known",
            after["back"] == lost["back"],
            f"{refunded}, {after['back']}",
        )
        it.promise(
            "a purchase that the backup lacks is a stray for people",
            len(after["strays"]) == len(unknown),
            after["strays"],
        )
        it.promise(
            "doing it twice changes nothing",
            {key: twice[key] for key in keys} == {key: after[key] for key in keys},
        )
        it.promise(
            "every rule holds", not after["violations"] and "Broken rules: 0" in again, after["violations"]
        )
        it.step("Done: every promise is kept." if not it.broken else f"BROKEN: {it.broken}")
        return 1 if it.broken else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    folder = Path(tempfile.mkdtemp(prefix="percha-drill-"))
    folder.chmod(0o755)
    try:
        return drill(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
