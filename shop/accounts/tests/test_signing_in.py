"""Signing up with a code, signing in, resetting a password: by e-mail, without revealing who has an account."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.tests.factories import PASSWORD, UserFactory
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    """Reset the rate limits of other tests: they are in Redis, not in the test's transaction."""
    cache.clear()
    yield
    cache.clear()


def _sign_up(client: Client, email: str) -> Any:
    return client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})


def test_a_new_account_confirms_its_address_with_the_code_of_the_mail_and_is_in():
    client = Client()

    answer = _sign_up(client, "Nueva@Example.com")

    assert answer.status_code == 302
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session
    row = EmailLog.objects.get()
    mail = as_sent(row)
    assert (row.to, row.status) == ("nueva@example.com", EmailLog.Status.QUEUED)
    code = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.text, re.MULTILINE)
    assert code, mail.text
    assert f'<p class="code">{code[1]}</p>' in mail.html
    assert "testserver" not in mail.text

    assert client.get(answer["Location"]).status_code == 200
    done = client.post(answer["Location"], {"code": code[1]})

    assert done.status_code == 302
    user = User.objects.get(email="nueva@example.com")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.profile.language == "es"
    assert EmailAddress.objects.get(user=user).verified


def test_a_wrong_code_does_not_let_in():
    client = Client()
    page = _sign_up(client, "nueva@example.com")["Location"]

    answer = client.post(page, {"code": "WRONG1"})

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_signing_up_looks_the_same_for_an_address_that_has_an_account():
    User.objects.create_user("taken@example.com", PASSWORD)

    fresh, taken = _sign_up(Client(), "fresh@example.com"), _sign_up(Client(), "TAKEN@example.com")

    assert (fresh.status_code, fresh["Location"]) == (taken.status_code, taken["Location"])
    assert EmailLog.objects.get(to__iexact="taken@example.com").kind == "account-already-exists"
    assert User.objects.filter(email__iexact="taken@example.com").count() == 1


def test_resetting_a_password_looks_the_same_for_an_address_without_an_account():
    User.objects.create_user("there@example.com", PASSWORD)
    page = reverse("account_reset_password")

    there, gone = (
        Client().post(page, {"email": "there@example.com"}),
        Client().post(page, {"email": "no@example.com"}),
    )

    assert (there.status_code, there["Location"]) == (gone.status_code, gone["Location"])
    assert set(EmailLog.objects.values_list("to", "kind")) == {
        ("there@example.com", "password-reset-key"),
        ("no@example.com", "unknown-account"),
    }


def test_the_link_of_the_mail_sets_a_new_password():
    user = User.objects.create_user("there@example.com", PASSWORD)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": user.email})
    row = EmailLog.objects.get()
    # The shop's own address, whatever host the request came to.
    link = re.search(rf"{re.escape(settings.SITE_URL)}(\S+)", as_sent(row).text)
    assert link
    assert row.user == user

    form = client.get(link[1], follow=True)
    done = client.post(
        form.request["PATH_INFO"], {"password1": "otra-percha-mejor", "password2": "otra-percha-mejor"}
    )

    assert done.status_code == 302
    user.refresh_from_db()
    assert user.check_password("otra-percha-mejor")


def test_signing_in_ignores_case_and_tells_nothing_about_which_part_was_wrong():
    User.objects.create_user("there@example.com", PASSWORD)
    page = reverse("account_login")
    client = Client()

    assert client.post(page, {"login": "There@Example.com", "password": PASSWORD})["Location"] == reverse(
        "accounts:overview"
    )

    unknown = Client().post(page, {"login": "no@example.com", "password": PASSWORD})
    wrong = Client().post(page, {"login": "there@example.com", "password": "wrong-password"})
    assert unknown.context["form"].errors == wrong.context["form"].errors


def test_after_five_failures_one_address_has_to_wait():
    User.objects.create_user("there@example.com", PASSWORD)
    page = reverse("account_login")
    for _try in range(5):
        Client().post(page, {"login": "there@example.com", "password": "wrong-password"})

    answer = Client().post(page, {"login": "there@example.com", "password": PASSWORD})

    assert answer.status_code == 200
    assert "_auth_user_id" not in answer.client.session


def test_a_next_address_outside_the_shop_is_not_followed():
    User.objects.create_user("there@example.com", PASSWORD)

    answer = Client().post(
        reverse("account_login") + "?next=https://evil.example/",
        {"login": "there@example.com", "password": PASSWORD, "next": "https://evil.example/"},
    )

    assert answer["Location"] == reverse("accounts:overview")


def test_staff_sign_in_at_the_same_door_and_an_inactive_account_does_not():
    User.objects.create_superuser("staff@example.com", PASSWORD)
    gone = User.objects.create_user("gone@example.com", PASSWORD, is_active=False)
    client = Client()

    door = client.get(reverse("admin:index"), follow=True)
    assert door.request["PATH_INFO"] == reverse("account_login")
    answer = client.post(
        reverse("account_login"), {"login": "staff@example.com", "password": PASSWORD, "next": "/admin/"}
    )
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200

    other = Client()
    other.post(reverse("account_login"), {"login": gone.email, "password": PASSWORD})
    assert "_auth_user_id" not in other.session


def test_an_account_made_by_a_factory_needs_the_code_first():
    user = UserFactory.create()

    answer = Client().post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    assert answer["Location"] == reverse("account_email_verification_sent")
