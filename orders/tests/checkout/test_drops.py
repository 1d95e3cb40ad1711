"""Drops and purchases: the window in every way into a sale, early access, and the limit of one customer."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from catalog.drops import access
from catalog.models import AccessCode, AccessGrant, Collection, CustomerGroup, EarlyOpening, Variant
from inventory import reservations
from inventory.models import Reservation
from inventory.reservations import NotSellable, OverLimit, manual
from inventory.tests.factories import TTL, make_drop
from orders.cart import carts, merging
from orders.cart.view import ReservationState
from orders.checkout import placement, sessions
from orders.checkout.issues import Kind
from orders.checkout.sessions import NotReady
from orders.models import Cart, Order
from orders.tests.factories import (
    ACTOR,
    expire_cart,
    make_awaiting,
    make_cart,
    make_order,
    make_session,
    make_user,
    make_variant,
)
from shop.accounts.models import User
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def drop_of(variant: Variant, opens: int = 1, closes: int = 2) -> Collection:
    now = timezone.now()
    return make_drop(variant.product, starts_at=now + opens * HOUR, ends_at=now + closes * HOUR)


def shut(drop: Collection) -> None:
    Collection.objects.filter(pk=drop.pk).update(
        starts_at=timezone.now() - 2 * HOUR, ends_at=timezone.now() - timedelta(seconds=1)
    )


def code_for(drop: Collection, **fields: Any) -> AccessCode:
    return AccessCode.objects.create(**{"collection": drop, "code": "AMIGOS"} | fields)


def redeem(drop: Collection, cart: Cart, code: str = "AMIGOS", user: User | None = None) -> AccessGrant:
    return access.redeem(
        collection=drop, code=code, cart_id=cart.pk, user_id=user.pk if user else None, actor=ACTOR
    )


# -- The window, in every way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("opens", "closes", "reason"), [(1, 2, "upcoming"), (-2, -1, "closed")])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("purpose", ["cart", "checkout", "manual"])
def test_no_reservation_of_any_kind_outside_the_window(opens, closes, reason, many, purpose):
    """Whatever it is taken for, a reservation by these verbs is refused outside the window."""
    variant, other = make_variant(), make_variant()
    drop_of(variant, opens, closes)
    owner = {"ttl": TTL, "cart_id": uuid7(), "purpose": purpose, "actor": ACTOR}
    wanted = {variant.pk: 1, other.pk: 1}
    one = partial(reservations.reserve, variant_id=variant.pk, quantity=1, **owner)
    several = partial(reservations.reserve_many, wanted=wanted, **owner)
    with pytest.raises(NotSellable) as refused:
        (several if many else one)()
    assert refused.value.reason == reason
    assert not Reservation.objects.exists()


def test_a_reservation_that_expired_cannot_be_taken_again_after_the_close():
    variant = make_variant()
    drop = drop_of(variant, -1, 1)
    session = make_session(make_cart((variant, 1)))
    shut(drop)
    expire_cart(session.cart)
    with pytest.raises(NotSellable):
        carts.restore_reservation(cart=session.cart, variant_id=variant.pk, actor=ACTOR)
    with pytest.raises(NotReady) as refused:
        sessions.freeze_for_payment(session, ACTOR)
    assert Kind.NOT_SELLABLE in {issue.kind for issue in refused.value.issues}


def test_a_reservation_taken_in_the_window_may_still_be_paid_after_it():
    variant = make_variant()
    drop = drop_of(variant, -1, 1)
    session = make_session(make_cart((variant, 1)))
    shut(drop)
    assert sessions.freeze_for_payment(session, ACTOR).pk == session.pk


def test_late_money_buys_after_the_close_what_is_still_there():
    """The window was checked when the purchase began; a payment that has arrived is not refunded for it."""
    variant = make_variant(units=1)
    drop = drop_of(variant, -1, 1)
    session = make_awaiting(make_cart((variant, 1)))
    shut(drop)
    expire_cart(session.cart)
    reservations.expire_due()
    with transaction.atomic():
        order = placement.place(
            checkout_id=session.pk,
            transaction_id="mercadopago:late",
            paid_at=timezone.now(),
            actor="job:test",
        )
    assert order.lines.get().variant_id == variant.pk


def test_what_the_staff_kept_aside_is_sold_inside_the_window_only():
    """An apartado is no sale: its unit is released and bought like any other."""
    variant = make_variant(units=1)
    drop = drop_of(variant)
    until = timezone.now() + HOUR
    (kept,) = manual.reserve(
        variant_id=variant.pk, quantity=1, owner="Press", reason="Photographs", until=until, actor="staff:x"
    )
    reservations.release(reservation_id=kept.pk, reason="not needed", actor="staff:x")
    cart = Cart.objects.create()
    with pytest.raises(carts.NotSellable):
        carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    Collection.objects.filter(pk=drop.pk).update(starts_at=timezone.now() - HOUR)
    assert carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR).quantity == 1


# -- Early access -----------------------------------------------------------------------------------------------------


def test_a_code_opens_the_drop_for_one_cart_and_no_other():
    variant = make_variant()
    drop = drop_of(variant)
    code = code_for(drop)
    mine, other = Cart.objects.create(), Cart.objects.create()
    redeem(drop, mine, " ami gos ")
    carts.add(cart=mine, variant_id=variant.pk, quantity=1, actor=ACTOR)
    (line,) = carts.view(mine).lines
    assert line.state == ReservationState.RESERVED
    expire_cart(mine)
    assert carts.view(mine).lines[0].state == ReservationState.EXPIRED, (
        "the cart knows that it may hold it again"
    )
    with pytest.raises(carts.NotSellable):
        carts.add(cart=other, variant_id=variant.pk, quantity=1, actor=ACTOR)
    code.refresh_from_db()
    assert code.uses == 1


def test_the_whole_purchase_goes_through_early():
    variant = make_variant()
    drop = drop_of(variant)
    code_for(drop)
    cart = Cart.objects.create()
    redeem(drop, cart)
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert make_order(cart).lines.get().variant_id == variant.pk


def test_the_same_visitor_uses_a_code_once():
    drop = drop_of(make_variant())
    code = code_for(drop, max_uses=5)
    cart = Cart.objects.create()
    assert redeem(drop, cart).pk == redeem(drop, cart).pk
    code.refresh_from_db()
    assert code.uses == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"uses": 1, "max_uses": 1}, "used_up"),
        ({"expires_at": timezone.now() - HOUR}, "expired"),
        ({"is_active": False}, "off"),
        ({"code": "OTRO"}, "unknown"),
    ],
)
def test_a_code_that_lets_nobody_in_says_why_and_leaves_nothing(fields, reason):
    drop = drop_of(make_variant())
    code_for(drop, **fields)
    with pytest.raises(access.CodeRefused) as refused:
        redeem(drop, Cart.objects.create())
    assert refused.value.reason == reason
    assert not AccessGrant.objects.exists()


def test_a_code_of_another_drop_is_unknown_here():
    here, there = drop_of(make_variant()), drop_of(make_variant())
    code_for(there)
    with pytest.raises(access.CodeRefused):
        redeem(here, Cart.objects.create())


def test_a_code_that_is_switched_off_shuts_out_those_it_let_in():
    variant = make_variant()
    drop = drop_of(variant)
    code = code_for(drop)
    cart = Cart.objects.create()
    redeem(drop, cart)
    AccessCode.objects.filter(pk=code.pk).update(is_active=False)
    with pytest.raises(carts.NotSellable):
        carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)


@pytest.mark.parametrize(("opens_in", "may_buy"), [(-1, True), (1, False)])
def test_a_group_buys_from_its_own_hour(opens_in, may_buy):
    variant, member = make_variant(), make_user()
    drop = drop_of(variant, 2, 3)
    group = CustomerGroup.objects.create(name="Regulars")
    group.members.add(member)
    EarlyOpening.objects.create(
        collection=drop, group=group, opens_at=timezone.now() + timedelta(minutes=opens_in)
    )
    cart = Cart.objects.create(user=member)
    if may_buy:
        carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    else:
        with pytest.raises(carts.NotSellable):
            carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    stranger = Cart.objects.create(user=make_user())
    with pytest.raises(carts.NotSellable):
        carts.add(cart=stranger, variant_id=variant.pk, quantity=1, actor=ACTOR)


def test_early_access_does_not_outlive_the_drop():
    variant = make_variant()
    drop = drop_of(variant)
    code_for(drop)
    cart = Cart.objects.create()
    redeem(drop, cart)
    shut(drop)
    with pytest.raises(carts.NotSellable) as refused:
        carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert refused.value.reason == "closed"


def test_signing_in_takes_the_access_along():
    variant, user = make_variant(), make_user()
    drop = drop_of(variant)
    code_for(drop)
    guest = Cart.objects.create()
    redeem(drop, guest)
    cart = merging.merge(guest=guest, user=user, actor=ACTOR)
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert AccessGrant.objects.get().user_id == user.pk


def test_a_new_cart_beside_the_one_being_paid_is_let_in_too():
    variant = make_variant()
    drop = drop_of(variant)
    code = code_for(drop)
    cart = Cart.objects.create()
    redeem(drop, cart)
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    make_awaiting(cart)
    fresh = carts.set_aside(cart=cart, actor=ACTOR)
    carts.add(cart=fresh, variant_id=variant.pk, quantity=1, actor=ACTOR)
    code.refresh_from_db()
    assert code.uses == 1


def test_the_form_lets_a_visitor_in_and_the_pages_show_the_shop(client):
    variant = make_variant()
    drop = drop_of(variant)
    code_for(drop)
    page = variant.product.get_absolute_url()
    assert reverse("orders:cart_add").encode() not in client.get(page).content
    answer = client.post(reverse("orders:redeem", args=[drop.slug]), {"code": "amigos"})
    # A copy of the visitor's own, which says what happened.
    assert answer.url == f"{drop.get_absolute_url()}?aviso=1"
    assert reverse("orders:cart_add").encode() in client.get(page).content
    client.post(reverse("orders:cart_add"), {"variant": variant.pk, "quantity": 1})
    assert Reservation.objects.get().variant_id == variant.pk


def test_a_wrong_code_leaves_no_cart_and_guessing_ends(client):
    drop = drop_of(make_variant())
    code_for(drop)
    address = reverse("orders:redeem", args=[drop.slug])
    for _turn in range(10):
        client.post(address, {"code": "FALSO"})
    assert not Cart.objects.exists()
    client.post(address, {"code": "AMIGOS"})
    assert not AccessGrant.objects.exists(), "the eleventh try within ten minutes is not looked at"


# -- The limit --------------------------------------------------------------------------------------------------------


def test_the_verb_itself_keeps_the_limit_of_one_purchase():
    variant = make_variant(max_per_order=2)
    cart_id = uuid7()
    reservations.reserve(variant_id=variant.pk, quantity=1, ttl=TTL, cart_id=cart_id, actor=ACTOR)
    with pytest.raises(OverLimit) as refused:
        reservations.reserve(variant_id=variant.pk, quantity=2, ttl=TTL, cart_id=cart_id, actor=ACTOR)
    assert (refused.value.limit, refused.value.own) == (2, 1)
    with pytest.raises(OverLimit):
        reservations.reserve_many(wanted={variant.pk: 3}, ttl=TTL, cart_id=uuid7(), actor=ACTOR)
    reservations.reserve(
        variant_id=variant.pk, quantity=5, ttl=TTL, purpose=Reservation.Purpose.MANUAL, actor="staff:x"
    )


def bought_in(drop_variant: Variant, user: User | None = None) -> Order:
    return make_order(make_cart((drop_variant, 1), user=user), user=user)


def test_in_a_drop_the_limit_is_one_customers_over_all_orders():
    variant, user = make_variant(max_per_order=1), make_user()
    drop_of(variant, -1, 1)
    bought_in(variant, user)
    with pytest.raises(carts.LimitReached):
        make_cart((variant, 1), user=user)


def test_a_guest_is_known_by_address_or_document_when_paying():
    variant = make_variant(max_per_order=1)
    drop_of(variant, -1, 1)
    bought_in(variant)
    session = make_session(make_cart((variant, 1)))
    with pytest.raises(NotReady) as refused:
        sessions.freeze_for_payment(session, ACTOR)
    assert [issue.kind for issue in refused.value.issues] == [Kind.LIMIT]


def test_what_is_being_paid_counts_and_what_was_cancelled_does_not():
    variant = make_variant(max_per_order=1)
    drop_of(variant, -1, 1)
    order = bought_in(variant)
    Order.objects.filter(pk=order.pk).update(status=Order.Status.CANCELLED)
    make_awaiting(make_cart((variant, 1)))
    with pytest.raises(NotReady):
        make_awaiting(make_cart((variant, 1)))


def test_outside_drops_and_after_a_former_drop_the_limit_is_the_orders():
    variant = make_variant(max_per_order=1)
    bought_in(variant)
    order = bought_in(variant)
    drop_of(variant, -1, 1)
    former = drop_of(variant, -30, -20)
    Order.objects.update(placed_at=former.ends_at - HOUR)
    assert bought_in(variant).pk != order.pk


def test_what_counts_is_bought_since_the_last_of_the_former_drops():
    variant = make_variant(max_per_order=1)
    drop_of(variant, -1, 1)
    drop_of(variant, -30, -20)
    last = drop_of(variant, -15, -10)
    order = bought_in(variant)
    Order.objects.update(placed_at=last.ends_at - HOUR)
    assert bought_in(variant).pk != order.pk


def test_who_was_let_into_a_drop_is_forgotten_a_month_after_it_opened():
    for days, variant in ((1, make_variant()), (29, make_variant()), (31, make_variant())):
        drop = drop_of(variant, -24 * days, 24)
        cart = Cart.objects.create()
        AccessGrant.objects.create(collection=drop, cart_id=cart.pk, actor=ACTOR)
    assert access.purge() == 1
    assert AccessGrant.objects.count() == 2
    kept, given = AccessGrant.objects.order_by("pk").first(), Cart.objects.create()
    assert access.share(from_cart_id=kept.cart_id, to_cart_id=given.pk) == 1
    assert AccessGrant.objects.get(cart_id=given.pk).actor == ACTOR


def test_a_session_that_names_no_cart_lets_nobody_in(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    for kept in ("", "no key of a cart"):
        request.session = {access.SESSION_KEY: kept}
        assert access.visitor(request) == (None, None)
