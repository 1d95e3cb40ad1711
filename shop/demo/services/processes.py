"""Processes of an earlier run: recognise our own for certain, stop them in order, never another program's."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil

MARK = "PERCHA_RUN_OF"


def is_server(pid: int, program: str, data: Path) -> bool:
    """Return whether the process is `program` serving exactly this data folder.

    A process id in a file proves nothing: after a crash the number may belong to another process.
    """
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    if not command or Path(command[0].split(" ")[0]).name != program:
        return False
    return str(data) in command or working_folder(pid) == data


def working_folder(pid: int) -> Path | None:
    """Return the folder a process works in, when this user may see it."""
    try:
        return Path(psutil.Process(pid).cwd())
    except (psutil.Error, OSError):
        return None


def marked(data: Path) -> list[psutil.Process]:
    """Return the living processes which carry the mark of a run of this data folder, except this one's own line."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in mine:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(data):
                found.append(process)
    return found


def stop(processes: Iterable[psutil.Process], *, patience: float = 10) -> list[psutil.Process]:
    """Ask the processes to end (SIGTERM), then end those that do not within `patience` seconds; return those killed."""
    waiting = list(processes)
    for process in waiting:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGTERM)
    stubborn: list[psutil.Process]
    _, stubborn = psutil.wait_procs(waiting, timeout=patience)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return stubborn
