"""Where an account is signed in: shown and ended by its owner, in browsers and apps alike; networks, not addresses."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.accounts import devices
from shop.accounts.models import RefreshToken, User
from shop.accounts.privacy import person_of
from shop.accounts.tests.api.test_tokens import is_in, refresh, signed_in
from shop.accounts.tests.factories import PASSWORD, AddressFactory
from shop.core.models import Event, StoredAnswer
from shop.core.privacy import personal_data
from tests.support.api_client import ApiClient
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ana@example.com", PASSWORD)


def browser(user: User, agent: str = FIREFOX, **headers: Any) -> Client:
    client = PageClient("en", HTTP_USER_AGENT=agent, **headers)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def test_the_page_shows_every_device_and_ends_the_one_that_is_chosen(user):
    here, there = browser(user, REMOTE_ADDR="203.0.113.77"), browser(user, "curl/8.5")
    phone = signed_in(user)
    stranger = browser(User.objects.create_user("other@example.com", PASSWORD))

    page = here.get(reverse("accounts:devices"))
    shown = page.context["devices"]
    text = " ".join(page.content.decode().split())
    assert [(one.program, one.system, one.is_app, one.is_current) for one in shown] == [
        ("Firefox", "Linux", False, True),
        ("MaalApp", "iPhone", True, False),
        ("curl", "", False, False),
    ]
    assert "Firefox on Linux" in text
    assert text.count("This device") == 1
    assert "203.0.113.0/24" in text
    assert "203.0.113.77" not in text
    assert not UserSession.objects.filter(ip="203.0.113.77").exists()

    end = reverse("accounts:device_end", args=[shown[1].id])
    assert stranger.post(end).status_code == 404
    assert is_in(phone["access_token"])
    assert here.get(end).status_code == 405
    assert here.post(end).status_code == 302
    assert not is_in(phone["access_token"])
    assert refresh(phone["refresh_token"]).status_code == 400
    assert not RefreshToken.objects.exists()
    assert here.post(end).status_code == 404
    assert there.get(reverse("accounts:devices")).status_code == 200

    assert here.post(reverse("accounts:devices_end")).status_code == 302
    assert there.get(reverse("accounts:devices")).status_code == 302
    assert here.get(reverse("accounts:devices")).status_code == 200
    assert stranger.get(reverse("accounts:devices")).status_code == 200
    assert Event.objects.filter(kind="devices ended", subject_id=user.pk).count() == 2
    assert here.get("/cuenta/sessions/")["Location"] == reverse("accounts:devices")


def test_what_is_signed_in_no_more_is_not_shown_and_is_forgotten(user):
    here, gone, old = browser(user), browser(user), browser(user)
    assert UserSession.objects.count() == 3
    gone.post(reverse("account_logout"))
    assert UserSession.objects.count() == 2
    Session.objects.filter(session_key=old.session.session_key).update(expire_date=timezone.now())
    key = str(here.session.session_key)
    assert [one.is_current for one in devices.listed(user, current=key)] == [True]
    assert devices.purge() == 1

    user.set_password("otra-percha-mejor")
    user.save()
    assert devices.listed(user, current=key) == []


def test_a_visit_is_noted_once_in_a_while_also_of_a_browser_from_before(user):
    client = browser(user)
    page = reverse("accounts:devices")
    long_ago = timezone.now() - timedelta(days=3)
    UserSession.objects.update(last_seen_at=long_ago)
    client.get(page)
    assert UserSession.objects.get().last_seen_at == long_ago
    cache.clear()
    client.get(page)
    assert timezone.now() - UserSession.objects.get().last_seen_at < timedelta(minutes=1)

    UserSession.objects.all().delete()
    cache.clear()
    client.get(page)
    assert UserSession.objects.get().session_key == client.session.session_key
    # Nobody is signed in: nothing is kept.
    Client().get(page)
    assert UserSession.objects.count() == 1


def test_browsers_that_were_signed_in_before_devices_were_kept_get_their_row(user):
    client, guest = browser(user), Client()
    guest.get(reverse("account_login"))
    session = guest.session
    session["seen"] = 1
    session.save()
    UserSession.objects.all().delete()
    migration = import_module("shop.accounts.migrations.0008_devices_of_open_sessions")

    for _twice in range(2):
        migration.keep(apps, None)

    row = UserSession.objects.get()
    assert (row.user, row.session_key) == (user, client.session.session_key)
    assert timezone.now() - row.last_seen_at < timedelta(minutes=1)


def test_the_page_costs_the_same_with_many_devices(user, django_assert_num_queries):
    client = browser(user)
    counts = []
    for _more in range(2):
        signed_in(user)
        # The menu is kept by the process from the first page on.
        client.get(reverse("accounts:devices"))
        with django_assert_num_queries(100, exact=False) as captured:
            client.get(reverse("accounts:devices"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_an_account_that_is_switched_off_loses_its_devices_and_an_erased_one_its_rows(user):
    from shop.accounts.tests.staff_clients import boss

    phone = signed_in(user)
    page = reverse("admin:accounts_user_change", args=[user.pk])
    form = {"email": user.email, "addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0}
    form |= {"profile-TOTAL_FORMS": 0, "profile-INITIAL_FORMS": 0}
    assert boss().post(page, form).status_code == 302
    assert not User.objects.get(pk=user.pk).is_active
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert refresh(phone["refresh_token"]).status_code == 400
    assert not is_in(phone["access_token"])

    api = ApiClient()
    api.token = signed_in(user)["access_token"]
    address = {
        "recipient": "Ana",
        "street": "Thames 1",
        "city": "CABA",
        "state": AddressFactory.build().state,
    }
    assert (
        api.post("/api/v1/account/addresses", {**address, "postal_code": "1414"}, key="k").status_code == 201
    )
    exported = personal_data.export(person_of(user))
    assert [one["network"] for one in exported["accounts"]["devices"]] == ["127.0.0.0"]
    assert "session_key" not in str(exported)
    [accounts] = [part for part in personal_data.parts() if part.name == "accounts"]
    accounts.erase(person_of(user))
    assert not User.objects.filter(pk=user.pk).exists()
    assert not UserSession.objects.filter(user_id=user.pk).exists()
    assert not RefreshToken.objects.exists()
    assert not StoredAnswer.objects.exists()
