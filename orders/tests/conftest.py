"""Fixtures of the orders' tests: no earlier tries or requests count (limits by address are kept in the cache)."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from orders.tests.carrier_fixtures import carrier_sandbox, carriers_played

__all__ = ["carrier_sandbox", "carriers_played"]


@pytest.fixture(autouse=True)
def _no_tries_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
