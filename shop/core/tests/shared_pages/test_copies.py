"""Copies of shared pages: made once, given while they are right, and never without telling who may keep them."""

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shop.core.shared_pages import copies as kept_copies
from shop.core.shared_pages import encodings, making, middleware
from shop.core.shared_pages.copies import Copies, copies
from shop.core.shared_pages.marks import Mark, depends
from shop.core.shared_pages.middleware import SharedPages


@dataclass
class Source:
    """Generations that a test changes."""

    number: int = 1
    is_exact: bool = True
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def text(self, tags: tuple[str, ...]) -> str:
        return f"{self.number} {tags}"


@dataclass
class Site:
    """A view, how often it was called, and the middleware before it."""

    source: Source = field(default_factory=Source)
    calls: list[HttpRequest] = field(default_factory=list)
    wait: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    respond: Callable[[HttpRequest], HttpResponse] | None = None

    def view(self, request: HttpRequest) -> HttpResponse:
        self.calls.append(request)
        self.begun.set()
        if self.wait:
            assert self.wait.wait(10)
        if self.respond:
            return self.respond(request)
        response = HttpResponse(f"{len(self.calls)} {request.GET.urlencode()} " + "x" * 2000)
        depends(response, "stock")
        return response

    def get(self, path: str = "/p/x/", **headers: Any) -> HttpResponse:
        return SharedPages(self.view)(RequestFactory().get(path, **headers))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    found = Site()
    mark = Mark(lambda: found.source, lambda: found.source, keys=lambda _g: frozenset({"a", "b"}))
    monkeypatch.setattr(middleware, "mark_at", lambda path: mark if path.startswith("/p/") else None)
    cache.clear()
    copies.clear()
    yield found
    cache.clear()
    copies.clear()


def body(response: HttpResponse) -> str:
    return response.content.decode()


def test_a_page_is_made_once_until_its_generation_changes(site: Site):
    first, second = site.get(), site.get()
    assert (body(first), len(site.calls)) == (body(second), 1)
    site.source.number += 1
    assert body(site.get()) != body(first)
    assert len(site.calls) == 2


def test_keys_are_sorted_and_unknown_ones_are_dropped(site: Site):
    one = site.get("/p/x/?b=2&utm_source=mail&a=1&fbclid=Iw")
    other = site.get("/p/x/?a=1&b=2&gclid=zzz")
    assert (body(one), len(site.calls)) == (body(other), 1)
    assert body(one).startswith("1 a=1&b=2 ")
    assert site.calls[0].META["QUERY_STRING"] == "a=1&b=2"
    site.get("/p/x/?a=2&b=2")
    assert len(site.calls) == 2


def test_fields_left_empty_lead_once_to_the_address_without_them(site: Site):
    moved = site.get("/p/x/?a=&utm_source=mail&b=1&b=&empty=")
    assert (moved.status_code, len(site.calls)) == (301, 0)
    assert moved["Location"] == "/p/x/?utm_source=mail&b=1&empty="
    assert site.get("/p/ñ/?a=")["Location"] == "/p/%C3%B1/"
    assert site.get(moved["Location"]).status_code == 200


def test_the_view_sees_a_request_that_nobody_sent(site: Site):
    headers: dict[str, Any] = {
        "HTTP_COOKIE": "sessionid=secret; cart=mine",
        "HTTP_AUTHORIZATION": "Bearer secret",
        "HTTP_CART_TOKEN": "mine",
        "HTTP_ACCEPT_LANGUAGE": "en",
        "HTTP_REFERER": "http://testserver/pedido/secret/",
        "HTTP_HX_REQUEST": "true",
        "HTTP_USER_AGENT": "Instagram",
    }
    request = RequestFactory().get("/p/x/", **headers)
    SharedPages(site.view)(request)
    seen = site.calls[0]
    assert not {"secret", "mine", "Instagram", "en"} & set(map(str, seen.META.values()))
    assert (seen.COOKIES, seen.headers.get("Cookie")) == ({}, None)
    assert request.META["HTTP_COOKIE"] == headers["HTTP_COOKIE"], "the visitor's own is left alone"


def test_every_browser_gets_the_form_that_it_takes(site: Site):
    plain = site.get()
    packed = site.get(HTTP_ACCEPT_ENCODING="gzip, deflate")
    better = site.get(HTTP_ACCEPT_ENCODING="gzip, deflate, br, zstd")
    refused = site.get(HTTP_ACCEPT_ENCODING="br;q=0, gzip")
    assert (packed["Content-Encoding"], better["Content-Encoding"]) == ("gzip", "br")
    assert refused["Content-Encoding"] == "gzip"
    assert not plain.has_header("Content-Encoding")
    assert gzip.decompress(packed.content) == brotli.decompress(better.content) == plain.content
    for found in (plain, packed, better):
        assert found["Content-Length"] == str(len(found.content))
        assert (found["Vary"], found["ETag"]) == ("Accept-Encoding", plain["ETag"])


def test_what_a_browser_has_is_not_sent_again_and_head_has_no_body(site: Site):
    first = site.get()
    again = site.get(HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == first["Cache-Control"]
    head = SharedPages(site.view)(RequestFactory().head("/p/x/"))
    assert (head.content, head["Content-Length"]) == (b"", first["Content-Length"])
    site.source.number += 1
    assert site.get(HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_proxies_may_keep_it_for_seconds_and_browsers_ask_and_go_back(site: Site):
    said = site.get()["Cache-Control"]
    assert {"public", "max-age=0", "s-maxage=2", "stale-while-revalidate=1"} <= set(said.split(", "))
    assert "no-store" not in said
    assert site.get()["Surrogate-Key"] == "catalogue stock"


@pytest.mark.parametrize("kind", ["cookie", "vary", "moved", "unmarked"])
def test_what_is_no_page_for_everybody_is_not_kept(site: Site, kind: str):
    def respond(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("x", status=301 if kind == "moved" else 200)
        if kind != "unmarked":
            depends(response, "stock")
        if kind == "cookie":
            response.set_cookie("csrftoken", "x")
        if kind == "vary":
            response["Vary"] = "Cookie"
        return response

    site.respond = respond
    assert "public" not in site.get().get("Cache-Control", "")
    site.get()
    assert len(site.calls) == 2


def test_five_hundred_at_once_make_a_page_that_nobody_has_once(site: Site):
    site.wait = threading.Event()
    found: list[HttpResponse] = []
    crowd = [threading.Thread(target=lambda: found.append(site.get())) for _visitor in range(500)]
    for visitor in crowd:
        visitor.start()
    assert site.begun.wait(10)
    site.wait.set()
    for visitor in crowd:
        visitor.join()
    assert (len(site.calls), len(found), len({body(one) for one in found})) == (1, 500, 1)


def test_while_a_page_is_made_again_the_others_get_the_old_one_at_once_and_not_for_ever(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    old = body(site.get())
    site.source.number += 1
    site.begun.clear()
    site.wait = threading.Event()
    maker = threading.Thread(target=site.get)
    maker.start()
    assert site.begun.wait(10)
    assert body(site.get()) == old
    # Half a minute later the old one is not given any more: they wait, and then make their own.
    monkeypatch.setattr(kept_copies, "STALE_SECONDS", 0)
    monkeypatch.setattr(making, "WAIT_SECONDS", 0.05)
    late: list[HttpResponse] = []
    other = threading.Thread(target=lambda: late.append(site.get()))
    other.start()
    site.wait.set()
    maker.join()
    other.join()
    assert body(late[0]) != old


def test_another_process_gives_what_one_has_made(site: Site, monkeypatch: pytest.MonkeyPatch):
    first = body(site.get())
    elsewhere = Copies()
    for module in (middleware, making):
        monkeypatch.setattr(module, "copies", elsewhere)
    assert (body(site.get()), len(site.calls)) == (first, 1)


def test_another_process_waits_for_the_one_that_makes_it(site: Site, monkeypatch: pytest.MonkeyPatch):
    key = middleware.key_of(middleware.nobodys(RequestFactory().get("/p/x/"), _mark(site), site.source))
    assert kept_copies.copies.take_turn(key) == (True, None)
    monkeypatch.setattr(making, "WAIT_SECONDS", 0.2)
    site.get()
    assert len(site.calls) == 1, "whoever has the turn may have died"
    kept_copies.copies.end_turn(key)


def _mark(site: Site) -> Mark:
    return Mark(lambda: site.source, lambda: site.source, keys=lambda _g: frozenset())


def test_without_redis_pages_are_made_and_the_processs_own_copies_given(
    site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    first = body(site.get())
    assert (body(site.get()), len(site.calls)) == (first, 1)
    copies.clear()
    site.get()
    assert len(site.calls) == 2


def test_copies_are_made_again_in_the_end_and_soon_where_a_change_may_be_missing(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    clock = [1000.0]
    monkeypatch.setattr("shop.core.shared_pages.copies.time.time", lambda: clock[0])
    site.get()
    clock[0] += 299
    site.get()
    assert len(site.calls) == 1
    clock[0] += 2
    site.source.is_exact = False
    site.get()
    clock[0] += 6
    site.get()
    assert len(site.calls) == 3


def test_a_process_keeps_so_many_bytes_and_what_was_asked_for_last():
    few = Copies(most=3000)
    for name in ("one", "two", "three"):
        few.keep_here(name, _copy(100))
        few.here("one")
    assert few.size <= 3000
    assert "one" in few._kept
    assert "two" not in few._kept


def test_a_copy_is_compressed_well_from_the_second_time_on():
    body = b" ".join(b"%d" % (number * number) for number in range(4000))
    copy = kept_copies.Copy("1", (), 0, 300, {}, '"x"', encodings.compress(body, "br"))
    for encoding in ("br", "gzip"):
        sizes = [int(copy.answer(encoding)[0]["Content-Length"]) for _turn in range(3)]
        assert sizes[0] > sizes[1] == sizes[2]
    assert copy.answer("")[1] == body


def _copy(size: int) -> kept_copies.Copy:
    return kept_copies.Copy("1", (), 0, 300, {}, '"x"', b"x" * size)
