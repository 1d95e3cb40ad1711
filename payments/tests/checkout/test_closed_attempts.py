"""Closed attempts, and what may still happen to them: payments, vouchers, reservations that were long."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from catalog.models import Variant
from inventory import reservations
from orders import payables
from orders.cart import carts
from orders.checkout import sessions
from orders.models import Order
from orders.tests.factories import (
    ACTOR,
    active,
    level_of,
    make_cart,
    make_contact,
    make_session,
    make_variant,
)
from payments.checkout import attempts
from payments.models import Payment, PaymentAttempt, Refund
from payments.settlement import settle
from payments.tests.world import GATEWAYS, VOUCHER_CURRENCY, World

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


@pytest.fixture
def vouchers(settings: Any, gateway: str) -> None:
    """Let the provider offer vouchers: Stripe has them in Mexico and Brazil."""
    settings.SHOP_CURRENCY = VOUCHER_CURRENCY[gateway] or settings.SHOP_CURRENCY


def settled(attempt: PaymentAttempt) -> settle.Settlement:
    return settle.settle(attempt_id=attempt.pk, actor="test")


@both
def test_late_money_never_buys_more_than_was_offered(providers: World, gateway: str):
    """The shopper cancels the payment and takes two more; the old checkout is paid after all, with the old amount."""
    variant = make_variant(units=9)
    session = make_session(make_cart((variant, 1)))
    old = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    assert session.cart is not None
    carts.set_quantity(cart=session.cart, variant_id=variant.pk, quantity=3, actor=ACTOR)
    session.refresh_from_db()
    sessions.revalidate(session)
    providers.pay(old, late=True)
    assert settled(old).order is None
    payment = Payment.objects.get()
    assert (payment.role, payment.amount) == ("mismatch", old.amount)
    assert level_of(variant.pk).on_hand == 9
    assert not Refund.objects.exists()


@both
def test_late_money_never_buys_something_else_of_the_same_price(providers: World, gateway: str):
    first, second = make_variant(units=5), make_variant(units=5)
    Variant.objects.filter(pk__in=[first.pk, second.pk]).update(price=1000)
    session = make_session(make_cart((first, 1)))
    old = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    cart = session.cart
    assert cart is not None
    carts.remove(cart=cart, variant_id=first.pk, actor=ACTOR)
    carts.add(cart=cart, variant_id=second.pk, quantity=1, actor=ACTOR)
    session.refresh_from_db()
    sessions.revalidate(session)
    session.refresh_from_db()
    assert session.total == old.amount
    providers.pay(old, late=True)
    assert settled(old).order is None
    assert Payment.objects.get().role == "mismatch"


@both
def test_late_money_for_the_unchanged_purchase_is_an_order_still(providers: World, gateway: str):
    session = make_session()
    old = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    session.refresh_from_db()
    # Whom to write to is not what was bought.
    sessions.set_contact(session, contact=make_contact(email="otra@example.com"), actor=ACTOR)
    providers.pay(old, late=True)
    order = settled(old).order
    assert order is not None
    assert (order.email, order.total) == ("otra@example.com", old.amount)


@both
def test_old_money_while_a_changed_purchase_is_being_paid_waits_for_people(providers: World, gateway: str):
    """Neither is split: the new attempt, paid exactly, makes the order; the old payment makes none."""
    variant = make_variant(units=9)
    session = make_session(make_cart((variant, 1)))
    old = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    assert session.cart is not None
    carts.set_quantity(cart=session.cart, variant_id=variant.pk, quantity=2, actor=ACTOR)
    session.refresh_from_db()
    sessions.revalidate(session)
    new = providers.begin(gateway, session)
    assert new.pk != old.pk
    providers.pay(old, late=True)
    assert settled(old).order is None
    providers.pay(new)
    order = settled(new).order
    assert order is not None
    assert (order.total, order.transaction_id.split(":")[0]) == (new.amount, gateway)
    assert Payment.objects.get(attempt=old).role == "mismatch"
    assert level_of(variant.pk).on_hand == 7
    assert Order.objects.count() == 1


def test_a_cancelled_voucher_leaves_no_reservation_of_days(providers: World):
    """The reservation was long because of the voucher; once that is cancelled, the purchase is an ordinary one again.

    Mercado Pago only: a voucher of Stripe's cannot be cancelled and stays pending for its whole term.
    """
    variant = make_variant(units=4)
    session = make_session(make_cart((variant, 2)))
    attempt = providers.begin("mercadopago", session)
    providers.pay(attempt, "voucher")
    assert settled(attempt).attempt.status == "pending"
    term = reservations.find_active(checkout_id=session.pk)[variant.pk].expires_at
    assert term > timezone.now() + timedelta(hours=20)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    session.refresh_from_db()
    assert session.status == "open"
    kept = reservations.find_active(checkout_id=session.pk)[variant.pk]
    assert kept.quantity == 2
    assert kept.expires_at <= timezone.now() + django_settings.RESERVATION_TTL
    assert kept.expires_at > timezone.now() + django_settings.RESERVATION_TTL / 2


def test_a_voucher_that_comes_back_while_another_attempt_is_made_never_breaks(providers: World):
    """The dead attempt's voucher waits again; its row may not become live beside the new one's, which is committed."""
    session = make_session()
    old = providers.begin("mercadopago", session)
    voucher = providers.pay(old, "voucher")
    snapshot = settle.ask(old)
    assert voucher is not None
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    session.refresh_from_db()
    new = providers.begin("stripe", session)
    answer = settle.apply(old.pk, snapshot, actor="test")
    assert answer.attempt.status == "cancelled"
    assert new.is_live
    assert active(checkout_id=session.pk) == 1


@both
@pytest.mark.usefixtures("vouchers")
def test_the_reservations_outlive_whatever_may_still_be_paid(providers: World, gateway: str):
    """Three clocks: reservation ≥ hosted checkout, and reservation ≥ voucher, each by the margin."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    session.refresh_from_db()
    assert session.expires_at >= attempt.expires_at + django_settings.RESERVATION_MARGIN - timedelta(
        seconds=1
    )
    ends = min(
        reservation.expires_at for reservation in reservations.find_active(checkout_id=session.pk).values()
    )
    assert ends >= attempt.expires_at + django_settings.RESERVATION_MARGIN - timedelta(seconds=1)
    providers.pay(attempt, "voucher")
    attempt = settled(attempt).attempt
    assert attempt.voucher_until is not None
    session.refresh_from_db()
    ends = min(
        reservation.expires_at for reservation in reservations.find_active(checkout_id=session.pk).values()
    )
    assert min(
        ends, session.expires_at
    ) >= attempt.voucher_until + django_settings.RESERVATION_MARGIN - timedelta(seconds=1)
