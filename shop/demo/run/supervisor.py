"""The shop's processes under honcho: prefixed output, health checks before the welcome, an orderly end of all."""

import contextlib
import ctypes
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from honcho.manager import SIGNALS, Manager
from honcho.process import Popen, Process

from shop.beat_schedule import LONG_QUEUE
from shop.demo.run.environment import ROOT, Demo
from shop.demo.run.health import Check, answers_ok, wait_healthy, worker_pings
from shop.demo.run.terminal import SteadyPrinter, say
from shop.demo.services.ports import LOOPBACK

HEALTH_LIMIT = 90
PR_SET_PDEATHSIG = 1
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


def commands(demo: Demo) -> dict[str, list[str]]:
    """Return the command of every process of the demo, by name."""
    python = [sys.executable]
    celery = [sys.executable, "-W", ROOT_WARNING, "-m", "celery", "--quiet", "-A", "shop"]

    def worker(name: str, queue: str, processes: int) -> list[str]:
        return [
            *celery,
            "worker",
            "--queues",
            queue,
            "--concurrency",
            str(processes),
            "--loglevel",
            "info",
        ] + [
            "--hostname",
            f"{name}@%h",
            "--without-gossip",
            "--without-mingle",
        ]

    found = {
        "web": [*python, "-m", "gunicorn", "shop.wsgi", "--bind", f"{LOOPBACK}:{demo.web_port}"]
        + ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
        + [
            "--graceful-timeout",
            "5",
            "--access-logfile",
            "-",
            "--access-logformat",
            "%(m)s %(U)s %(s)s %(M)s ms",
        ],
        "worker": worker("worker", "celery", 2),
        # Imports and exports: their own queue, so that jobs of money and stock never wait for them.
        "long": worker("long", LONG_QUEUE, 1),
        "beat": [*celery, "beat", "--loglevel", "info", "--pidfile", ""]
        + ["--schedule", str(demo.data / "run" / "celerybeat-schedule")],
    }
    if demo.has_sandbox:
        found["sandbox"] = [*python, "manage.py", "sandbox", "--port", str(demo.sandbox_port)]
    return found


def checks(demo: Demo, *, broker: str) -> dict[str, Check]:
    """Return the health check of each process; beat has none, honcho reports when it ends."""
    found: dict[str, Check] = {
        "web": lambda: answers_ok(f"http://{LOOPBACK}:{demo.web_port}/healthz/"),
        "worker": lambda: worker_pings(broker, "worker"),
        "long": lambda: worker_pings(broker, "long"),
    }
    if demo.has_sandbox:
        found["sandbox"] = lambda: answers_ok(f"{demo.sandbox_url}/_sandbox/health")
    return found


class Child(Process):
    """A process and the parent process that forwards its lines; both end with a killed supervisor (on Linux)."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Start the process and report its lines and its end to the supervisor."""
        die_with_parent(signal.SIGKILL)
        self._child_ctor = _spawn
        super().run(events, ignore_signals)


def _spawn(command: str, **options: object) -> Popen:
    child = Popen(command, preexec_fn=partial(die_with_parent, signal.SIGTERM), **options)
    signal.signal(
        signal.SIGHUP, signal.SIG_IGN
    )  # This parent ignores SIGHUP: the supervisor ends it in order.
    return child


def die_with_parent(sign: signal.Signals) -> None:
    """Ask the kernel to send this process the signal when its parent dies, however it dies (Linux; see prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign))


class Supervisor(Manager):
    """honcho's manager, with health checks beside it and signals sent to the processes' heads only.

    A Celery worker or gunicorn ends its own children in order; the same signal to the whole group would interrupt their
    running jobs.
    """

    def __init__(self, *, on_open: Callable[[], None], health: Mapping[str, Check]) -> None:
        super().__init__(SteadyPrinter(sys.stdout))
        self._process_ctor = Child
        self._health = health
        self._on_open = on_open
        self.sick: list[str] = []

    def add(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Add a process; `exec` makes the shell's process id the program's own."""
        self.add_process(name, f"exec {shlex.join(command)}", env=environment, cwd=str(ROOT))

    def run(self) -> None:
        """Start all, and return when all have ended: after Ctrl-C, SIGTERM, hang-up, or the end of any one."""
        signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
        self.loop()

    @property
    def asked_to_stop(self) -> bool:
        """Return whether a person ended it (Ctrl-C, SIGTERM), rather than a process by itself."""
        return self.returncode in {entry["rc"] for entry in SIGNALS.values()}

    def died(self) -> dict[str, int]:
        """Return the exit codes of processes that failed."""
        codes = {name: process.get("returncode") for name, process in self._processes.items()}
        return {name: code for name, code in codes.items() if code}

    def _start(self) -> None:
        super()._start()
        threading.Thread(target=self._watch_health, daemon=True).start()

    def _watch_health(self) -> None:
        begun = time.monotonic()
        self.sick = wait_healthy(
            self._health,
            limit=HEALTH_LIMIT,
            gave_up=lambda: self._terminating or bool(self._any_stopped()),
            on_ready=lambda name: say(f"  ✓ {name} answers ({time.monotonic() - begun:.1f} s)"),
        )
        if self._terminating or self._any_stopped():
            self.sick = []
        elif self.sick:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._on_open()

    def _killall(self, force: bool = False) -> None:
        for process in self._processes.values():
            pid = process.get("pid")
            if pid is None or "returncode" in process:
                continue
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if force:
                    os.killpg(pid, signal.SIGKILL)
                else:
                    os.kill(pid, signal.SIGTERM)
