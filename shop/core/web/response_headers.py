"""The headers of an answer, as Django keeps them, for what nearly all of them are: plain text.

Django encodes each name and value to find out what they are, and looks each up again to send it; an answer has a dozen.
"""

from collections.abc import Collection

from django.http import response
from django.http.response import ResponseHeaders


class PlainHeaders(ResponseHeaders):
    """Django's own, which takes ASCII text as it is and leaves everything else to Django."""

    def __setitem__(self, key: str, value: str | bytes | int) -> None:
        if type(key) is str and type(value) is str and key.isascii() and value.isascii():
            text = key + value
            if "\n" not in text and "\r" not in text:
                self._store[key.lower()] = (key, value)
                return
        super().__setitem__(key, value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._store

    def items(self) -> Collection[tuple[str, str]]:  # type: ignore[override]
        """Return names and values in the order in which they were set."""
        return self._store.values()


def keep_headers_plainly() -> None:
    """Let every answer of this process have such headers."""
    response.ResponseHeaders = PlainHeaders  # type: ignore[misc]
