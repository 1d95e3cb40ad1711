"""A client of the API for tests: JSON in and out, with a real access token and without the steps of logging in."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.jwt import internal
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client

from shop.accounts import devices
from shop.accounts.models import User

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class ApiClient(Client):
    """Sends JSON as one account (or as a guest): `ApiClient(user).post("/api/v1/…", {...}, key="one-act")`.

    `key` is the Idempotency-Key. Headers are named as in Python: `if_none_match=etag`, `cart_token=…`. With
    `second_step` the account has one, and took it in this session.
    """

    def __init__(self, user: User | None = None, *, second_step: bool = False, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.session_row, self.token = token_of(user, second_step=second_step) if user else (None, "")

    def request(self, **request: Any) -> Any:
        if self.token:
            request.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.token}")
        return super().request(**request)

    def get(self, path: str, data: Any = None, **headers: Any) -> Any:  # type: ignore[override]
        """Send a query; `data` is its query string."""
        return super().get(path, data, **_headers(None, headers))

    def post(self, path: str, json: Any = None, key: str | None = None, **headers: Any) -> Any:  # type: ignore[override]
        return self._send("post", path, json, key, headers)

    def put(self, path: str, json: Any = None, key: str | None = None, **headers: Any) -> Any:  # type: ignore[override]
        return self._send("put", path, json, key, headers)

    def patch(self, path: str, json: Any = None, key: str | None = None, **headers: Any) -> Any:  # type: ignore[override]
        return self._send("patch", path, json, key, headers)

    def delete(self, path: str, json: Any = None, key: str | None = None, **headers: Any) -> Any:  # type: ignore[override]
        return self._send("delete", path, json, key, headers)

    def _send(self, method: str, path: str, json: Any, key: str | None, headers: dict[str, Any]) -> Any:
        send = getattr(super(), method)
        data = {} if json is None else json
        return send(path, data, content_type="application/json", **_headers(key, headers))


def token_of(user: User, *, second_step: bool = False) -> tuple[SessionBase, str]:
    """Return a session of this account, and an access token of it, as logging in makes them."""
    session = sessionkit.new_session()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = _BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    if second_step:
        request = HttpRequest()
        request.session = session
        step, _created = Authenticator.objects.get_or_create(
            user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": ""}}
        )
        record_authentication(request, user, "mfa", id=step.pk, type=step.type)
    session.save()
    # As a visit a moment ago has left it: the first request writes nothing.
    UserSession.objects.create(
        user=user, session_key=session.session_key, ip=devices.NO_NETWORK, user_agent="Test/1"
    )
    cache.set(devices.seen_key(str(session.session_key)), 1, devices.SEEN_EVERY)
    return session, internal.create_access_token(user, session, {})


def _headers(key: str | None, headers: dict[str, Any]) -> dict[str, Any]:
    named = {"idempotency_key": key} if key else {}
    return {"headers": {name.replace("_", "-"): value for name, value in {**named, **headers}.items()}}
