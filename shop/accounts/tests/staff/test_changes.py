"""Sign-in details changed by staff: nobody takes over an account unnoticed."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.privacy import person_of
from shop.accounts.tests.admin.test_people import EMPTY
from shop.accounts.tests.factories import PASSWORD, ProfileFactory
from shop.accounts.tests.staff.test_accounts import ALMIGHTY, almighty
from shop.accounts.tests.staff_clients import boss, clerk
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "otra-percha-mejor"


@pytest.fixture
def shopper() -> User:
    user = User.objects.create_user("ana@example.com", PASSWORD)
    ProfileFactory.create(user=user, language="pt-br")
    return user


def change_address(client: Client, user: User, to: str) -> None:
    answer = client.post(
        reverse("admin:accounts_user_change", args=[user.pk]), {"email": to, "is_active": "on", **EMPTY}
    )
    assert answer.status_code == 302


@pytest.mark.parametrize("who", ["manager", ALMIGHTY])
def test_nobody_but_a_superuser_sets_a_password_of_a_shopper(shopper, who):
    client = almighty() if who == ALMIGHTY else clerk(who)
    address = reverse("admin:auth_user_password_change", args=[shopper.pk])

    assert client.get(address).status_code == 403
    answer = client.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert answer.status_code == 403
    shopper.refresh_from_db()
    assert shopper.check_password(PASSWORD)
    page = client.get(reverse("admin:accounts_user_change", args=[shopper.pk])).content.decode()
    assert "../password/" not in page
    assert f"{shopper.password.partition('$')[0]}" not in page


def test_a_password_set_by_a_superuser_is_kept_in_the_trail_and_told(shopper):
    address = reverse("admin:auth_user_password_change", args=[shopper.pk])
    client = boss()

    client.post(address, {"password1": NEW_PASSWORD, "password2": "another"})
    assert not EmailLog.objects.exists()
    client.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert Event.objects.get(kind="password set").subject_id == shopper.pk
    mail = EmailLog.objects.get()
    assert (mail.to, mail.kind, mail.language) == (shopper.email, "password_set_by_staff", "pt-br")
    assert NEW_PASSWORD not in mail.text + mail.html


@pytest.mark.parametrize("who", ["manager", "superuser"])
def test_a_new_address_of_a_shopper_is_unconfirmed_and_the_old_one_is_told(shopper, who):
    change_address(boss() if who == "superuser" else clerk(who), shopper, "Other@example.com")

    assert [(row.email, row.verified) for row in EmailAddress.objects.filter(user=shopper)] == [
        ("other@example.com", False)
    ]
    assert Event.objects.get(kind="address changed").actor.startswith("staff:")
    mail = EmailLog.objects.get()
    assert (mail.to, mail.kind) == ("ana@example.com", "address_changed_by_staff")
    assert "other@example.com" not in mail.text + mail.html


def test_whoever_changed_an_address_does_not_sign_in_with_it_unconfirmed(shopper):
    change_address(clerk("manager"), shopper, "other@example.com")

    browser = Client()
    browser.post(reverse("account_login"), {"login": "other@example.com", "password": PASSWORD})

    assert not browser.session.get("_auth_user_id")


def test_an_unconfirmed_address_gives_nothing_of_whoever_really_has_it(shopper):
    change_address(clerk("manager"), shopper, "victim@example.com")
    shopper.refresh_from_db()

    assert person_of(shopper).emails == frozenset()
    assert person_of(shopper).user_id == shopper.pk
    EmailAddress.objects.filter(user=shopper).update(verified=True)
    assert person_of(shopper).emails == {"victim@example.com"}


def test_a_saved_account_with_the_same_address_says_nothing(shopper):
    change_address(clerk("manager"), shopper, "ana@example.com")

    assert not EmailLog.objects.exists()
    assert EmailAddress.objects.get(user=shopper).verified


def test_an_address_of_the_staff_that_a_superuser_changes_signs_in_at_once(shopper):
    shopper.groups.add(Group.objects.create(name="own"))

    boss().post(
        reverse("admin:accounts_user_change", args=[shopper.pk]),
        {"email": "new@percha.test", "is_active": "on", "groups": [str(shopper.groups.get().pk)], **EMPTY},
    )

    assert EmailAddress.objects.get(user=shopper).verified


def test_an_account_made_by_somebody_who_is_no_superuser_is_confirmed_by_its_owner():
    client = almighty()
    assert Permission.objects.filter(codename="add_user").exists()

    client.post(reverse("admin:accounts_user_add"), {"email": "x@example.com", "password1": NEW_PASSWORD})

    assert User.objects.filter(email="x@example.com").exists()
    assert not EmailAddress.objects.filter(email="x@example.com", verified=True).exists()
