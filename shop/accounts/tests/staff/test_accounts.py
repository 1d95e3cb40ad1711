"""Accounts of the staff: superusers alone change them, on every page, and nobody else can grant rights."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from shop.accounts.models import ErasureRequest, User, vouch
from shop.accounts.staff import roles
from shop.accounts.tests.admin.test_people import EMPTY
from shop.accounts.tests.factories import PASSWORD, UserFactory
from shop.accounts.tests.staff_clients import boss, clerk, signed_in

pytestmark = pytest.mark.django_db
# A role of the shop's own that has every permission but the superuser's.
ALMIGHTY = "everything"


def almighty() -> Client:
    roles.seed()
    group, _made = Group.objects.get_or_create(name=ALMIGHTY)
    group.permissions.set(Permission.objects.all())
    user = UserFactory.create(is_staff=True)
    user.groups.add(group)
    return signed_in(user)


@pytest.fixture(params=["staff", "superuser", "role", "permission"])
def colleague(request: pytest.FixtureRequest) -> User:
    user = User.objects.create_user("colleague@percha.test", PASSWORD)
    if request.param == "role":
        user.groups.add(Group.objects.create(name="own"))
    elif request.param == "permission":
        user.user_permissions.add(Permission.objects.all()[0])
    else:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=request.param == "superuser")
    user.refresh_from_db()
    return user


@pytest.mark.parametrize("who", ["manager", ALMIGHTY])
def test_only_a_superuser_changes_an_account_with_rights(colleague, who):
    client = almighty() if who == ALMIGHTY else clerk(who)
    before = User.objects.values().get(pk=colleague.pk)
    change = reverse("admin:accounts_user_change", args=[colleague.pk])
    tries = [
        (change, {"email": "mine@example.com", "is_active": "on", **EMPTY}),
        (
            reverse("admin:auth_user_password_change", args=[colleague.pk]),
            {"password1": "otra-percha-mejor", "password2": "otra-percha-mejor"},
        ),
        (reverse("admin:accounts_user_delete", args=[colleague.pk]), {"post": "yes"}),
        (
            reverse("admin:accounts_user_changelist"),
            {"action": "delete_selected", "_selected_action": [str(colleague.pk)], "post": "yes"},
        ),
        (
            reverse("admin:account_emailaddress_add"),
            {"email": "mine@example.com", "user": str(colleague.pk), "verified": "on", "primary": "on"},
        ),
        (
            reverse("admin:accounts_erasurerequest_erase"),
            {"token": "t", "email": colleague.email, "seen": colleague.email},
        ),
        (change.replace("/change/", "/remove-second-step/"), {"token": "t"}),
    ]

    assert client.get(change).status_code == 200, "it may be looked at"
    for address, data in tries:
        client.post(address, data)

    assert User.objects.values().get(pk=colleague.pk) == before
    assert list(EmailAddress.objects.filter(user=colleague).values_list("email", flat=True)) == [
        colleague.email
    ]
    assert not ErasureRequest.objects.exists()


def test_a_superuser_changes_it(colleague):
    boss().post(
        reverse("admin:auth_user_password_change", args=[colleague.pk]),
        {"password1": "otra-percha-mejor", "password2": "otra-percha-mejor"},
    )

    colleague.refresh_from_db()
    assert colleague.check_password("otra-percha-mejor")


@pytest.mark.parametrize("who", ["manager", ALMIGHTY])
def test_nobody_but_a_superuser_hands_out_rights(who):
    client = almighty() if who == ALMIGHTY else clerk(who)
    shopper = User.objects.create_user("ana@example.com", PASSWORD)
    group = Group.objects.get(name="support")
    rights = {"is_staff": "on", "is_superuser": "on", "groups": [str(group.pk)]}

    client.post(
        reverse("admin:accounts_user_change", args=[shopper.pk]),
        {"email": "ana@example.com", "is_active": "on", **rights, **EMPTY},
    )
    client.post(
        reverse("admin:accounts_user_add"),
        {"email": "new@example.com", "password1": "otra-percha-mejor", **rights},
    )
    client.post(
        reverse("admin:auth_group_change", args=[group.pk]),
        {"name": "support", "permissions": list(Permission.objects.values_list("pk", flat=True))},
    )
    client.post(reverse("admin:auth_group_add"), {"name": "evil"})
    client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

    assert not any(
        user.has_rights for user in User.objects.filter(email__endswith="@example.com", is_staff=False)
    )
    assert not User.objects.filter(email="new@example.com", is_staff=True).exists()
    assert group.permissions.count() == len(roles.ROLES["support"] & roles.ROLES["support"])
    assert not Group.objects.filter(name="evil").exists()


def test_an_account_takes_no_address_that_signs_in_somebody_else():
    admin = User.objects.create_superuser("admin@percha.test", PASSWORD)
    EmailAddress.objects.create(user=admin, email="second@percha.test", verified=True)
    shopper = User.objects.create_user("ana@example.com", PASSWORD)

    answer = clerk("manager").post(
        reverse("admin:accounts_user_change", args=[shopper.pk]),
        {"email": "second@percha.test", "is_active": "on", **EMPTY},
    )

    assert answer.status_code == 200
    shopper.refresh_from_db()
    assert shopper.email == "ana@example.com"
    vouch(shopper)
