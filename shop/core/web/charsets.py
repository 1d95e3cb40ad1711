"""Refuse, before Django reads the request, an invalid charset: "hex" and "rot13" are codecs, but not of text.

Django finds such a codec and fails while it builds the request, where no middleware can answer.
"""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def refusing_odd_charsets(application: Application) -> Application:
    """Wrap a WSGI application: a Content-Type with a charset that cannot decode text is answered with 400."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_odd(environ.get("CONTENT_TYPE", "")):
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"This charset cannot be read.\n"]
        return application(environ, start_response)

    return wrapped


def is_odd(content_type: str) -> bool:
    """Return whether a Content-Type names a codec that is not a text encoding. Django ignores unknown names."""
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except ValueError:
        return True  # Django would fail on it as well.
    charset = parameters.get("charset")
    if not charset:
        return False
    try:
        return not codecs.lookup(charset)._is_text_encoding
    except (LookupError, ValueError):
        return False
