"""`make run`, `make stop`, `make reset`: what they refuse, and the messages."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shop.demo.logins import DEMO_PASSWORD, LOGINS
from shop.demo.run import stack
from shop.demo.run.__main__ import main
from shop.demo.run.environment import ROOT, Demo, describe_demo
from shop.demo.run.health import answers_ok, wait_healthy, worker_pings
from shop.demo.run.supervisor import commands
from shop.demo.run.terminal import welcome
from shop.demo.services import FolderLock, ServiceError
from shop.demo.services.ports import free_port

PORTS = ("PERCHA_WEB_PORT", "PERCHA_SANDBOX_PORT", "PERCHA_POSTGRES_PORT", "PERCHA_REDIS_PORT")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    for key in ("DATABASE_URL", "REDIS_URL", "SITE_URL", "SANDBOX_URL", "SANDBOX_ENABLED"):
        monkeypatch.delenv(key, raising=False)
    for key in PORTS:
        monkeypatch.setenv(key, str(free_port()))
    monkeypatch.setenv("PERCHA_DATA_DIR", str(tmp_path))
    return describe_demo()


def run(verb: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shop.demo.run", verb],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_debug_off_is_refused(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "off")
    with pytest.raises(ServiceError, match="refuse to run with DEBUG off"):
        describe_demo()


@pytest.mark.parametrize("value", ["abc", "0", "70000", "-1", "٣"])
def test_a_bad_port_is_a_sentence(demo: Demo, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PERCHA_WEB_PORT", value)
    with pytest.raises(ServiceError, match="PERCHA_WEB_PORT must be a port number"):
        describe_demo()


def test_two_doors_may_not_share_a_port(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERCHA_SANDBOX_PORT", str(demo.web_port))
    with pytest.raises(ServiceError, match="must differ"):
        describe_demo()


def test_a_second_run_says_that_one_is_running(demo: Demo) -> None:
    lock = FolderLock(demo.data)
    assert lock.acquire()
    try:
        done = run("start")
    finally:
        lock.release()
    assert done.returncode == 1
    assert f"already running (process {os.getpid()})" in done.stderr
    assert demo.site_url in done.stderr


def test_a_busy_port_stops_the_start_before_any_server_starts(demo: Demo) -> None:
    import socket

    with socket.create_server(("127.0.0.1", demo.web_port)):
        done = run("start")
    assert done.returncode == 1
    assert f"Port {demo.web_port}, meant for the shop" in done.stderr
    assert not (demo.data / "postgres").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("start", PERCHA_DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert "cannot write there" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_verb_is_a_usage_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert "Usage" in capsys.readouterr().err


def test_stop_without_a_run_says_so(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.stop(demo) == 0
    assert "not running" in capsys.readouterr().out


def test_reset_asks_first(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [demo.data / "media" / "photo.webp", demo.data / "mails" / "code.log"]
    for path in kept:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of the old shop")
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert stack.reset(demo) == 1
    assert all(path.exists() for path in kept)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert stack.reset(demo) == 0
    assert not any(path.exists() for path in kept)


def test_servers_of_ones_own_are_used_instead(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me@db/percha")
    monkeypatch.setenv("REDIS_URL", "redis://cache/1")
    given = describe_demo()
    assert stack.embedded(given) == []
    with stack.servers(given) as addresses:
        assert addresses == ("postgres://me@db/percha", "redis://cache/1")
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN


def test_children_are_told_the_addresses_and_carry_the_mark(demo: Demo) -> None:
    child = demo.child_environment(database_url="postgres://x/y", redis_url="redis://x/0")
    assert child["SITE_URL"] == f"http://127.0.0.1:{demo.web_port}"
    assert child["SANDBOX_URL"] == f"http://127.0.0.1:{demo.sandbox_port}"
    assert child["PERCHA_RUN_OF"] == str(demo.data)


def test_without_the_sandbox_it_is_not_started(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(commands(demo)) == {"web", "worker", "long", "beat", "sandbox"}
    monkeypatch.setenv("SANDBOX_ENABLED", "off")
    assert set(commands(describe_demo())) == {"web", "worker", "long", "beat"}


def test_the_welcome_names_addresses_and_logins(demo: Demo) -> None:
    text = welcome(demo, 9.6)
    for expected in (demo.site_url, f"{demo.site_url}/admin/", demo.sandbox_url, DEMO_PASSWORD):
        assert expected in text
    assert all(login.email in text for login in LOGINS)
    assert len({len(line) for line in text.strip().splitlines()}) == 1


def test_health_names_what_does_not_answer() -> None:
    ready: list[str] = []
    sick = wait_healthy({"well": lambda: True, "sick": lambda: False}, limit=0.5, on_ready=ready.append)
    assert (sick, ready) == (["sick"], ["well"])
    assert wait_healthy({"sick": lambda: False}, limit=60, gave_up=lambda: True) == ["sick"]


def test_nobody_at_the_door_is_not_healthy() -> None:
    port = free_port()
    assert not answers_ok(f"http://127.0.0.1:{port}/healthz/", timeout=1)
    assert not worker_pings(f"redis://127.0.0.1:{port}/0", "worker")
