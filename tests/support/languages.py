"""The language of each test is the shop's own, which a request or a mail before it may have changed in its thread.

A page's language is in its address: `PageClient` asks for every page in one.
"""

from typing import Any

import pytest
from django.test import Client


class PageClient(Client):
    """A visitor who reads the shop in one language, whatever address of a page a test names."""

    def __init__(self, language: str, *arguments: Any, **extra: Any) -> None:
        super().__init__(*arguments, headers={"accept-language": language}, **extra)
        self.language = language

    def generic(self, method: str, path: Any, *arguments: Any, **extra: Any) -> Any:
        """Ask for the page in this language."""
        from shop.core.web.languages import in_language

        return super().generic(method, in_language(str(path), self.language), *arguments, **extra)


@pytest.fixture(autouse=True)
def _own_language() -> None:
    from django.utils import translation

    translation.deactivate()
