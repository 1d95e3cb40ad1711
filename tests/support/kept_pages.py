"""Kept pages in tests: each test is a release of its own, so that none is given what another one has made."""

from itertools import count
from typing import Final

import pytest

_numbers: Final = count()
_release: Final = [0]


def another_release() -> None:
    """Let every page be made again: for tests that count what making one costs."""
    from catalog.listing.generations import seen
    from shop.core.shared_pages.copies import copies
    from shop.core.shared_pages.repeating import repeated

    _release[0] = next(_numbers)
    copies.clear()
    repeated.clear()
    seen.forget()


@pytest.fixture(autouse=True)
def _no_pages_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.core.shared_pages import program

    digest = program.digest
    monkeypatch.setattr(program, "digest", lambda: f"{digest()}-{_release[0]}")
    another_release()
