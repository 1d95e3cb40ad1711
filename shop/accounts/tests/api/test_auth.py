"""Who calls the API: a token lets in as long as its session, its account and its permission do."""

from typing import Any

import pytest
from allauth.headless.tokens.strategies.jwt import internal
from django.contrib.auth.models import Permission
from django.test import RequestFactory
from ninja.errors import AuthorizationError

from shop.accounts.api import auth
from shop.accounts.models import User
from shop.accounts.tests.factories import PASSWORD, UserFactory
from tests.support.api_client import token_of

pytestmark = pytest.mark.django_db


def asked(check: auth.Bearer, header: str | None = None) -> Any:
    """Return what a check of operations says to one `Authorization` header."""
    headers = {} if header is None else {"Authorization": header}
    request = RequestFactory().get("/api/v1/account", headers=headers)
    found = check(request)
    assert not found or request.user == found
    return found


def test_a_good_token_is_its_account_and_nothing_else_lets_in():
    user = UserFactory.create()
    session, token = token_of(user)
    refresh = internal.create_refresh_token(user, session)
    head, body, signature = token.split(".")

    assert asked(auth.bearer, f"Bearer {token}") == user
    assert asked(auth.bearer, f"bearer {token}") == user
    for wrong in (
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        f"Bearer {refresh}",
        f"Bearer {token} {token}",
        f"Bearer {head}.{body}.{signature[::-1]}",
        f"Bearer {head}.{body}.",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer \x00\xff",
        f"Bearer {session.session_key}",
    ):
        assert asked(auth.bearer, wrong) is None, wrong
        assert wrong is None or asked(auth.visitor, wrong) is None, wrong

    guest = asked(auth.visitor)
    assert guest
    assert not guest.is_authenticated
    assert asked(auth.visitor, f"Bearer {token}") == user


@pytest.mark.parametrize(
    "ending",
    [
        lambda user, session: session.delete(),
        lambda user, session: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user, session: User.objects.filter(pk=user.pk).delete(),
        lambda user, session: (user.set_password(PASSWORD + "!"), user.save()),
        lambda user, session: (session.set_expiry(-1), session.save()),
    ],
    ids=["session ended", "deactivated", "deleted", "password changed", "session too old"],
)
def test_a_token_dies_at_once_with_what_it_stands_for(ending):
    user = UserFactory.create(is_staff=True, is_superuser=True)
    session, token = token_of(user)
    assert asked(auth.bearer, f"Bearer {token}") == user

    ending(user, session)

    for check in (auth.bearer, auth.visitor, auth.staff("accounts.view_user")):
        assert asked(check, f"Bearer {token}") is None


def test_staff_need_the_permission_and_a_second_step_where_it_is_required(settings):
    check = auth.staff("accounts.view_user")
    shopper, clerk, boss = (
        UserFactory.create(),
        UserFactory.create(is_staff=True),
        UserFactory.create(is_staff=True, is_superuser=True),
    )
    may = Permission.objects.get(codename="view_user")
    shopper.user_permissions.add(may)

    def refused(user: User, **options: bool) -> None:
        _session, token = token_of(user, **options)
        with pytest.raises(AuthorizationError):
            asked(check, f"Bearer {token}")

    refused(shopper)
    refused(clerk)
    assert asked(check) is None
    clerk.user_permissions.add(may)
    assert asked(check, f"Bearer {token_of(clerk)[1]}") == clerk

    settings.STAFF_MFA_REQUIRED = True
    refused(clerk)
    refused(boss)
    assert asked(check, f"Bearer {token_of(clerk, second_step=True)[1]}") == clerk
    # It has one now, and did not take it in this other session.
    refused(clerk)
