"""Payments whose refund has begun before they are first settled: they buy nothing, and are never refunded twice."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.tests.factories import make_session
from payments.gateways.base import CheckoutState, RefundState
from payments.models import BankRequest, Payment, PaymentAttempt, Refund
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.refunds.test_refunds import STAFF, ask, due, paid
from payments.tests.world import GATEWAYS, World
from shop.core.models import EmailLog, Event
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
ALL = pytest.mark.parametrize("gateway", GATEWAYS)
PAID_KINDS = {"mercadopago": "mp_payment", "stripe": "st_intent", "conekta": "ck_charge"}
# They keep nothing of ours in a refund, so that one is known by its amount alone until its number is.
KEEPS_NOTHING = pytest.mark.parametrize("gateway", ["mercadopago", "conekta"])


def going_back(providers: World, gateway: str) -> tuple[PaymentAttempt, str]:
    """Pay; before we are notified, refund all of it in the panel, where the refund stays in process."""
    attempt = providers.begin(gateway)
    record = providers.pay(attempt)
    providers.fault("refund_in_process", gateway)
    providers.refund_in_panel(attempt, record, str(attempt.amount))
    return attempt, record.id


@ALL
def test_money_on_its_way_back_makes_no_order(providers: World, gateway: str) -> None:
    attempt, _record = going_back(providers, gateway)
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    assert (payment.role, payment.refunded_amount) == ("mismatch", 0)
    assert "of which some goes back already" in Event.objects.get(to_state="mismatch").reason
    assert not Order.objects.exists()
    assert list(Refund.objects.values_list("origin", "status")) == [("provider", "pending")]


@ALL
def test_money_on_its_way_back_that_nobody_can_be_sold_anything_for_is_settled_too(
    providers: World, gateway: str
) -> None:
    """A second payment (or late money) whose refund was begun in the panel: nothing is left that could go back."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    record = providers.pay(attempt)
    providers.fault("refund_in_process", gateway)
    providers.refund_in_panel(attempt, record, str(attempt.amount))
    session.lines.update(variant=None)  # What was bought is not sold any more.
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert Payment.objects.get().role == "mismatch"
    settle.resolve(Payment.objects.get(), actor=STAFF, accept=False)
    assert (Payment.objects.get().role, Refund.objects.count()) == ("surplus", 1)


@ALL
def test_a_panel_refund_that_comes_to_nothing_leaves_the_money_to_be_decided(
    providers: World, gateway: str
) -> None:
    attempt, _record = going_back(providers, gateway)
    settle.settle(attempt_id=attempt.pk, actor="test")
    panel = Refund.objects.get()
    verb = {"mercadopago": "mp.refund_reject"}.get(gateway, f"{gateway}.refund_fail")
    providers.do(verb, panel.external_id)
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    assert (payment.role, refund_requests.refundable(payment)) == ("mismatch", payment.amount)
    order = settle.resolve(payment, actor=STAFF, accept=True).order
    assert order is not None
    assert Payment.objects.get().role == "order"


# -- Answers that cross ------------------------------------------------------------------------------------------------
@ALL
def test_an_earlier_answer_never_brings_a_failed_refund_back(providers: World, gateway: str) -> None:
    """Asked before the refund failed, applied after it: the shop must not say that the money arrived."""
    payment = paid(providers, gateway)
    providers.fault("refund_in_process", gateway)
    ours = sending.send(ask(payment, "500").pk)
    providers.settle_refund(gateway, ours.external_id)
    earlier = settle.ask(payment.attempt)
    # The providers let nothing fail that has arrived, but Stripe: there the two answers differ by that alone.
    snapshot = [replace(one, state=RefundState.FAILED) for one in earlier.payments[0].refunds]
    later = replace(
        earlier,
        payments=(replace(earlier.payments[0], refunds=tuple(snapshot), refunded_amount=Decimal(0)),),
        fetched_at=timezone.now(),
    )
    settle.apply(payment.attempt_id, later, actor="test")
    settle.apply(payment.attempt_id, earlier, actor="test")
    ours.refresh_from_db()
    payment.refresh_from_db()
    assert (ours.status, payment.refunded_amount) == ("failed", 0)


# -- A second try --------------------------------------------------------------------------------------------------------
def failed_once(providers: World, gateway: str) -> Refund:
    """Let a refund fail at the provider, and put it into the queue once more."""
    payment = paid(providers, gateway)
    providers.fault("refund_failed", gateway)
    refund = sending.send(ask(payment, "500").pk)
    assert (refund.status, bool(refund.external_id)) == ("failed", True)
    assert refund_requests.retry(refund, actor=STAFF)
    return refund


@KEEPS_NOTHING
def test_the_try_that_failed_never_ends_the_next_one(providers: World, gateway: str) -> None:
    """The second try hangs; meanwhile somebody asks, and the provider still lists the first one as failed."""
    refund = failed_once(providers, gateway)
    providers.fault("timeout_before", gateway, request="refunds", params={"seconds": 1.2})
    assert sending.send(refund.pk).status == "requested"
    settle.settle(attempt_id=refund.payment.attempt_id, actor="test")
    refund.refresh_from_db()
    assert (refund.status, refund.external_id) == ("requested", "")
    due()
    assert sending.send(refund.pk).status == "succeeded"
    settle.settle(attempt_id=refund.payment.attempt_id, actor="test")
    assert Refund.objects.values_list("status", "amount").get() == ("succeeded", Decimal(500))
    assert Payment.objects.get().refunded_amount == 500


@KEEPS_NOTHING
def test_the_answer_to_the_second_try_is_not_the_first_ones(providers: World, gateway: str) -> None:
    """The second try is made and its answer lost: what is found again is that one, not the one that failed."""
    refund = failed_once(providers, gateway)
    providers.fault("timeout_after", gateway, request="refunds", params={"seconds": 1.2})
    assert sending.send(refund.pk).status == "requested"
    due()
    assert sending.send(refund.pk).status == "succeeded"
    settle.settle(attempt_id=refund.payment.attempt_id, actor="test")
    assert Refund.objects.values_list("status", "amount").get() == ("succeeded", Decimal(500))
    assert Payment.objects.get().refunded_amount == 500


@KEEPS_NOTHING
def test_a_second_failure_is_told_like_the_first(providers: World, gateway: str) -> None:
    refund = failed_once(providers, gateway)
    providers.fault("refund_failed", gateway)
    assert sending.send(refund.pk).status == "failed"
    settle.settle(attempt_id=refund.payment.attempt_id, actor="test")
    snapshot = EmailLog.objects.filter(dedupe_key__startswith="payment-attention:refund-failed:")
    assert snapshot.count() == 2
    assert Refund.objects.count() == 1


def test_what_the_bank_took_is_not_sent_back_by_a_second_try(providers: World) -> None:
    payment = paid(providers, "mercadopago")
    providers.fault("refund_failed", "mercadopago")
    refund = sending.send(ask(payment, payment.amount).pk)
    providers.do("mp.chargeback", payment.external_id)
    providers.do("mp.chargeback_lose", payment.external_id)
    settle.settle(attempt_id=payment.attempt_id, actor="test")
    with pytest.raises(refund_requests.OverRefund):
        refund_requests.retry(refund, actor=STAFF)
    refund.refresh_from_db()
    assert refund.status == "failed"


@ALL
def test_what_the_panel_sent_back_in_parts_is_not_asked_for_by_hand(providers: World, gateway: str) -> None:
    """Ours is due, and nobody has told us yet that it all went back: nobody is asked where to send it once more."""
    payment = paid(providers, gateway)
    ours = ask(payment, payment.amount)
    (record,) = providers.records(PAID_KINDS[gateway])
    providers.refund_in_panel(payment.attempt, record, "100")
    providers.refund_in_panel(payment.attempt, record, str(payment.amount - 100))
    assert sending.send(ours.pk).status == "failed"
    assert not BankRequest.objects.exists()
    settle.settle(attempt_id=payment.attempt_id, actor="test")
    payment.refresh_from_db()
    assert (payment.refunded_amount, payment.refunds.exclude(status="failed").count()) == (payment.amount, 2)


# -- What the shop says and keeps meanwhile --------------------------------------------------------------------------
def status_page(attempt: PaymentAttempt) -> str:
    address = reverse("payments:status", args=[attempt.token])
    return str(PageClient("en").get(address).content.decode())


def test_money_that_people_send_back_is_not_said_to_have_come_too_late(providers: World) -> None:
    providers.fault("amount_delta", "mercadopago")
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    settle.resolve(Payment.objects.get(), actor=STAFF, accept=False)
    page = status_page(attempt)
    assert "Your money is going back to you" in page
    assert "somebody else had taken them" not in page


def test_money_that_came_too_late_is_said_to_have(providers: World) -> None:
    session = make_session()
    attempt = providers.begin("mercadopago", session)
    providers.pay(attempt)
    session.lines.update(variant=None)
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert "somebody else had taken them" in status_page(attempt)


def test_a_word_that_nobody_knows_ends_no_voucher(providers: World) -> None:
    """An unknown status changes nothing. The page's own time is over, the cash voucher can still be paid."""
    attempt = providers.begin("mercadopago")
    voucher = providers.pay(attempt, "voucher")
    snapshot = settle.settle(attempt_id=attempt.pk, actor="test").attempt
    assert snapshot.status == "pending"
    before = settle.ask(snapshot)
    unknown = replace(before.payments[0], state=None, status="on_hold")
    later = replace(before, state=CheckoutState.EXPIRED, payments=(unknown,), fetched_at=timezone.now())
    settle.apply(attempt.pk, later, actor="test")
    attempt.refresh_from_db()
    assert (attempt.status, attempt.voucher_until) == ("pending", snapshot.voucher_until)
    providers.pay_voucher(attempt, voucher)
    assert settle.settle(attempt_id=attempt.pk, actor="test").order is not None
