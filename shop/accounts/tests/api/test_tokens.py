"""The tokens of an app: how a refresh token is replaced, what a second use of it does, and how long a session lives."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from shop.accounts.models import RefreshToken, User
from shop.accounts.tests.factories import PASSWORD
from shop.core.models import Event

pytestmark = pytest.mark.django_db
AUTH = "/api/auth/app/v1"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def signed_in(user: User) -> dict[str, Any]:
    """Return what an app is given when it signs in: `access_token`, `refresh_token`, `session_token`."""
    answer = Client().post(
        f"{AUTH}/auth/login",
        {"email": user.email, "password": PASSWORD},
        content_type="application/json",
        headers={"user-agent": "MaalApp/1.2 (iPhone; iOS 19)"},
    )
    assert answer.status_code == 200, answer.content
    meta: dict[str, Any] = answer.json()["meta"]
    return meta


def refresh(token: str) -> Any:
    return Client().post(f"{AUTH}/tokens/refresh", {"refresh_token": token}, content_type="application/json")


def is_in(access_token: str) -> bool:
    answer = Client().get(f"{AUTH}/auth/session", headers={"authorization": f"Bearer {access_token}"})
    return bool(answer.status_code == 200)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ana@example.com", PASSWORD)


def test_each_refresh_replaces_the_token_and_lets_the_session_live_on(user):
    first = signed_in(user)
    assert is_in(first["access_token"])
    Session.objects.update(expire_date=timezone.now() + timedelta(days=2))

    second = refresh(first["refresh_token"]).json()["data"]
    third = refresh(second["refresh_token"]).json()["data"]

    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert is_in(second["access_token"])
    assert is_in(third["access_token"])
    life = timedelta(seconds=settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)
    assert abs(Session.objects.get().expire_date - timezone.now() - life) < timedelta(minutes=1)
    # Of an app that has signed in by hand there is no cookie.
    assert UserSession.objects.get().user_agent == "MaalApp/1.2 (iPhone; iOS 19)"


def test_a_retry_after_a_lost_answer_gets_the_same_token_again(user):
    first = signed_in(user)["refresh_token"]

    lost, again = refresh(first).json()["data"], refresh(first).json()["data"]

    assert again["refresh_token"] == lost["refresh_token"]
    assert refresh(again["refresh_token"]).status_code == 200


def test_a_copy_of_a_used_token_ends_the_session(user):
    thief, other = signed_in(user), signed_in(user)
    owner = refresh(thief["refresh_token"]).json()["data"]
    RefreshToken.objects.filter(previous_jti__gt="").update(rotated_at=timezone.now() - timedelta(minutes=2))

    answer = refresh(thief["refresh_token"])

    assert answer.status_code == 400
    assert "access_token" not in answer.content.decode()
    assert refresh(owner["refresh_token"]).status_code == 400
    assert not is_in(owner["access_token"])
    assert is_in(other["access_token"])
    assert Event.objects.get(kind="devices ended").reason == "a used refresh token came again"


def test_a_token_replaced_twice_is_a_copy_at_once(user):
    first = signed_in(user)["refresh_token"]
    second = refresh(first).json()["data"]["refresh_token"]
    third = refresh(second).json()["data"]["refresh_token"]

    assert refresh(first).status_code == 400
    assert refresh(third).status_code == 400


def test_what_is_no_refresh_token_of_an_open_session_is_refused_and_ends_nothing(user):
    tokens = signed_in(user)
    head, body, signature = tokens["refresh_token"].split(".")
    for wrong in (
        tokens["access_token"],
        tokens["session_token"],
        f"{head}.{body}.{signature[::-1]}",
        "x",
        "\x00",
    ):
        assert refresh(wrong).status_code == 400, wrong
    assert Client().post(f"{AUTH}/tokens/refresh", "[1]", content_type="application/json").status_code == 400
    assert is_in(tokens["access_token"])

    User.objects.update(is_active=False)
    assert refresh(tokens["refresh_token"]).status_code == 400
    User.objects.update(is_active=True)
    Client().delete(f"{AUTH}/auth/session", headers={"x-session-token": tokens["session_token"]})
    assert refresh(tokens["refresh_token"]).status_code == 400
    assert not is_in(tokens["access_token"])
    assert not UserSession.objects.exists()
    user.delete()
    assert refresh(tokens["refresh_token"]).status_code == 400
