"""What both embedded servers share: a child in a session of its own, a log file, a way to wait and to stop."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from shop.demo.services.account import Account
from shop.demo.services.errors import ServiceError

LOG_LIMIT = 5 * 1024 * 1024
Say = Callable[[str], None]


def silent(sentence: str) -> None:
    """Say nothing: the default of callers who show no progress."""


def launch(command: list[str], *, account: Account, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a server with its output in the log, in a session of its own so that Ctrl-C does not reach it first."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.write_bytes(b"")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **account.popen_options(),
        )


def wait_until(
    ready: Callable[[], bool],
    *,
    child: subprocess.Popen[bytes],
    name: str,
    log: Path,
    say: Say,
    limit: float = 120,
) -> None:
    """Return when the server is ready; say so after two seconds, because recovery after a crash takes its time.

    Raises: ServiceError with the log's last lines when the server ends or stays silent for `limit` seconds.
    """
    begun = time.monotonic()
    announced = False
    while not ready():
        waited = time.monotonic() - begun
        if child.poll() is not None or waited > limit:
            what = (
                "ended while starting" if child.poll() is not None else f"was not ready after {limit:.0f} s"
            )
            raise ServiceError(f"{name} {what}; its data are untouched. The end of {log}:\n{tail(log)}")
        if waited > 2 and not announced:
            say(f"{name} is still starting (after a crash it first puts its data in order) …")
            announced = True
        time.sleep(0.05)


def tail(log: Path, lines: int = 8) -> str:
    """Return the log's last lines, indented."""
    try:
        text = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in text)


def end(pid: int, *, sign: signal.Signals, patience: float) -> None:
    """Send the signal and wait; a server still there after `patience` seconds is killed (its own log recovers it)."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.send_signal(sign)
        try:
            process.wait(timeout=patience)
        except psutil.TimeoutExpired:
            for member in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            process.wait(timeout=patience)
