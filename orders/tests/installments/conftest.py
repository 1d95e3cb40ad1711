"""Fixtures of the tests of instalments."""

import pytest

from orders.tests.installments.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that goes to other days."""
    return Clock(monkeypatch)
