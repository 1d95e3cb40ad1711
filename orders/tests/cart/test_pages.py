"""The cart's pages: every form works, is refused with a message, never fails, and costs a fixed number of queries."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from orders.cart import carts
from orders.models import Cart, CartLine
from orders.tests.factories import (
    ACTOR,
    active,
    expire_cart,
    make_awaiting,
    make_cart,
    make_user,
    make_variant,
)
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
DRAWER = {"HX-Request": "true", "HX-Target": "cart-drawer"}


def open_cart(client: Client, *wanted: tuple[Variant, int]) -> Cart:
    """Give the client a guest's cart."""
    cart = make_cart(*wanted)
    client.cookies[carts.COOKIE] = cart.token
    return cart


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("language", "notified"),
    [("es", "Tu carrito está vacío"), ("en", "Your cart is empty"), ("pt-br", "Seu carrinho está vazio")],
)
def test_a_new_visitor_has_an_empty_cart_and_no_row(language, notified):
    response = PageClient(language).get(reverse("orders:cart"))
    assert response.status_code == 200
    assert notified in words(response)
    assert not Cart.objects.exists()
    assert carts.COOKIE not in response.cookies


def test_adding_makes_cart_cookie_line_and_hold(client):
    variant = make_variant()
    response = client.post(reverse("orders:cart_add"), {"variant": variant.pk, "quantity": 2})
    assert response.url == reverse("orders:cart")
    cookie = response.cookies[carts.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    cart = Cart.objects.get(token=cookie.value)
    assert cart.lines.get().quantity == 2
    assert active(cart_id=cart.pk) == 2
    page = client.get(reverse("orders:cart"))
    assert variant.product.name in words(page)
    assert "data-countdown" in words(page)


def test_the_cookie_is_secure_outside_development(client, settings):
    settings.DEBUG = False
    response = client.post(reverse("orders:cart_add"), {"variant": make_variant().pk}, secure=True)
    assert response.cookies[carts.COOKIE]["secure"]


def test_the_drawer_gets_a_fragment(client):
    variant = make_variant()
    response = client.post(reverse("orders:cart_add"), {"variant": variant.pk}, headers=DRAWER)
    assert response.status_code == 200
    assert 'data-cart-count="1"' in words(response)
    assert "<html" not in words(response)
    again = client.get(reverse("orders:cart_drawer"))
    assert variant.product.name in words(again)


def test_a_refusal_reaches_the_drawer_and_changes_nothing(client):
    variant = make_variant(units=1)
    make_cart((variant, 1))
    response = client.post(reverse("orders:cart_add"), {"variant": variant.pk}, headers=DRAWER)
    assert response.status_code == 422
    assert "notice--error" in words(response)
    assert CartLine.objects.count() == 1


def test_a_refusal_leads_back_to_the_product(client):
    variant = make_variant(units=0)
    where = variant.product.get_absolute_url()
    response = client.post(reverse("orders:cart_add"), {"variant": variant.pk, "next": where})
    assert response.url == f"{where}?aviso=1", "the copy that tells why"
    elsewhere = client.post(
        reverse("orders:cart_add"), {"variant": variant.pk, "next": "https://evil.example/"}
    )
    assert elsewhere.url == reverse("orders:cart")


@pytest.mark.parametrize("name", ["cart_add", "cart_update", "cart_remove", "cart_restore"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"variant": "x"},
        {"variant": str(uuid.uuid4())},
        {"variant": "", "quantity": "1"},
        {"variant": "VARIANT", "quantity": "-1"},
        {"variant": "VARIANT", "quantity": "100"},
        {"variant": "VARIANT", "quantity": "1e9"},
        {"variant": "VARIANT", "quantity": "9" * 400},
        {"variant": "VARIANT", "quantity": "uno"},
        {"variant": "VARIANT", "quantity": "1.5"},
        {"variant": ["VARIANT", "x"], "quantity": ["1", "2", "x"]},
    ],
)
def test_bad_input_is_answered_and_changes_nothing(client, name, data):
    cart = open_cart(client)
    line = cart.lines.get()
    sent = {
        key: [
            str(line.variant_id) if one == "VARIANT" else one
            for one in (value if isinstance(value, list) else [value])
        ]
        for key, value in data.items()
    }
    response = client.post(reverse(f"orders:{name}"), sent)
    assert response.status_code == 302
    assert client.get(response.url).status_code == 200
    line.refresh_from_db()
    assert line.quantity == 1
    assert active(cart_id=cart.pk) == 1


def test_changing_without_a_quantity_changes_nothing(client):
    cart = open_cart(client, (make_variant(), 3))
    client.post(reverse("orders:cart_update"), {"variant": cart.lines.get().variant_id, "quantity": ""})
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (3, 3)


@pytest.mark.parametrize("name", ["cart_add", "cart_update", "cart_remove", "cart_restore", "cart_new"])
def test_only_post_changes_a_cart(client, name):
    assert client.get(reverse(f"orders:{name}")).status_code == 405


@pytest.mark.parametrize("cookie", ["", "x", "ñ" * 30, "../../etc", "A" * 32, "' OR 1=1 --" * 3])
def test_a_made_up_cookie_opens_nothing(client, cookie):
    client.cookies[carts.COOKIE] = cookie
    assert client.get(reverse("orders:cart")).status_code == 200


def test_a_guests_cookie_does_not_open_an_accounts_cart(client):
    cart = make_cart(user=make_user())
    client.cookies[carts.COOKIE] = cart.token
    assert cart.lines.get().variant.product.name not in words(client.get(reverse("orders:cart")))
    client.post(reverse("orders:cart_remove"), {"variant": cart.lines.get().variant_id})
    assert cart.lines.count() == 1


def test_changing_and_removing(client):
    cart = open_cart(client)
    variant_id = cart.lines.get().variant_id
    client.post(reverse("orders:cart_update"), {"variant": variant_id, "quantity": 3})
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (3, 3)
    client.post(reverse("orders:cart_update"), {"variant": variant_id, "quantity": 1})
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (1, 1)
    client.post(reverse("orders:cart_update"), {"variant": variant_id, "quantity": 0})
    assert (cart.lines.count(), active(cart_id=cart.pk)) == (0, 0)


def test_an_expired_reservation_is_told_and_can_be_taken_again(client):
    cart = open_cart(client)
    expire_cart(cart)
    page = words(client.get(reverse("orders:cart")))
    assert reverse("orders:cart_restore") in page
    assert "is-expired" in page
    client.post(reverse("orders:cart_restore"), {"variant": cart.lines.get().variant_id})
    assert active(cart_id=cart.pk) == 1
    assert "is-expired" not in words(client.get(reverse("orders:cart")))


def test_sold_out_meanwhile_is_told_per_line_and_not_counted(client):
    first, second = make_variant(units=1, price="1000.00"), make_variant(price="500.00")
    cart = open_cart(client, (first, 1), (second, 1))
    expire_cart(cart)
    make_cart((first, 1))
    carts.restore_reservation(cart=cart, variant_id=second.pk, actor=ACTOR)
    seen = carts.view(cart)
    assert [line.state.value for line in seen.lines] == ["sold_out", "reserved"]
    assert seen.subtotal == Decimal("500.00")
    page = words(client.get(reverse("orders:cart")))
    assert "is-gone" in page
    assert reverse("orders:checkout_start") not in page
    assert cart.lines.count() == 2


def test_a_changed_price_is_told_with_both_prices(client):
    cart = open_cart(client, (make_variant(price="1000.00"), 1))
    Variant.objects.update(price="1250.00")
    page = words(client.get(reverse("orders:cart")))
    assert "1.000" in page.replace("1,000", "1.000")
    assert carts.view(cart).lines[0].former_price == Decimal("1000.00")
    assert carts.view(cart).subtotal == Decimal("1250.00")


def test_a_cart_that_is_being_paid_does_not_change_but_a_new_one_may_be_taken(client):
    session = make_awaiting()
    cart = session.cart
    client.cookies[carts.COOKIE] = cart.token
    variant_id = cart.lines.get().variant_id
    for name in ("cart_add", "cart_update", "cart_remove", "cart_restore"):
        client.post(reverse(f"orders:{name}"), {"variant": variant_id, "quantity": 2})
    assert cart.lines.get().quantity == 1
    assert reverse("orders:cart_new") in words(client.get(reverse("orders:cart")))
    client.post(reverse("orders:cart_new"))
    client.post(reverse("orders:cart_add"), {"variant": variant_id, "quantity": 2})
    fresh = Cart.objects.get(token=client.cookies[carts.COOKIE].value)
    assert fresh.pk != cart.pk
    assert active(cart_id=fresh.pk) == 2
    assert active(checkout_id=session.pk) == 1


@pytest.mark.parametrize("lines", [2, 20])
def test_the_cart_page_has_a_query_budget(client, lines, django_assert_max_num_queries):
    open_cart(client, *[(make_variant(), 1) for _line in range(lines)])
    client.get(reverse("orders:cart"))
    with django_assert_max_num_queries(8) as spent:
        assert client.get(reverse("orders:cart")).status_code == 200
    assert len(spent.captured_queries) <= 6


def test_the_header_counts_units_in_one_query(client, django_assert_num_queries, rf):
    open_cart(client, (make_variant(), 3))
    request = rf.get("/")
    request.COOKIES = {carts.COOKIE: client.cookies[carts.COOKIE].value}
    from django.contrib.auth.models import AnonymousUser

    request.user = AnonymousUser()
    with django_assert_num_queries(1):
        assert carts.count(request) == 3
    request.COOKIES = {}
    with django_assert_num_queries(0):
        assert carts.count(request) == 0
