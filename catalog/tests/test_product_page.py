"""The product page: what a choice shows, what can be bought, and the message when it cannot."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Collection, Option, OptionValue, Product
from catalog.templatetags.catalog_tags import json_ld
from catalog.tests.factories import (
    CollectionFactory,
    ProductFactory,
    colour_value,
    make_product,
    make_variant,
    put_in,
    size_value,
    stock,
    stock_all,
)
from catalog.variants.picker import build_picker

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    made = make_product(colours=("Negro", "Oliva"), sizes=("S", "M"), name="Buzo Andén")
    for variant in made.variants.all():
        stock(variant, 9)
    return made


def _page(client: Client, query: str = "", slug: str = "buzo-anden", **headers: str) -> str:
    response = client.get(f"/p/{slug}/{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_first_colour_in_stock_is_chosen_and_a_size_is_asked_for(client: Client, product: Product) -> None:
    html = _page(client)
    assert "Choose your talle" in html
    assert 'name="variant"' not in html
    assert "buzo-anden-negro-front.svg" in html
    assert 'img src="/media/products/buzo-anden-oliva-front.svg' not in html


def test_a_full_choice_can_be_bought_without_javascript(client: Client, product: Product) -> None:
    variant = product.variants.get(values=colour_value("Oliva"), name__endswith="M")
    html = _page(client, "?color=oliva&talle=m")
    form = re.search(r"<form[^>]*data-add-to-cart.*?</form>", html, re.DOTALL)
    assert form is not None
    assert f'name="variant" value="{variant.pk}"' in form[0]
    assert 'method="post"' in form[0]
    assert 'name="next" value="/en/p/buzo-anden/"' in form[0]
    assert form[0].count("<option") == 9
    assert "buzo-anden-oliva-front.svg" in html


def test_every_choice_is_a_plain_link(client: Client, product: Product) -> None:
    html = _page(client, "?color=oliva")
    for address in ("?color=negro", "?color=oliva&amp;talle=s", "?color=oliva&amp;talle=m"):
        assert f'href="/en/p/buzo-anden/{address}"' in html


def test_sold_out_combination_is_marked_and_explained(client: Client) -> None:
    made = make_product(colours=("Negro",), sizes=("S", "M"), name="Buzo Taller")
    stock(made.variants.get(name="Negro / S"), 3)
    html = _page(client, "?color=negro&talle=m", slug="buzo-taller")
    link = re.search(r'<a id="choose-talle-m".*?</a>', html, re.DOTALL)
    assert link is not None
    assert "is-out" in link[0]
    assert "aria-disabled" not in link[0]  # It works: it links to the waiting list.
    colour = re.search(r'<a id="choose-color-negro".*?</a>', html, re.DOTALL)
    assert "sold out" not in colour[0]  # S exists in this colour.
    assert "sold out" in link[0]
    assert "Sold out in this combination." in html
    assert "data-add-to-cart" not in html


def test_combination_that_is_not_made_says_so(client: Client) -> None:
    made = ProductFactory.create(name="Gorra Ramal")
    stock(make_variant(made, colour_value("Negro"), size_value("S")), 2)
    stock(make_variant(made, colour_value("Oliva"), size_value("M")), 2)
    html = _page(client, "?color=negro&talle=m", slug="gorra-ramal")
    assert "not made in this combination" in html
    assert "data-add-to-cart" not in html


def test_few_left_are_counted_less_what_others_hold(client: Client) -> None:
    made = make_product(colours=("Negro",), sizes=("S",), name="Buzo Taller")
    stock(made.variants.get(), 7, reserved=5)
    html = _page(client, slug="buzo-taller")
    assert "2 left" in html
    assert html.count("<option value=") == 2


def test_everything_held_is_sold_out_and_never_negative(client: Client) -> None:
    made = make_product(colours=("Negro",), sizes=("S",), name="Buzo Taller")
    stock(made.variants.get(), 2, reserved=2)
    html = _page(client, slug="buzo-taller")
    assert "Sold out." in html
    assert "data-add-to-cart" not in html
    assert build_picker(made, {}).available == 0


def test_most_per_order_limits_the_quantity(client: Client) -> None:
    made = ProductFactory.create(name="Gorra Ramal")
    stock(make_variant(made, colour_value("Negro"), max_per_order=2), 20)
    assert _page(client, slug="gorra-ramal").count("<option value=") == 2


def test_product_without_options_is_bought_at_once(client: Client) -> None:
    made = ProductFactory.create(name="Tarjeta de regalo")
    variant = make_variant(made, price=Decimal(10000))
    stock(variant, 5)
    assert f'value="{variant.pk}"' in _page(client, slug="tarjeta-de-regalo")


def test_other_options_join_the_choice(client: Client) -> None:
    made = ProductFactory.create(name="Jean Playón")
    fit = Option.objects.create(code="calce", name="Calce", kind=Option.Kind.OTHER, sort_order=2)
    wide = OptionValue.objects.create(option=fit, code="ancho", name="Ancho")
    slim = OptionValue.objects.create(option=fit, code="recto", name="Recto")
    stock(make_variant(made, size_value("M"), wide), 3)
    stock(make_variant(made, size_value("M"), slim), 3)
    assert 'href="/en/p/jean-playon/?talle=m&amp;calce=recto"' in _page(client, slug="jean-playon")
    assert "data-add-to-cart" in _page(client, "?calce=recto", slug="jean-playon")


def test_price_facts(client: Client) -> None:
    made = ProductFactory.create(name="Gorra Ramal")
    stock(make_variant(made, price=Decimal(12100), compare_at_price=Decimal(15000)), 1)
    html = _page(client, slug="gorra-ramal")
    assert "$ 12,100" in html.replace("\xa0", " ")
    assert "$ 15,000" in html.replace("\xa0", " ")
    assert "Price without national taxes $ 10,000" in html.replace("\xa0", " ")
    assert "Up to 6 instalments with Mercado Pago" in html
    assert "interés" not in html.lower()
    assert "sets it aside for you for 15 minutes" in html


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(1, 3, "Not on sale yet"), (-3, -1, "This drop is closed.")],
)
def test_outside_its_window_a_drop_is_shown_and_not_sold(
    client: Client, start: int, end: int, words: str
) -> None:
    made = make_product(colours=("Negro",), sizes=("S",), name="Buzo Taller")
    stock_all(made, 5)
    now = timezone.now()
    drop = CollectionFactory.create(
        kind=Collection.Kind.DROP, starts_at=now + timedelta(days=start), ends_at=now + timedelta(days=end)
    )
    put_in(drop, made)
    html = _page(client, slug="buzo-taller")
    assert words in html
    assert "data-add-to-cart" not in html


def test_the_part_that_a_choice_changes_has_an_address_of_its_own(client: Client, product: Product) -> None:
    page = _page(client, "?color=oliva")
    assert 'hx-get="/en/p/buzo-anden/parte/?color=oliva&amp;talle=m"' in page
    assert 'hx-replace-url="/en/p/buzo-anden/?color=oliva&amp;talle=m"' in page
    fragment = _page(client, "parte/?color=oliva")
    assert fragment.lstrip().startswith("<article")
    assert "<html" not in fragment
    # An address is one page for everybody, whoever asks how.
    assert "<html" in _page(client, "?color=oliva", **{"HX-Request": "true"})


def test_structured_data_is_valid_json_and_escaped(client: Client) -> None:
    made = ProductFactory.create(name="</script><b>Gorra</b>", slug="gorra", summary="A & B")
    stock(make_variant(made, price=Decimal(12100), sku="G-1"), 1)
    html = _page(client, slug="gorra")
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    data, crumbs = json.loads(block[1])
    assert crumbs["@type"] == "BreadcrumbList"
    assert [step["position"] for step in crumbs["itemListElement"]] == [1, 2]
    assert "image" not in data  # Empty lists are errors to search engines.
    assert data["name"] == "</script><b>Gorra</b>"
    assert data["offers"][0] == {
        "@type": "Offer",
        "sku": "G-1",
        "price": "12100.00",
        "priceCurrency": "ARS",
        "availability": "https://schema.org/InStock",
        "url": "http://127.0.0.1:8000/en/p/gorra/",
    }


def test_hidden_product_is_not_found(client: Client, product: Product) -> None:
    product.is_active = False
    product.save()
    assert client.get("/p/buzo-anden/").status_code == 404


def test_each_offer_has_the_address_that_chooses_it_and_its_barcode(client: Client) -> None:
    made = make_product(colours=("Negro",), sizes=("S", "M"), name="Buzo Taller")
    made.variants.filter(name="Negro / M").update(barcode="7798264003709")
    made.variants.filter(name="Negro / S").update(barcode="INTERNO-1")
    block = re.search(r'ld\+json">(.*?)</script>', _page(client, slug="buzo-taller"), re.DOTALL)
    offers = {offer["url"].split("talle=")[1]: offer for offer in json.loads(block[1])[0]["offers"]}
    assert offers["m"]["gtin"] == "7798264003709"
    assert "gtin" not in offers["s"]
    assert "?color=negro&talle=s" in offers["s"]["url"]


def test_the_size_guide_has_the_sizes_that_are_made(client: Client) -> None:
    made = make_product(colours=("Negro",), sizes=("S", "M"), name="Buzo Taller")
    made.category.size_guide = {"columns": ["Talle"], "rows": [["s"], ["M"], ["XXL"]]}
    made.category.save()
    html = _page(client, slug="buzo-taller")
    assert '<th scope="row">M</th>' in html
    assert "XXL" not in html
    made.category.size_guide["rows"] = [["38"], ["40"]]
    made.category.save()
    assert '<th scope="row">40</th>' in _page(client, slug="buzo-taller")


def test_a_card_opens_the_product_in_the_colour_of_its_picture(client: Client) -> None:
    made = make_product(colours=("Negro", "Oliva"), sizes=("S",), name="Buzo Taller")
    for name, units in (("Negro / S", 3), ("Oliva / S", 3)):
        stock(made.variants.get(name=name), units)
    olive = made.variants.get(name="Oliva / S").variant_values.get(value__name="Oliva").value
    made.images.all().delete()
    made.images.create(file="products/oliva.svg", colour=olive, sort_order=0)
    html = client.get("/c/buzos/").content.decode()
    assert 'href="/en/p/buzo-taller/?color=oliva"' in html


def test_structured_data_cannot_end_its_block() -> None:
    name = "</script><!-- Ñandú & \u2028"
    block = json_ld({"name": name})
    text = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"name": name}


def test_the_state_of_a_drop_is_not_looked_for_where_there_is_none(
    client: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that cannot be written costs more than all others of the page."""
    asked: list[str] = []

    def noted(view: str, *given: object, **named: object) -> str:
        asked.append(view)
        return reverse(view, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("django.urls.reverse", noted)
    _page(client)
    assert "catalog:drop_state" not in asked
