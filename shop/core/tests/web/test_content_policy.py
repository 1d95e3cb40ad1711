"""The policy that is written once is django-csp's."""

import json
import re

import pytest
from csp.constants import HEADER, NONCE, SELF
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from shop.core.web.content_policy import ShopPolicy


def policy(kind: type[CSPMiddleware], **headers: str) -> set[str]:
    """Return the directives that a middleware sets, the second time."""
    answer = kind(lambda request: HttpResponse(headers=headers))
    answer(RequestFactory().get("/carrito/"))
    response = answer(RequestFactory().get("/carrito/"))
    assert isinstance(response, HttpResponse)
    return set(str(response[HEADER]).split("; "))


def test_the_policy_is_that_of_django_csp() -> None:
    with override_settings(DEBUG=False):
        assert policy(ShopPolicy) == policy(CSPMiddleware)
        other = settings.CONTENT_SECURITY_POLICY | {"DIRECTIVES": {"img-src": [SELF]}}
        with override_settings(CONTENT_SECURITY_POLICY=other):
            assert policy(ShopPolicy) == policy(CSPMiddleware)


def test_a_policy_that_is_set_stays() -> None:
    with override_settings(DEBUG=False):
        assert policy(ShopPolicy, **{HEADER: "default-src 'none'"}) == {"default-src 'none'"}


@pytest.mark.parametrize("debug", [True, False])
def test_an_answer_with_a_nonce_has_it_in_its_policy(debug: bool) -> None:
    nonces: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        nonces.append(str(request.csp_nonce))  # type: ignore[attr-defined]
        return HttpResponse()

    other = settings.CONTENT_SECURITY_POLICY | {"DIRECTIVES": {"script-src": [SELF, NONCE]}}
    with override_settings(DEBUG=debug, CONTENT_SECURITY_POLICY=other):
        response = ShopPolicy(view)(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    assert f"'nonce-{nonces[0]}'" in response[HEADER]


def test_htmx_copies_no_style_which_the_policy_would_refuse() -> None:
    page = (settings.BASE_DIR / "templates" / "base.html").read_text()
    [config] = re.findall(r"<meta name=\"htmx-config\"\s+content='([^']*)'", page)
    assert "style" not in json.loads(config)["attributesToSettle"]
