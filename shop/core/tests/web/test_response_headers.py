"""Headers are kept, found, refused and sent as Django's own are."""

import pytest
from django.http import HttpResponse
from django.http.response import BadHeaderError, ResponseHeaders

from shop.core.web.response_headers import PlainHeaders

SET = [
    ("Cache-Control", "no-store"),
    ("X-Ñandú", "value"),
    ("X-City", "São Paulo"),
    ("X-Sign", "日本"),
    (b"X-Bytes", b"caf\xe9"),
    ("Content-Length", 12),
    ("X-Split", "a\r\nSet-Cookie: b=c"),
    ("X-Split\n", "a"),
    ("cache-control", "private"),
]


def test_every_answer_has_them():
    assert type(HttpResponse().headers) is PlainHeaders


@pytest.mark.parametrize(("name", "value"), SET)
def test_they_are_those_of_django(name: str, value: str):
    def outcome(headers: ResponseHeaders) -> object:
        try:
            headers[name] = value
        except (BadHeaderError, UnicodeError) as error:
            return type(error), str(error), list(headers.items())
        return list(headers.items()), dict(headers), name in headers, headers == dict(headers)

    begun = {"Cache-Control": "public", "Vary": "Cookie"}
    assert outcome(PlainHeaders(begun)) == outcome(ResponseHeaders(begun))


def test_they_are_found_in_any_case_and_set_once():
    headers = PlainHeaders({"Vary": "Cookie"})
    headers.setdefault("vary", "Accept")
    headers.setdefault("Allow", "GET")
    assert ("VARY" in headers, headers["vary"], headers.get("Nothing")) == (True, "Cookie", None)
    assert headers.pop("allow") == ("Allow", "GET")
    assert "Allow" not in headers
    assert None not in headers
