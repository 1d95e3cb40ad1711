"""Python's garbage collector in tests: imported and collected objects stay, so they are never scanned again.

By default the collector passes over everything alive again and again: an eighth of what the tests cost. Their own
garbage is collected as before, less often.
"""

import gc

import pytest

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Collect once, keep what is left out of every later collection, and collect after more objects than usual."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
