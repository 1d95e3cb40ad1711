"""Roles: what each clerk sees and may do, and what not."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.staff import roles
from shop.accounts.tests.factories import UserFactory
from shop.accounts.tests.staff_clients import boss, clerk, signed_in

pytestmark = pytest.mark.django_db

LISTS = {
    "orders": "admin:orders_order_changelist",
    "checkouts": "admin:orders_checkoutsession_changelist",
    "shipping": "admin:orders_shippingmethod_changelist",
    "levels": "admin:inventory_stocklevel_changelist",
    "movements": "admin:inventory_stockmovement_changelist",
    "products": "admin:catalog_product_changelist",
    "payments": "admin:payments_payment_changelist",
    "refunds": "admin:payments_refund_changelist",
    "people": "admin:accounts_user_changelist",
    "roles": "admin:auth_group_changelist",
    "mails": "admin:core_emaillog_changelist",
    "jobs": "admin:core_jobrun_changelist",
}
SEES = {
    "manager": {
        "orders",
        "checkouts",
        "shipping",
        "levels",
        "movements",
        "products",
        "payments",
        "refunds",
        "people",
        "mails",
        "jobs",
    },
    "warehouse": {"orders", "levels", "movements", "products"},
    "support": {
        "orders",
        "checkouts",
        "levels",
        "movements",
        "products",
        "payments",
        "refunds",
        "people",
        "mails",
    },
    "catalogue": {"levels", "products"},
}


def test_every_permission_that_a_role_names_exists():
    known = {
        f"{app}.{code}" for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }

    assert set().union(*roles.ROLES.values()) <= known


def test_a_manager_may_do_every_act_that_asks_for_a_permission():
    """An act whose permission no role has would be left to those who may do everything."""
    asked = re.compile(r'"((?:accounts|catalog|core|inventory|orders|payments|reports)\.[a-z]+_[a-z]+)"')
    verbs = ("add", "change", "delete", "view", "approve", "see")
    sources = [
        path
        for app in ("catalog", "inventory", "orders", "payments", "shop")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts) and path.name != "roles.py"
    ]
    found = {name for path in sources for name in asked.findall(path.read_text(encoding="utf-8"))}
    acts = {name for name in found if name.partition(".")[2].partition("_")[0] in verbs}

    assert len(acts) > 50
    assert acts <= roles.ROLES["manager"]


def test_the_roles_are_there_after_migrating_and_seeding_again_changes_nothing():
    before = {group.name: group.permissions.count() for group in Group.objects.all()}
    assert before == {name: len(permissions) for name, permissions in roles.ROLES.items()}

    call_command("seed_roles", verbosity=0)

    assert {group.name: group.permissions.count() for group in Group.objects.all()} == before


def test_seeding_gives_a_role_back_what_was_taken_from_it():
    for group in Group.objects.all():
        group.permissions.clear()
    assert roles.seed() == {name: len(permissions) for name, permissions in roles.ROLES.items()}
    for name, wanted in roles.ROLES.items():
        given = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{code}" for app, code in given} == wanted


def test_roles_are_seeded_once_after_the_last_app_that_has_models(monkeypatch: pytest.MonkeyPatch):
    seeded: list[str] = []
    configs = list(apps.get_app_configs())
    for config in configs:
        monkeypatch.setattr(roles, "seed", lambda name=config.name: seeded.append(name))
        roles.seed_after_migrate(config)
    assert seeded == [[config.name for config in configs if config.models_module is not None][-1]]


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_clerk_opens_the_lists_of_the_role_and_no_other(role):
    client = clerk(role)

    opened = {name for name, url in LISTS.items() if client.get(reverse(url)).status_code == 200}

    assert opened == SEES[role]


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_sidebar_shows_what_a_clerk_may_open(role):
    page = clerk(role).get(reverse("admin:index"))

    assert page.status_code == 200
    shown = {name for name, url in LISTS.items() if f'href="{reverse(url)}"' in page.content.decode()}
    assert shown == SEES[role]


def test_shoppers_do_not_get_in_and_guests_are_sent_to_sign_in(client):
    shopper = signed_in(UserFactory.create())

    assert shopper.get(reverse("admin:index")).status_code in {302, 403}
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_login")


def test_a_manager_can_neither_promote_anyone_nor_touch_a_superuser():
    manager = clerk("manager")
    target, king = UserFactory.create(), UserFactory.create(is_staff=True, is_superuser=True)
    page = reverse("admin:accounts_user_change", args=[target.pk])
    empty = {
        "profile-TOTAL_FORMS": 0,
        "profile-INITIAL_FORMS": 0,
        "addresses-TOTAL_FORMS": 0,
        "addresses-INITIAL_FORMS": 0,
    }

    manager.post(
        page, {"email": target.email, "is_active": "on", "is_staff": "on", "is_superuser": "on", **empty}
    )
    kings = reverse("admin:accounts_user_change", args=[king.pk])
    refused = manager.post(kings, {"email": "mine@example.com", **empty})
    password = manager.get(reverse("admin:auth_user_password_change", args=[king.pk]))

    target.refresh_from_db()
    king.refresh_from_db()
    assert (target.is_staff, target.is_superuser) == (False, False)
    assert refused.status_code == 403
    assert password.status_code == 403
    assert king.email != "mine@example.com"


def test_an_account_made_by_staff_can_sign_in_at_once():
    page = reverse("admin:accounts_user_add")

    answer = boss().post(
        page, {"email": "New@Example.com", "password1": "una-percha-de-madera", "is_staff": "on"}
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    user = User.objects.get(email="new@example.com")
    assert user.is_staff
    assert user.check_password("una-percha-de-madera")
    assert EmailAddress.objects.get(user=user).verified


def test_a_weak_password_is_refused_beside_its_field():
    answer = boss().post(
        reverse("admin:accounts_user_add"), {"email": "new@example.com", "password1": "12345"}
    )

    assert answer.status_code == 200
    assert "password1" in answer.context["adminform"].form.errors
