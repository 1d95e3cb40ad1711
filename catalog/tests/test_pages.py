"""Home, categories, collections, policies and the answers to invalid requests."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from catalog.models import Category, Collection, Product
from catalog.tests.factories import (
    CollectionFactory,
    ProductFactory,
    colour_value,
    make_category,
    make_product,
    make_variant,
    put_in,
    stock,
    stock_all,
)
from tests.support.html import compact
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db


def _html(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_an_empty_shop_has_a_home(client: Client) -> None:
    assert settings.SHOP_NAME in _html(client, "/")
    assert "nothing here yet" in _html(client, "/colecciones/")


def test_home_leads_with_the_open_drop_and_announces_the_next(client: Client) -> None:
    now = timezone.now()
    day = timedelta(days=1)
    CollectionFactory.create(name="Andén", kind=Collection.Kind.DROP, starts_at=now - day, ends_at=now + day)
    CollectionFactory.create(name="Nocturno", kind=Collection.Kind.DROP, starts_at=now + day)
    html = _html(client, "/")
    assert re.search(r"<h1[^>]*>Andén</h1>", html)
    assert html.count("data-countdown=") == 2


def test_the_countdown_carries_deadline_and_server_time(client: Client) -> None:
    opens = timezone.now() + timedelta(days=2)
    CollectionFactory.create(name="Nocturno", kind=Collection.Kind.DROP, starts_at=opens)
    html = _html(client, "/colecciones/nocturno/")
    assert f'data-countdown="{opens.isoformat()}"' in html
    assert "data-now=" in html
    assert "Opens on" in html


def test_closed_drop_says_so_and_still_shows_its_pieces(client: Client) -> None:
    now = timezone.now()
    drop = CollectionFactory.create(
        name="Balasto",
        kind=Collection.Kind.DROP,
        starts_at=now - timedelta(days=9),
        ends_at=now - timedelta(days=2),
    )
    product = make_product(name="Cargo")
    stock_all(product, 3)
    put_in(drop, product)
    html = _html(client, "/colecciones/balasto/")
    assert "This drop closed on" in html
    assert "Cargo" in html
    assert ">Closed</span>" in html


def test_hidden_collection_is_not_found(client: Client) -> None:
    CollectionFactory.create(name="Secreta", is_active=False)
    _html(client, "/colecciones/secreta/", status=404)


def test_category_lists_its_own_and_its_childrens_products(client: Client) -> None:
    trousers = make_category("Pantalones")
    jeans = make_category("Jeans", parent=trousers)
    make_product(name="Jean Playón", category=Category.objects.get(pk=jeans.pk))
    make_product(name="Cargo Estación", category=Category.objects.get(pk=trousers.pk))
    make_product(name="Remera Trama", category=make_category("Remeras"))
    html = _html(client, "/c/pantalones/")
    assert "Jean Playón" in html
    assert "Cargo Estación" in html
    assert "Remera Trama" not in html
    assert "Cargo Estación" not in _html(client, "/c/pantalones/jeans/")
    assert 'href="/en/c/pantalones/jeans/"' in html


def test_hidden_category_hides_its_children(client: Client) -> None:
    hidden = make_category("Archivo", is_active=False)
    make_category("Viejos", parent=hidden)
    _html(client, "/c/archivo/", status=404)
    _html(client, "/c/archivo/viejos/", status=404)


def test_prices_sort_both_ways_and_pages_turn(client: Client) -> None:
    for number in range(26):
        product = ProductFactory.create(name=f"Buzo {number:02d}")
        make_variant(product, colour_value("Negro"), price=1000 + number)
    cheap = _html(client, "/c/buzos/?orden=precio")
    assert cheap.index("Buzo 00") < cheap.index("Buzo 01")
    assert "Buzo 25" not in cheap
    assert '/c/buzos/?orden=precio&amp;page=2"' in cheap
    dear = _html(client, "/c/buzos/?orden=-precio")
    assert dear.index("Buzo 25") < dear.index("Buzo 24")
    assert "Buzo 25" in _html(client, "/c/buzos/?orden=precio&page=2")


@pytest.mark.parametrize(
    ("units", "age", "tag"),
    [(0, 60, "Sold out"), (2, 60, "2 left"), (40, 2, ">New<")],
)
def test_card_tags(client: Client, units: int, age: int, tag: str) -> None:
    product = ProductFactory.create(name="Buzo", published_at=timezone.now() - timedelta(days=age))
    variant = make_variant(product, colour_value("Negro"))
    if units:
        stock(variant, units)
    assert tag in _html(client, "/c/buzos/")


def test_card_shows_colours_without_inline_style(client: Client) -> None:
    make_product(
        colours=("Negro", "Oliva", "Crudo", "Ladrillo", "Gris melange", "Azul francia"),
        sizes=("M",),
        name="Buzo",
    )
    html = _html(client, "/c/buzos/")
    for dots in re.findall(r'<div class="dots">.*?</div>', html, re.DOTALL):
        assert dots.count('class="dot"') == 5
    assert "+1" in html
    assert 'fill="#6b6f48"' in html


PAGES = [
    "/",
    "/c/buzos/",
    "/colecciones/",
    "/colecciones/anden/",
    "/p/buzo/",
    "/buscar/?q=buzo",
    "/politicas/envios/",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_inline_style_script_or_handler(client: Client, path: str) -> None:
    put_in(CollectionFactory.create(name="Andén"), make_product(name="Buzo"))
    html = _html(client, path)
    assert not re.search(r"\sstyle=", html)
    assert not re.search(r"\son\w+=\"", html)
    assert "<style" not in html
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert "src=" in attributes or "application/ld+json" in attributes
    assert html.count("<h1") == 1
    assert 'href="#main"' in html
    assert "Right of withdrawal" in html
    if "buscar" not in path:
        assert '<link rel="canonical"' in html


@pytest.mark.parametrize(
    "slug", ["envios", "cambios-y-devoluciones", "arrepentimiento", "privacidad", "terminos"]
)
def test_policies_are_there(client: Client, slug: str) -> None:
    assert len(_html(client, f"/politicas/{slug}/")) > 3000


def _promises() -> str:
    """Return the pages that promise shipping, cuotas and the right to withdraw, in Spanish."""
    product = Product.objects.filter(slug="buzo-anden").first() or make_product(name="Buzo Andén")
    stock_all(product, 9)
    client = PageClient("es")
    pages = ("/", product.get_absolute_url(), "/politicas/envios/", "/politicas/arrepentimiento/")
    said = (client.get(page).content.decode() for page in pages)
    return compact("".join(said))


def test_a_shop_promises_only_what_it_keeps(settings: Any) -> None:
    html = _promises()
    assert "Envío gratis desde $" in html
    assert "cuotas con Mercado Pago" in html

    settings.FREE_SHIPPING_FROM = Decimal(0)
    settings.PAYMENT_GATEWAYS = ["stripe"]
    html = _promises()
    assert "gratis" not in html
    assert "cuotas con" not in html


def test_the_cuotas_promised_are_those_of_the_providers_that_are_offered(settings: Any) -> None:
    settings.SHOP_CURRENCY = "MXN"
    settings.PAYMENT_GATEWAYS = ["stripe", "mercadopago"]
    assert "Hasta 24 cuotas con Stripe<" in _promises()
    settings.STRIPE_MAX_INSTALLMENTS = settings.MERCADOPAGO_MAX_INSTALLMENTS = 9
    assert "Hasta 9 cuotas con Stripe o Mercado Pago" in _promises()
    settings.STRIPE_MAX_INSTALLMENTS = settings.MERCADOPAGO_MAX_INSTALLMENTS = 1
    assert "cuotas con" not in _promises()


@pytest.mark.parametrize(
    ("country", "said", "never"),
    [
        (
            "AR",
            ["Y 10 días corridos", "10 para arrepentirte", "No te cuesta nada", "Ley 24.240"],
            ["hábiles para"],
        ),
        ("MX", ["Y 5 días hábiles", "5 hábiles para", "LFPC"], ["corridos", "No te cuesta nada", "24.240"]),
        ("PE", ["30 días para cambiarlo.", "no fija días"], ["para arrepentirte", "24.240"]),
    ],
)
def test_the_right_to_withdraw_is_the_one_of_the_shops_country(
    settings: Any, country: str, said: list[str], never: list[str]
) -> None:
    settings.SHOP_COUNTRY = country
    html = _promises()
    assert [words for words in said if words not in html] == []
    assert [words for words in never if words in html] == []


def test_whatsapp_button_only_with_a_number(client: Client, settings: object) -> None:
    assert "wa.me" not in _html(client, "/")
    settings.WHATSAPP_NUMBER = "5491122334455"  # type: ignore[attr-defined]
    assert 'href="https://wa.me/5491122334455"' in _html(client, "/")


def test_the_chosen_theme_is_applied_by_the_browser_and_is_in_no_page(client: Client) -> None:
    client.cookies["theme"] = "dark"
    head = _html(client, "/").split("</head>")[0]
    assert "data-theme" not in head
    # Before the style sheets, and neither deferred nor a module: nothing is drawn in the other theme.
    assert re.search(r'<script src="[^"]*js/first\.js"></script>.*<link rel="stylesheet"', head, re.DOTALL)


def test_robots_and_sitemaps(client: Client) -> None:
    make_product(name="Buzo")
    CollectionFactory.create(name="Andén")
    assert "Sitemap: " in _html(client, "/robots.txt")
    assert "sitemap-products.xml" in _html(client, "/sitemap.xml")
    listed = _html(client, "/sitemap-products.xml")
    addresses = [f"{settings.SITE_URL}{prefix}/p/buzo/" for prefix in ("", "/en", "/pt")]
    assert re.findall("<loc>(.*?)</loc>", listed) == addresses
    assert listed.count(f'hreflang="pt-br" href="{addresses[2]}"') == len(addresses)
    assert listed.count(f'hreflang="x-default" href="{addresses[0]}"') == len(addresses)
    assert "/c/buzos/" in _html(client, "/sitemap-pages.xml")
    assert "/colecciones/anden/" in _html(client, "/sitemap-collections.xml")


def test_unknown_addresses_get_a_page_of_ours(client: Client) -> None:
    assert "An empty hanger" in _html(client, "/no/hay/", status=404)
    assert "An empty hanger" in _html(client, "/p/nada/", status=404)
    assert "An empty hanger" in _html(client, "/politicas/nada/", status=404)


NONSENSE = [
    "page=abc",
    "page=-1",
    "page=0",
    "page=99999999999999999999999",
    "page=" + "9" * 5000,
    "page=1.5",
    "page=%00",
    "orden=<script>",
    "orden=%00",
    "color=<script>alert(1)</script>&talle=%F0%9F%A7%A5",
    "color=%00",
    "talle=" + "x" * 4000,
    "color=oliva&color=negro",
    "q=%00",
    "q=" + "a" * 3000,
    "q=%ff%fe",
    "q=%27%3B%20DROP%20TABLE",
    "q=%25%25_%5C",
    "q=%E2%80%AE",
    "q=:*%20%26%20|%20!",
    "%00=1",
    "q[]=1",
    "&&&==&",
]


@pytest.mark.parametrize("query", NONSENSE)
@pytest.mark.parametrize("path", ["/", "/c/buzos/", "/colecciones/anden/", "/p/buzo/", "/buscar/"])
def test_nonsense_in_the_address_is_answered_calmly(client: Client, path: str, query: str) -> None:
    put_in(CollectionFactory.create(name="Andén"), make_product(name="Buzo"))
    response = client.get(f"{path}?{query}")
    assert response.status_code in ({400} if "%00" in query else {200})
    assert b"<script>alert" not in response.content


@pytest.mark.parametrize(
    "path", ["/c/%00/", "/c/" + "x/" * 500, "/p/%ff/", "/colecciones/ñ/", "/c/../../etc/passwd/"]
)
def test_nonsense_paths_are_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code in {400, 404}


def test_pages_refuse_other_methods(client: Client) -> None:
    assert client.post("/").status_code == 405
