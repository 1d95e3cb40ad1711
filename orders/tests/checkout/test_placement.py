"""Placing an order: once, complete, and with nothing changed when the stock is gone."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.models import Reservation, StockMovement
from orders.cart import carts
from orders.checkout import placement, sessions
from orders.models import CartLine, CheckoutSession, Order
from orders.tests.factories import (
    ACTOR,
    active,
    expire_cart,
    level_of,
    make_awaiting,
    make_cart,
    make_order,
    make_variant,
)
from shop.core.mail import outbox
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog, Event
from tests.races.tools.concurrency import surprises, together

pytestmark = pytest.mark.django_db


def place(
    session: CheckoutSession, transaction_id: str = "mercadopago:1", paid_at: datetime | None = None
) -> Order:
    with transaction.atomic():
        return placement.place(
            checkout_id=session.pk,
            transaction_id=transaction_id,
            paid_at=paid_at or timezone.now(),
            actor="provider:mercadopago",
        )


def test_the_order_is_the_session_frozen():
    first, second = make_variant(price="1000.00"), make_variant(price="2500.50")
    session = make_awaiting(make_cart((first, 2), (second, 1)))
    order = place(session)
    assert order.number >= 10001
    assert order.transaction_id == "mercadopago:1"
    assert order.total == session.total == order.subtotal + order.shipping_total
    assert {(line.sku, line.quantity, line.unit_price) for line in order.lines.all()} == {
        (line.sku, line.quantity, line.unit_price) for line in session.lines.all()
    }
    assert order.email == "ana@example.com"
    assert order.shipping_address_id == session.shipping_address_id
    session.refresh_from_db()
    assert session.status == CheckoutSession.Status.COMPLETED
    assert session.completed_at is not None


def test_an_order_is_placed_when_its_money_came():
    """The limit of a drop counts by it, and reports and the buyer's rights too."""
    paid_at = timezone.now() - timedelta(days=1)
    order = place(make_awaiting(), paid_at=paid_at)
    order.refresh_from_db()
    assert order.placed_at == paid_at


def test_holds_become_sales_and_the_cart_is_empty():
    variant = make_variant(units=5)
    cart = make_cart((variant, 2))
    order = place(make_awaiting(cart))
    level = level_of(variant.pk)
    assert (level.on_hand, level.reserved) == (3, 0)
    movement = StockMovement.objects.get(kind="sale")
    assert (movement.quantity, movement.reference) == (-2, str(order.number))
    assert Reservation.objects.get(checkout_id=order.checkout_id).status == Reservation.Status.CONVERTED
    assert not CartLine.objects.filter(cart=cart).exists()


def test_repeating_returns_the_same_order_and_writes_nothing():
    session = make_awaiting()
    order = place(session)
    assert place(session, "mercadopago:2") == order
    assert (
        Order.objects.count(),
        StockMovement.objects.filter(kind="sale").count(),
        EmailLog.objects.count(),
    ) == (1, 1, 1)


def test_mail_and_events_are_written_with_the_order():
    order = make_order()
    mail = EmailLog.objects.get(dedupe_key=f"order-confirmation:{order.pk}")
    assert mail.to == "ana@example.com"
    assert f"#{order.number}" in mail.subject
    assert order.secret in as_sent(mail).text
    assert order.secret in as_sent(mail).html
    assert order.secret not in mail.text + mail.html, "nobody in the back office reads the link"
    kinds = set(Event.objects.filter(trail=order.checkout_id).values_list("kind", "to_state"))
    assert {("placed", ""), ("state", "completed"), ("state", "awaiting_payment")} <= kinds


def test_a_confirmation_that_was_sent_is_written_anew_by_a_persons_wish():
    order = make_order()
    outbox.send_due()
    sent = EmailLog.objects.get(kind="order_confirmation")

    assert outbox.send_again(sent)

    again = EmailLog.objects.exclude(pk=sent.pk).get()
    assert order.secret in as_sent(again).text
    assert again.to == sent.to
    assert again.status == EmailLog.Status.QUEUED


def test_late_money_with_stock_makes_the_order():
    variant = make_variant(units=1)
    session = make_awaiting(make_cart((variant, 1)))
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sessions.expire_due() == 1
    assert level_of(variant.pk).reserved == 0
    place(session)
    assert level_of(variant.pk).on_hand == 0


def test_late_money_without_stock_changes_nothing():
    variant = make_variant(units=1)
    cart = make_cart((variant, 1))
    session = make_awaiting(cart)
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    sessions.expire_due()
    rival = make_cart((variant, 1))
    with pytest.raises(placement.CannotFulfil) as refused:
        place(session)
    assert [(line.variant_id, line.wanted, line.available) for line in refused.value.shortages] == [
        (variant.pk, 1, 0)
    ]
    session.refresh_from_db()
    assert session.status == CheckoutSession.Status.EXPIRED
    assert not Order.objects.exists()
    assert not EmailLog.objects.exists()
    assert CartLine.objects.filter(cart=cart).count() == 1
    assert active(cart_id=rival.pk) == 1


@pytest.mark.parametrize("is_paying_anew", [False, True])
def test_late_money_takes_what_its_cart_reservations_again_unless_that_is_paid_anew(is_paying_anew: bool):
    variant = make_variant(units=1)
    cart = make_cart((variant, 1))
    ended = make_awaiting(cart)
    sessions.cancel(ended, ACTOR)
    carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)
    if is_paying_anew:
        make_awaiting(cart)
        with pytest.raises(placement.CannotFulfil):
            place(ended)
        assert level_of(variant.pk).reserved == 1
    else:
        assert place(ended).lines.get().variant_id == variant.pk
        assert (level_of(variant.pk).on_hand, level_of(variant.pk).reserved) == (0, 0)


def test_a_variant_that_was_deleted_meanwhile_cannot_be_sold():
    session = make_awaiting(make_cart((make_variant(), 2)))
    line = session.lines.get()
    session.lines.update(variant=None)
    with pytest.raises(placement.CannotFulfil) as refused:
        place(session)
    assert [(short.variant_id, short.wanted, short.available) for short in refused.value.shortages] == [
        (line.pk, 2, 0)
    ]


def test_what_was_added_while_paying_stays_in_the_cart():
    variant, other = make_variant(units=5), make_variant()
    cart = make_cart((variant, 1))
    session = make_awaiting(cart)
    sessions.reopen(session, ACTOR)
    carts.add(cart=cart, variant_id=variant.pk, quantity=2, actor=ACTOR)
    carts.add(cart=cart, variant_id=other.pk, quantity=1, actor=ACTOR)
    place(session)
    left = dict(CartLine.objects.filter(cart=cart).values_list("variant_id", "quantity"))
    assert left == {variant.pk: 2, other.pk: 1}


def test_expired_reservations_do_not_stop_a_payment_in_time():
    variant = make_variant(units=1)
    cart = make_cart((variant, 1))
    session = make_awaiting(cart)
    expire_cart(cart)
    assert place(session).lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_insists_on_a_transaction():
    session = make_awaiting()
    with pytest.raises(RuntimeError):
        placement.place(
            checkout_id=session.pk, transaction_id="x", paid_at=timezone.now(), actor="provider:stripe"
        )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_settlers_at_once_make_one_order():
    session = make_awaiting(make_cart((make_variant(units=3), 2)))
    answers = together([partial(place, session, f"stripe:{number}") for number in range(8)])
    assert surprises(answers) == []
    assert len({order.pk for order in answers}) == 1
    assert StockMovement.objects.filter(kind="sale").count() == 1
    assert EmailLog.objects.filter(kind="order_confirmation").count() == 1
