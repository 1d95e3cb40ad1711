"""Messages in a cookie: Django's storage reads what ours has written, and ours what Django's has."""

import time
from collections.abc import Sequence
from unittest import mock

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.base import SessionBase
from django.core.signing import BadSignature, get_cookie_signer
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shop.core.web.message_cookies import SHORT, CookieMessages, KeptSigner, Messages

SENTENCES = ["It is in your cart.", "Está “todo”: ¡listo! " * 2, "The same again. " * 40]


def request_with(cookie: str = "") -> HttpRequest:
    request = RequestFactory().get("/", headers={"cookie": f"messages={cookie}"} if cookie else None)
    request.session = SessionBase()
    return request


def left(storage: BaseStorage, sentences: Sequence[str]) -> str:
    for sentence in sentences:
        storage.add(constants.SUCCESS, sentence)
    response = HttpResponse()
    storage.update(response)
    return response.cookies["messages"].value


@pytest.mark.parametrize(("writer", "reader"), [(Messages, FallbackStorage), (FallbackStorage, Messages)])
@pytest.mark.parametrize("sentences", [SENTENCES[:1], SENTENCES[1:2], SENTENCES[2:], SENTENCES])
def test_what_one_has_left_the_other_shows(
    writer: type[FallbackStorage], reader: type[FallbackStorage], sentences: list[str]
) -> None:
    cookie = left(writer(request_with()), sentences)
    found = [(message.level, message.message) for message in reader(request_with(cookie))]
    assert found == [(constants.SUCCESS, sentence) for sentence in sentences]


def test_a_long_message_is_compressed() -> None:
    long = "The same again. " * 40
    assert len(left(Messages(request_with()), [long])) < len(long)
    short = left(Messages(request_with()), ["a" * (SHORT // 2)])
    assert not short.startswith(".")


def test_a_changed_message_is_nobodys() -> None:
    cookie = left(Messages(request_with()), SENTENCES[:1])
    assert list(Messages(request_with(f"A{cookie[1:]}"))) == []


def test_one_that_is_too_long_for_a_cookie_is_in_the_session() -> None:
    request = request_with()
    storage = Messages(request)
    sentences = ["".join(chr(33 + (place * number) % 90) for place in range(1500)) for number in (7, 11, 13)]
    cookie = left(storage, sentences)
    later = request_with(cookie)
    later.session = request.session
    assert sorted(message.message for message in Messages(later)) == sorted(sentences)


def test_nothing_is_made_for_a_request_without_messages() -> None:
    with mock.patch.object(CookieMessages, "__init__", side_effect=AssertionError):
        storage = Messages(request_with())
        storage.update(HttpResponse())
        assert not storage


def test_it_signs_as_django_does_and_takes_the_old_key_too(settings) -> None:
    djangos = get_cookie_signer("salt")
    ours = KeptSigner(key=djangos.key, salt="salt")
    assert ours.signature("é:1") == djangos.signature("é:1")
    before = left(Messages(request_with()), SENTENCES[:1])
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another " * 8
    assert list(Messages(request_with(before))) == []
    settings.SECRET_KEY_FALLBACKS = [old]
    assert [message.message for message in Messages(request_with(before))] == SENTENCES[:1]
    with pytest.raises(BadSignature):
        ours.unsign("é:1:wrong")


def test_who_gets_the_same_message_in_one_second_gets_the_same_cookie() -> None:
    signing = mock.patch.object(KeptSigner, "sign_object", autospec=True, side_effect=KeptSigner.sign_object)
    with signing as signed, mock.patch.object(time, "time") as now:
        now.return_value = 1_800_000_000.2
        first = left(Messages(request_with()), SENTENCES[:1])
        now.return_value = 1_800_000_000.9
        second = left(Messages(request_with()), SENTENCES[:1])
        other = left(Messages(request_with()), SENTENCES[1:2])
        now.return_value = 1_800_000_001.0
        later = left(Messages(request_with()), SENTENCES[:1])
    assert first == second
    assert len({first, other, later}) == signed.call_count == 3
    assert [message.message for message in Messages(request_with(later))] == SENTENCES[:1]
