"""The account's page about one's own data: the export file, and the code required for an erasure."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.accounts import erasure
from shop.accounts.models import ErasureRequest, User, vouch
from shop.accounts.tests.factories import PASSWORD, AddressFactory, ProfileFactory
from shop.core.mail import outbox
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog, Event
from shop.core.web import throttle
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
PAGES = ["privacy", "export", "erase", "erase_confirm"]


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "allow", lambda *_arguments, **_options: True)


@pytest.fixture
def user() -> User:
    user = ProfileFactory.create().user
    vouch(user)
    AddressFactory.create(user=user, street="Gurruchaga 4477")
    return user


@pytest.fixture
def fresh(user: User) -> Client:
    """A client in which the password was just confirmed."""
    client = PageClient("en")
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("accounts:privacy")).status_code == 200
    return client


@pytest.fixture
def stale(user: User) -> Client:
    """A client that signed in long ago."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def code_of(user: User) -> str:
    mail = EmailLog.objects.filter(kind="erasure_code", to=user.email).order_by("-created_at").first()
    return re.search(r"^([2-9A-Z]{8})$", as_sent(mail).text, re.MULTILINE)[1]


@pytest.mark.parametrize("page", PAGES)
def test_guests_are_sent_to_sign_in(page):
    answer = Client().get(reverse(f"accounts:{page}"))

    assert answer.status_code == 302
    assert "/cuenta/" in answer["Location"]


@pytest.mark.parametrize("page", ["export", "erase"])
def test_the_password_is_asked_for_again(stale, page):
    answer = stale.get(reverse(f"accounts:{page}"))

    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert not ErasureRequest.objects.exists()


def test_the_file_holds_everything_and_says_what_it_is(fresh, user):
    answer = fresh.get(reverse("accounts:export"))

    assert answer["Content-Type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(packed.namelist()) == ["README.txt", "data.json"]
    data = json.loads(packed.read("data.json"))
    assert data["person"] == user.email
    assert data["accounts"]["details"]["first_name"] == "Ana"
    assert data["accounts"]["addresses"][0]["street"] == "Gurruchaga 4477"
    assert {"accounts", "catalog", "core", "inventory", "orders", "payments"} <= data.keys()
    assert user.password not in packed.read("data.json").decode()
    assert Event.objects.filter(kind="data exported", subject_id=user.pk).count() == 1


def test_an_account_is_erased_with_the_code_from_the_mail(fresh, user):
    fresh.get(reverse("accounts:erase"))
    answer = fresh.post(reverse("accounts:erase"))
    assert answer["Location"] == reverse("accounts:erase_confirm")
    assert User.objects.filter(pk=user.pk).exists()

    typed = code_of(user).lower()
    answer = fresh.post(reverse("accounts:erase_confirm"), {"code": f" {typed[:4]} {typed[4:]} "})

    assert answer.status_code == 200
    assert "being erased" in answer.content.decode()
    assert fresh.get(reverse("accounts:overview")).status_code == 302
    request = ErasureRequest.objects.get()
    erasure.run_due()
    outbox.send_due()
    ErasureRequest.objects.update(next_try_at=timezone.now())
    erasure.run_due()
    request.refresh_from_db()
    assert request.status == "done"
    assert not User.objects.filter(pk=user.pk).exists()


def test_a_wrong_code_is_told_and_five_of_them_end_it(fresh, user):
    fresh.post(reverse("accounts:erase"))
    right = code_of(user)

    answers = [fresh.post(reverse("accounts:erase_confirm"), {"code": "WRONGWRO"}) for _turn in range(5)]
    last = fresh.post(reverse("accounts:erase_confirm"), {"code": right})

    assert [answer.status_code for answer in answers] == [422] * 5
    assert "one try too many" in answers[-1].content.decode()
    assert last.status_code == 422
    assert ErasureRequest.objects.get().status == "requested"


def test_a_code_expires_and_a_newer_one_takes_its_place(fresh, user):
    fresh.post(reverse("accounts:erase"))
    old = code_of(user)
    ErasureRequest.objects.update(code_until=timezone.now() - timedelta(seconds=1))
    assert fresh.post(reverse("accounts:erase_confirm"), {"code": old}).status_code == 422

    fresh.post(reverse("accounts:erase"))

    assert fresh.post(reverse("accounts:erase_confirm"), {"code": old}).status_code == 422
    assert ErasureRequest.objects.filter(status="cancelled", sealed="").count() == 1
    assert fresh.post(reverse("accounts:erase_confirm"), {"code": code_of(user)}).status_code == 200


def test_another_persons_code_opens_nothing(fresh, user):
    other = ProfileFactory.create().user
    erasure.ask(other, language="es")
    fresh.post(reverse("accounts:erase"))

    assert fresh.post(reverse("accounts:erase_confirm"), {"code": code_of(other)}).status_code == 422


def test_one_may_change_ones_mind(fresh, user):
    fresh.post(reverse("accounts:erase"))

    fresh.post(reverse("accounts:erase_cancel"))

    assert ErasureRequest.objects.get().status == "cancelled"
    assert fresh.get(reverse("accounts:erase_confirm")).status_code == 302
    assert fresh.post(reverse("accounts:erase_cancel")).status_code == 302


def test_what_puts_it_off_is_told_before_and_after(fresh, user):
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert "account of the staff" in fresh.get(reverse("accounts:erase")).content.decode()
    fresh.post(reverse("accounts:erase"))

    answer = fresh.post(reverse("accounts:erase_confirm"), {"code": code_of(user)}, follow=True)

    assert "Your wish is noted" in answer.content.decode()
    assert "account of the staff" in answer.content.decode()
    assert ErasureRequest.objects.get().status == "postponed"
    fresh.post(reverse("accounts:erase_cancel"))
    assert ErasureRequest.objects.get().status == "cancelled"


def test_codes_nobody_typed_are_forgotten(user):
    request = erasure.ask(user, language="es")
    ErasureRequest.objects.update(code_until=timezone.now() - timedelta(days=2))

    assert erasure.run_due()["lapsed"] == 1

    request.refresh_from_db()
    assert (request.status, request.sealed) == ("cancelled", "")
