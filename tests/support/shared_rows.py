"""Rows that many tests of one module begin with, made once: each test's changes are rolled back to them.

    @pytest.fixture(scope="module")
    def shop(shared_rows):
        with shared_rows():
            yield make_shop()

The tests themselves stay under `django_db`; a transactional test would not see the rows, and must not ask for them.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest


@pytest.fixture(scope="session")
def shared_rows(django_db_setup: None, django_db_blocker: Any) -> Callable[[], AbstractContextManager[None]]:
    """Give a context whose rows are there for every test within it, and gone at its end."""
    from django.db import transaction

    @contextmanager
    def kept() -> Iterator[None]:
        around: Any = transaction.atomic()
        # As Django's own TestCase marks its transactions: a `durable` block within is not the outermost in life either.
        around._from_testcase = True
        with django_db_blocker.unblock():
            around.__enter__()
        try:
            with django_db_blocker.unblock():
                yield
        finally:
            with django_db_blocker.unblock():
                transaction.set_rollback(True)
                around.__exit__(None, None, None)

    return kept
