"""What the storefront's tests share: an empty cache (navigation is kept there) and English pages."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from tests.support.languages import PageClient


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    cache.clear()
    with translation.override("en"):
        yield
    cache.clear()


@pytest.fixture
def client() -> Client:
    """Ask for msgids: the catalogues have tests of their own."""
    return PageClient("en")
