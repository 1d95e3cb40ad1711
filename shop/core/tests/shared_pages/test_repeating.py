"""Copies given before Django reads a request: exactly what it would give, and only while it would give it."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings as shop_settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from shop.core.shared_pages import middleware, repeating
from shop.core.shared_pages.copies import copies
from shop.core.shared_pages.marks import Mark, depends
from shop.core.shared_pages.middleware import SharedPages
from shop.core.shared_pages.repeating import Repeated, repeated
from shop.core.tests.shared_pages.test_copies import Source

Got = tuple[str, list[tuple[str, str]], bytes]


class Shop:
    """Django with a shared view behind `repeating`, how often it was asked, and what this process knows."""

    def __init__(self) -> None:
        self.source = Source()
        self.is_known, self.is_away = True, False
        self.keys = frozenset({"talle"})
        self.differs_early = False
        self.asked = 0
        self.application = repeating.repeating(self.django)

    def known(self) -> Source | None:
        return self.source if self.is_known else None

    def read_keys(self, _generations: Source) -> frozenset[str]:
        if self.is_away:
            raise OperationalError("the connection is closed")
        return self.keys

    def view(self, request: Any) -> HttpResponse:
        response = HttpResponse(
            f"{self.source.number} {request.GET.urlencode()} {request.get_host()}" + "x" * 999
        )
        depends(response, "stock", differs_early=self.differs_early)
        return response

    def django(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.asked += 1
        response = SharedPages(self.view)(WSGIRequest(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    def get(self, path: str = "/p/x/", method: str = "GET", **sent: Any) -> Got:
        found: list[Any] = []
        environ = RequestFactory().generic(method, unquote(path), **sent).environ
        body = b"".join(self.application(environ, lambda *head: found.extend(head)))
        return found[0], sorted(found[1]), body

    def usual(self, path: str = "/p/x/", **sent: Any) -> Got:
        """Return what is answered the usual way."""
        repeated.clear()
        return self.get(path, **sent)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop()
    mark = Mark(lambda: found.source, found.known, found.read_keys, own_keys=("code",), has_early=True)
    monkeypatch.setattr(middleware, "mark_at", lambda path: mark if path.startswith("/p/") else None)
    for one in (cache, copies, repeated):
        one.clear()
    yield found
    for one in (cache, copies, repeated):
        one.clear()


def asked(shop: Shop, *args: Any, **sent: Any) -> bool:
    before = shop.asked
    shop.get(*args, **sent)
    return shop.asked > before


@pytest.mark.parametrize("path", ["/p/x/", "/p/x/?talle=m&b=1", "/p/x/?utm=1", "/p/x/?talle=m&talle=%C3%A9"])
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"HTTP_ACCEPT_ENCODING": "gzip"},
        {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"},
        {"HTTP_ACCEPT_ENCODING": "br;q=0, gzip"},
        {"HTTP_COOKIE": "cart=1; theme=dark", "HTTP_ACCEPT_LANGUAGE": "pt"},
        {"HTTP_COOKIE": "sessionid=1"},
        {"HTTP_HOST": "otra.example"},
        {"HTTP_IF_NONE_MATCH": '"other"'},
    ],
)
def test_what_is_repeated_is_what_would_be_answered(shop: Shop, path: str, sent: dict[str, str], settings):
    settings.ALLOWED_HOSTS = ["testserver", "otra.example"]
    made = shop.get(path, **sent)
    assert not asked(shop, path, **sent)
    # From the second time on it is compressed well.
    first = shop.get(path, **sent)
    assert shop.get(path, **sent) == first == shop.usual(path, **sent)
    assert (made[0], dict(made[1])["ETag"]) == (first[0], dict(first[1])["ETag"])
    etag = dict(first[1])["ETag"]
    known = {**sent, "HTTP_IF_NONE_MATCH": f'"a", {etag}'}
    unchanged = shop.get(path, **known)
    assert (unchanged[0], unchanged[2]) == ("304 Not Modified", b"")
    assert unchanged == shop.usual(path, **known)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/p/x/?aviso=1", {}),
        ("/p/x/?code=A", {}),
        ("/p/y/", {}),
        ("/p/x/", {"HTTP_HOST": "127.0.0.1"}),
        ("/p/x/", {"HTTP_X_FORWARDED_PROTO": "https"}),
        ("/p/x/", {"wsgi.url_scheme": "https"}),
        ("/p/x/", {"SCRIPT_NAME": "/tienda"}),
        ("/p/x/?talle=m", {}),
    ],
)
def test_another_request_goes_the_usual_way(shop: Shop, path: str, sent: dict[str, str], settings):
    settings.ALLOWED_HOSTS = ["*"]
    shop.get()
    assert asked(shop, path, **sent)


def test_where_the_keys_cannot_be_read_the_request_goes_the_usual_way(shop: Shop):
    """It begins with a look at the connection, and a page of its own is made for it."""
    shop.get()
    shop.is_away = True
    assert asked(shop)
    status, headers, _body = shop.get()
    assert (status, dict(headers)["Cache-Control"]) == ("200 OK", "private, no-cache")
    shop.is_away = False
    assert not asked(shop)


def test_a_personal_copy_is_never_noted(shop: Shop):
    for path in ("/p/x/?aviso=1", "/p/x/?code=A"):
        assert asked(shop, path)
        assert asked(shop, path)


def test_other_methods_go_the_usual_way(shop: Shop):
    shop.get()
    assert asked(shop, method="HEAD")
    assert asked(shop, method="POST")


def test_a_change_is_never_missed(shop: Shop):
    before = shop.get("/p/x/?b=1")
    shop.is_known = False
    assert asked(shop, "/p/x/?b=1")
    shop.is_known = True
    shop.source.number += 1
    assert shop.get("/p/x/?b=1")[2] != before[2]
    assert not asked(shop, "/p/x/?b=1")
    # An option has become one that lists are filtered by: the same address means something else.
    shop.keys |= {"b"}
    assert b"b=1" in shop.get("/p/x/?b=1")[2]
    assert not asked(shop, "/p/x/?b=1")


def test_who_may_be_let_in_early_is_asked_for(shop: Shop):
    shop.differs_early = True
    cookie = {"HTTP_COOKIE": f"{shop_settings.SESSION_COOKIE_NAME}=1"}
    shop.get()
    assert not asked(shop)
    assert asked(shop, **cookie)
    assert asked(shop, **cookie)


def test_a_copy_that_is_gone_is_asked_for(shop: Shop):
    shop.get()
    copies.clear()
    assert asked(shop)


def test_the_oldest_notes_go_first():
    notes = Repeated(most=2)
    mark = Mark(Source, lambda: None, lambda _g: frozenset())
    for path in ("/1/", "/2/", "/3/", "/" + "4" * 2000):
        notes.note({"PATH_INFO": path}, path, mark, frozenset())
    assert [sent[6] for sent in notes._noted] == ["/2/", "/3/"]
