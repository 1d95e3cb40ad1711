"""Each test begins in the shop's own language: a request or a mail before it may have left another one in its thread."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    from django.utils import translation

    translation.deactivate()
    yield
