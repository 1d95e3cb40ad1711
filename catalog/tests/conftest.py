"""What the storefront's tests share: an empty cache (navigation is kept there) and a fixed language."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import translation


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    cache.clear()
    with translation.override("en"):
        yield
    cache.clear()


@pytest.fixture(autouse=True)
def _english(settings: object) -> None:
    """Ask for msgids: the catalogues have tests of their own."""
    settings.LANGUAGE_CODE = "en"  # type: ignore[attr-defined]
