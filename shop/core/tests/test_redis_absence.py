"""A Redis that hangs costs a process one time-out in a while, not several for each page; its return is noticed."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as shop_settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from catalog.listing import navigation
from catalog.search import misses
from shop.core import redis_absence
from shop.core.cache import ForgivingRedisCache
from shop.core.redis_absence import LEFT_ALONE, Absence, absence_of
from shop.core.shared_pages import middleware
from shop.core.shared_pages.copies import copies
from shop.core.shared_pages.marks import Mark, depends
from shop.core.shared_pages.middleware import SharedPages
from shop.core.tests.shared_pages.test_copies import Source
from shop.core.web import throttle

TIMEOUT = 0.1


class Door:
    """A server before the real Redis: while it hangs it takes connections and says nothing, as a stopped process does.

    `knocks` counts the connections it has taken. A caller that has waited in vain closes its own, so that each
    time-out is one.
    """

    def __init__(self) -> None:
        self.is_hanging, self.knocks = True, 0
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"redis://127.0.0.1:{self._listening.getsockname()[1]}/{urlsplit(shop_settings.REDIS_URL).path[1:]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                caller, _address = self._listening.accept()
            except OSError:
                return
            self.knocks += 1
            self._sockets.append(caller)
            if not self.is_hanging:
                real = urlsplit(shop_settings.REDIS_URL)
                server = socket.create_connection((real.hostname, real.port))
                self._sockets.append(server)
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()

    def close(self) -> None:
        # Without it the thread that accepts would keep the socket.
        self._listening.shutdown(socket.SHUT_RDWR)
        for one in (self._listening, *self._sockets):
            one.close()


def _carry(one: socket.socket, other: socket.socket) -> None:
    try:
        while octets := one.recv(65536):
            other.sendall(octets)
    except OSError:
        pass


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door()
    yield found
    found.close()


@pytest.fixture
def shop(door: Door, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedPages]:
    """Return a page that asks the cache seven times: two lists of the menu, a limit, its turn, and its end."""
    source = Source()
    mark = Mark(lambda: source, lambda: source, keys=lambda _known: frozenset())
    known: dict[tuple[str, ...], Absence] = {}
    monkeypatch.setattr(middleware, "mark_at", lambda _path: mark)
    monkeypatch.setattr(
        "shop.core.cache.absence_of", lambda *servers: known.setdefault(servers, Absence(clock))
    )
    settings.CACHES = {
        "default": {
            "BACKEND": "shop.core.cache.ForgivingRedisCache",
            "LOCATION": door.url,
            "KEY_PREFIX": "percha-absence",
            "OPTIONS": {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT},
        }
    }
    copies.clear()
    throttle._windows.clear()
    yield SharedPages(view)
    copies.clear()


def view(_request: HttpRequest) -> HttpResponse:
    navigation.remember("absence:menu", lambda: "menu")
    navigation.remember("absence:drops", lambda: "drops")
    assert throttle.allow("absence", "visitor", limit=1, seconds=60), "without Redis nobody is refused"
    response = HttpResponse("a page")
    depends(response)
    return response


def visit(shop: SharedPages, name: str) -> None:
    assert shop(RequestFactory().get(f"/{name}/")).content == b"a page"


def test_a_redis_that_hangs_costs_one_wait_in_a_while_whoever_comes(
    shop: SharedPages, door: Door, clock: Clock
):
    for number in range(5):
        visit(shop, f"page-{number}")
    assert door.knocks == 1
    clock.now += LEFT_ALONE - 0.1
    visit(shop, "soon")
    assert door.knocks == 1
    clock.now += 0.2
    for number in range(5):
        visit(shop, f"later-{number}")
    assert door.knocks == 2, "one caller has tried again"


def test_without_knowing_it_every_page_would_wait_several_times(
    shop: SharedPages, door: Door, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Absence, "may_ask", lambda _absence: True)
    visit(shop, "one")
    visit(shop, "two")
    assert door.knocks >= 2 * 7


def test_its_return_is_noticed_and_then_everybody_asks_again(shop: SharedPages, door: Door, clock: Clock):
    visit(shop, "page")
    door.is_hanging = False
    cache.set("absence:kept", 1, 60)
    assert cache.get("absence:kept") is None, "it is left alone as yet"
    clock.now += LEFT_ALONE
    assert cache.get("absence:kept") is None, "what was said while it was away is lost, as with a refusal"
    cache.set("absence:kept", 2, 60)
    assert cache.get("absence:kept") == 2
    assert throttle.allow("absence", "back", limit=1, seconds=60)
    assert not throttle.allow("absence", "back", limit=1, seconds=60), "limits hold from now on"
    cache.delete_many(["absence:kept"])


def test_a_search_does_not_wait_for_a_queue_that_is_in_the_same_redis(
    shop: SharedPages, door: Door, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    monkeypatch.setattr(misses, "dispatch", lambda _task, text, _corrected: asked.append(text))
    misses.note("abrigo")
    visit(shop, "page")
    misses.note("bufanda")
    door.is_hanging = False
    clock.now += LEFT_ALONE
    cache.get("absence:kept")
    misses.note("campera")
    assert asked == ["abrigo", "campera"]


def test_of_a_crowd_one_tries_and_the_others_go_on_meanwhile(clock: Clock):
    absence = Absence(clock)
    absence.timed_out()
    clock.now += LEFT_ALONE
    answers: list[bool] = []
    crowd = [threading.Thread(target=lambda: answers.append(absence.may_ask())) for _visitor in range(50)]
    for visitor in crowd:
        visitor.start()
    for visitor in crowd:
        visitor.join()
    assert sorted(answers) == [False] * 49 + [True]
    # Whoever tried has died: another one tries.
    clock.now += LEFT_ALONE
    assert (absence.may_ask(), absence.may_ask()) == (True, False)
    assert absence.answered()
    assert (absence.may_ask(), absence.may_ask(), absence.answered()) == (True, True, False)


def test_a_connection_that_breaks_once_is_no_absence_and_refusals_are(clock: Clock):
    absence = Absence(clock)
    absence.lost()
    assert absence.may_ask()
    absence.answered()
    absence.lost()
    assert absence.may_ask()
    absence.lost()
    assert not absence.may_ask()
    clock.now += LEFT_ALONE
    assert absence.may_ask(), "its turn to try"
    absence.lost()
    clock.now += LEFT_ALONE - 1
    assert not absence.may_ask()


def test_a_server_that_refuses_what_it_is_told_is_there(settings: Any):
    backend = ForgivingRedisCache(shop_settings.REDIS_URL, {})
    backend.set("absence:words", [1], 60)
    for _turn in range(3):
        assert backend.count("absence:words", 60) == 1, "no number: an error of the server"
    assert backend.get("absence:words") == [1]
    backend.delete("absence:words")


def test_threads_share_what_they_know_and_each_server_has_its_own():
    assert absence_of("redis://a") is absence_of("redis://a")
    assert absence_of("redis://a") is not absence_of("redis://b")


def test_nobody_waits_for_longer_than_it_is_left_alone():
    assert shop_settings.CACHE_TIMEOUT < redis_absence.LEFT_ALONE
    options = shop_settings.CACHES["default"]["OPTIONS"]
    assert options == {
        "socket_timeout": shop_settings.CACHE_TIMEOUT,
        "socket_connect_timeout": shop_settings.CACHE_TIMEOUT,
    }
