"""Tests that share a slow process (a stack, a browser, servers of their own) run on one worker of xdist, one after another.

xdist's own groups (`xdist_group`) say so by a suffix of a test's id, which xdist 3.8 cannot write with pytest 9.2: every
worker would start the process again. Here the scheduler reads the group off the path; a run in which a group was
nevertheless divided fails, and says so.
"""

from typing import Any, Final

import pytest

GROUPS: Final = (
    "payments/tests/edge_cases/",
    "shop/core/tests/configuration/test_settings.py",
    "tests/chaos/test_chaos.py",
    "tests/journeys/",
    "tests/races/test_killed_worker.py",
)
_workers: dict[str, set[str]] = {}


def group(nodeid: str) -> str:
    """Return the group of a test, or its own id: it may run anywhere."""
    return next((place for place in GROUPS if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the tests of a group to one worker, every other test to whoever is free."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return ByPlace(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note, in the controller, which worker has run a test of a group."""
    worker = getattr(report, "node", None)
    if worker is not None and (name := group(report.nodeid)) != report.nodeid:
        _workers.setdefault(name, set()).add(worker.gateway.id)


def divided() -> list[str]:
    """Return the groups that several workers have run."""
    return sorted(name for name, workers in _workers.items() if len(workers) > 1)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a run fail in which a group was divided."""
    if divided() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the groups that were divided."""
    for name in divided():
        terminalreporter.line(f"{name}: its tests ran on several workers, and each started what they share.")
