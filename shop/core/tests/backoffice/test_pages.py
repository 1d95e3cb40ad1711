"""What the back office's pages may load, and their error pages: a policy of their own, a layout of their own."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from shop.accounts.tests.staff_clients import boss, clerk

pytestmark = pytest.mark.django_db
NOWHERE = "/admin/orders/order/01a1fc8b-0000-7000-8000-000000000000/change/"


def directives(header: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/login/", "/admin/orders/order/", NOWHERE, "/admin/nothing/"]
)
def test_every_answer_below_admin_has_the_strict_policy(page):
    policy = directives(boss().get(page)["Content-Security-Policy"])

    assert policy["default-src"] == ["'none'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'self'" not in policy["script-src"], "uploaded files have the same host"
    sources = [source for source in policy["script-src"] if not source.startswith("'")]
    assert sources
    assert all(source.endswith(("/static/", "/admin/jsi18n/")) for source in sources)
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]


def test_the_nonce_is_another_one_each_time_and_anonymous_visitors_get_the_policy_too():
    headers = [Client().get("/admin/")["Content-Security-Policy"] for _turn in range(2)]

    nonces = [re.search(r"'nonce-([\w+/=]{20,})'", header) for header in headers]
    assert all(nonces)
    assert headers[0] != headers[1]


def test_a_host_that_is_not_ours_gets_an_answer_and_no_script():
    answer = Client().get("/admin/", HTTP_HOST="evil.example")

    assert answer.status_code == 400
    assert "evil.example" not in answer["Content-Security-Policy"]


def test_no_page_of_ours_has_a_script_within_it():
    for file in Path(settings.BASE_DIR, "templates", "admin").rglob("*.html"):
        text = file.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), file
        assert not re.search(r"\son(click|change|submit|load|input)=", text), file


@pytest.mark.parametrize("debug", [True, False], ids=["demo", "production"])
@pytest.mark.parametrize(
    ("page", "status"), [("/admin/catalog/product/add/", 403), (NOWHERE, 302), ("/admin/nothing/here/", 404)]
)
def test_the_back_office_says_no_in_its_own_frame(settings, debug, page, status):
    settings.DEBUG = debug
    answer = clerk("warehouse").get(page)

    assert answer.status_code == status
    if status != 302:
        text = answer.content.decode()
        assert "admin/refused.html" in [template.name for template in answer.templates]
        assert f'href="{reverse("admin:index")}"' in text
        assert "e-mail" not in re.sub(r"<head.*?</head>", "", text, flags=re.DOTALL).split("bo-form")[1]


def test_a_stale_form_of_the_back_office_is_told_in_its_frame_and_shoppers_have_the_shops_pages():
    staff = boss()
    staff.handler.enforce_csrf_checks = True

    answer = staff.post(reverse("admin:auth_group_add"), {"name": "x"})

    assert answer.status_code == 403
    assert "admin/refused.html" in [template.name for template in answer.templates]
    shopper = Client(enforce_csrf_checks=True).post("/carrito/quitar/", {})
    assert "403_csrf.html" in [template.name for template in shopper.templates]


def test_all_apps_are_listed_only_where_the_list_is_shown(monkeypatch):
    listed: list[str] = []
    build = admin.site._build_app_dict

    def noting(request: HttpRequest, label: str | None = None) -> dict[str, Any]:
        listed.append(request.path)
        return build(request, label)

    monkeypatch.setattr(admin.site, "_build_app_dict", noting)
    client, orders = boss(), reverse("admin:orders_order_changelist")

    page = client.get(orders).content.decode()
    assert not listed
    assert f'href="{orders}"' in page
    assert f'href="{reverse("admin:catalog_product_changelist")}"' in page
    assert b"orders" in client.get(reverse("admin:app_list", args=["orders"])).content
    assert set(listed) == {reverse("admin:app_list", args=["orders"])}
    assert client.get("/admin/nothing/").status_code == 404
