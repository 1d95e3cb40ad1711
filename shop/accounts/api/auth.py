"""Who calls the API: everybody with an access token, also guests, or members of staff with a permission.

Tokens are allauth's JWT (docs/api.md). Each request looks up the session a token belongs to, so that an ended session,
a changed password and a deactivated or deleted account make its tokens worthless at once.
"""

from typing import Any, Final

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.headless.tokens.strategies.jwt import internal
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer

from shop.accounts.models import User
from shop.accounts.staff import second_step


class Bearer(HttpBearer):
    """A valid access token of an active account; `request.auth` and `request.user` are the account."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the account; None (401) for a token that is forged or expired, or whose session has ended."""
        found = session_of(token)
        if found is None:
            return None
        user, session = found
        request.user = user
        request.api_session = session  # type: ignore[attr-defined]
        return user


class Visitor(Bearer):
    """Anybody: a request without the header `Authorization` is a guest's; a token that is sent must be valid."""

    is_optional = True

    def __call__(self, request: HttpRequest) -> Any:
        if self.header in request.headers:
            return super().__call__(request)
        guest = AnonymousUser()
        request.user = guest
        return guest


class Staff(Bearer):
    """A member of the staff who has one permission, and took a second step in this session where staff must."""

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the account, or None (401).

        Raises:
            AuthorizationError: no member of the staff, without the permission, or without a second step (403).
        """
        user = super().authenticate(request, token)
        if user is None:
            return None
        if not user.is_staff or not user.has_perm(self.permission):
            raise AuthorizationError
        if not second_step.opens_the_back_office(request.api_session, user):  # type: ignore[attr-defined]
            raise AuthorizationError
        return user


def session_of(token: str) -> tuple[User, SessionBase] | None:
    """Return the account and the session of an access token; None for one that does not, or no longer, let in."""
    payload = internal.decode_token(token, "access")
    session = internal.get_token_session(payload) if payload else None
    if payload is None or session is None:
        return None
    user = internal.validate_token_user(payload, session)
    return (user, session) if isinstance(user, User) else None


def user_of(request: HttpRequest) -> User:
    """Return the account of a request that `bearer` has let in."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("Only behind `bearer` is there an account.")
    return user


def session_key_of(request: HttpRequest) -> str:
    """Return the key of the session of a request that `bearer` has let in."""
    return str(request.api_session.session_key)  # type: ignore[attr-defined]


def has_just_confirmed(request: HttpRequest) -> bool:
    """Return whether this person has confirmed the password or a second step in this session just now.

    As on the pages (`ACCOUNT_REAUTHENTICATION_TIMEOUT`), by django-allauth's own step of the API.
    """
    asked = HttpRequest()
    asked.session, asked.user = request.api_session, user_of(request)  # type: ignore[attr-defined]
    return bool(did_recently_reauthenticate(asked))


def staff(permission: str) -> Staff:
    """Return the check of an operation for the staff; `permission` is "app_label.codename"."""
    return Staff(permission)


bearer: Final = Bearer()
visitor: Final = Visitor()
