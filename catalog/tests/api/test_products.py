"""Products in the API: what is listed and in which order, what is hidden, what it costs."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import product_page
from catalog.api import answers, schemas
from catalog.api.card_texts import CardTexts, card_texts
from catalog.listing.version import Version
from catalog.models import Category, Collection, Option, OptionValue, Product, ProductImage, Variant
from catalog.tests.factories import (
    CollectionFactory,
    colour_value,
    make_category,
    make_product,
    make_variant,
    put_in,
    size_value,
    stock,
    stock_all,
)
from catalog.variants.availability import availability_of
from catalog.variants.prices import without_national_taxes
from shop.core.api.conditional import bodies
from shop.core.api.paging import Page
from shop.core.ids import uuid7
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
GUIDE = {"columns": ["Talle", "Pecho"], "rows": [["S", 52], ["M", "54"], ["XXL", "60"], "nothing"]}


@pytest.fixture(scope="module", autouse=True)
def shop(shared_rows: Any) -> Iterator[None]:
    """Make a shop of three products in a tree, one of them in a drop ahead, and of what nobody may see."""
    with shared_rows():
        tops = make_category("Tops", size_guide=GUIDE)
        hoodies = make_category("Buzos", parent=tops, size_guide=GUIDE)
        hidden = make_category("Secreta", is_active=False)
        make_category("Debajo", parent=hidden)
        cheap = make_product(("Negro",), ("S", "M"), "100.00", name="Barato", category=hoodies)
        dear = make_product(("Oliva",), ("S",), "300.00", name="Caro", category=tops, published_at=None)
        odd = make_product((), (), name="Vacío", category=tops)
        make_product(name="Oculto", category=hoodies, is_active=False)
        Variant.objects.filter(product=cheap, name="Negro / M").update(
            price=Decimal("120.50"), compare_at_price=Decimal("200.00")
        )
        make_variant(cheap, colour_value("Crudo"), size_value("S"), is_active=False)
        for variant in cheap.variants.filter(is_active=True):
            stock(variant, 5 if variant.name.endswith("S") else 2)
        stock(dear.variants.get(), 3, reserved=3)
        drop = CollectionFactory.create(
            name="Drop", kind=Collection.Kind.DROP, starts_at=timezone.now() + timedelta(hours=1)
        )
        put_in(drop, dear, cheap, odd)
        CollectionFactory.create(name="Privada", is_active=False)
        cache.clear()
        yield


def get(path: str, **query: Any) -> Any:
    response = ApiClient().get(f"{V1}{path}", query)
    assert response.status_code == 200, response.content
    return response.json()


def names(**query: Any) -> list[str]:
    return [item["name"] for item in get("/products", **query)["items"]]


def test_a_list_is_filtered_as_asked_and_shows_nothing_hidden():
    assert set(names()) == {"Barato", "Caro", "Vacío"}
    # Unpublished first, as on the pages: PostgreSQL sorts nulls so.
    assert names()[0] == "Caro"
    for query, found in (
        ({"category": "tops/buzos"}, ["Barato"]),
        ({"category": "tops", "sort": "price"}, ["Barato", "Caro", "Vacío"]),
        ({"sort": "-price"}, ["Caro", "Barato", "Vacío"]),
        ({"collection": "drop"}, ["Caro", "Barato", "Vacío"]),
        ({"collection": "drop", "sort": "price"}, ["Barato", "Caro", "Vacío"]),
        ({"brand": "maal", "in_stock": "true"}, ["Barato"]),
        ({"brand": "nobody"}, []),
        ({"price_min": "110", "price_max": "120.50"}, ["Barato"]),
        ({"price_min": "121", "price_max": "299.99"}, []),
        ({"option": ["color:negro", "color:oliva", "talle:s"], "sort": "price"}, ["Barato", "Caro"]),
        ({"option": ["color:oliva", "talle:m"]}, []),
        # One variant must have all of it: the one of 120.50 is in M, what is off sale does not count.
        ({"option": ["talle:s"], "price_min": "110", "price_max": "299"}, []),
        ({"option": ["color:crudo"]}, []),
    ):
        assert names(**query) == found, query
    for unseen in ({"category": "secreta"}, {"category": "secreta/debajo"}, {"collection": "privada"}):
        assert ApiClient().get(f"{V1}/products", unseen).status_code == 404
    for wrong in ({"sort": "stock"}, {"price_min": "-1"}, {"option": "colour"}, {"limit": "0"}):
        assert ApiClient().get(f"{V1}/products", wrong).status_code == 422


def test_pages_follow_each_other_in_every_order():
    for sort in ("newest", "price", "-price", "place"):
        seen, address = [], f"{V1}/products?limit=1&sort={sort}&collection=drop&option=talle:s"
        while address:
            page = ApiClient().get(address).json()
            seen += [item["name"] for item in page["items"]]
            address = page["next"]
        assert seen == names(sort=sort, collection="drop", option="talle:s")
        assert len(seen) == 2


def test_a_card_says_what_a_tile_shows_but_never_how_many_are_left():
    body = get("/products", collection="drop")
    assert Page[schemas.ProductCardBody].model_validate(body)
    dear, cheap, odd = body["items"]
    assert (cheap["price"], cheap["price_before"], cheap["has_price_range"]) == ("100.00", None, True)
    assert (cheap["availability"], dear["availability"], odd["availability"]) == ("in", "out", "out")
    assert (cheap["phase"], cheap["opens_at"], odd["price"]) == ("upcoming", dear["opens_at"], None)
    assert cheap["pictures"][0]["url"].startswith("http")
    assert cheap["pictures"][0]["colour"] == "negro"
    assert cheap["colours"] == [{"name": "Negro", "swatch": "#23221f"}]


def test_a_product_shows_all_that_can_be_bought_of_it():
    body = get("/products/barato")
    assert schemas.ProductBody.model_validate(body).model_dump(mode="json") == body
    assert [(v["name"], v["availability"]) for v in body["variants"]] == [
        ("Negro / S", "in"),
        ("Negro / M", "few"),
    ]
    first, second = body["variants"]
    assert (second["price"], second["price_before"]) == ("120.50", "200.00")
    assert Decimal(first["price_without_taxes"]) < Decimal(first["price"])
    assert first["options"] == {"color": "negro", "talle": "s"}
    assert first["number"] == Variant.objects.get(pk=first["id"]).public_number
    assert [(o["code"], [v["code"] for v in o["values"]]) for o in body["options"]] == [
        ("color", ["negro"]),
        ("talle", ["s", "m"]),
    ]
    assert [place["path"] for place in body["breadcrumbs"]] == ["tops", "tops/buzos"]
    assert body["size_guide"] == {"columns": ["Talle", "Pecho"], "rows": [["S", "52"], ["M", "54"]]}
    assert (body["phase"], body["is_early"], [drop["slug"] for drop in body["drops"]]) == (
        "upcoming",
        False,
        ["drop"],
    )
    assert ApiClient().get(f"{V1}/products/oculto").status_code == 404
    Category.objects.filter(path_slug="tops/buzos").update(is_active=False)
    within = get("/products/barato")
    assert (within["category"], [place["path"] for place in within["breadcrumbs"]]) == (None, ["tops"])
    Category.objects.filter(path_slug="tops").update(is_active=False)
    assert "tops" not in str(get("/products/barato"))


def test_former_addresses_lead_to_where_things_are_now():
    Product.objects.filter(slug="barato").update(slug="bueno")
    Collection.objects.filter(slug="drop").update(slug="otro")
    Category.objects.filter(path_slug="tops/buzos").update(path_slug="tops/hoodies", slug="hoodies")
    for old, new in (
        ("/products/barato", "/products/bueno"),
        ("/collections/drop", "/collections/otro"),
        ("/categories/tops/buzos", "/categories/tops/hoodies"),
    ):
        answer = ApiClient().get(f"{V1}{old}")
        assert (answer.status_code, answer["Location"], answer.json()["code"]) == (301, f"{V1}{new}", "moved")
        assert not answer.has_header("ETag")
        assert ApiClient().get(f"{V1}{new}").status_code == 200
    Product.objects.filter(slug="bueno").update(is_active=False)
    assert ApiClient().get(f"{V1}/products/barato").status_code == 404


def test_a_search_finds_what_is_on_show_page_by_page():
    found = get("/search", q="caro")
    assert schemas.FoundBody.model_validate(found)
    assert [item["name"] for item in found["items"]] == ["Caro"]
    assert get("/search", q="oculto")["items"] == []
    assert get("/search", q="varato")["suggestion"] == "barato"
    assert get("/search/suggestion", q="varato") == {"suggestion": "barato"}
    assert get("/search", q="...")["items"] == []
    whole = [item["name"] for item in get("/search", q="frisa")["items"]]
    seen, address = [], f"{V1}/search?q=frisa&limit=1"
    while address:
        page = ApiClient().get(address).json()
        seen += [item["name"] for item in page["items"]]
        last, address = address, page["next"]
    assert seen == whole
    assert len(seen) == 3
    forged = ApiClient().get(last.replace("q=frisa", "q=caro"))
    assert (forged.status_code, forged.json()["code"]) == (400, "bad_cursor")


def test_the_tree_the_collections_and_the_brands():
    tree = get("/categories")
    assert schemas.CategoriesBody.model_validate(tree).model_dump(mode="json") == tree
    assert [(node["path"], [child["path"] for child in node["children"]]) for node in tree["items"]] == [
        ("tops", ["tops/buzos"])
    ]
    category = get("/categories/tops")
    assert schemas.CategoryBody.model_validate(category).model_dump(mode="json") == category
    assert (category["children"][0]["path"], category["size_guide"]["rows"][0]) == (
        "tops/buzos",
        ["S", "52"],
    )
    listed = get("/collections")["items"]
    assert [collection["slug"] for collection in listed] == ["drop"]
    drop = get("/collections/drop")
    assert schemas.CollectionBody.model_validate(drop).model_dump(mode="json") == drop == listed[0]
    assert (drop["phase"], drop["is_early"], drop["closes_at"]) == ("upcoming", False, None)
    clock = ApiClient().get(f"{V1}/collections/drop/clock")
    assert clock.json()["changes_at"] == drop["opens_at"]
    assert clock["Cache-Control"].startswith("public, max-age=1")
    for unseen in ("/collections/privada", "/collections/privada/clock", "/categories/secreta/debajo"):
        assert ApiClient().get(f"{V1}{unseen}").status_code == 404
    assert get("/brands") == {"items": [{"name": "MAAL", "slug": "maal"}]}


def test_two_and_four_products_cost_the_same():
    paths = (
        "/products?category=tops&in_stock=true&sort=price",
        "/products?collection=drop",
        "/products/barato",
        "/search?q=frisa",
        "/collections",
    )

    def spent() -> list[int]:
        cache.clear()
        bodies.clear()
        get("/categories")
        numbers = []
        for path in paths:
            bodies.clear()
            card_texts.clear()
            with CaptureQueriesContext(connection) as captured:
                get(path)
            numbers.append(len(captured))
        return numbers

    # What words mean to the stemmer is known from the first time on.
    spent()
    few = spent()
    for number in range(4):
        product = make_product(
            ("Negro", "Crudo", "Oliva"), name=f"Más {number}", category=make_category("Tops")
        )
        stock_all(product, 3)
        put_in(CollectionFactory.create(kind=Collection.Kind.DROP), product)
        put_in(Collection.objects.get(slug="drop"), product)
    barato = Product.objects.get(slug="barato")
    for size in ("L", "XL"):
        stock(make_variant(barato, colour_value("Oliva"), size_value(size)), 3)
    # Rows that changed are read once.
    spent()
    many = spent()
    assert many == few
    assert max(many) <= 6


def test_cards_of_one_version_are_made_once_and_those_of_early_visitors_are_not_kept():
    texts, key = CardTexts(), Product.objects.get(slug="barato").pk
    now, early = (
        timezone.now(),
        frozenset(Collection.objects.filter(slug="drop").values_list("pk", flat=True)),
    )

    def made(version: Version) -> tuple[str, int]:
        with CaptureQueriesContext(connection) as captured:
            (text,) = texts.of([key, uuid7()], version)
        return text, len(captured)

    plain = Version("1", now, frozenset())
    first, cost = made(plain)
    assert cost == 1
    special, _cost = made(Version("1", now, early))
    assert '"phase":"open"' in special
    assert '"phase":"upcoming"' in first
    Product.objects.filter(pk=key).update(name="Otro")
    # The unknown product is looked for each time, what is known is not read again.
    assert made(plain)[0] == first
    assert '"name":"Otro"' in made(Version("2", now, frozenset()))[0]


def test_a_product_shows_the_facts_of_its_page():
    material = Option.objects.create(code="tela", name="Tela", kind=Option.Kind.OTHER, sort_order=3)
    linen = OptionValue.objects.create(option=material, code="lino", name="Lino", swatch="")
    cheap = Product.objects.get(slug="barato")
    stock(make_variant(cheap, linen, colour_value("Oliva"), size_value("XXL"), price=Decimal("99.90")), 1)
    ProductImage.objects.create(product=cheap, file="", alt="not there yet")
    ProductImage.objects.filter(product=cheap, view="back").update(
        alt="Espalda", sort_order=9, width=4, height=5
    )
    other = CollectionFactory.create(
        kind=Collection.Kind.DROP,
        starts_at=timezone.now() - timedelta(days=2),
        ends_at=timezone.now() - timedelta(days=1),
    )
    put_in(other, cheap, Product.objects.get(slug="vacio"))
    # Nothing is sold from a location that is switched off: what was in stock is sold out, two are elsewhere.
    locations: Any = Variant._meta.get_field("stock_levels").related_model
    locations = locations._meta.get_field("location").related_model.objects
    locations.update(code="cerrado", name="Cerrado", is_sellable=False)
    stock(cheap.variants.get(name="Negro / M"), 2)
    for slug in ("barato", "caro", "vacio"):
        with CaptureQueriesContext(connection) as captured:
            body = get(f"/products/{slug}")
        # The version, the product, and the tree once in a version.
        assert len(captured) <= 3
        body["options"] = [
            (option["code"], [tuple(value.values()) for value in option["values"]])
            for option in body["options"]
        ]
        expected = facts_of_the_page(slug)
        assert {name: body[name] for name in expected} == expected


def facts_of_the_page(slug: str) -> dict[str, Any]:
    """Return what the page shows of a product, in the form of the API."""
    product = product_page.find(slug)
    assert product is not None
    page = product_page.product_context(product, {}, timezone.now())
    names = ("slug", "name", "summary", "description", "care")
    return {
        **{name: getattr(product, name) for name in names},
        "published_at": answers.when(product.published_at),
        "brand": {"name": product.brand.name, "slug": product.brand.slug},
        "phase": page["phase"],
        "is_early": page["is_early"],
        "opens_at": answers.when(page["opens_at"]),
        "breadcrumbs": [
            {"name": name, "path": url.split("/", 2)[2].strip("/")} for name, url in page["crumbs"][:-1]
        ],
        "availability": availability_of(page["picker"].available),
        "variants": [variant_of_the_page(variant) for variant in page["picker"].variants],
        "options": [
            (row.option.code, [(c.value.code, c.value.name, c.value.swatch) for c in row.choices])
            for row in page["picker"].rows
        ],
        "size_guide": answers.size_guide(page["size_guide"]),
        "pictures": [
            {
                "url": f"{settings.SITE_URL}{image.file.url}",
                "width": image.width,
                "height": image.height,
                "alt": image.alt,
                "view": image.view,
                "colour": image.colour and image.colour.code,
                "focus": {"x": 50, "y": 50},
                "renditions": None,
            }
            for image in product.images.order_by("sort_order", "id")
            if image.file
        ],
    }


def variant_of_the_page(variant: Any) -> dict[str, Any]:
    before = variant.compare_at_price
    return {
        "id": str(variant.pk),
        "number": variant.public_number,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "name": variant.name,
        "options": {value.option.code: value.code for value in variant.by_option.values()},
        "price": f"{variant.price:.2f}",
        "price_before": f"{before:.2f}" if before else None,
        "price_without_taxes": f"{without_national_taxes(variant.price):.2f}",
        "availability": availability_of(variant.available),
        "max_per_order": variant.max_per_order,
    }
