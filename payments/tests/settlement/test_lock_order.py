"""Two transactions that lock the same rows of payments: no deadlock, no error (docs/locking.md)."""

from dataclasses import replace
from functools import partial

import pytest
from django.utils import timezone

from catalog.models import Variant
from inventory.checks import runner
from orders import payables
from orders.cart import carts
from orders.checkout.issues import NotReady
from orders.models import Cart, CheckoutSession, Order
from orders.tests.factories import ACTOR, active, make_session
from payments.checkout import attempts
from payments.gateways.base import CheckoutState, GatewayError
from payments.gateways.errors import NOT_REFUNDABLE
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.world import World
from tests.races.tools.rendezvous import meet, meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def a_refund(providers: World) -> Refund:
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="race")
    payment = Payment.objects.get()
    refund = refund_requests.request(payment, payment.amount, "staff", "race", "one", actor="race")
    Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now())
    return refund


@pytest.mark.parametrize("code", [NOT_REFUNDABLE, "charge_disputed"])
def test_a_refused_refund_locks_its_payment_first(
    providers: World, monkeypatch: pytest.MonkeyPatch, code: str
):
    """The trigger of the refund's row asks for the payment; a settlement has the payment and asks for the refund."""
    refund = a_refund(providers)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise GatewayError("no", permanent=True, code=code)

    monkeypatch.setattr("payments.gateways.stripe.gateway.Stripe.refund", refuse)
    answer = meet(
        lambda: sending.send(refund.pk),
        first=lambda: Payment.objects.select_for_update().get(pk=refund.payment_id),
        then=lambda: list(Refund.objects.select_for_update().filter(payment=refund.payment)),
    )
    assert isinstance(answer, Refund), answer
    assert answer.status == ("manual" if code == NOT_REFUNDABLE else "failed")


def test_a_refund_settled_by_hand_locks_its_payment_first(providers: World):
    refund = a_refund(providers)
    Refund.objects.filter(pk=refund.pk).update(status="manual")
    refund.refresh_from_db()
    answer = meet(
        lambda: refund_requests.settle_by_hand(refund, actor="staff:ana", note="CBU"),
        first=lambda: Payment.objects.select_for_update().get(pk=refund.payment_id),
        then=lambda: list(Refund.objects.select_for_update().filter(payment=refund.payment)),
    )
    assert answer is True


def test_a_dead_voucher_waits_again_in_the_moment_in_which_a_new_attempt_is_made(providers: World):
    """Both want to be the purchase's one live attempt: the second one finds the first, and no error."""
    session = make_session()
    old = providers.begin("mercadopago", session)
    providers.pay(old, "voucher")
    snapshot = settle.ask(old)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    session.refresh_from_db()
    made: list[PaymentAttempt] = []
    answer = meet(
        lambda: settle.apply(old.pk, snapshot, actor="race"),
        first=lambda: made.append(attempts.create(payables.of_purchase(session), "stripe", actor=ACTOR)),
        then=lambda: None,
    )
    assert isinstance(answer, settle.Settlement), answer
    assert answer.attempt.status == "cancelled"
    assert made[0].is_live


def test_two_answers_about_one_attempt_are_applied_one_after_the_other(providers: World):
    """An answer from before the payment ends the attempt, then wants the purchase; the paid one has the purchase."""
    attempt = providers.begin("stripe")
    older = replace(settle.ask(attempt), state=CheckoutState.EXPIRED)
    providers.pay(attempt)
    paid = settle.ask(attempt)
    answers = meet_at_a_lock(
        [partial(settle.apply, attempt.pk, snapshot, actor="race") for snapshot in (paid, older)],
        lock=lambda: CheckoutSession.objects.select_for_update().get(pk=attempt.purchase_id),
        in_turn=True,
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    attempt.refresh_from_db()
    assert attempt.status == "paid"
    assert {answer.order.pk for answer in answers} == {Order.objects.get().pk}


def test_pressing_pay_shuts_the_cart_before_anything_is_frozen(providers: World):
    """From the freezing to the attempt it is one transaction: no unit can be taken out in between."""
    session = make_session()
    cart = session.cart
    assert cart is not None
    variant_id = cart.lines.get().variant_id
    answer = meet(
        lambda: carts.remove(cart=cart, variant_id=variant_id, actor=ACTOR),
        first=lambda: attempts.create(payables.of_purchase(session), "stripe", actor=ACTOR),
        then=lambda: None,
    )
    assert isinstance(answer, carts.PaymentUnderWay), answer
    assert active(checkout_id=session.pk) == 1
    assert runner.check() == []


def test_the_other_way_round_what_was_taken_out_is_not_paid(providers: World):
    session = make_session()
    cart = session.cart
    assert cart is not None
    variant_id = cart.lines.get().variant_id

    def take_out() -> None:
        Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
        carts.remove(cart=cart, variant_id=variant_id, actor=ACTOR)

    answer = meet(
        lambda: attempts.start(payable=payables.of_purchase(session), gateway="stripe", actor=ACTOR),
        first=take_out,
        then=lambda: None,
    )
    assert isinstance(answer, NotReady), answer
    assert not PaymentAttempt.objects.exists()
    assert CheckoutSession.objects.get(pk=session.pk).status == "open"
    assert active(cart_id=cart.pk) == 0


def test_a_refusal_leaves_the_recomputed_purchase_written(providers: World):
    """What changed is told once and stays written, although nothing else of pressing Pay does."""
    session = make_session()
    line = session.lines.get()
    Variant.objects.filter(pk=line.variant_id).update(price=line.unit_price + 1)
    with pytest.raises(NotReady):
        attempts.start(payable=payables.of_purchase(session), gateway="stripe", actor=ACTOR)
    line.refresh_from_db()
    assert line.unit_price == Variant.objects.get(pk=line.variant_id).price
    assert (
        attempts.start(payable=payables.of_purchase(session), gateway="stripe", actor=ACTOR).status
        == "redirected"
    )
    assert CheckoutSession.objects.get(pk=session.pk).status == "awaiting_payment"
