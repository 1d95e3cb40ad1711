"""How much a test with many cases tries: a choice of them by default, all of them under `make soak`.

The choice is fixed, so that a failure comes again. What a soak run has tried stands at the end of its output.
"""

import os
from typing import Final

import pytest

IS_SOAK: Final = os.environ.get("PERCHA_SOAK") == "on"
_TRIED: dict[str, str] = {}


def amount(what: str, *, usual: int, soak: int) -> int:
    """Return how many cases (or which step between two of them) a test takes in this run, and note it for its end."""
    chosen = soak if IS_SOAK else usual
    _TRIED[what] = f"{chosen} (by default {usual})"
    return chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `soak` in a usual run."""
    left_out = [] if IS_SOAK else [item for item in items if item.get_closest_marker("soak")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under xdist: send what this worker has tried to the controller."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["soak_tried"] = dict(_TRIED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object | None) -> None:
    """Take what a worker has tried."""
    _TRIED.update(getattr(node, "workeroutput", {}).get("soak_tried", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what a soak run has tried."""
    if IS_SOAK:
        terminalreporter.section("soak", sep="=")
        passed = len(terminalreporter.stats.get("passed", ()))
        terminalreporter.line(f"Soak: {passed} tests passed, with every kill point, history and combination:")
        for what, words in sorted(_TRIED.items()):
            terminalreporter.line(f"  {what}: {words}")
