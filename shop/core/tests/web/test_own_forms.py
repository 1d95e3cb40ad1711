"""Forms of the shop: believed when the browser says that they are its own, otherwise only with a token."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import WaitingEntry
from catalog.tests.factories import make_product, stock_all
from inventory.models import Reservation
from orders.models import CartLine
from tests.support.html import hidden_fields

pytestmark = pytest.mark.django_db
ADD = "/en/carrito/agregar/"
SAME = {"Sec-Fetch-Site": "same-origin"}
HOST = "http://testserver"


@pytest.fixture
def form() -> dict[str, Any]:
    """What the form of a product says that has one variant in stock."""
    product = make_product(("Negro",), ("S",), name="Buzo")
    stock_all(product, 5)
    return {"variant": str(product.variants.get().pk), "quantity": "2", "next": "/en/p/buzo/"}


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize(
    "headers",
    [
        SAME,
        SAME | {"Origin": "null"},
        SAME | {"Origin": HOST},
        {"Origin": HOST},
    ],
)
def test_a_form_of_the_shops_own_pages_needs_no_token(browser: Client, form: Any, headers: Any) -> None:
    answer = browser.post(ADD, form, headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, "/en/carrito/")
    assert CartLine.objects.get().quantity == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        # Another name of the same domain may be anybody's blog.
        {"Sec-Fetch-Site": "same-site", "Origin": "http://blog.testserver"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOST},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "Same-Origin"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:8080"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": ""},
    ],
)
def test_a_form_of_somebody_elses_page_changes_nothing(browser: Client, form: Any, headers: Any) -> None:
    assert browser.post(ADD, form, headers=headers).status_code == 403
    assert not CartLine.objects.exists()
    assert not Reservation.objects.exists()


def test_a_browser_that_says_nothing_is_asked_once_more_and_loses_nothing(browser: Client, form: Any) -> None:
    asked = browser.post(ADD, form)
    assert asked.status_code == 200
    assert "no-store" in asked["Cache-Control"]
    assert not CartLine.objects.exists()
    again = hidden_fields(asked)
    assert again.pop("csrfmiddlewaretoken")
    assert again == form
    assert browser.post(ADD, hidden_fields(asked)).status_code == 302
    assert CartLine.objects.get().quantity == 2


def test_what_asks_once_more_cannot_be_pressed_by_another_page(browser: Client, form: Any) -> None:
    assert browser.post(ADD, form)["X-Frame-Options"] == "DENY"
    # And without the browser's cookie its token is worth nothing.
    fields = hidden_fields(browser.post(ADD, form))
    other = Client(enforce_csrf_checks=True).post(ADD, fields)
    assert "send_again.html" in [template.name for template in other.templates]
    assert not CartLine.objects.exists()


def test_a_waiting_list_is_joined_from_a_shared_page(browser: Client, form: Any) -> None:
    wanted = {"email": "ana@example.com", "variant": form["variant"]}
    CartLine.objects.all().delete()
    Reservation.objects.all().delete()
    answer = browser.post(reverse("catalog:waiting_join"), wanted, headers=SAME)
    assert answer.status_code == 302
    assert WaitingEntry.objects.count() == 1


@pytest.mark.parametrize("path", ["/cuenta/login/", "/en/cuenta/login/", "/admin/login/", "/i18n/setlang/"])
def test_accounts_and_the_back_office_keep_their_tokens(browser: Client, path: str) -> None:
    answer = browser.post(path, {"login": "a@example.com", "password": "x"}, headers=SAME | {"Origin": HOST})
    assert answer.status_code == 403


def test_other_forms_without_a_token_are_refused_when_the_browser_says_nothing(browser: Client) -> None:
    answer = browser.post("/carrito/quitar/", {"variant": "x"})
    assert answer.status_code == 403
    assert "403_csrf.html" in [template.name for template in answer.templates]
