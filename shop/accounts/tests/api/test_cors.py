"""Pages of other origins may call the API when a setting names them; nothing but the API, and never with cookies."""

from unittest import mock

import pytest
from corsheaders.middleware import CorsMiddleware
from django.test import Client

pytestmark = pytest.mark.django_db
APP, SESSION = "https://app.maal.example.com", "/api/auth/app/v1/auth/session"


def test_a_named_origin_may_call_the_api_and_read_its_headers(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]
    client = Client()
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}

    before = client.options(SESSION, headers={"origin": APP, **asking})
    answer = client.get(SESSION, headers={"origin": APP})

    assert before["access-control-allow-origin"] == answer["access-control-allow-origin"] == APP
    assert "idempotency-key" in before["access-control-allow-headers"]
    assert answer.status_code == 401
    assert {"ETag", "Retry-After", "RateLimit"} <= set(answer["access-control-expose-headers"].split(", "))
    assert "origin" in answer["vary"].lower()
    for path, origin in ((SESSION, "https://evil.example"), (SESSION, "null"), ("/cuenta/login/", APP)):
        other = client.get(path, headers={"origin": origin})
        assert "access-control-allow-origin" not in other, (path, origin)
    assert "access-control-allow-credentials" not in before
    assert "access-control-allow-credentials" not in answer


def test_pages_of_the_shop_are_not_looked_at():
    with mock.patch.object(CorsMiddleware, "check_preflight", side_effect=AssertionError):
        assert Client().get("/carrito/").status_code == 200
        with pytest.raises(AssertionError):
            Client().get(SESSION)
