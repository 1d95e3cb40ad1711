"""Locks, ports, accounts and processes: what the embedded servers are built on."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from shop.demo.services.account import (
    Account,
    account_for,
    fallback_folder_for,
    reachable_folder,
    reachable_programs,
)
from shop.demo.services.errors import ServiceError
from shop.demo.services.lock import FolderLock, make_folder
from shop.demo.services.ports import free_port, is_free
from shop.demo.services.processes import MARK, is_server, marked, stop

KEEP_LOCK = """
import sys, time
from pathlib import Path
from shop.demo.services.lock import FolderLock
print(FolderLock(Path(sys.argv[1])).acquire(), flush=True)
time.sleep(60)
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that tries to take the folder's lock and says whether it could."""
    return subprocess.Popen([sys.executable, "-c", KEEP_LOCK, str(folder)], stdout=subprocess.PIPE, text=True)


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_process_does_not_get_the_lock_and_a_killed_one_gives_it_back(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert first_line(process) == "True"
        lock = FolderLock(tmp_path)
        assert not lock.acquire()
        assert lock.owner() == process.pid
        process.kill()
    assert lock.acquire()
    assert lock.owner() == os.getpid()
    lock.release()


def test_a_child_does_not_keep_its_dead_parents_lock(tmp_path: Path) -> None:
    script = KEEP_LOCK.replace("time.sleep(60)", "import os\nif os.fork() == 0: time.sleep(3)\nos._exit(0)")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.DEVNULL, check=True
    )
    assert done.returncode == 0
    lock = FolderLock(tmp_path)
    assert lock.acquire()
    lock.release()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ServiceError, match=r"cannot write there.*PERCHA_DATA_DIR="):
        make_folder(tmp_path / "file" / "data")
    with pytest.raises(ServiceError, match=r"cannot write there"):
        FolderLock(Path("/proc/percha")).acquire()


def test_a_taken_port_is_not_free() -> None:
    import socket

    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_the_account_is_never_root(tmp_path: Path) -> None:
    account = account_for(tmp_path / "new")
    assert account.uid != 0
    assert account.switch == (os.geteuid() == 0)


def test_a_folder_of_another_user_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ServiceError, match=r"belongs to the user .*chown -R"):
        account_for(tmp_path)


def test_files_move_to_a_shelter_where_the_account_may_not_walk(room: Path) -> None:
    """Only root can become somebody else; for an ordinary user nothing ever moves."""
    private = room / "private"
    (private / "bin").mkdir(parents=True)
    private.chmod(0o700)
    (private / "libs").mkdir()
    (private / "libs" / "libpq.so").write_text("library")
    program = private / "bin" / "postgres"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    shelters = room / "shelters"
    account = account_for(private / "data")
    folder = reachable_folder(account, private / "data", shelters=shelters)
    parts = ("bin", "libs", "absent")
    programs = reachable_programs(account, private, parts, "bin/postgres", shelters=shelters)
    if not account.switch:
        assert (folder, programs) == (private / "data", private)
        return
    assert folder == fallback_folder_for(private, shelters=shelters) / "data"
    assert programs.is_relative_to(shelters)
    assert (programs / "bin" / "postgres").read_text() == "#!/bin/sh\n"
    assert (programs / "libs" / "libpq.so").read_text() == "library"
    assert reachable_programs(account, private, parts, "bin/postgres", shelters=shelters) == programs


def test_an_ordinary_account_stays_where_it_is(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), "me", switch=False)
    assert account.popen_options() == {}
    assert reachable_folder(account, tmp_path / "data") == tmp_path / "data"


def test_only_marked_processes_are_recognised_and_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    ours = subprocess.Popen(command, env=os.environ | {MARK: str(tmp_path)})
    stranger = subprocess.Popen(command, env=os.environ | {MARK: str(tmp_path / "other")})
    try:
        psutil.Process(ours.pid)
        found = marked(tmp_path)
        assert [process.pid for process in found] == [ours.pid]
        assert stop(found, patience=60) == []
        assert stranger.poll() is None
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_a_process_that_will_not_end_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as stubborn:
        assert first_line(stubborn) == "ready"
        killed = stop([psutil.Process(stubborn.pid)], patience=0.3)
        assert [process.pid for process in killed] == [stubborn.pid]


def test_another_program_with_the_same_number_is_no_server(tmp_path: Path) -> None:
    assert not is_server(os.getpid(), "postgres", tmp_path)
    assert not is_server(2**22 + 1, "postgres", tmp_path)
