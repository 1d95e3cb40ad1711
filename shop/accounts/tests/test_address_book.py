"""The address book: one default at most, and always one when there is any; nobody sees another's."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from shop.accounts import address_book
from shop.accounts.models import Address, User
from shop.accounts.tests.factories import AddressFactory, UserFactory

pytestmark = pytest.mark.django_db

FIELDS: dict[str, Any] = {
    "recipient": "Ana Suárez",
    "street": "Thames 1400",
    "city": "Buenos Aires",
    "state": "Ciudad Autónoma de Buenos Aires",
    "postal_code": "1414",
    "country": "AR",
}


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_first_address_becomes_the_default_and_a_new_default_takes_its_place():
    user = UserFactory.create()
    first = address_book.add(user, **FIELDS)
    second = address_book.add(user, **FIELDS)
    assert list(user.addresses.filter(is_default=True)) == [first]

    address_book.make_default(second)

    assert list(user.addresses.filter(is_default=True)) == [second]


def test_removing_the_default_hands_it_to_the_newest_of_the_others():
    user = UserFactory.create()
    first, second, third = (address_book.add(user, **FIELDS) for _ in range(3))

    address_book.remove(first)
    address_book.remove(first)

    assert list(user.addresses.filter(is_default=True)) == [third]
    assert set(user.addresses.all()) == {second, third}


def test_a_full_book_refuses_one_more_in_words():
    user = UserFactory.create()
    AddressFactory.create_batch(address_book.MOST_ADDRESSES, user=user)

    answer = _client(user).post(reverse("accounts:address_add"), FIELDS)

    assert answer.status_code == 422
    assert user.addresses.count() == address_book.MOST_ADDRESSES


def test_an_address_is_added_changed_and_deleted_through_the_pages():
    user = UserFactory.create()
    client = _client(user)

    assert client.post(reverse("accounts:address_add"), FIELDS).status_code == 302
    address = user.addresses.get()
    assert address.is_default
    assert address.postal_code == "1414"

    changed = FIELDS | {"street": "Thames 1500", "postal_code": "c1414abc"}
    assert client.post(reverse("accounts:address_edit", args=[address.pk]), changed).status_code == 302
    address.refresh_from_db()
    assert (address.street, address.postal_code, address.is_default) == ("Thames 1500", "C1414ABC", True)

    assert client.get(reverse("accounts:address_delete", args=[address.pk])).status_code == 200
    assert client.post(reverse("accounts:address_delete", args=[address.pk])).status_code == 302
    assert not user.addresses.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("postal_code", "no"),
        ("state", "Atlantis"),
        ("phone", "call me"),
        ("recipient", ""),
        ("street", "x" * 300),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_changes_nothing(field, value):
    user = UserFactory.create()

    answer = _client(user).post(reverse("accounts:address_add"), FIELDS | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Address.objects.exists()


@pytest.mark.parametrize("page", ["address_edit", "address_delete", "address_default"])
def test_another_persons_address_does_not_exist(page):
    theirs = AddressFactory.create()
    client = _client(UserFactory.create())

    answer = client.post(reverse(f"accounts:{page}", args=[theirs.pk]), FIELDS)

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert not theirs.is_default
