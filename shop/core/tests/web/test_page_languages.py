"""A page's language is in its address, whatever the browser asks for; elsewhere it is the visitor's."""

import re
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.test import Client

from catalog.tests.factories import make_product, stock_all
from orders.models import CheckoutSession
from shop.core.mail import outbox
from shop.core.web import languages

pytestmark = pytest.mark.django_db
HTML = re.compile(r'<html lang="([\w-]+)"')


def language_of(page: Any) -> str:
    return HTML.search(page.content.decode())[1]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        *[
            ("/", "es"),
            ("/en/", "en"),
            ("/pt/", "pt-br"),
            ("/pt/buscar/", "pt-br"),
            ("/politicas/envios/", "es"),
        ],
        *[("/en/carrito/", "en"), ("/carrito/", "es"), ("/pt/cuenta/login/", "pt-br"), ("/en/no/hay/", "en")],
    ],
)
def test_the_address_says_it_and_the_browser_does_not(path: str, language: str):
    other = "en" if language != "en" else "es"
    client = Client(headers={"accept-language": other})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = other
    page = client.get(path)
    assert (language_of(page), page["Content-Language"]) == (language, language)
    assert "Accept-Language" not in page.get("Vary", "")


def test_what_has_one_address_in_all_languages_is_in_the_visitors():
    english = Client(headers={"accept-language": "en"}).get("/api/v1/products/nothing")
    assert (english["Content-Language"], "Accept-Language" in english["Vary"]) == ("en", True)
    assert language_of(Client(headers={"accept-language": "en"}).get("/admin/login/", follow=True)) == "en"


def test_addresses_go_from_one_language_to_another():
    assert languages.in_language("/en/p/x/?talle=m#size-guide", "pt-br") == "/pt/p/x/?talle=m#size-guide"
    assert languages.in_language("/pt/", "es") == "/"
    assert languages.in_language("/english/", "en") == "/en/english/"
    assert languages.in_language("/admin/x/", "en") == "/admin/x/"
    assert languages.in_language("/payments/webhook/stripe/", "en") == "/payments/webhook/stripe/"


def test_every_public_page_names_its_others_and_links_to_them():
    make_product(("Negro",), ("S", "M"), name="Buzo")
    page = Client().get("/en/p/buzo/?color=negro&talle=m&utm_source=x").content.decode()
    head = page.split("</head>")[0]
    own = f"{settings.SITE_URL}/en/p/buzo/"
    assert f'<link rel="canonical" href="{own}">' in head
    named = dict(re.findall(r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', head))
    spanish = f"{settings.SITE_URL}/p/buzo/"
    assert named == {
        "es": spanish,
        "en": own,
        "pt-br": f"{settings.SITE_URL}/pt/p/buzo/",
        "x-default": spanish,
    }
    footer = page.split("site-footer")[1].split("</footer>")[0]
    assert 'href="/pt/p/buzo/?color=negro&amp;talle=m"' in footer
    assert "<form" not in footer


def test_who_reads_english_goes_on_in_english_to_the_checkout_and_its_mails():
    product = make_product(("Negro",), ("S",), name="Buzo")
    stock_all(product, 5)
    client = Client(headers={"accept-language": "es"})
    page = client.get("/en/p/buzo/").content.decode()
    action = re.search(r'action="([^"]+)" method="post" data-add-to-cart', page)[1]
    cart = client.post(action, {"variant": str(product.variants.get().pk), "quantity": "1"}, follow=True)
    assert cart.redirect_chain == [("/en/carrito/", 302)]
    assert "It is in your cart." in cart.content.decode()
    checkout = client.post("/en/checkout/", follow=True)
    assert checkout.redirect_chain[0][0].startswith("/en/checkout/")
    assert language_of(checkout) == "en"
    assert CheckoutSession.objects.get().language == "en"


def test_a_mail_links_to_pages_in_its_own_language():
    facts = {
        "session": {"first_name": "Ana"},
        "amount": Decimal(9),
        "currency": "ARS",
        "order": {"number": 7},
    }
    url = f"{settings.SITE_URL}/pedido/{'a' * 32}/"
    for language, prefix in (("es", ""), ("en", "/en"), ("pt-br", "/pt")):
        _subject, text, _page = outbox.render(
            "payment_surplus_returned", facts | {"order_url": url}, language
        )
        assert f" {settings.SITE_URL}{prefix}/pedido/" in text


def test_a_page_that_was_open_before_still_changes_the_language():
    answer = Client().post("/i18n/setlang/", {"language": "pt-br", "next": "/carrito/"})
    assert (answer.status_code, answer["Location"]) == (302, "/pt/carrito/")


@pytest.mark.parametrize(
    "path", ["/", "/p/buzo/", "/en/p/buzo/", "/pt/", "/pt", "/api/v1/products", "/p/buzo", "/p//b/"]
)
def test_a_plain_path_has_the_versions_that_any_address_has(path: str):
    query = "?color=negro"
    there = [one.url.removesuffix(query) for one in languages.versions_of(path + query)]
    assert [one.url for one in languages.versions_of(path)] == there


def test_a_plain_path_is_not_taken_apart():
    with mock.patch("shop.core.web.languages.urlsplit", side_effect=AssertionError):
        assert [one.url for one in languages.versions_of("/p/buzo/")] == [
            "/p/buzo/",
            "/en/p/buzo/",
            "/pt/p/buzo/",
        ]
    assert {one.url for one in languages.versions_of("")} == {""}
