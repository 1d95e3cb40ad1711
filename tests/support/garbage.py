"""Python's garbage collector in tests: imported and collected objects stay, so they are never scanned again.

By default the collector passes over everything alive again and again: an eighth of what the tests cost. Their own
garbage is collected less often, and at the end of each module, so that what one left open (a file, a pipe) fails there
and not during whichever test runs when the collector comes by.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Collect once, keep what is left out of every later collection, and collect after more objects than usual."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@contextmanager
def collected_at_the_end() -> Iterator[None]:
    """Collect what was left inside, so that a file or pipe that is still open is found here."""
    yield
    gc.collect()


@pytest.fixture(scope="module", autouse=True)
def _garbage_of_module() -> Iterator[None]:
    with collected_at_the_end():
        yield
