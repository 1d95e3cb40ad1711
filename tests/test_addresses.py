"""A shop that answers to two names speaks of one; and a page that is only read says so to whoever posts to it."""

import pytest
from django.test import Client
from django.urls import reverse

from orders.tests.factories import make_user, make_variant
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
OURS = "https://www.maal.example.com"


@pytest.fixture
def other_name(settings) -> Client:
    """Visit the shop by a second name that it answers to."""
    settings.ALLOWED_HOSTS = ["www.maal.example.com", "maal.example.com"]
    settings.SITE_URL = OURS
    return Client(headers={"host": "maal.example.com"})


@pytest.mark.parametrize("form", ["account_reset_password", "account_signup"])
def test_links_in_account_mails_lead_to_the_shops_address(other_name: Client, form):
    user = make_user("ana@example.com")

    other_name.post(reverse(form), {"email": user.email, "password1": "a-long-password-7"})

    mail = EmailLog.objects.get(to=user.email)
    assert "maal.example.com" in mail.text + mail.html
    assert "//maal.example.com" not in mail.text + mail.html


def test_an_unknown_address_is_invited_to_the_shops_address(other_name: Client):
    other_name.post(reverse("account_reset_password"), {"email": "nobody@example.com"})

    assert "//maal.example.com" not in "".join(mail.text + mail.html for mail in EmailLog.objects.all())


def test_the_sitemaps_name_the_shops_address_alone(other_name: Client):
    make_variant()

    for path in (
        "sitemap.xml",
        "sitemap-pages.xml",
        "sitemap-products.xml",
        "sitemap-collections.xml",
        "robots.txt",
    ):
        page = other_name.get(f"/{path}").content.decode()
        assert "//maal.example.com" not in page, path
        assert path == "sitemap-collections.xml" or f"{OURS}/" in page, path


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("path", ["/", "/carrito/", "/buscar/", "/robots.txt", "/sitemap.xml", "/healthz/"])
def test_a_page_that_is_only_read_says_so_before_it_asks_for_a_token(method, path):
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)(path)

    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD"}


def test_an_act_is_no_page_and_its_token_is_still_asked_for():
    client = Client(enforce_csrf_checks=True)

    assert client.get(reverse("orders:cart_add")).status_code == 405
    assert client.post(reverse("orders:cart_add")).status_code == 403
    assert client.post(reverse("account_login")).status_code == 403
    assert client.delete(reverse("account_login")).status_code == 405


def test_every_view_says_its_methods_in_the_one_way():
    """A decorator of Django's own would answer after the token's check."""
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    rooms = ("shop", "catalog", "inventory", "orders", "payments")
    wrong = [
        path
        for room in rooms
        for path in (root / room).rglob("*.py")
        if "views.decorators.http" in path.read_text() and "tests" not in path.parts
    ]
    assert not wrong
