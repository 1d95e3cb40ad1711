"""Adding to the cart without reading it: `Prefer: return=minimal`."""

import pytest
from django.core.cache import cache

from orders.models import CartLine
from orders.tests.factories import make_variant
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_a_guest_who_wants_no_cart_gets_its_token_alone_and_goes_on_with_it():
    cache.clear()
    wish = {"variant": str(make_variant(units=5).pk), "quantity": 1}
    first, again = (
        ApiClient().post(
            "/api/v1/cart/items", wish, key="of-a-guest:-1234", prefer="respond-async, return=minimal"
        )
        for _turn in range(2)
    )
    assert (first.status_code, first.content, first["Preference-Applied"]) == (204, b"", "return=minimal")
    assert (again["Idempotent-Replayed"], again["Cart-Token"]) == ("true", first["Cart-Token"])
    whole = ApiClient().post("/api/v1/cart/items", wish, cart_token=first["Cart-Token"])
    assert (whole.status_code, whole.json()["units"]) == (201, 2)
    assert CartLine.objects.get().quantity == 2
