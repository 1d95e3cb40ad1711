"""Start, stop and reset the demo: servers first, then the tables and data, then the processes; stopped in reverse."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from shop.core.translations import compilation
from shop.demo.run.environment import ROOT, Demo
from shop.demo.run.supervisor import Supervisor, checks, commands
from shop.demo.run.terminal import complain, say, step, welcome
from shop.demo.services import EmbeddedPostgres, EmbeddedRedis, FolderLock, ServiceError
from shop.demo.services.account import reachable_folder
from shop.demo.services.ports import require_free
from shop.demo.services.processes import marked
from shop.demo.services.processes import stop as stop_processes

DATABASE = "percha"


def start(demo: Demo) -> int:
    """Run the demo until it is stopped; return the exit code (0 when a person stopped it).

    Raises: ServiceError, in one sentence, for whatever prevents it.
    """
    begun = time.monotonic()
    lock = FolderLock(demo.data)
    if not lock.acquire():
        raise ServiceError(
            f"Percha is already running (process {lock.owner()}) on {demo.data}: {demo.site_url}/ — "
            "stop it with Ctrl-C in its terminal or with `make stop`."
        )
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        (demo.data / "run" / "static").mkdir(parents=True, exist_ok=True)
        end_leftovers(demo)
        require_free(demo.web_port, purpose="the shop", variable="PERCHA_WEB_PORT")
        if demo.has_sandbox:
            require_free(demo.sandbox_port, purpose="the payment sandbox", variable="PERCHA_SANDBOX_PORT")
        with servers(demo) as (database_url, redis_url):
            environment = demo.child_environment(database_url=database_url, redis_url=redis_url)
            prepare(environment)
            return supervise(demo, environment, begun)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    finally:
        lock.release()


def stop(demo: Demo) -> int:
    """End a running demo from another terminal, or the processes that a killed one left; return the exit code."""
    lock = FolderLock(demo.data)
    if not lock.acquire():
        owner = lock.owner()
        if owner is None or not psutil.pid_exists(owner):
            raise ServiceError(f"Percha is running on {demo.data}, but its process is not visible from here.")
        say(f"Stopping Percha (process {owner}) …")
        supervisor = psutil.Process(owner)
        supervisor.send_signal(signal.SIGTERM)
        try:
            supervisor.wait(timeout=60)
        except psutil.TimeoutExpired:
            raise ServiceError(f"Percha (process {owner}) did not stop within a minute.") from None
        say("Stopped.")
        return 0
    end_leftovers(demo)
    for server in embedded(demo):
        server.stop()
    lock.release()
    say("Percha is not running.")
    return 0


def reset(demo: Demo) -> int:
    """Delete the demo's data after asking; the test servers' folder goes too. Return the exit code."""
    say(f"This deletes the demo shop in {demo.data}: orders, stock, pictures, everything.")
    if os.environ.get("YES") != "1":
        sys.stdout.write("Type 'yes' to go on: ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() != "yes":
            say("Nothing was deleted.")
            return 1
    stop(demo)
    for server in embedded(demo):
        shutil.rmtree(reachable_folder(server.settle(), server.folder), ignore_errors=True)
    # The mails have links and codes of accounts of the deleted demo.
    whole = (
        "postgres",
        "postgres.new",
        "redis",
        "run",
        "media",
        "mails",
        "sandbox.sqlite3",
        "pgpass",
        "test",
    )
    for name in whole:
        path = demo.data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say("Deleted. `make run` opens a new shop.")
    return 0


def end_leftovers(demo: Demo) -> None:
    """End the shop's processes which a killed run left behind; they carry the mark of this data folder."""
    left = marked(demo.data)
    if left:
        say(f"An earlier run was killed; ending the {len(left)} processes it left behind …")
        stop_processes(left)


def embedded(demo: Demo) -> list[EmbeddedPostgres | EmbeddedRedis]:
    """Return the servers of the demo's own, in the order in which they start."""
    found: list[EmbeddedPostgres | EmbeddedRedis] = []
    if not demo.database_url:
        found.append(
            EmbeddedPostgres(
                demo.data / "postgres", port=demo.postgres_port, say=lambda text: say(f"  {text}")
            )
        )
    if not demo.redis_url:
        found.append(
            EmbeddedRedis(demo.data / "redis", port=demo.redis_port, say=lambda text: say(f"  {text}"))
        )
    return found


@contextlib.contextmanager
def servers(demo: Demo) -> Iterator[tuple[str, str]]:
    """Run the embedded servers which are needed, and end them in reverse order; yield both addresses."""
    database_url, redis_url = demo.database_url, demo.redis_url
    started: list[EmbeddedPostgres | EmbeddedRedis] = []
    try:
        for server in embedded(demo):
            name = "PostgreSQL" if isinstance(server, EmbeddedPostgres) else "Redis"
            with step(f"Starting {name} on port {server.port}"):
                started.append(server)
                server.start()
            if isinstance(server, EmbeddedPostgres):
                server.ensure_database(DATABASE)
                database_url = server.url(DATABASE)
            else:
                redis_url = server.url()
        yield database_url, redis_url
    finally:
        with undisturbed():
            stop_processes(marked(demo.data))
            for server in reversed(started):
                server.stop()
            if started:
                say("The servers have stopped; the data stay.")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C and other signals meanwhile: a second one must not leave a server running."""
    signs = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(sign, signal.SIG_IGN) for sign in signs]
    try:
        yield
    finally:
        for sign, handler in zip(signs, before, strict=True):
            signal.signal(sign, handler)


def prepare(environment: dict[str, str]) -> None:
    """Compile the translations, run the migrations and seed the shop.

    Raises: ServiceError when a command fails; its own output is above.
    """
    if compilation.main():
        raise ServiceError("The translations could not be compiled; the words stand above.")
    with step("Bringing the tables up to date"):
        manage(environment, "migrate", "--no-input", only="  Applying")
    with step("Filling the shop"):
        manage(environment, "demo")


def manage(environment: dict[str, str], *arguments: str, only: str = "") -> None:
    """Run a management command, printing its lines that begin with `only`.

    Raises: ServiceError when the command fails.
    """
    command = [sys.executable, "manage.py", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or []:
            if line.startswith(only):
                say(f"  {line.strip()}")
    if running.returncode != 0:
        raise ServiceError(
            f"`manage.py {arguments[0]}` failed (exit code {running.returncode}); its words stand above."
        )


def supervise(demo: Demo, environment: dict[str, str], begun: float) -> int:
    """Run the shop's processes to their end; return the exit code."""
    say("▸ Starting the shop's processes …")
    supervisor = Supervisor(
        on_open=lambda: say(welcome(demo, time.monotonic() - begun)),
        health=checks(demo, broker=environment["REDIS_URL"]),
    )
    for name, command in commands(demo).items():
        supervisor.add(name, command, environment)
    supervisor.run()
    if supervisor.sick:
        complain(
            f"No answer from: {', '.join(supervisor.sick)}. Their lines stand above; everything was stopped."
        )
        return 1
    if supervisor.asked_to_stop:
        return 0
    died = supervisor.died()
    names = ", ".join(f"{name} (exit code {code})" for name, code in died.items()) or "a process"
    complain(f"{names} ended by itself; its lines stand above. Everything was stopped.")
    return 1


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
