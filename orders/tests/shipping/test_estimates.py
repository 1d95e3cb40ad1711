"""What shipping costs to a postal code, on a page of its own: for a product or the cart, with carriers and without."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Variant
from orders.models import ShippingZone
from orders.shipping.estimates import guess_state
from orders.tests.carrier_world import World
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory, make_variant
from shop.core.countries import COUNTRIES

pytestmark = pytest.mark.django_db
AR = COUNTRIES["AR"]


@pytest.fixture(scope="module")
def variant(shared_rows: Any) -> Iterator[Variant]:
    with shared_rows():
        ShippingRateFactory.create(
            method=ShippingMethodFactory.create(name="Correo"), price=Decimal("6500.00")
        )
        andreani = ShippingMethodFactory.create(module="andreani", name="Andreani", sort_order=5)
        ShippingRateFactory.create(method=andreani, price=Decimal("7000.00"))
        south = ShippingMethodFactory.create(name="Sur", sort_order=7)
        zone = ShippingZone.objects.create(name="Sur", states=["Chubut"], postal_codes="8000-9999")
        ShippingRateFactory.create(method=south, zone=zone, price=Decimal("9900.00"))
        yield make_variant()


def words(client: Client, **query: str) -> str:
    return client.get("/envio/", query).content.decode()


def test_a_states_code_is_read_out_of_the_postal_code_where_it_can_be():
    assert guess_state(AR, "C1414ABC") == "Ciudad Autónoma de Buenos Aires"
    assert guess_state(AR, "X5000") == "Córdoba"
    assert guess_state(AR, "1043") == "Ciudad Autónoma de Buenos Aires"
    assert guess_state(AR, "5000") == guess_state(AR, "I0000") == guess_state(COUNTRIES["MX"], "06220") == ""


def test_a_product_is_estimated_without_javascript_and_the_code_is_remembered(
    variant: Variant, client: Client
):
    slug = variant.product.slug
    assert f'value="{slug}"' in client.get(variant.product.get_absolute_url()).content.decode()
    page = words(client, producto=slug, cp="5000")
    assert "Correo" in page
    assert "Andreani" in page
    assert "Sur" not in page
    assert "Sur" in words(client, producto=slug, cp="9410")
    assert "Sur" in words(client, producto=slug, cp="1043", provincia="Chubut")
    assert client.cookies["postal_code"].value == "1043"
    assert 'value="1043"' in words(client, producto=slug)
    assert "Correo" not in words(client, producto=slug, cp="hola")
    assert client.get("/envio/", {"producto": "no-such", "cp": "5000"}).status_code == 404
    assert client.get("/envio/").status_code == 200


def test_carriers_are_asked_once_and_their_silence_leaves_the_methods_own_rate(
    variant: Variant, client: Client, carriers_played: World
):
    slug = variant.product.slug
    first = words(client, producto=slug, cp="5000")
    assert "Andreani" in first
    assert "7.000" not in first, "the carrier's price, not the method's own"
    carriers_played.fault("http_500", "andreani", count=None)
    assert "7.000" not in words(client, producto=slug, cp="5000"), "what is known is not asked again"
    silent = words(client, producto=slug, cp="5001")
    assert "7.000" in silent or "7,000" in silent
    assert "Estimado" in silent or "Estimated" in silent


def test_one_visitor_asks_so_often_and_no_more(
    variant: Variant, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("orders.views.estimate._MOST", 1)
    query = {"producto": variant.product.slug, "cp": "5000"}
    assert [client.get("/envio/", query).status_code for _time in range(2)] == [200, 429]
