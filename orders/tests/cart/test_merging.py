"""Signing in with a full cart: lines add up within limits, reservations follow, checkouts continue."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.checks import runner
from orders.cart import carts
from orders.cart.merging import merge
from orders.checkout import sessions
from orders.models import Cart, CheckoutSession
from orders.tests.factories import (
    ACTOR,
    active,
    make_awaiting,
    make_cart,
    make_session,
    make_user,
    make_variant,
)
from shop.accounts.models import Address, User

pytestmark = pytest.mark.django_db


def lines(cart: Cart) -> dict[object, int]:
    return dict(cart.lines.values_list("variant_id", "quantity"))


def test_the_first_cart_is_simply_adopted():
    guest, user = make_cart(), make_user()
    merged = merge(guest=guest, user=user, actor=ACTOR)
    assert (merged.pk, merged.user_id) == (guest.pk, user.pk)
    assert active(cart_id=guest.pk) == 1


def test_two_carts_add_up_and_the_reservations_follow():
    user, shared, other = make_user(), make_variant(), make_variant()
    mine = make_cart((shared, 2), user=user)
    guest = make_cart((shared, 1), (other, 2))
    merged = merge(guest=guest, user=user, actor=ACTOR)
    assert merged.pk == mine.pk
    assert lines(mine) == {shared.pk: 3, other.pk: 2}
    assert (active(cart_id=mine.pk), active(cart_id=guest.pk)) == (5, 0)
    assert not Cart.objects.filter(pk=guest.pk).exists()
    assert runner.check() == []
    assert all(line.state == "reserved" for line in carts.view(mine).lines)


def test_units_beyond_the_limit_are_let_go():
    user, variant = make_user(), make_variant(max_per_order=3)
    mine, guest = make_cart((variant, 2), user=user), make_cart((variant, 2))
    merge(guest=guest, user=user, actor=ACTOR)
    assert lines(mine) == {variant.pk: 3}
    assert active() == 3
    assert runner.check() == []


def test_too_many_lines_keep_the_accounts(settings):
    settings.CART_MAX_LINES = 1
    user, variant, other = make_user(), make_variant(), make_variant()
    mine, guest = make_cart((variant, 1), user=user), make_cart((other, 1))
    merge(guest=guest, user=user, actor=ACTOR)
    assert lines(mine) == {variant.pk: 1}
    assert active(variant_id=other.pk) == 0


def test_repeating_and_foreign_carts_change_nothing():
    user, guest = make_user(), make_cart()
    merge(guest=guest, user=user, actor=ACTOR)
    assert merge(guest=guest, user=user, actor=ACTOR).pk == guest.pk
    thief = make_user()
    merged = merge(guest=guest, user=thief, actor=ACTOR)
    guest.refresh_from_db()
    assert guest.user_id == user.pk
    assert lines(merged) == {}


def test_the_guests_checkout_goes_on_as_the_accounts():
    user = make_user()
    mine = make_cart(user=user)
    older = sessions.start(cart=mine, user=user, language="es", actor=ACTOR)
    session = make_session()
    merge(guest=session.cart, user=user, actor=ACTOR)
    session.refresh_from_db()
    older.refresh_from_db()
    assert (session.cart_id, session.user_id, session.email) == (mine.pk, user.pk, user.email)
    assert older.status == CheckoutSession.Status.CANCELLED
    sessions.revalidate(session)
    assert session.lines.count() == 2


def test_a_cart_being_paid_keeps_its_payment():
    user = make_user()
    paying = make_awaiting(make_cart(user=user), user=user)
    guest = make_cart()
    merged = merge(guest=guest, user=user, actor=ACTOR)
    assert merged.pk == guest.pk
    paying.refresh_from_db()
    assert paying.status == CheckoutSession.Status.AWAITING_PAYMENT
    assert active(checkout_id=paying.pk) == 1
    other = make_awaiting()
    assert merge(guest=other.cart, user=user, actor=ACTOR).pk == guest.pk
    assert Cart.objects.filter(pk=other.cart_id, user=None).exists()


def test_signing_in_through_the_form_brings_the_cart_along(client):
    user, guest = make_user("ana@example.com"), make_cart()
    client.cookies[carts.COOKIE] = guest.token
    client.post(reverse("account_login"), {"login": user.email, "password": "clave-segura-123"})
    page = client.get(reverse("orders:cart"))
    assert guest.lines.get().variant.product.name in page.content.decode()
    client.post(reverse("account_logout"))
    assert guest.lines.get().variant.product.name not in client.get(reverse("orders:cart")).content.decode()


def sign_in_with_cart(client: Client, guest: Cart, user: User, password: str = "drop-lover-1") -> Any:
    user.set_password(password)
    user.save()
    client.cookies["cart"] = guest.token
    return client.post(reverse("account_login"), {"login": user.email, "password": password}, follow=True)


def test_whoever_signs_in_is_told_which_units_did_not_fit(client):
    user, variant = make_user(), make_variant(max_per_order=3)
    make_cart((variant, 3), user=user)
    answer = sign_in_with_cart(client, make_cart((variant, 1)), user)
    notified = [str(message) for message in answer.context["messages"]]
    assert any(variant.product.name in words and " 3 " in words for words in notified), notified


def test_whoever_signs_in_with_room_for_all_is_told_nothing(client):
    user, variant = make_user(), make_variant(max_per_order=3)
    make_cart((variant, 2), user=user)
    answer = sign_in_with_cart(client, make_cart((variant, 1)), user)
    assert not [words for words in answer.context["messages"] if variant.product.name in str(words)]


def test_a_checkout_goes_on_with_the_accounts_address_and_offers_the_saved_ones(client):
    user = make_user()
    Address.objects.create(
        user=user,
        recipient="Ana",
        street="Caseros 2739",
        city="Rosario",
        state="Santa Fe",
        postal_code="2000",
        is_default=True,
    )
    session = make_session(user=None)
    CheckoutSession.objects.filter(pk=session.pk).update(
        email="guest@example.com", document_number="", shipping_address=None
    )
    merge(guest=session.cart, user=user, actor=ACTOR)
    session.refresh_from_db()
    assert (session.user_id, session.email) == (user.pk, user.email)
    client.force_login(user)
    page = client.get(reverse("orders:checkout_contact", args=[session.token]))
    assert page.context["form"]["email"].value() == user.email
    assert page.context["form"].delivery["street"].value() == "Caseros 2739"
