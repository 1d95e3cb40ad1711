"""Edge cases of drops: two windows at once, two codes, an access that was revoked, a cart that is used again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from catalog import waiting
from catalog.drops import access
from catalog.models import AccessCode, AccessGrant, Collection, Variant, WaitingEntry
from inventory import reservations
from inventory.models import Reservation
from inventory.reservations import waiting_list
from inventory.tests.factories import make_drop, stocked
from orders import retention
from orders.cart import carts, merging
from orders.checkout import drop_limits, sessions
from orders.models import Cart, CheckoutSession, Order
from orders.tests.factories import (
    ACTOR,
    make_awaiting,
    make_cart,
    make_order,
    make_session,
    make_user,
    make_variant,
    warehouse,
)
from shop.accounts.models import User

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def drop_of(variant: Variant, opens: int, closes: int) -> Collection:
    now = timezone.now()
    return make_drop(
        variant.product,
        starts_at=now + opens * HOUR if opens is not None else None,
        ends_at=now + closes * HOUR if closes is not None else None,
    )


def bought(variant: Variant, user: User, hours_ago: int) -> None:
    order = make_order(make_cart((variant, 1), user=user), user=user)
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - hours_ago * HOUR)


# -- The limit of one customer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [-72, None], ids=["since three days", "since ever"])
def test_a_second_drop_that_closes_meanwhile_does_not_give_the_limit_anew(opened):
    variant, user = make_variant(max_per_order=1), make_user()
    drop_of(variant, opened, 24)
    other = drop_of(variant, -48, 1)
    bought(variant, user, hours_ago=24)
    with pytest.raises(carts.LimitReached):
        make_cart((variant, 1), user=user)
    type(other).objects.filter(pk=other.pk).update(ends_at=timezone.now() - timedelta(minutes=5))
    with pytest.raises(carts.LimitReached):
        make_cart((variant, 1), user=user)


def test_a_drop_that_follows_at_once_gives_the_limit_anew():
    variant, user = make_variant(max_per_order=1), make_user()
    former = drop_of(variant, -48, 1)
    bought(variant, user, hours_ago=24)
    now, change = drop_of(variant, 1, 24), timezone.now() - 2 * HOUR
    type(former).objects.filter(pk=former.pk).update(ends_at=change)
    type(now).objects.filter(pk=now.pk).update(starts_at=change)
    bought(variant, user, hours_ago=1)
    with pytest.raises(carts.LimitReached):
        make_cart((variant, 1), user=user)


# -- Early access -----------------------------------------------------------------------------------------------------


def code_for(drop: Collection, code: str, **fields: Any) -> AccessCode:
    return AccessCode.objects.create(collection=drop, code=code, **fields)


def redeem(drop: Collection, cart: Cart, code: str, user: User | None = None) -> AccessGrant:
    return access.redeem(
        collection=drop, code=code, cart_id=cart.pk, user_id=user.pk if user else None, actor=ACTOR
    )


def test_a_code_that_opens_sooner_takes_the_place_of_one_that_opens_later():
    variant = make_variant()
    drop, cart = drop_of(variant, 48, 72), Cart.objects.create()
    code_for(drop, "TOMORROW", opens_at=timezone.now() + 24 * HOUR)
    sooner = code_for(drop, "NOW-NOW")
    redeem(drop, cart, "TOMORROW")
    redeem(drop, cart, "NOW-NOW")
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    sooner.refresh_from_db()
    assert (AccessGrant.objects.get().code_id, sooner.uses) == (sooner.pk, 1)


def test_a_code_that_opens_later_is_not_spent_on_somebody_who_is_in():
    drop, cart = drop_of(make_variant(), 48, 72), Cart.objects.create()
    later = code_for(drop, "TOMORROW", opens_at=timezone.now() + 24 * HOUR)
    code_for(drop, "NOW-NOW")
    redeem(drop, cart, "NOW-NOW")
    redeem(drop, cart, "TOMORROW")
    later.refresh_from_db()
    assert (AccessGrant.objects.get().code.code, later.uses) == ("NOW-NOW", 0)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"opens_at": timezone.now() + 24 * HOUR}])
def test_signing_in_keeps_the_access_that_lets_in_now(fields):
    variant, user = make_variant(), make_user()
    drop, guest = drop_of(variant, 48, 72), Cart.objects.create()
    useless = code_for(drop, "USELESS")
    redeem(drop, Cart(), "USELESS", user=user)
    AccessCode.objects.filter(pk=useless.pk).update(**fields)
    code_for(drop, "GOOD-ONE")
    redeem(drop, guest, "GOOD-ONE")
    cart = merging.merge(guest=guest, user=user, actor=ACTOR)
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert AccessGrant.objects.get().code.code == "GOOD-ONE"


def test_signing_in_keeps_what_the_account_had_when_it_lets_in_as_well():
    variant, user = make_variant(), make_user()
    drop, guest = drop_of(variant, 48, 72), Cart.objects.create()
    code_for(drop, "OF-MINE")
    redeem(drop, Cart(), "OF-MINE", user=user)
    code_for(drop, "OF-GUEST")
    redeem(drop, guest, "OF-GUEST")
    merging.merge(guest=guest, user=user, actor=ACTOR)
    grant = AccessGrant.objects.get()
    assert (grant.user_id, grant.code.code) == (user.pk, "OF-MINE")


# -- What is held for nobody ------------------------------------------------------------------------------------------


def test_a_unit_set_aside_for_somebody_who_left_goes_to_the_next_in_line():
    variant = make_variant(units=0)
    for number, name in enumerate(["ana", "bea"]):
        WaitingEntry.objects.create(
            variant=variant,
            email=f"{name}@example.com",
            status="confirmed",
            confirmed_at=timezone.now() - timedelta(minutes=9 - number),
            expires_at=timezone.now() + HOUR,
        )
    stocked(1, variant=variant, location=warehouse())
    waiting_list.serve()
    waiting.leave(WaitingEntry.objects.get(email="ana@example.com"), actor=ACTOR)
    waiting_list.serve()
    assert WaitingEntry.objects.get(email="bea@example.com").status == "notified"
    reserved = Reservation.objects.filter(status="active").values_list("cart_id", flat=True)
    assert list(reserved) == [WaitingEntry.objects.get(email="bea@example.com").pk]


def test_a_cart_that_somebody_returns_to_while_old_ones_are_purged_is_kept(monkeypatch):
    variant = make_variant(units=5)
    old, older = make_cart((variant, 1)), make_cart((variant, 1))
    for number, cart in enumerate([old, older]):
        Cart.objects.filter(pk=cart.pk).update(updated_at=Now() - timedelta(days=90 + number))
        cart.lines.update(updated_at=Now() - timedelta(days=90))
    sessions: list[CheckoutSession] = []

    def release(**fields: Any) -> int:
        if not sessions:
            old.lines.update(updated_at=Now())
            sessions.append(make_awaiting(old))
        return original(**fields)

    original = reservations.release
    monkeypatch.setattr(reservations, "release", release)
    assert retention.purge_old_carts() == 1
    (session,) = sessions
    session.refresh_from_db()
    assert session.cart_id == old.pk
    assert reservations.find_active(checkout_id=session.pk)[variant.pk].quantity == 1


@pytest.mark.parametrize(("number", "is_stopped"), [("XAXX010101000", False), ("GODE561231GR8", True)])
def test_a_generic_number_does_not_make_strangers_one_customer(settings, number, is_stopped):
    settings.SHOP_COUNTRY, settings.SHOP_CURRENCY = "MX", "MXN"
    variant = make_variant(max_per_order=1)
    drop_of(variant, -1, 1)
    first, second = make_session(make_cart((variant, 1))), make_session(make_cart((variant, 1)))
    for session, email in ((first, "ana@example.com"), (second, "eva@example.com")):
        session.email, session.document_type, session.document_number = email, "RFC", number
        session.save()
    sessions.mark_awaiting(
        sessions.freeze_for_payment(first, ACTOR),
        reserve_until=timezone.now() + timedelta(minutes=5),
        expires_at=timezone.now() + timedelta(minutes=5),
        actor=ACTOR,
    )
    assert bool(drop_limits.blockers(second)) is is_stopped
