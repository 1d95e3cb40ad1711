"""On CI, where nothing is compiled yet, one worker after the other collects: the second finds what the first has rewritten.

pytest rewrites every test module for its assertions, and keeps the result beside it. Two workers that begin together
would both do it, for nobody's good: processor time is what a run costs.
"""

import fcntl
import os
from collections.abc import Generator

import pytest

from tests.support import services
from tests.support.browser import on_ci


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Wait, under xdist on CI, until no other worker is collecting."""
    if not (on_ci() and "PYTEST_XDIST_WORKER" in os.environ):
        return (yield)
    with (services.folder() / "collecting.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)
