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

    from catalog.listing import upkeep
    from catalog.search.index import Current, current

    get = Current.get

    def after_the_job(self: Current, *args: Any) -> Any:
        counted = connection.force_debug_cursor
        connection.force_debug_cursor = False
        try:
            if upkeep.is_due():
                upkeep.catch_up()
        finally:
            connection.force_debug_cursor = counted
        return get(self, *args)

    monkeypatch.setattr(Current, "get", after_the_job)
    current.forget()
    yield
    current.forget()
