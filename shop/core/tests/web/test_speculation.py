"""Browsers may fetch products and categories before a click, and nothing that asks or writes for a visitor."""

import json

import pytest
from django.test import Client

from shop.core.web import speculation


def test_the_rules_name_shared_pages_in_every_language_and_leave_options_out(client: Client):
    answer = client.get("/speculation-rules.json")
    assert answer["Content-Type"] == "application/speculationrules+json"
    assert json.loads(answer.content) == speculation.rules()
    ((links, followed),) = [rule["where"]["and"] for rule in json.loads(answer.content)["prefetch"]]
    assert {"/p/*", "/en/p/*", "/pt/c/*", "/c/*\\?*"} <= {one["href_matches"] for one in links["or"]}
    assert all(one["href_matches"].split("*")[0][-3:] in {"/p/", "/c/"} for one in links["or"])
    assert followed == {"not": {"selector_matches": "[rel~=nofollow]"}}


@pytest.mark.django_db
def test_shared_pages_name_the_rules_and_the_stylesheet_and_no_other_page_does(client: Client):
    page = client.get("/")
    assert page["Speculation-Rules"] == '"/speculation-rules.json"'
    assert page["Link"] == "</static/css/shop.css>; rel=preload; as=style"
    assert "Speculation-Rules" not in client.get("/carrito/")
