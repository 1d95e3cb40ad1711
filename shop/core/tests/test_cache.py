"""An unavailable cache: nothing is stored, nobody is refused."""

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from redis.connection import AbstractConnection, Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from shop.accounts.models import User
from shop.accounts.tests.factories import PASSWORD
from shop.core.cache import ForgivingRedisCache
from shop.core.redis_packets import packed


@pytest.fixture
def away() -> ForgivingRedisCache:
    """Return a cache whose server does not exist (port 1 refuses at once)."""
    return ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})


@pytest.mark.parametrize(
    ("method", "arguments", "answer"),
    [
        ("get", ("k",), None),
        ("get", ("k", "default"), "default"),
        ("get_many", (["a", "b"],), {}),
        ("has_key", ("k",), False),
        ("add", ("k", 1), True),
        ("set", ("k", 1), None),
        ("set_many", ({"a": 1},), ["a"]),
        ("touch", ("k",), False),
        ("delete", ("k",), False),
        ("delete_many", (["a"],), None),
        ("incr", ("k",), 1),
        ("count", ("k", 1), 1),
        ("clear", (), False),
    ],
)
def test_every_verb_answers_as_if_nothing_were_there(away, method, arguments, answer):
    assert getattr(away, method)(*arguments) == answer


def test_a_cache_that_is_there_remembers():
    cache: Any = caches["default"]
    cache.set("percha-test", [1, "a"], 600)

    assert cache.get("percha-test") == [1, "a"]
    assert cache.add("percha-test", 2) is False
    assert cache.delete("percha-test") is True
    with pytest.raises(ValueError, match="not found"):
        cache.incr("percha-test")


@pytest.mark.django_db
def test_people_sign_in_while_the_cache_is_away(settings):
    settings.CACHES = {
        "default": {"BACKEND": "shop.core.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    User.objects.create_user("ana@example.com", PASSWORD)

    answer = Client().post(reverse("account_login"), {"login": "ana@example.com", "password": PASSWORD})

    assert answer.status_code == 302


def test_two_things_are_asked_in_one_round_trip_and_one_packet(monkeypatch):
    cache: Any = caches["default"]
    sent: list[int] = []
    send = AbstractConnection.send_packed_command

    def counted(connection: Any, packed: Any, *given: Any, **named: Any) -> None:
        sent.append(len(packed))
        send(connection, packed, *given, **named)

    cache.delete_many(["percha-turn", "percha-page"])
    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    page = b"a page is longer than what the library puts in one packet" * 500

    assert cache.add_and_get("percha-turn", 1, 600, "percha-page") == (True, None)
    cache.set_and_delete("percha-page", page, 600, "percha-turn")
    assert cache.add_and_get("percha-turn", 1, 600, "percha-page") == (True, page)
    assert cache.add_and_get("percha-turn", 1, 600, "percha-page") == (False, page)
    assert sent == [1, 1, 1, 1]


def test_an_answer_that_nobody_has_read_is_never_the_next_ones(monkeypatch):
    cache: Any = caches["default"]
    cache.set("percha-page", "the page", 600)
    read = AbstractConnection.read_response
    answers = iter([True, False])

    def breaks(connection: Any, *given: Any, **named: Any) -> Any:
        if not next(answers):
            raise RedisConnectionError("it broke between two answers")
        return read(connection, *given, **named)

    with monkeypatch.context() as broken:
        broken.setattr(AbstractConnection, "read_response", breaks)
        assert cache.add_and_get("percha-turn", 1, 600, "percha-page") == (True, None)
    cache.delete("percha-turn")
    assert cache.get("percha-page") == "the page"
    assert cache.add_and_get("percha-turn", 1, 600, "percha-page") == (True, "the page")
    cache.delete_many(["percha-turn", "percha-page"])


def test_commands_are_packed_as_the_library_packs_them():
    command = ("SET", "página:1", b"\x00\r\n\xff", "EX", 30, "NX")
    library = Connection()
    assert packed(command) == b"".join(library.pack_command(*command))
