"""The rows of the lists in tests: as if the job that makes them had run before every look at a list.

The shop's worker makes rows again within a second or two of a change. A test has no worker: it looks at once.
"""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _rows_of_the_lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make rows again before they are read, without counting it among the statements of the page."""
    from django.db import connection

    from catalog.listing import rebuilding, version
    from catalog.search import lately, names, words
    from catalog.search.index import Current, current

    beside, read = Current.beside, version.read

    def run_the_job() -> None:
        counted = connection.force_debug_cursor
        connection.force_debug_cursor = False
        try:
            if rebuilding.is_due():
                rebuilding.catch_up()
        finally:
            connection.force_debug_cursor = counted

    def beside_after_the_job(self: Current, *args: Any) -> Any:
        run_the_job()
        return beside(self, *args)

    def read_after_the_job(*args: Any, **named: Any) -> Any:
        run_the_job()
        return read(*args, **named)

    monkeypatch.setattr(Current, "beside", beside_after_the_job)
    # Rows that are written give the catalogue another version.
    monkeypatch.setattr(version, "read", read_after_the_job)
    monkeypatch.setattr(lately, "KEEP_SECONDS", 0)
    for kept in (names, words, current):
        kept.forget()
    yield
    for kept in (names, words, current):
        kept.forget()
