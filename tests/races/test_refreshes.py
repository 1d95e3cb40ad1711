"""One refresh token sent by several at once: one new token is given out, and it works."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from allauth.headless.tokens.strategies.jwt import internal
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache

from shop.accounts import devices
from shop.accounts.api import tokens
from shop.accounts.models import RefreshToken, User
from shop.accounts.tests.api.test_tokens import is_in, refresh, signed_in
from shop.accounts.tests.factories import PASSWORD
from tests.races.tools.concurrency import PATIENCE, together
from tests.races.tools.rendezvous import meet, meet_at_a_lock, stopping

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT_ONCE = 4


@pytest.fixture
def token() -> str:
    cache.clear()
    return str(signed_in(User.objects.create_user("ana@example.com", PASSWORD))["refresh_token"])


def given(answers: list[Any]) -> list[dict[str, str]]:
    return [answer.json()["data"] for answer in answers if answer.status_code == 200]


def test_refreshes_at_once_end_with_one_token_that_works(token: str):
    answers = meet_at_a_lock(
        [lambda: refresh(token)] * AT_ONCE, lock=lambda: list(UserSession.objects.select_for_update())
    )

    pairs = given(answers)
    assert len(pairs) == AT_ONCE
    assert len({pair["refresh_token"] for pair in pairs}) == 1
    assert all(is_in(pair["access_token"]) for pair in pairs)
    assert refresh(pairs[0]["refresh_token"]).status_code == 200


def test_a_refresh_that_waits_for_the_end_of_its_device_gets_nothing(token: str):
    user = User.objects.get()

    answer = meet(
        lambda: refresh(token), first=lambda: devices.end_all(user, actor="customer:x"), then=lambda: None
    )

    assert answer.status_code == 400
    assert not Session.objects.exists()
    assert not RefreshToken.objects.exists()


def test_without_the_turn_tokens_are_given_out_that_do_not_work(token: str, monkeypatch: pytest.MonkeyPatch):
    """The control: each reads the row before one of them writes it."""
    monkeypatch.setattr(tokens, "_locked", lambda key: RefreshToken.objects.get(device__session_key=key))
    present = Barrier(AT_ONCE, timeout=PATIENCE)
    act: Callable[[], Any] = stopping(
        lambda: refresh(token), before='UPDATE "accounts_refreshtoken"', wait=present.wait
    )

    pairs = given(together([act] * AT_ONCE))

    kept = RefreshToken.objects.get().jti
    different = {pair["refresh_token"] for pair in pairs}
    assert len(different) == AT_ONCE
    assert sum(internal.decode_token(one, "refresh")["jti"] == kept for one in different) == 1
