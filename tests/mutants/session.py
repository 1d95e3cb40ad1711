"""A copy of the tree with a pytest session running in it, which gets its work over a pair of pipes."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.mutants.server import FILE_DESCRIPTORS
from tests.mutants.targets import JUDGING_TESTS

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".data" / "mutants"


class Server:
    """The session in the copy. `tests`: what it has collected, by id."""

    def __init__(self, tree: Path, process: subprocess.Popen[bytes], jobs: Any, answers: Any) -> None:
        self.tree, self._process, self._jobs, self._answers = tree, process, jobs, answers
        self.tests: dict[str, dict[str, Any]] = {data["id"]: data for data in self._read()}

    def run(self, tests: list[str], **options: Any) -> dict[str, Any]:
        """Run tests in a child of the session; see `server._run` for what comes back."""
        job = {"tests": tests, "answer": str(DATA / "answer.json"), "cpu": 60, "wall": 300} | options
        self._jobs.write(json.dumps(job) + "\n")
        self._jobs.flush()
        answer: dict[str, Any] = self._read()
        return answer

    def _read(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise SystemExit(f"The test session has ended: see {DATA / 'session.log'}")
        return json.loads(line)

    def end(self) -> None:
        """Close the pipe and wait for it; its remaining work is of no use."""
        self._jobs.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait(60)


@contextmanager
def running(judges: tuple[str, ...] = JUDGING_TESTS, *, kept: bool = False) -> Iterator[Server]:
    """Copy the tree as it lies in the folder now, start the session in it, and end it afterwards.

    `kept`: keep the code that an earlier run has copied, and take only the tests of now.
    """
    tree = DATA / "tree"
    _copy(tree, kept=kept)
    our_reading, their_writing = os.pipe()
    their_reading, our_writing = os.pipe()
    environment = {
        **{key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        "PERCHA_DATA_DIR": str(DATA / "services"),
        FILE_DESCRIPTORS: f"{their_reading},{their_writing}",
    }
    there = [validate_source for validate_source in judges if (tree / validate_source).exists()]
    options = ["-n", "0", "-q", "-p", "tests.mutants.server", "-p", "no:cacheprovider", "--capture=no"]
    with (DATA / "session.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, "-m", "not browser", *there],
            cwd=tree,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            pass_fds=(their_reading, their_writing),
        )
    os.close(their_reading)
    os.close(their_writing)
    with os.fdopen(our_writing, "w") as jobs, os.fdopen(our_reading) as answers:
        server = Server(tree, process, jobs, answers)
        try:
            yield server
        finally:
            server.end()


def _copy(tree: Path, *, kept: bool) -> None:
    """Copy what git knows, and what is new and not ignored; what is the same already stays, with its compiled code."""
    tree.mkdir(parents=True, exist_ok=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    data = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    names = {name for name in data.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        if (kept and "tests" not in Path(name).parts) or _is_same(ROOT / name, tree / name):
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    if not kept:
        for path in tree.rglob("*"):
            if path.is_file() and path.suffix != ".pyc" and str(path.relative_to(tree)) not in names:
                path.unlink()


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)
