"""Find Chromium for the browser tests; say plainly when there is none, and fail where there must be one (CI)."""

import os
import shutil

import pytest

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NOT_RUN = pytest.StashKey[int]()


def find_chromium() -> str | None:
    """Return the browser's path: the one in CHROMIUM, or the first known name on the PATH."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    return next((path for path in map(shutil.which, _PROGRAMS) if path), None)


def on_ci() -> bool:
    """Tell whether this is CI, where every test must run."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes", "on"}


def needs_browser(item: pytest.Item) -> bool:
    """Tell whether the test drives a browser: by its marker, or because it asks for one."""
    return item.get_closest_marker("browser") is not None or "chromium_path" in getattr(
        item, "fixturenames", ()
    )


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of a Chromium; the test fails when there is none (only CI gets that far)."""
    path = find_chromium()
    if path is None:
        pytest.fail(
            "No Chromium was found, and the browser tests may not be left out here: install chromium."
        )
    return path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a machine without a browser, and off CI, leave the browser tests out and count them."""
    if find_chromium() or on_ci():
        return
    left_out = [item for item in items if needs_browser(item)]
    if left_out:
        config.stash[_NOT_RUN] = len(left_out)
        items[:] = [item for item in items if not needs_browser(item)]
        config.hook.pytest_deselected(items=left_out)
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output["browser_not_run"] = len(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object | None) -> None:
    """Bring a worker's count home to the controller (every worker collects the same tests)."""
    count = getattr(node, "workeroutput", {}).get("browser_not_run")
    if count:
        node.config.stash[_NOT_RUN] = count  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one sentence what was not run, and how to run it."""
    count = config.stash.get(_NOT_RUN, 0)
    if count:
        terminalreporter.section("not run", sep="=", yellow=True)
        terminalreporter.line(
            f"{count} browser tests did NOT run: no Chromium was found. Install one (Debian: apt-get install chromium) "
            "or set CHROMIUM to its path."
        )
