"""People in the back office: lists of constant cost, pages that open, addresses that stay confirmed."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.urls import reverse

from shop.accounts.models import User, vouch
from shop.accounts.tests.factories import PASSWORD, AddressFactory, ProfileFactory
from shop.accounts.tests.staff_clients import boss, queries

pytestmark = pytest.mark.django_db
EMPTY = {
    "profile-TOTAL_FORMS": 0,
    "profile-INITIAL_FORMS": 0,
    "addresses-TOTAL_FORMS": 0,
    "addresses-INITIAL_FORMS": 0,
}


def test_lists_cost_the_same_for_five_rows_and_for_nine():
    client = boss()
    lists = [
        reverse(f"admin:{model}_changelist")
        for model in ("accounts_user", "auth_group", "account_emailaddress", "mfa_authenticator")
    ]

    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            user = ProfileFactory.create().user
            vouch(user)
            Authenticator.objects.create(user=user, type="totp", data={})
            Group.objects.create(name=f"role {number}")

    grow(0, 5)
    for address in lists:
        queries(client, address)
    few = [queries(client, address) for address in lists]
    grow(5, 9)

    assert [queries(client, address) for address in lists] == few
    assert max(few) <= 12


def test_a_person_is_shown_with_details_and_addresses():
    user = ProfileFactory.create(document_number="30123456").user
    AddressFactory.create(user=user, street="Thames 1400")

    page = boss().get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()

    assert "30123456" in page
    assert "Thames 1400" in page
    assert PASSWORD not in page


def test_an_address_changed_by_staff_is_the_only_one_left():
    user = User.objects.create_user("old@example.com", PASSWORD)

    answer = boss().post(
        reverse("admin:accounts_user_change", args=[user.pk]),
        {"email": "New@example.com", "is_active": "on", **EMPTY},
    )

    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert [(row.email, row.verified) for row in EmailAddress.objects.filter(user=user)] == [
        ("new@example.com", False)
    ]


def test_a_password_is_set_on_its_own_page():
    user = User.objects.create_user("a@example.com", PASSWORD)
    page = reverse("admin:auth_user_password_change", args=[user.pk])

    assert boss().get(page).status_code == 200
    boss().post(page, {"password1": "otra-percha-mejor", "password2": "otra-percha-mejor"})

    user.refresh_from_db()
    assert user.check_password("otra-percha-mejor")
