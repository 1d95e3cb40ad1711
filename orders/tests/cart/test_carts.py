"""The cart's verbs: limits, reservations that follow lines, refusals that change nothing, and random histories."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Product, Variant
from inventory.checks import runner
from inventory.models import Reservation
from inventory.tests.factories import make_drop
from orders.cart import carts
from orders.cart.view import ReservationState
from orders.models import Cart, CartLine
from orders.sql import load
from orders.tests.factories import (
    ACTOR,
    CartFactory,
    active,
    expire_cart,
    level_of,
    make_awaiting,
    make_cart,
    make_variant,
)
from tests.races.tools.concurrency import count, surprises, together

pytestmark = pytest.mark.django_db


def add(cart: Cart, variant: Variant, quantity: int = 1) -> CartLine:
    return carts.add(cart=cart, variant_id=variant.pk, quantity=quantity, actor=ACTOR)


def states(cart: Cart) -> list[Any]:
    return [line.state for line in carts.view(cart).lines]


def test_adding_again_adds_up_in_one_line():
    variant, cart = make_variant(), CartFactory.create()
    add(cart, variant, 2)
    line = add(cart, variant, 3)
    assert line.quantity == cart.lines.get().quantity == 5
    assert active(cart_id=cart.pk) == 5


@pytest.mark.parametrize("quantity", [0, -1, 100, True, 10**9])
def test_a_quantity_out_of_range_is_refused(quantity):
    variant, cart = make_variant(), CartFactory.create()
    with pytest.raises(carts.InvalidQuantity):
        add(cart, variant, quantity)
    assert not cart.lines.exists()


def test_the_limit_per_order_counts_what_is_there():
    variant, cart = make_variant(max_per_order=3), CartFactory.create()
    add(cart, variant, 2)
    with pytest.raises(carts.LimitReached) as refused:
        add(cart, variant, 2)
    assert refused.value.limit == 3
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (2, 2)
    with pytest.raises(carts.LimitReached):
        carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=4, actor=ACTOR)


def test_a_cart_takes_only_so_many_lines(settings):
    settings.CART_MAX_LINES = 2
    first, second, third = make_variant(), make_variant(), make_variant()
    cart = make_cart((first, 1), (second, 1))
    with pytest.raises(carts.TooManyLines):
        add(cart, third)
    add(cart, first)
    assert cart.lines.count() == 2
    assert active(variant_id=third.pk) == 0


def test_not_enough_says_how_many_are_left_and_keeps_nothing():
    variant, cart = make_variant(units=2), CartFactory.create()
    with pytest.raises(carts.InsufficientStock) as refused:
        add(cart, variant, 3)
    assert refused.value.lines[0].available == 2
    assert not cart.lines.exists()
    assert level_of(variant.pk).reserved == 0


def test_a_refused_increase_keeps_line_and_hold():
    variant = make_variant(units=3)
    cart = make_cart((variant, 2))
    with pytest.raises(carts.InsufficientStock):
        carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=5, actor=ACTOR)
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (2, 2)


def test_unknown_and_inactive_variants():
    cart = CartFactory.create()
    with pytest.raises(carts.UnknownVariant):
        carts.add(cart=cart, variant_id=uuid.uuid4(), quantity=1, actor=ACTOR)
    with pytest.raises(carts.NotSellable) as refused:
        add(cart, make_variant(is_active=False))
    assert refused.value.reason == "inactive"
    assert not cart.lines.exists()


@pytest.mark.parametrize(("opens", "closes", "reason"), [(1, 2, "upcoming"), (-2, -1, "closed")])
def test_a_shut_drop_is_refused_whatever_the_reserve_mode(settings, opens, closes, reason):
    variant, cart, now = make_variant(), CartFactory.create(), timezone.now()
    make_drop(variant.product, starts_at=now + timedelta(hours=opens), ends_at=now + timedelta(hours=closes))
    for mode in ("cart", "checkout"):
        settings.RESERVE_ON = mode
        with pytest.raises(carts.NotSellable) as refused:
            add(cart, variant)
        assert refused.value.reason == reason
    assert not cart.lines.exists()


def test_without_holds_in_the_cart_stock_is_only_looked_at(settings):
    settings.RESERVE_ON = "checkout"
    variant = make_variant(units=2)
    cart = make_cart((variant, 2))
    assert active() == 0
    assert states(cart) == [ReservationState.FREE]
    with pytest.raises(carts.InsufficientStock):
        add(cart, variant)


def test_setting_quantity_moves_the_reservation():
    variant = make_variant()
    cart = make_cart((variant, 2))
    for quantity in (5, 1, 4, 4):
        carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=quantity, actor=ACTOR)
        assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (quantity, quantity)
    assert carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=0, actor=ACTOR) is None
    assert active(cart_id=cart.pk) == 0
    with pytest.raises(carts.UnknownVariant):
        carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)


def test_removing_twice_is_harmless():
    cart = make_cart()
    variant_id = cart.lines.get().variant_id
    assert carts.remove(cart=cart, variant_id=variant_id, actor=ACTOR)
    assert not carts.remove(cart=cart, variant_id=variant_id, actor=ACTOR)
    assert active() == 0


def test_states_of_a_line():
    variant = make_variant(units=3)
    cart = make_cart((variant, 2))
    assert states(cart) == [ReservationState.RESERVED]
    expire_cart(cart)
    assert states(cart) == [ReservationState.EXPIRED]
    rival = make_cart((variant, 2))
    assert states(cart) == [ReservationState.SHORT]
    assert carts.view(cart).lines[0].obtainable == 1
    add(rival, variant)
    assert states(cart) == [ReservationState.SOLD_OUT]
    Variant.objects.update(is_active=False)
    assert states(cart) == [ReservationState.NOT_SELLABLE]


def test_a_reservation_outlives_its_drop_but_an_expired_one_does_not():
    variant = make_variant()
    cart = make_cart((variant, 1))
    make_drop(variant.product, starts_at=None, ends_at=timezone.now() - timedelta(seconds=1))
    assert states(cart) == [ReservationState.RESERVED]
    expire_cart(cart)
    assert states(cart) == [ReservationState.NOT_SELLABLE]
    assert carts.view(cart).lines[0].reason == "closed"


def test_partly_expired_is_told_and_restored_whole():
    variant = make_variant()
    cart = make_cart((variant, 1))
    expire_cart(cart)
    Reservation.objects.update(quantity=1)
    CartLine.objects.update(quantity=3)
    carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)
    assert (states(cart), active(cart_id=cart.pk), level_of(variant.pk).reserved) == (
        [ReservationState.RESERVED],
        3,
        3,
    )
    CartLine.objects.update(quantity=4)
    assert states(cart) == [ReservationState.PARTLY]


def test_nobody_is_kept_out_by_his_own_stale_reservation():
    variant = make_variant(units=1)
    cart = make_cart((variant, 1))
    expire_cart(cart)
    carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)
    assert (states(cart), level_of(variant.pk).reserved) == ([ReservationState.RESERVED], 1)


def test_restoring_a_live_reservation_renews_nothing():
    cart = make_cart()
    before = Reservation.objects.get()
    carts.restore_reservation(cart=cart, variant_id=before.variant_id, actor=ACTOR)
    assert Reservation.objects.get().expires_at == before.expires_at


def test_a_cart_being_paid_is_left_alone_by_every_verb():
    session = make_awaiting()
    cart = session.cart
    assert cart is not None
    variant_id = cart.lines.get().variant_id
    verb: Any
    for verb in (carts.add, carts.set_quantity):
        with pytest.raises(carts.PaymentUnderWay) as refused:
            verb(cart=cart, variant_id=variant_id, quantity=3, actor=ACTOR)
        assert refused.value.checkout_token == session.token
    for verb in (carts.remove, carts.restore_reservation):
        with pytest.raises(carts.PaymentUnderWay):
            verb(cart=cart, variant_id=variant_id, actor=ACTOR)
    token = cart.token
    fresh = carts.set_aside(cart=cart, actor=ACTOR)
    assert (fresh.token, fresh.lines.count()) == (token, 0)
    assert carts.set_aside(cart=fresh, actor=ACTOR).pk == fresh.pk


def test_an_emptied_shelf_of_names_is_still_viewable():
    cart = make_cart()
    Product.objects.update(is_active=False)
    seen = carts.view(cart)
    assert (seen.blocked[0].reason, seen.subtotal, seen.can_check_out) == ("inactive", 0, False)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_tabs_cannot_pass_the_limit_together():
    variant = make_variant(max_per_order=4, units=50)
    cart = CartFactory.create()
    answers = together([partial(add, cart, variant)] * 8)
    assert surprises(answers, carts.LimitReached) == []
    assert count(answers, carts.LimitReached) == 4
    assert (cart.lines.get().quantity, active(cart_id=cart.pk)) == (4, 4)


acts = st.lists(
    st.tuples(
        st.sampled_from(["add", "set", "remove", "lapse", "restore"]),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(1, 4),
    ),
    max_size=14,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(acts)
def test_whatever_shoppers_do_stock_and_lines_agree(history):
    variants = [make_variant(units=5, max_per_order=4), make_variant(units=3)]
    two = [CartFactory.create(), CartFactory.create()]
    for act, who, what, quantity in history:
        cart, variant = two[who], variants[what]
        try:
            if act == "add":
                add(cart, variant, quantity)
            elif act == "set":
                carts.set_quantity(cart=cart, variant_id=variant.pk, quantity=quantity, actor=ACTOR)
            elif act == "remove":
                carts.remove(cart=cart, variant_id=variant.pk, actor=ACTOR)
            elif act == "restore":
                carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)
            else:
                expire_cart(cart)
        except (carts.InsufficientStock, carts.LimitReached, carts.UnknownVariant):
            continue
    assert runner.check() == []
    for cart in two:
        for line in carts.view(cart).lines:
            assert line.reserved <= line.quantity
            assert line.variant.max_per_order is None or line.quantity <= line.variant.max_per_order


def test_the_functions_in_the_database_are_those_of_the_files():
    """Whoever changes one of these files adds a migration that installs it again."""
    with connection.cursor() as cursor:
        for name in ("put_line", "cart_options", "line_units"):
            cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [f"orders_{name}"])
            (body,) = cursor.fetchone()
            assert body in load(name)


def test_a_new_visitors_first_line_is_one_statement_and_a_refusal_leaves_nothing(django_assert_num_queries):
    variant = make_variant(units=1)
    fresh, late = Cart(), Cart()
    with django_assert_num_queries(1):
        line = carts.add(cart=fresh, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert (CartLine.objects.get(), Cart.objects.get()) == (line, fresh)
    assert line.seen_price == variant.price
    with django_assert_num_queries(2), pytest.raises(carts.InsufficientStock):
        carts.add(cart=late, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert Cart.objects.get() == fresh


def test_a_new_visitors_cart_is_written_once_and_known_as_written():
    cart, first, second = Cart(), make_variant(), make_variant()
    line = add(cart, first)
    assert (cart._state.adding, line._state.adding) == (False, False)
    add(cart, second)
    assert Cart.objects.get().lines.count() == 2


def test_a_new_visitor_who_is_refused_by_the_limit_may_still_begin_a_cart():
    cart, variant = Cart(), make_variant(max_per_order=2)
    with pytest.raises(carts.LimitReached):
        add(cart, variant, 3)
    assert not Cart.objects.exists()
    assert add(cart, variant, 2).quantity == 2
    assert Cart.objects.get().pk == cart.pk


def test_a_cart_that_is_gone_meanwhile_takes_nothing():
    cart, variant = CartFactory.create(), make_variant()
    Cart.objects.all().delete()
    with pytest.raises(carts.CartGone):
        add(cart, variant)
    assert level_of(variant.pk).reserved == 0
