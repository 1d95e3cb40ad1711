"""`manage.py demo` on the real database: complete, repeatable, and never in a real shop."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from stdnum import ean

from catalog.models import (
    Category,
    Collection,
    Option,
    PriceChange,
    Product,
    ProductImage,
    Variant,
    VariantValue,
)
from inventory.models import (
    Location,
    PurchaseOrder,
    StockAlert,
    StockCount,
    StockLevel,
    StockMovement,
)
from orders.models import ShippingMethod
from orders.shipping.rates import quotes
from shop.accounts.models import User
from shop.core.countries import COUNTRIES
from shop.core.countries.ar import COUNTRY
from shop.demo.seed import DemoRefused, seed
from shop.demo.seeding.places import offer_shipping

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings: Settings, tmp_path: Path) -> None:
    """Test runs turn DEBUG off; the demo needs it, and a folder of its own for pictures."""
    settings.DEBUG = True
    settings.MEDIA_ROOT = tmp_path


def run() -> str:
    """Run the command and return its output."""
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def snapshot() -> dict[str, object]:
    """Return the counts and the latest change of everything the demo makes."""
    models = (Product, Variant, ProductImage, Collection, StockLevel, Location, ShippingMethod, User)
    counts = {
        model.__name__: (model.objects.count(), model.objects.latest("updated_at").updated_at)
        for model in models
    }
    return counts | {"movements": StockMovement.objects.count(), "categories": Category.objects.count()}


def test_an_empty_shop_is_filled_and_a_filled_one_left_alone():
    said = run()
    assert "products: 78" in said
    assert Product.objects.count() >= 60
    assert Variant.objects.count() >= 500
    assert Collection.objects.count() >= 4
    assert Category.objects.filter(depth=1).count() >= 5
    assert Category.objects.filter(depth=2).count() >= 12
    before = snapshot()
    with CaptureQueriesContext(connection) as asked:
        assert "already filled" in run()
    assert len(asked) < 20
    assert snapshot() == before
    _check_goods()
    _check_stock()
    _check_stockroom()
    _check_pictures()


def _check_goods() -> None:
    variants = list(Variant.objects.prefetch_related("variant_values__value__option"))
    assert all(ean.is_valid(variant.barcode) for variant in variants)
    assert PriceChange.objects.count() == len(variants) + sum(1 for one in variants if one.compare_at_price)
    sample = Variant.objects.get(sku="BCA01-OLI-M")
    assert sample.name == "Oliva / M"
    assert str(sample.price) == "84900.00"
    assert sample.max_per_order == 2
    assert {value.value.name for value in sample.variant_values.all()} == {"Oliva", "M"}
    sizes = Option.objects.get(code="talle").values.filter(code__in=["xs", "s", "m", "l", "xl"])
    assert [value.name for value in sizes.order_by("sort_order")] == ["XS", "S", "M", "L", "XL"]
    assert Category.objects.get(path_slug="pantalones/jeans").size_guide["rows"]
    assert not any(Category.objects.find_problems())


def _check_stock() -> None:
    moved = dict(StockMovement.objects.values_list("level").annotate(total=Sum("quantity")))
    for level in StockLevel.objects.all():
        assert level.on_hand == moved.get(level.pk, 0)
    assert not StockLevel.objects.filter(reserved__gt=0).exists()
    sold_out = Variant.objects.filter(product__slug="jean-medianoche")
    assert sold_out.exists()
    assert not StockLevel.objects.filter(variant__in=sold_out, on_hand__gt=0).exists()
    assert StockLevel.objects.filter(on_hand__range=(1, 3)).count() >= 40
    assert StockLevel.objects.filter(location__code="palermo", on_hand__gt=0).exists()


def _check_stockroom() -> None:
    assert StockAlert.objects.filter(category__isnull=False).count() >= 10
    assert StockAlert.objects.filter(variant__isnull=False).exists()
    order = PurchaseOrder.objects.get()
    assert order.status == "partly"
    assert order.receipts.count() == 1
    count = StockCount.objects.get()
    assert (count.status, count.opened_by != count.approved_by) == ("approved", True)
    assert StockMovement.objects.filter(kind="count", cause_id=count.pk).exists()


def _check_pictures() -> None:
    shown: dict[Product, set[tuple[str, str]]] = {}
    for image in ProductImage.objects.select_related("colour", "product"):
        assert default_storage.exists(str(image.file))
        assert image.product.name in image.alt
        assert image.colour is not None
        shown.setdefault(image.product, set()).add((image.colour.code, image.view))
    dyed = VariantValue.objects.filter(option__code="color").select_related("variant__product", "value")
    sold = {(each.variant.product, each.value.code) for each in dyed}
    for product, views in shown.items():
        colours = {code for owner, code in sold if owner == product}
        assert views == {(colour, view) for colour in colours for view in ("front", "back", "detail")}
    assert {product for product, _code in sold} == set(shown)
    for collection in Collection.objects.all():
        with default_storage.open(str(collection.hero_image)) as file:
            assert ET.fromstring(file.read()).tag.endswith("svg")


@pytest.mark.parametrize("state", COUNTRY.states)
def test_every_province_is_reached_to_the_door_at_a_branch_and_by_pickup(state: str):
    offer_shipping()
    offers = quotes(country="AR", state=state, weight_grams=1200, subtotal=Decimal("40000.00"))
    assert [offer.method.code for offer in offers] == [
        "andreani-domicilio",
        "andreani-sucursal",
        "envia",
        "correo-argentino-sucursal",
        "retiro-parque-patricios",
    ]
    assert offers[-1].is_free


@pytest.mark.parametrize("code", sorted(set(COUNTRIES) - {"AR"}))
def test_the_demo_can_be_bought_from_in_every_country(code: str, settings: Any):
    settings.SHOP_COUNTRY = code
    offer_shipping()
    for state in COUNTRIES[code].states or ("",):
        offers = quotes(country=code, state=state, weight_grams=1200, subtotal=Decimal("1000.00"))
        assert [offer.is_pickup for offer in offers] == [False, True]


@override_settings(DEBUG=False)
def test_a_real_shop_is_refused_and_stays_empty():
    with pytest.raises(CommandError, match="DEBUG=on"):
        run()
    with pytest.raises(DemoRefused):
        seed(now=timezone.now(), say=print)
    assert not Product.objects.exists()
    assert not User.objects.exists()
