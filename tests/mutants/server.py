"""A pytest plugin that collects once and then runs what it is told, each time in a forked child.

The child starts with everything imported and the database made, so that a handful of tests costs a second. It puts the
mutant into itself (`patching`); processes that its tests start read the mutant from the copied file.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

FILE_DESCRIPTORS = "PERCHA_MUTANTS_PIPES"
_spawned = {"is": False}


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Serve until the driver hangs up, instead of running what was collected."""
    if FILE_DESCRIPTORS not in os.environ:
        return None
    reading, writing = map(int, os.environ[FILE_DESCRIPTORS].split(","))
    with suppress(BrokenPipeError), os.fdopen(reading) as jobs, os.fdopen(writing, "w") as answers:
        # A process that a test starts reads the mutant; its compiled code must not outlive it.
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        database = _Database(session.config)
        answers.write(json.dumps([_data(item) for item in session.items]) + "\n")
        answers.flush()
        for line in jobs:
            answers.write(json.dumps(_run(session, json.loads(line), database)) + "\n")
            answers.flush()
    return True


def _data(item: pytest.Item) -> dict[str, Any]:
    mark = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", [])
    is_slow_to_clear = bool(mark and mark.kwargs.get("transaction")) or "transactional_db" in fixtures
    return {
        "id": item.nodeid,
        "is_transactional": is_slow_to_clear,
        "is_race": bool(item.get_closest_marker("race")),
    }


class _Database:
    """The test database: made once, kept beside in a clean copy, made again after a child that was killed."""

    def __init__(self, config: pytest.Config) -> None:
        from django.db import connection
        from django.test import utils
        from pytest_django.plugin import blocking_manager_key

        self._unblocked = config.stash[blocking_manager_key].unblock
        with self._unblocked():
            utils.setup_databases(verbosity=0, interactive=False)
            self.name = connection.settings_dict["NAME"]
            self._copy(self.name, f"{self.name}_clean")
        # The children find it made, and leave it.
        utils.setup_databases = lambda **_options: []
        utils.teardown_databases = lambda *_made, **_options: None

    def renew(self) -> None:
        """Make it again."""
        with self._unblocked():
            self._copy(f"{self.name}_clean", self.name)

    def execute(self, statement: str) -> None:
        """Run one statement and close the connection, which no child may inherit."""
        from django.db import connection, connections

        with self._unblocked():
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connections.close_all()

    def forget(self) -> None:
        """Empty the cache's server and close what is open."""
        from django.core.cache import cache
        from django.db import connections

        with self._unblocked():
            cache.clear()
            connections.close_all()

    @staticmethod
    def _copy(template: str, name: str) -> None:
        from django.db import connection, connections

        connections.close_all()
        with connection._nodb_cursor() as cursor:
            for database in (name, template):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
                )
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connections.close_all()


def _run(session: pytest.Session, job: dict[str, Any], database: _Database) -> dict[str, Any]:
    """Fork, wait for the child at most `cpu` seconds of its processor time and `wall` of ours; return its answer."""
    database.forget()
    place = Path(job["answer"])
    place.unlink(missing_ok=True)
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(session, job, place)
    try:
        end = _wait(child, begun + job["wall"])
    finally:  # Also when the driver is interrupted: no child, and no process of its tests, outlives its job.
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    if end != "done":
        database.renew()
    elif job.get("restore"):
        database.execute(job["restore"])
    answer = json.loads(place.read_text()) if place.exists() else {"results": []}
    return {**answer, "end": answer.get("end") or end, "seconds": round(time.monotonic() - begun, 2)}


def _wait(child: int, until: float) -> str:
    """Wait for the child and say how it ended; one that has not ended by then is killed ("wall")."""
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return _end_of(status)
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "wall"


def _end_of(status: int) -> str:
    if os.WIFSIGNALED(status):
        return (
            "cpu"
            if os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}
            else f"signal {os.WTERMSIG(status)}"
        )
    return "done" if os.WEXITSTATUS(status) == 0 else f"exit {os.WEXITSTATUS(status)}"


def _child(session: pytest.Session, job: dict[str, Any], place: Path) -> None:
    """Do the job and leave without ending the parent's session."""
    code = 1
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (job["cpu"], job["cpu"] + 2))
        place.write_text(json.dumps(_answer(session, job)))
        code = 0
    except BaseException as error:  # noqa: BLE001  (the driver reads it)
        place.write_text(json.dumps({"results": [], "end": f"crash: {error!r}"[:500]}))
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _answer(session: pytest.Session, job: dict[str, Any]) -> dict[str, Any]:
    items = {item.nodeid: item for item in session.items}
    chosen = [items[name] for name in job["tests"] if name in items]
    if job.get("mutant"):
        from pytest_django.plugin import blocking_manager_key

        from tests.mutants import patching

        # What lives is looked for among what the collector knows; what is frozen (tests/support/garbage.py) it does not.
        gc.unfreeze()
        mutant = job["mutant"]
        with session.config.stash[blocking_manager_key].unblock():
            try:
                patching.apply(Path.cwd(), mutant["path"], mutant["old"], mutant["new"])
            except patching.CannotPatch as error:
                return {"results": [], "end": f"unreached: {error}"}
            except Exception as error:  # noqa: BLE001  (a table or statement that cannot even be made)
                return {"results": [["import", "failed", 0.0, False]], "words": repr(error)[:300]}
    with _measured(job.get("measure") or []) as tracer:
        results = list(_results(session, chosen, tracer, stops=job.get("stops", True)))
    return {"results": results, "words": _words["last"], "lines": tracer.lines()}


_words: dict[str, str] = {"last": ""}
_outcome: dict[str, bool] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember whether any part of a test failed, and its last words."""
    if report.failed:
        _outcome[report.nodeid] = False
        _words["last"] = (
            str(report.longreprtext).strip().splitlines()[-1][:300] if report.longreprtext else ""
        )


def _results(
    session: pytest.Session, chosen: list[pytest.Item], tracer: "_Tracer", *, stops: bool
) -> Iterator[tuple[str, str, float, bool]]:
    for place, item in enumerate(chosen):
        following = chosen[place + 1] if place + 1 < len(chosen) else None
        _spawned["is"], begun = False, time.monotonic()
        tracer.turn(item.nodeid)
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        outcome = "passed" if _outcome.pop(item.nodeid, True) else "failed"
        yield item.nodeid, outcome, round(time.monotonic() - begun, 3), _spawned["is"]
        if stops and outcome == "failed":
            return


class _Tracer:
    """Tells which lines of some files each test ran (coverage.py, one context a test); none when no file is named."""

    def __init__(self, files: list[str]) -> None:
        self._coverage: Any = None
        if files:
            import coverage

            places = [str(Path.cwd() / file) for file in files]
            self._coverage = coverage.Coverage(data_file=None, include=places, config_file=False)

    def __enter__(self) -> "_Tracer":
        if self._coverage:
            self._coverage.start()
            sys.addaudithook(_notice_process)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._coverage:
            self._coverage.stop()

    def turn(self, name: str) -> None:
        if self._coverage:
            self._coverage.switch_context(name)

    def lines(self) -> dict[str, dict[int, list[str]]]:
        """Return file → line → tests."""
        if not self._coverage:
            return {}
        data, here = self._coverage.get_data(), f"{Path.cwd()}/"
        return {
            file.removeprefix(here): {
                line: [name for name in names if name]
                for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }


_measured = _Tracer


def _notice_process(event: str, arguments: tuple[Any, ...]) -> None:
    """Note that a test has started a process, in which nothing is measured."""
    if event in {"os.fork", "os.forkpty"} or (event == "subprocess.Popen" and "python" in str(arguments[:2])):
        _spawned["is"] = True
