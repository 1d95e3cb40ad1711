"""Purchases of the API's clients follow the rules of the pages: early access, a customer's limit, the buyer's data."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from catalog.drops import access
from catalog.models import AccessCode, Variant
from inventory.models import Reservation
from inventory.tests.factories import make_drop
from orders.cart import carts
from orders.checkout import client_purchases, sessions
from orders.checkout.issues import Kind, NotReady
from orders.models import Cart, CheckoutSession, PaymentMethod
from orders.privacy import _carts
from orders.tests.factories import ACTOR, make_order, make_user, make_variant
from shop.accounts.models import Profile, User
from shop.core.privacy.personal_data import Person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def begin(
    user: User, variant: Variant, units: int = 1, reference: str = "one", **changes: Any
) -> CheckoutSession:
    values: dict[str, Any] = {
        "user": user,
        "wanted": {variant.pk: units},
        "method": PaymentMethod.objects.get(public_number=1),
        "reference": reference,
        "is_one": True,
        "language": "es",
        "actor": ACTOR,
    }
    session = client_purchases.begin(**(values | changes))
    return client_purchases.complete(session, contact=client_purchases.contact_of(user), actor=ACTOR)


def test_an_account_that_was_let_in_early_buys_and_another_is_refused_with_nothing_left():
    variant, user = make_variant(), make_user()
    now = timezone.now()
    drop = make_drop(variant.product, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    AccessCode.objects.create(collection=drop, code="AMIGOS")
    access.redeem(collection=drop, code="AMIGOS", cart_id=None, user_id=user.pk, actor=ACTOR)
    with pytest.raises(NotReady) as refused:
        begin(make_user(), variant)
    assert [issue.kind for issue in refused.value.issues] == [Kind.NOT_SELLABLE]
    assert (Cart.objects.count(), Reservation.objects.count()) == (0, 0)
    session = sessions.freeze_for_payment(begin(user, variant), ACTOR)
    assert session.lines.get().variant == variant


def test_what_the_account_has_bought_in_a_drop_counts_for_its_limit():
    variant, user = make_variant(max_per_order=2), make_user()
    make_drop(variant.product, starts_at=timezone.now() - HOUR, ends_at=timezone.now() + HOUR)
    make_order(carts_of(user, variant, 1), user=user)
    with pytest.raises(carts.LimitReached):
        begin(user, variant, 2)
    assert begin(user, variant, 1).status == "open"


def carts_of(user: User, variant: Variant, units: int) -> Cart:
    cart = Cart.objects.create(user=user)
    carts.add(cart=cart, variant_id=variant.pk, quantity=units, actor=ACTOR)
    return cart


def test_its_cart_is_found_by_no_page_and_is_the_accounts_own_in_its_data():
    user, variant = make_user(), make_variant()
    session = begin(user, variant)
    cart = session.cart
    assert cart is not None
    request = RequestFactory().get("/")
    request.user, request.COOKIES["cart"] = type("Guest", (), {"is_authenticated": False})(), cart.token
    assert (carts.find(request), carts.count(request)) == (None, 0)
    assert list(_carts(Person(frozenset({user.email}), user.pk))) == [cart]
    assert begin(user, variant) == session, "the same reference is the same purchase"
    assert begin(user, variant, reference="two") != session
    client_purchases.give_up(session, actor=ACTOR)
    assert not Reservation.objects.filter(cart_id=cart.pk, status="active").exists()
    assert not cart.lines.exists()


def test_the_buyer_is_the_profile_else_the_last_purchase_and_a_document_may_be_missing():
    user, variant = make_user(), make_variant(5)
    bare = begin(user, variant)
    assert (bare.email, bare.full_name, bare.document_number) == (user.email, "", "")
    sessions.freeze_for_payment(bare, ACTOR)
    make_order(carts_of(user, variant, 1), user=user)
    Profile.objects.update_or_create(user=user, defaults={"first_name": "Eva", "last_name": "Luna"})
    known = client_purchases.contact_of(user)
    assert (known.first_name, known.last_name) == ("Eva", "Luna")
    assert (known.document_type, known.document_number) == ("DNI", "30123456")
