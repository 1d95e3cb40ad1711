"""Tests that need more than the requirements bring: left out where it lacks, counted, and named at the end of the run."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

_NODE_TESTS: Final = Path(__file__).resolve().parents[2] / "shop" / "sandbox" / "tests" / "node"
_NOT_RUN = pytest.StashKey[dict[str, int]]()


def node_packages() -> Path | None:
    """Return the folder with both providers' Node SDKs (PERCHA_NODE_SDKS, or that of the test), or None without node."""
    folder = Path(os.environ.get("PERCHA_NODE_SDKS") or _NODE_TESTS) / "node_modules"
    are_there = all((folder / package).is_dir() for package in ("mercadopago", "stripe"))
    return folder if shutil.which("node") and are_there else None


# What each marker needs, and how to get it.
NEEDS: Final[dict[str, tuple[Callable[[], bool], str]]] = {
    "node": (
        lambda: node_packages() is not None,
        "node, or the providers' packages for it, are not here (shop/sandbox/tests/node/README.md)",
    ),
    "memory_limit": (
        lambda: sys.platform == "linux",
        "only Linux limits the memory of a process (RLIMIT_AS)",
    ),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and count it."""
    lacking = {marker for marker, (is_there, _how) in NEEDS.items() if not is_there()}
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in lacking)]
    if not left_out:
        return
    counts = {
        marker: sum(1 for item in left_out if item.get_closest_marker(marker)) for marker in sorted(lacking)
    }
    config.stash[_NOT_RUN] = counts
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output["programs_not_run"] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object | None) -> None:
    """Bring a worker's counts home to the controller (every worker collects the same tests)."""
    counts = getattr(node, "workeroutput", {}).get("programs_not_run")
    if counts:
        node.config.stash[_NOT_RUN] = counts  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one sentence each what was not run, and why."""
    for marker, count in config.stash.get(_NOT_RUN, {}).items():
        if count:
            terminalreporter.section("not run", sep="=", yellow=True)
            terminalreporter.line(f"{count} tests did NOT run: {NEEDS[marker][1]}.")
