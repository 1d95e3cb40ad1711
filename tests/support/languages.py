"""Each test begins in the shop's own language: a request or a mail before it may have set another one in its thread."""

import pytest


@pytest.fixture(autouse=True)
def _own_language() -> None:
    from django.utils import translation

    translation.deactivate()
