"""An app signs up, signs in with one step or two, and resets a password; nobody learns from it who has an account."""

import json
import re
import time
from typing import Any, cast

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal import flows as totp_flows
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from ninja.errors import AuthorizationError

from shop.accounts.api import auth
from shop.accounts.models import RefreshToken, User
from shop.accounts.tests.api.test_tokens import AUTH, is_in, refresh, signed_in
from shop.accounts.tests.factories import PASSWORD
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog
from tests.races.tools.concurrency import together

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "otra-percha-mejor"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


class App:
    """An app: keeps the session token of the steps of signing in, as allauth's protocol asks."""

    def __init__(self, **headers: str) -> None:
        self.client, self.headers, self.session = Client(), headers, ""

    def __call__(
        self, method: str, path: str, data: Any = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        known = {"x-session-token": self.session} if self.session else {}
        answer: Any = self.client.generic(
            method,
            f"{AUTH}/{path}",
            b"" if data is None else json.dumps(data),
            content_type="application/json",
            headers={**known, **self.headers, **headers},
        )
        assert not answer.cookies
        body = answer.json()
        self.session = body.get("meta", {}).get("session_token", self.session)
        return answer.status_code, body

    def sign_up(self, email: str) -> tuple[int, dict[str, Any]]:
        return self("POST", "auth/signup", {"email": email, "password": PASSWORD})

    def sign_in(self, email: str, password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
        return self("POST", "auth/login", {"email": email, "password": password})


def newest_mail(to: str) -> str:
    return as_sent(EmailLog.objects.filter(to=to).latest("created_at")).text


def pending(body: dict[str, Any]) -> list[str]:
    return [flow["id"] for flow in body["data"]["flows"] if flow.get("is_pending")]


def alike(body: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without its random session token."""
    return {
        **body,
        "meta": {name: value for name, value in body.get("meta", {}).items() if name != "session_token"},
    }


def test_a_new_account_confirms_its_address_with_the_code_of_the_mail_and_is_in():
    app = App(**{"accept-language": "pt-br"})

    status, body = app.sign_up("Nueva@Example.com")
    assert (status, pending(body)) == (401, ["verify_email"])
    assert "access_token" not in body["meta"]
    assert app("POST", "auth/email/verify", {"key": "WRONG1"})[0] == 400
    code = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", newest_mail("nueva@example.com"), re.MULTILINE)[1]
    status, body = app("POST", "auth/email/verify", {"key": code})

    assert (status, body["data"]["user"]["email"]) == (200, "nueva@example.com")
    assert is_in(body["meta"]["access_token"])
    assert refresh(body["meta"]["refresh_token"]).status_code == 200
    assert User.objects.get(email="nueva@example.com").profile.language == "pt-br"


def test_nobody_learns_who_has_an_account():
    User.objects.create_user("taken@example.com", PASSWORD)

    def ask(path: str, there: dict[str, str], gone: dict[str, str]) -> list[Any]:
        return [
            (status, alike(body)) for status, body in (App()("POST", path, there), App()("POST", path, gone))
        ]

    for path, there, gone in (
        (
            "auth/signup",
            {"email": "Taken@example.com", "password": PASSWORD},
            {"email": "new@example.com", "password": PASSWORD},
        ),
        (
            "auth/login",
            {"email": "taken@example.com", "password": "wrong"},
            {"email": "no@example.com", "password": "wrong"},
        ),
        ("auth/password/request", {"email": "taken@example.com"}, {"email": "no@example.com"}),
    ):
        one, other = ask(path, there, gone)
        assert one == other, path
    assert set(EmailLog.objects.values_list("to", "kind")) == {
        ("taken@example.com", "account-already-exists"),
        ("taken@example.com", "password-reset-key"),
        ("new@example.com", "email-confirmation-signup"),
        ("no@example.com", "unknown-account"),
    }
    for mail in EmailLog.objects.all():
        links = re.findall(rf"{re.escape(settings.SITE_URL)}(/\S*)", as_sent(mail).text)
        assert all(Client().get(link, follow=True).status_code == 200 for link in links), links
        assert links or mail.kind == "email-confirmation-signup"
        assert "/api/" not in as_sent(mail).text


def test_two_steps_let_in_with_a_code_of_the_phone_or_a_recovery_code_and_with_nothing_less(monkeypatch):
    user = User.objects.create_user("ana@example.com", PASSWORD)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    now = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))

    app = App()
    status, body = app.sign_in(user.email)
    assert (status, pending(body)) == (401, ["mfa_authenticate"])
    assert "access_token" not in body["meta"]
    assert not RefreshToken.objects.exists()
    assert app("POST", "auth/2fa/authenticate", {"code": "000000" if now != "000000" else "000001"})[0] == 400
    status, body = app("POST", "auth/2fa/authenticate", {"code": now})
    assert status == 200
    assert [one["method"] for one in body["data"]["methods"]] == ["password", "mfa"]
    assert is_in(body["meta"]["access_token"])

    for expected in (200, 400):
        app = App()
        app.sign_in(user.email)
        assert app("POST", "auth/2fa/authenticate", {"code": codes[0]})[0] == expected


def test_staff_sets_up_the_second_step_in_the_app_and_may_then_do_what_staff_may(settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = True
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    user = User.objects.create_superuser("jefa@example.com", PASSWORD)
    token = signed_in(user)["access_token"]
    app = App(authorization=f"Bearer {token}")

    def may() -> bool:
        request = RequestFactory().get("/api/v1/staff/", headers={"authorization": f"Bearer {token}"})
        try:
            return bool(auth.staff("accounts.view_user")(request))
        except AuthorizationError:
            return False

    assert not may()
    assert app("POST", "auth/reauthenticate", {"password": PASSWORD})[0] == 200
    status, body = app("GET", "account/authenticators/totp")
    secret = body["meta"]["secret"]
    assert (status, secret in body["meta"]["totp_url"]) == (404, True)
    assert app("POST", "account/authenticators/totp", {"code": "x"})[0] == 400
    code = totp.format_hotp_value(totp.hotp_value(secret, int(now) // 30))
    with monkeypatch.context() as committed:
        # What allauth does when its transaction commits; the test's own never does.
        committed.setattr(totp_flows.transaction, "on_commit", lambda act, **_options: act())
        assert app("POST", "account/authenticators/totp", {"code": code})[0] == 200
    assert may()
    assert secret not in str(Authenticator.objects.get(type="totp").data)
    assert len(app("GET", "account/authenticators/recovery-codes")[1]["data"]["unused_codes"]) == 10
    # Another session of the same account has not taken it.
    token = App().sign_in(user.email)[1]["meta"].get("access_token", "")
    assert not may()


def test_a_reset_by_the_mails_key_ends_every_session_and_the_new_password_signs_in():
    user = User.objects.create_user("ana@example.com", PASSWORD)
    before, app = signed_in(user), App()
    assert app("POST", "auth/password/request", {"email": user.email})[0] == 200
    key = re.search(r"/password/reset/key/([\w-]+)/", newest_mail(user.email))[1]

    assert app("GET", "auth/password/reset", **{"x-password-reset-key": key})[0] == 200
    assert app("POST", "auth/password/reset", {"key": key, "password": "123"})[0] == 400
    status, body = app("POST", "auth/password/reset", {"key": key, "password": NEW_PASSWORD})

    assert status == 401
    assert "access_token" not in body["meta"]
    assert app("POST", "auth/password/reset", {"key": key, "password": PASSWORD})[0] == 400
    assert not is_in(before["access_token"])
    assert refresh(before["refresh_token"]).status_code == 400
    assert App().sign_in(user.email)[0] == 400
    assert App().sign_in(user.email, NEW_PASSWORD)[0] == 200


def test_a_changed_password_ends_the_sessions_of_other_devices_and_apps():
    user = User.objects.create_user("ana@example.com", PASSWORD)
    phone, tablet = signed_in(user), signed_in(user)

    app = App(authorization=f"Bearer {phone['access_token']}")
    status, _body = app(
        "POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    )

    assert status == 401
    for gone in (phone, tablet):
        assert not is_in(gone["access_token"])
        assert refresh(gone["refresh_token"]).status_code == 400
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_forged_address_does_not_dodge_the_limits(settings, proxies):
    settings.TRUSTED_PROXY_COUNT = proxies
    user = User.objects.create_user("ana@example.com", PASSWORD)

    def attempt(place: int) -> int:
        forged = f"198.51.100.{place}"
        trusted = f"{forged}, 203.0.113.9" if proxies else forged
        # Another account each time: only the address of the visitor is the same.
        return App(**{"x-forwarded-for": trusted}).sign_in(f"no{place}@example.com", "wrong")[0]

    assert [attempt(place) for place in range(10)] == [400] * 10
    status, body = App(**{"x-forwarded-for": "192.0.2.1, 203.0.113.9" if proxies else "192.0.2.1"}).sign_in(
        user.email
    )
    assert status == 400
    assert body["errors"][0]["code"] == "too_many_login_attempts"
    # Somebody at another address still gets in.
    other = {"x-forwarded-for": "203.0.113.77"} if proxies else {}
    client = App(**other)
    if not proxies:
        client.client = Client(REMOTE_ADDR="203.0.113.77")
    assert client.sign_in(user.email)[0] == 200


def test_too_many_tries_are_told_when_to_come_again():
    limited = [App().sign_in("no@example.com", "wrong") for _try in range(5)]
    answer: Any = None
    for _try in range(30):
        answer = Client().post(f"{AUTH}/auth/login", {}, content_type="application/json")
        if answer.status_code == 429:
            break

    assert {status for status, _body in limited} == {400}
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 300
    assert answer["Content-Type"] == "application/json"


def test_what_is_no_json_object_and_steps_that_nobody_needs_are_refused():
    login = f"{AUTH}/auth/login"
    for body in (
        b"[" * 5000,
        b'{"email": "\\ud800@x.com", "password": "x"}',
        b'{"email": "a@x.com", "password": "a\\u0000"}',
        b'{"email": NaN}',
        b"[]",
    ):
        answer: Any = Client().generic("POST", login, body, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), body
        assert answer.json()["code"] == "malformed"
    form = Client().post(login, {"email": "a@x.com", "password": PASSWORD})
    assert (form.status_code, form.json()["code"]) == (415, "wrong_type")
    empty: Any = Client().generic("POST", login, b"", content_type="multipart/form-data; boundary=x")
    assert empty.status_code == 400
    for path in ("account/phone", "auth/phone/verify", "auth/phone/verify/resend", "auth/unknown"):
        answer = Client().post(f"{AUTH}/{path}", {}, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path


def test_a_session_that_is_ended_during_a_step_is_out(monkeypatch):
    tokens = signed_in(User.objects.create_user("ana@example.com", PASSWORD))
    app = App(authorization=f"Bearer {tokens['access_token']}")

    def end(*_args: object, **_kwargs: object) -> None:
        Session.objects.all().delete()

    authentication_step_completed.connect(end)
    try:
        status, body = app("POST", "auth/reauthenticate", {"password": PASSWORD})
    finally:
        authentication_step_completed.disconnect(end)

    assert (status, body["code"]) == (401, "unauthenticated")
    assert not Session.objects.exists()


def test_guesses_at_once_are_counted_one_by_one():
    """A burst: with a counter that is read and then written, each of them would find room."""

    def guess() -> None:
        request = RequestFactory().post("/")
        cast(Any, get_adapter(request)).pre_authenticate(request, email="ana@example.com", password="wrong")

    answers = together([guess] * 12)

    assert [isinstance(answer, ValidationError) for answer in answers].count(False) == 5, answers
