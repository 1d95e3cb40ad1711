"""The account's pages: closed to guests, with a constant number of queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.tests.factories import AddressFactory, ProfileFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> User:
    user = ProfileFactory.create().user
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.mark.parametrize("page", ["overview", "profile", "addresses", "address_add"])
def test_guests_are_sent_to_sign_in(page):
    address = reverse(f"accounts:{page}")

    answer = Client().get(address)

    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={address}"
    assert Client().head(address).headers == answer.headers


@pytest.mark.parametrize(
    "page",
    [
        "accounts:overview",
        "accounts:profile",
        "accounts:addresses",
        "accounts:address_add",
        "account_email",
        "account_change_password",
        "mfa_index",
        "account_logout",
    ],
)
def test_every_page_of_the_account_opens_in_the_shops_frame(client, person, page):
    answer = client.get(reverse(page))

    assert answer.status_code == 200
    assert "account-nav" in answer.content.decode()


@pytest.mark.parametrize("page", ["account_login", "account_signup", "account_reset_password"])
def test_the_doors_stand_in_the_shops_frame(page):
    answer = Client().get(reverse(page))

    assert answer.status_code == 200
    assert 'class="gate"' in answer.content.decode()


def test_an_account_without_a_profile_gets_one_on_its_first_visit(client):
    user = UserFactory.create()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(reverse("accounts:overview")).status_code == 200
    assert user.profile.language == "es"


def test_the_details_are_saved_with_a_checked_document(client, person):
    data = {
        "first_name": "Ana",
        "last_name": "Suárez",
        "phone": "",
        "language": "en",
        "document_type": "DNI",
        "document_number": "30.123.456",
    }

    assert client.post(reverse("accounts:profile"), data).status_code == 302
    person.profile.refresh_from_db()
    assert (person.profile.document_number, person.profile.language) == ("30123456", "en")

    wrong = client.post(reverse("accounts:profile"), data | {"document_type": "CUIT"})
    assert wrong.status_code == 422
    assert "document_number" in wrong.context["form"].errors


def test_a_document_without_its_kind_and_a_kind_without_its_number_are_told(client, person):
    data = {"first_name": "", "last_name": "", "phone": "", "language": "es"}

    only_number = client.post(reverse("accounts:profile"), data | {"document_number": "30123456"})
    only_kind = client.post(reverse("accounts:profile"), data | {"document_type": "DNI"})

    assert list(only_number.context["form"].errors) == ["document_type"]
    assert list(only_kind.context["form"].errors) == ["document_number"]


def test_the_address_list_costs_the_same_for_one_and_for_many(client, person):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(reverse("accounts:addresses")).status_code == 200
        return len(captured)

    AddressFactory.create(user=person)
    queries()  # what all pages share (the navigation) is in the cache from here on
    few = queries()
    AddressFactory.create_batch(15, user=person)

    assert queries() == few <= 8
