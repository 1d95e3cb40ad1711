"""Prices typed into a list's form as people of a country write them; what cannot be read is said, and not lost."""

from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import translation
from pytest_django.fixtures import Settings

from catalog.search import prices, query
from catalog.search.prices import Unread
from catalog.tests.factories import make_category, make_product, stock_all
from catalog.views.lists import ListPage
from shop.core.shared_pages.middleware import SHARED
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _products() -> None:
    category = make_category("Buzos")
    for name, price in (("Barato", "1234.50"), ("Medio", "49900"), ("Caro", "84900")):
        product = make_product(("Negro",), ("M",), name=name, category=category)
        product.variants.update(price=Decimal(price))
        stock_all(product, 3)


def canonical(**typed: str) -> str | None:
    asked = QueryDict(mutable=True)
    asked.update(typed)
    return query.canonical(asked)


def names_in(client: PageClient, path: str) -> set[str]:
    return {card.name for card in client.get(path).context["listing"].cards}


@pytest.mark.parametrize(
    ("language", "currency", "text", "price"),
    [
        ("es", "ARS", "50.000", "50000"),
        ("es", "ARS", "1.234,50", "1234.5"),
        ("es", "ARS", "50.000,00", "50000"),
        ("es", "ARS", "$ 50.000", "50000"),
        ("es", "ARS", " 50 000 ", "50000"),
        ("es", "MXN", "1,234.50", "1234.5"),
        ("es", "MXN", "MXN 1,234,567", "1234567"),
        ("pt-br", "BRL", "R$ 1.234,50", "1234.5"),
        ("en", "ARS", "1,234.50", "1234.5"),
        ("en", "ARS", "50,000", "50000"),
        ("es", "CLP", "$50.000", "50000"),
    ],
)
def test_a_price_is_read_as_it_is_written_there(
    settings: Settings, language: str, currency: str, text: str, price: str
):
    settings.SHOP_CURRENCY = currency
    with translation.override(language):
        assert prices.read(text) == Decimal(price)
        assert canonical(precio_max=text) == f"precio_max={price}"
        # The address that results is the one, and what the box then shows is read as the same price.
        assert canonical(precio_max=price) is None
        assert prices.read(query.plain(Decimal(price))) == Decimal(price)


@pytest.mark.parametrize(
    ("language", "text", "refusal"),
    [
        ("es", "barato", "Esto no es un número."),
        ("es", "50,000", "50,000 se puede leer de dos maneras: escribí 50000, o 50,00."),
        ("en", "50.000", "50.000 can be read in two ways: write 50000, or 50.00."),
        ("pt-br", "barato", "Isto não é um número."),
        ("es", "US$ 50", "Este monto es en ARS: escribilo así."),
        ("es", "-5", ""),
        ("es", "1e5", "Esto no es un número."),
        ("es", "9" * 50, ""),
    ],
)
def test_what_cannot_be_read_is_said_in_the_pages_language(language: str, text: str, refusal: str):
    with translation.override(language):
        found = prices.read(text)
        assert isinstance(found, Unread)
        assert (found.text, bool(found.refusal)) == (text, True)
        if refusal:
            assert found.refusal == refusal
        assert canonical(precio_min=text) is None


def test_a_typed_price_leads_to_the_one_address_and_finds_what_it_says(client: PageClient):
    client.language = "es"
    response = client.get("/c/buzos/?precio_min=1.234,50&precio_max=50.000&talle=m")
    assert (response.status_code, response["Cache-Control"]) == (301, SHARED)
    assert response["Location"] == "/c/buzos/?precio_max=50000&precio_min=1234.5&talle=m"
    assert names_in(client, response["Location"]) == {"Barato", "Medio"}
    html = client.get(response["Location"]).content.decode()
    assert 'value="1.234,50"' in html
    assert 'value="50000"' in html


def test_in_mexico_as_people_write_there(client: PageClient, settings: Settings):
    settings.SHOP_COUNTRY, settings.SHOP_CURRENCY = "MX", "MXN"
    client.language = "es"
    response = client.get("/buscar/?precio_max=1,234.50")
    assert (response.status_code, response["Location"]) == (301, "/buscar/?precio_max=1234.5")
    assert names_in(client, response["Location"]) == {"Barato"}


def _links_of(listing: ListPage) -> list[str]:
    links = [link.url for link in listing.sorts] + [link.url for link in listing.prices]
    return [listing.clear_url, listing.query, *links, *(chip.url for chip in listing.chips)]


@pytest.mark.parametrize("path", ["/c/buzos/", "/buscar/"])
def test_what_was_typed_stays_in_its_box_with_the_sentence(client: PageClient, path: str):
    client.language = "es"
    response = client.get(f"{path}?precio_min=caro%22&precio_max=50000")
    assert response.status_code == 200
    assert names_in(client, f"{path}?precio_min=caro%22&precio_max=50000") == {"Barato", "Medio"}
    html = response.content.decode()
    assert 'value="caro&quot;"' in html
    assert 'aria-describedby="lowest-error" aria-invalid="true"' in html
    assert html.count("Esto no es un número.") == 2
    assert "No pudimos leer un precio y lo dejamos afuera:" in html
    assert "highest-error" not in html
    assert not any("caro" in url for url in _links_of(response.context["listing"]))


def test_a_page_without_anything_to_narrow_by_says_it_too(client: PageClient):
    make_product(("Negro",), ("M",), name="Sola", category=make_category("Otros"))
    page = client.get("/c/otros/?precio_max=viel")
    assert page.context["listing"].groups == []
    html = page.content.decode()
    assert 'value="viel"' in html
    assert "This is not a number." in html


def test_prices_the_wrong_way_round_are_a_range(client: PageClient) -> None:
    assert names_in(client, "/buscar/?precio_min=60000&precio_max=2000") == {"Medio"}
