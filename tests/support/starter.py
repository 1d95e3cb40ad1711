"""Programs of the shop that are forked from a process which has imported them: a start costs milliseconds, not seconds.

`Starter(env)` starts that process once in an environment. `start` runs there what `python …` would run, in a child of
its own with its own session, files and signals: it can be killed, and dies, like any other process. What it has not
done is to import Django, the settings, the addresses and the libraries again.

`Starter(env, with_settings=False)` has imported libraries only: each of its children reads the settings from an
environment of its own (`complete`).
"""

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_CONNECTION: Final = "PERCHA_STARTER"
_WITHOUT_SETTINGS: Final = "PERCHA_STARTER_WITHOUT_SETTINGS"
# What the shop's processes import sooner or later. None of them opens a connection or starts a thread by it.
_LIBRARIES: Final = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "django.core.management.commands.migrate",
    "django.core.servers.basehttp",
    "django.template.defaulttags",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
)
# What the start of a shop imports and what asks no settings by it.
_BARE_LIBRARIES: Final = (
    "PIL.Image",
    "babel.numbers",
    "celery.app.base",
    "conekta",
    "cryptography.x509",
    "django.core.management",
    "django.core.handlers.wsgi",
    "django.db.backends.postgresql.base",
    "django.db.models",
    "django.forms",
    "django.template.backends.django",
    "fido2.webauthn",
    "kombu",
    "mercadopago",
    "openpyxl",
    "redis",
    "sqlparse",
    "stripe",
    "tablib",
    "whitenoise",
    "yaml",
)


class Started:
    """A process of a `Starter`, with what a `subprocess.Popen` has of it."""

    def __init__(
        self, starter: "Starter", pid: int, stdin: IO[str] | None = None, stdout: IO[str] | None = None
    ) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self.returncode: int | None = None
        self._starter = starter

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._starter.ask({"poll": self.pid})["status"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its exit status. Raises: subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = 0.001
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(pause)
            pause = min(0.05, pause * 2)
        return status

    def terminate(self) -> None:
        """Send SIGTERM, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to it and to all that it has forked (its session)."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Starter:
    """The process in which everything is imported, in the environment `env`."""

    def __init__(self, env: Mapping[str, str], *, with_settings: bool = True) -> None:
        without = {} if with_settings else {_WITHOUT_SETTINGS: "yes"}
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.starter"],
                cwd=ROOT,
                env={**env, **without, _CONNECTION: str(theirs.fileno())},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def start(self, *arguments: str, log: Path) -> Started:
        """Run `python <arguments>`; what it says is added to the file `log`."""
        with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
            return Started(self, self._start(arguments, nothing, output, output))

    def converse(self, *arguments: str, log: Path) -> Started:
        """Run `python <arguments>` with pipes as its input and output; its errors are added to the file `log`."""
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        with (
            log.open("ab") as errors,
            os.fdopen(their_input, "rb") as stdin,
            os.fdopen(their_output, "wb") as out,
        ):
            pid = self._start(arguments, stdin, out, errors)
        return Started(self, pid, os.fdopen(our_output, "w"), os.fdopen(our_input))

    def run(self, *arguments: str, log: Path, timeout: float) -> "subprocess.CompletedProcess[str]":
        """Run `python <arguments>` to its end; return its status and what it has said (the file `log` is written again)."""
        log.unlink(missing_ok=True)
        started = self.start(*arguments, log=log)
        status = started.wait(timeout)
        return subprocess.CompletedProcess(arguments, status, log.read_text(errors="replace"), "")

    def complete(
        self, *arguments: str, env: Mapping[str, str], folder: Path, timeout: float
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python <arguments>` in this environment alone; return its status, its output and its errors.

        Both are written to files in `folder`.
        """
        output, errors = folder / "output.log", folder / "errors.log"
        with output.open("wb") as out, errors.open("wb") as err, Path(os.devnull).open("rb") as nothing:
            status = Started(self, self._start(arguments, nothing, out, err, env=env)).wait(timeout)
        texts = (path.read_text(errors="replace") for path in (output, errors))
        return subprocess.CompletedProcess(arguments, status, *texts)

    def ask(self, data: Mapping[str, Any], files: Sequence[int] = ()) -> Any:
        """Send one line to the process and return its answer. Raises: RuntimeError when it has ended."""
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(data).encode() + b"\n"], files)
            answer = self._socket.recv(1 << 16)
        if not answer:
            raise RuntimeError(f"the starter ended with status {self._process.wait()}")
        return json.loads(answer)

    def stop(self) -> None:
        """End the process; what it has started and still runs is killed."""
        self._socket.close()
        self._process.wait()

    def _start(
        self, arguments: Sequence[str], *files: IO[bytes], env: Mapping[str, str] | None = None
    ) -> int:
        data = {"start": list(arguments), "env": dict(env) if env is not None else None}
        pid: int = self.ask(data, [file.fileno() for file in files])["pid"]
        return pid


def _prepare() -> None:
    """Import what every process of the shop would import; nothing is connected and no thread is started."""
    if _WITHOUT_SETTINGS in os.environ:
        for name in _BARE_LIBRARIES:
            import_module(name)
        return
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    from django.urls import get_resolver

    from payments.gateways import GATEWAYS

    for name in (*_LIBRARIES, *GATEWAYS.values(), "shop.celery", "shop.sandbox.server"):
        import_module(name)
    assert get_resolver().reverse_dict, "the addresses are read with their views"


def _serve(connection: socket.socket) -> list[str]:
    """Start and watch children until the connection is closed; in a child, return what it shall run."""
    running: set[int] = set()
    while True:
        message, files, _flags, _address = socket.recv_fds(connection, 1 << 16, 3)
        if not message:
            _kill(running)
            os._exit(0)
        data = json.loads(message)
        if "poll" in data:
            pid, status = os.waitpid(data["poll"], os.WNOHANG)
            running.discard(pid)
            answer = {"status": os.waitstatus_to_exitcode(status) if pid else None}
        else:
            child = os.fork()
            if child == 0:
                connection.close()
                _become(files, data["env"])
                return list(data["start"])
            running.add(child)
            answer = {"pid": child}
        for file in files:
            os.close(file)
        connection.sendall(json.dumps(answer).encode())


def _kill(running: set[int]) -> None:
    for pid in running:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _become(files: Sequence[int], env: Mapping[str, str] | None) -> None:
    """Make this child a process with a session, files and signals of its own, and with this environment if one is given."""
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    del os.environ[_CONNECTION]
    if env is not None:
        os.environ.clear()
        os.environ.update(env)


def _run(arguments: list[str]) -> None:
    """Do what `python <arguments>` does."""
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def main() -> None:
    """Import, then serve the connection that the environment names."""
    # Ctrl-C is for whoever started the tests; they end this process by closing the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(os.environ[_CONNECTION])) as connection:
        _prepare()
        # What is imported is never garbage: a child's collector would copy all of it only to look.
        gc.collect()
        gc.freeze()
        arguments = _serve(connection)
    _run(arguments)


if __name__ == "__main__":
    main()
