"""The supervisor: health checks before the welcome, one end for all, no process left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shop.demo.services.ports import free_port
from shop.demo.services.processes import MARK, marked, stop

# A stack of two servers: the same supervisor, with small servers instead of the shop's processes.
SCRIPT = """
import os, sys
from shop.demo.run.health import answers_ok
from shop.demo.run import supervisor as module
module.HEALTH_LIMIT = float(sys.argv[2])
port, third = int(sys.argv[1]), sys.argv[3]
supervisor = module.Supervisor(
    on_open=lambda: print("OPEN", flush=True),
    health={"web": lambda: answers_ok(f"http://127.0.0.1:{port}/" + ("missing" if third == "sick" else ""))},
)
serve = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
supervisor.add("web", [*serve, str(port)], dict(os.environ))
work = "import time; time.sleep(1); raise SystemExit(3)" if third == "dies" else "import time; time.sleep(60)"
supervisor.add("worker", [sys.executable, "-c", work], dict(os.environ))
supervisor.run()
print("END", supervisor.asked_to_stop, supervisor.sick, supervisor.died().get("worker"), flush=True)
"""


class Stack:
    """One supervised stack in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    def open(self, *, limit: float = 120, kind: str = "well") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(self.port), str(limit), kind],
            env=os.environ | {MARK: str(self.folder), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def left(self, seconds: float = 60) -> list[psutil.Process]:
        """Return the processes still there after at most `seconds`."""
        deadline = time.monotonic() + seconds
        while (processes := marked(self.folder)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return processes


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    opened = Stack(tmp_path)
    yield opened
    stop(marked(tmp_path), patience=1)


def read_until(process: "subprocess.Popen[str]", word: str) -> str:
    """Read the output up to the line with the word; fail when it ends before."""
    lines = []
    for line in process.stdout or []:
        lines.append(line)
        if word in line:
            return "".join(lines)
    raise AssertionError(f"{word} was never said:\n{''.join(lines)}")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_opens_when_healthy_and_ends_everything_when_asked(stack: Stack, sign: signal.Signals) -> None:
    with stack.open() as process:
        before = read_until(process, "OPEN")
        assert "web answers" in before
        assert len(marked(stack.folder)) >= 2
        process.send_signal(sign)
        assert "END True []" in read_until(process, "END")
    assert stack.left() == []


def test_a_process_that_ends_by_itself_ends_the_stack(stack: Stack) -> None:
    with stack.open(kind="dies") as process:
        assert "END False [] 3" in read_until(process, "END")
    assert stack.left() == []


def test_a_stack_that_does_not_answer_is_not_opened(stack: Stack) -> None:
    with stack.open(limit=2, kind="sick") as process:
        output = read_until(process, "END")
    assert "OPEN" not in output
    assert "['web']" in output
    assert stack.left() == []


def test_a_killed_supervisor_leaves_nothing_for_the_next_start_to_trip_over(stack: Stack) -> None:
    with stack.open() as process:
        read_until(process, "OPEN")
        process.kill()
        process.wait()
        if sys.platform != "linux":  # Elsewhere the next start ends what is left.
            stop(marked(stack.folder))
        assert stack.left() == []
