"""Kept pages in tests: each test is a release of its own, so that none is given what another one has made."""

from itertools import count
from typing import Final

import pytest

_TESTS: Final = count()


@pytest.fixture(autouse=True)
def _no_pages_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.core.shared_pages import program
    from shop.core.shared_pages.copies import copies

    number, digest = next(_TESTS), program.digest
    monkeypatch.setattr(program, "digest", lambda: f"{digest()}-{number}")
    copies.clear()
