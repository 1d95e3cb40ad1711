"""Tokens of forms are those of Django: it takes them, and no two look alike."""

from django.middleware import csrf
from django.middleware.csrf import _does_token_match  # type: ignore[attr-defined]
from django.test import RequestFactory

from shop.core.web.form_tokens import form_token, masked, token_of


def test_django_finds_the_secret_behind_every_mask():
    secret = csrf._get_new_csrf_string()
    tokens = {masked(secret) for _turn in range(200)}
    assert len(tokens) == 200
    assert all(_does_token_match(token, secret) for token in tokens)
    # Every character is as likely in a mask.
    assert set("".join(token[: csrf.CSRF_SECRET_LENGTH] for token in tokens)) == set(csrf.CSRF_ALLOWED_CHARS)


def test_a_visitor_without_a_secret_gets_one_only_when_the_token_is_read():
    request = RequestFactory().get("/")
    value = form_token(request)["csrf_token"]
    assert "CSRF_COOKIE" not in request.META
    assert _does_token_match(str(value), request.META["CSRF_COOKIE"])
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]


def test_a_known_secret_stays():
    request = RequestFactory().get("/")
    request.META["CSRF_COOKIE"] = secret = "a" * csrf.CSRF_SECRET_LENGTH
    assert _does_token_match(token_of(request), secret)
    assert request.META["CSRF_COOKIE"] == secret
