"""Signing in by an app: the cart that its guest filled becomes the account's, as in a browser."""

import pytest
from django.core.cache import cache
from django.test import Client

from inventory.models import Reservation
from orders.models import Cart
from orders.tests.factories import active, make_user, make_variant
from shop.accounts.models import vouch
from shop.accounts.tests.factories import PASSWORD
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_the_guests_cart_becomes_the_accounts():
    cache.clear()
    variant, user, guest = make_variant(3), make_user(), ApiClient()
    user.set_password(PASSWORD)
    user.save()
    vouch(user)
    added = guest.post("/api/v1/cart/items", {"variant": str(variant.pk), "quantity": 2}).json()

    answer = Client().post(
        "/api/auth/app/v1/auth/login",
        {"email": user.email, "password": PASSWORD},
        content_type="application/json",
        headers={"cart-token": added["token"]},
    )

    assert answer.status_code == 200
    assert not answer.cookies
    app = ApiClient()
    app.token = answer.json()["meta"]["access_token"]
    cart = app.get("/api/v1/cart").json()
    assert [(item["sku"], item["quantity"], item["reserved"]) for item in cart["items"]] == [
        (variant.sku, 2, 2)
    ]
    assert active(cart_id=Cart.objects.get(user=user).pk) == 2
    assert Reservation.objects.count() == 1
    # The guest's token opens it no more.
    assert guest.get("/api/v1/cart", cart_token=added["token"]).json()["items"] == []
