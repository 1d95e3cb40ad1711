"""Refunds of unmatched payments: fetched first, once, never too much, with the provider's own refunds."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.checks import runner
from orders.models import Order
from payments import gateways
from payments.gateways.base import GatewayError, NotFoundAtProvider
from payments.models import BankRequest, Payment, PaymentAttempt, Refund, StrayPayment
from payments.reconciliation import due_refunds, provider_list
from payments.refunds import refund_requests, sending
from payments.settlement import adoption, settle
from payments.tests.reconciliation.test_provider_list import each
from payments.tests.settlement.test_races import at_once
from payments.tests.world import BROKEN_LINE, REFUND_KINDS, World
from payments.unmatched import unmatched_payments
from shop.core.models import EmailLog, Event
from shop.sandbox.store import Record
from tests.races.tools.killing import SIGKILL, kill_in_the_middle
from tests.races.tools.rendezvous import meet

pytestmark = pytest.mark.django_db
STAFF = "staff:a@percha.test"
PART = Decimal("100.00")
LOCK_PAYMENTS = "SELECT 1 FROM payments_payment ORDER BY id FOR UPDATE"


def paid_elsewhere(
    providers: World, gateway: str, outcome: str = "approved"
) -> tuple[PaymentAttempt, Record]:
    """Pay at the provider without a row here; return the other shop's attempt and the provider's payment."""
    attempt = providers.begin(gateway)
    record = providers.pay(attempt, outcome)
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    return attempt, record


def found(gateway: str) -> StrayPayment:
    """Return the unmatched payment that the list reading finds."""
    provider_list.read_list(gateway)
    return StrayPayment.objects.get()


@pytest.fixture
def unmatched_payment(providers: World, gateway: str) -> StrayPayment:
    paid_elsewhere(providers, gateway)
    return found(gateway)


def ask(payment: Payment, amount: Decimal | None = None, key: str = "k") -> Refund:
    return refund_requests.request(
        payment, amount or payment.amount, Refund.Origin.STAFF, "sold by telephone", key, actor=STAFF
    )


def sent_there(providers: World, gateway: str) -> list[Record]:
    return providers.records(REFUND_KINDS[gateway])


def make_due() -> None:
    Refund.objects.update(next_try_at=timezone.now())


# -- There and back ---------------------------------------------------------------------------------------------------
@each
def test_all_of_an_unmatched_payment_goes_back_and_everything_says_so(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    payment = adoption.take_over(unmatched_payment, actor=STAFF)
    assert (payment.role, payment.attempt, payment.order, payment.trail) == ("stray", None, None, None)
    assert (payment.amount, payment.status) == (unmatched_payment.amount, "approved")
    assert not sent_there(providers, gateway)
    refund = sending.send(ask(payment).pk)

    assert refund.status == "succeeded"
    assert len(sent_there(providers, gateway)) == 1
    adoption.fetch(payment, actor="test")
    payment.refresh_from_db()
    unmatched_payment.refresh_from_db()
    assert (payment.status, payment.refunded_amount) == ("refunded", payment.amount)
    assert (unmatched_payment.status, unmatched_payment.has_money, unmatched_payment.decision) == (
        "refunded",
        False,
        "explained",
    )
    assert (unmatched_payment.note, unmatched_payment.refunded_amount) == (
        "sold by telephone",
        unmatched_payment.amount,
    )
    acts = Event.objects.filter(actor=STAFF).values_list("subject_type", "kind")
    assert {("payments.straypayment", "taken over"), ("payments.refund", "requested")} <= set(acts)
    assert not Order.objects.exists()
    assert not EmailLog.objects.exclude(kind="payment_stray").exists()
    assert not runner.check(scope="")


@each
def test_taking_over_twice_is_one_payment_and_one_event(gateway: str, unmatched_payment: StrayPayment):
    first = adoption.take_over(unmatched_payment, actor=STAFF)
    assert adoption.take_over(unmatched_payment, actor=STAFF) == first
    assert Event.objects.filter(kind="taken over").count() == 1


@each
def test_a_part_goes_back_and_never_more_than_came(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    payment = adoption.take_over(unmatched_payment, actor=STAFF)
    sending.send(ask(payment, PART).pk)

    with pytest.raises(refund_requests.OverRefund) as refusal:
        ask(payment, payment.amount, "more")
    assert refusal.value.remaining == payment.amount - PART
    sending.send(ask(payment, payment.amount - PART, "rest").pk)
    assert len(sent_there(providers, gateway)) == 2
    with pytest.raises(refund_requests.OverRefund):
        ask(payment, Decimal("0.01"), "cent")


@each
def test_what_went_back_in_the_panel_is_asked_first(providers: World, gateway: str):
    attempt, record = paid_elsewhere(providers, gateway)
    unmatched_payment = found(gateway)
    providers.refund_in_panel(attempt, record, "60")
    assert unmatched_payment.refunded_amount == 0

    payment = adoption.take_over(unmatched_payment, actor=STAFF)

    assert refund_requests.refundable(payment) == payment.amount - 60
    assert Refund.objects.get().origin == "provider"
    unmatched_payment.refresh_from_db()
    assert (unmatched_payment.refunded_amount, unmatched_payment.decision) == (60, "open")


@each
def test_control_without_the_question_too_much_would_be_asked_for(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """The same without reading the panel's refunds: all of it is offered, and only the provider refuses."""
    attempt, record = paid_elsewhere(providers, gateway)
    unmatched_payment = found(gateway)
    providers.refund_in_panel(attempt, record, "60")
    monkeypatch.setattr("payments.refunds.sync.refunds", lambda *args, **options: None)

    payment = adoption.take_over(unmatched_payment, actor=STAFF)

    assert refund_requests.refundable(payment) == payment.amount
    assert sending.send(ask(payment).pk).status == "failed"


# -- Crashes, races, late ends ----------------------------------------------------------------------------------------
@each
def test_an_answer_that_was_lost_sends_nothing_twice(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    refund = ask(adoption.take_over(unmatched_payment, actor=STAFF), PART)
    providers.fault("timeout_after", gateway, request="refunds", count=None, params=BROKEN_LINE)
    assert sending.send(refund.pk).status == "requested"
    providers.handle.sandbox.faults.clear()
    assert len(sent_there(providers, gateway)) == 1

    make_due()
    assert due_refunds.send_due()["sent"] == 1

    refund.refresh_from_db()
    assert (refund.status, refund.external_id) == ("succeeded", sent_there(providers, gateway)[0].id)
    assert len(sent_there(providers, gateway)) == 1


@each
@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_killed_after_the_provider_has_done_it(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    refund = ask(adoption.take_over(unmatched_payment, actor=STAFF), PART)

    def act() -> None:
        gateways.forget()
        sending.send(refund.pk)

    kill_in_the_middle(act, how=SIGKILL, stop_at=[LOCK_PAYMENTS])
    refund.refresh_from_db()
    assert (refund.status, refund.attempts, refund.external_id) == ("requested", 1, "")
    assert len(sent_there(providers, gateway)) == 1, "it was killed after the provider did it"

    make_due()
    assert due_refunds.send_due()["sent"] == 1

    refund.refresh_from_db()
    assert (refund.status, len(sent_there(providers, gateway))) == ("succeeded", 1)


@each
@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_many_hands_send_all_of_it_once(providers: World, gateway: str, unmatched_payment: StrayPayment):
    """Four people take it over and ask for all of it in the same moment, each by a form of their own."""

    def act(number: int) -> Refund:
        payment = adoption.take_over(unmatched_payment, actor=STAFF)
        refund = ask(payment, payment.amount, f"k{number}")
        return sending.send(refund.pk)

    answers = at_once(*[partial(act, number) for number in range(4)])

    done = [answer for answer in answers if isinstance(answer, Refund)]
    assert len(done) == 1
    assert {type(answer) for answer in answers} == {Refund, refund_requests.OverRefund}
    assert len(sent_there(providers, gateway)) == 1
    assert Payment.objects.count() == 1


def test_the_database_refuses_too_much_by_itself_and_an_unmatched_payment_with_a_purchase(providers: World):
    paid_elsewhere(providers, "mercadopago")
    payment = adoption.take_over(found("mercadopago"), actor=STAFF)
    ask(payment)
    with pytest.raises(IntegrityError, match="would exceed the payment"), transaction.atomic():
        Refund.objects.create(payment=payment, amount=1, currency=payment.currency, dedupe_key="x")
    other = providers.begin("mercadopago")
    for changes in ({"role": "none"}, {"attempt": other}):
        with pytest.raises(IntegrityError, match="payment_stray_has_no_purchase"), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**changes)


@each
def test_a_refund_on_its_way_is_followed_to_its_end(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    payment = adoption.take_over(unmatched_payment, actor=STAFF)
    providers.fault("refund_in_process", gateway)
    refund = sending.send(ask(payment, PART).pk)
    assert refund.status == "pending"

    providers.settle_refund(gateway, refund.external_id)
    make_due()
    assert due_refunds.send_due() == {"sent": 0, "waiting": 0, "looked": 1}

    refund.refresh_from_db()
    payment.refresh_from_db()
    unmatched_payment.refresh_from_db()
    assert (refund.status, payment.refunded_amount, unmatched_payment.refunded_amount) == (
        "succeeded",
        PART,
        PART,
    )


@each
def test_a_refund_that_fails_is_told_and_can_be_asked_for_again(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    payment = adoption.take_over(unmatched_payment, actor=STAFF)
    providers.fault("refund_failed", gateway)
    refund = sending.send(ask(payment, PART).pk)
    adoption.fetch(payment, actor="test")
    if gateway == "stripe":  # There it fails a moment later.
        providers.do("stripe.refund_fail", refund.external_id)
        adoption.fetch(payment, actor="test")

    refund.refresh_from_db()
    assert refund.status == "failed"
    assert refund_requests.refundable(payment) == payment.amount
    mail = EmailLog.objects.get(kind="payment_attention")
    assert payment.external_id in mail.subject
    assert refund_requests.retry(refund, actor=STAFF)
    assert sending.send(refund.pk).status == "succeeded"


def test_the_providers_own_notice_of_a_refund_is_enough(providers: World):
    """Stripe tells of the failed refund days later: the webhook names no attempt of ours, and the row is found."""
    paid_elsewhere(providers, "stripe")
    providers.deliver()
    payment = adoption.take_over(found("stripe"), actor=STAFF)
    refund = sending.send(ask(payment).pk)
    known = len(providers.letters())

    providers.do("stripe.refund_fail", refund.external_id)
    providers.deliver(providers.letters()[known:])

    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.status, payment.refunded_amount) == ("failed", "approved", 0)


@each
def test_the_list_reading_brings_what_nobody_told(providers: World, gateway: str):
    attempt, record = paid_elsewhere(providers, gateway)
    payment = adoption.take_over(found(gateway), actor=STAFF)
    providers.refund_in_panel(attempt, record, "60")

    tally = provider_list.read_list(gateway, is_wanted=True)

    assert tally["settled"] == 1
    payment.refresh_from_db()
    assert payment.refunded_amount == 60
    assert refund_requests.refundable(payment) == payment.amount - 60
    assert "settled" not in provider_list.read_list(gateway, is_wanted=True)


def test_what_cannot_go_back_by_itself_waits_for_people_and_nobody_is_written_to(
    providers: World, settings: Any
):
    settings.SHOP_CURRENCY = "MXN"
    attempt = providers.begin("stripe")
    voucher = providers.pay(attempt, "voucher")
    providers.pay_voucher(attempt, voucher)
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()
    payment = adoption.take_over(found("stripe"), actor=STAFF)

    refund = sending.send(ask(payment, PART).pk)

    assert refund.status == "manual"
    assert not BankRequest.objects.exists()
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1
    assert "None" not in EmailLog.objects.get(kind="payment_attention").text
    assert refund_requests.settle_by_hand(refund, actor=STAFF, note="transfer 1234")


# -- What cannot be taken over ----------------------------------------------------------------------------------------
def test_a_payment_made_without_a_session_goes_back_too(providers: World):
    """Stripe: by a link, an invoice, in the panel. There is an intent, and no session that it belongs to."""
    paid_elsewhere(providers, "stripe")
    unmatched_payment = found("stripe")
    providers.handle.sandbox.store.run("DELETE FROM objects WHERE kind = 'st_session'")

    payment = adoption.take_over(unmatched_payment, actor=STAFF)

    assert sending.send(ask(payment).pk).status == "succeeded"
    assert adoption.fetch(payment, actor="test").status == "refunded"


@each
def test_a_provider_that_does_not_answer_changes_nothing(
    providers: World, gateway: str, unmatched_payment: StrayPayment
):
    providers.fault("http_500", gateway, count=None)
    with pytest.raises(GatewayError):
        adoption.take_over(unmatched_payment, actor=STAFF)
    assert not Payment.objects.exists()


def test_what_the_provider_does_not_know_and_what_brought_nothing(providers: World):
    paid_elsewhere(providers, "mercadopago", "voucher")
    unmatched_payment = found("mercadopago")
    with pytest.raises(adoption.NothingCame):
        adoption.take_over(unmatched_payment, actor=STAFF)
    unmatched_payment.external_id = "999999"
    with pytest.raises(NotFoundAtProvider):
        adoption.take_over(unmatched_payment, actor=STAFF)
    assert not Payment.objects.exists()


# -- Its purchase turns up --------------------------------------------------------------------------------------------
def listed_as_unmatched(providers: World, gateway: str) -> PaymentAttempt:
    """Pay an attempt of ours which the list knows before its row is written."""
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    until = timezone.now() + timedelta(minutes=1)
    listed = gateways.get(gateway).list_payments(since=attempt.created_at, until=until)
    unmatched_payments.note(gateway, listed.payments, actor="test")
    return attempt


@each
def test_an_unmatched_payment_whose_purchase_turns_up_pays_it(providers: World, gateway: str):
    attempt = listed_as_unmatched(providers, gateway)
    payment = adoption.take_over(StrayPayment.objects.get(), actor=STAFF)

    settle.settle(attempt_id=attempt.pk, actor="test")

    payment.refresh_from_db()
    assert (payment.role, payment.attempt_id, payment.order) == ("order", attempt.pk, Order.objects.get())
    assert StrayPayment.objects.get().decision == "known"
    with pytest.raises(adoption.KnownSince):
        adoption.take_over(StrayPayment.objects.get(), actor=STAFF)


@each
def test_with_money_on_its_way_back_it_pays_nothing_and_people_decide(providers: World, gateway: str):
    attempt = listed_as_unmatched(providers, gateway)
    payment = adoption.take_over(StrayPayment.objects.get(), actor=STAFF)
    ask(payment, PART)

    settle.settle(attempt_id=attempt.pk, actor="test")

    payment.refresh_from_db()
    assert (payment.role, payment.attempt_id, payment.order) == ("mismatch", attempt.pk, None)
    assert not Order.objects.exists()
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_settling_in_the_middle_of_a_taking_over_goes_on_with_its_row(providers: World):
    """Both insert the same payment: the second waits for the first, and finds it."""
    attempt = listed_as_unmatched(providers, "mercadopago")
    unmatched_payment = StrayPayment.objects.get()
    snapshot, at = adoption._ask(unmatched_payment.gateway, unmatched_payment.external_id, None)

    answer = meet(
        lambda: settle.settle(attempt_id=attempt.pk, actor="test"),
        first=lambda: adoption._written(unmatched_payment.gateway, snapshot, at, actor=STAFF),
        then=lambda: None,
    )

    assert isinstance(answer, settle.Settlement)
    assert Payment.objects.get().role == "order"
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_control_without_looking_again_the_second_would_fail(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    attempt = listed_as_unmatched(providers, "mercadopago")
    unmatched_payment = StrayPayment.objects.get()
    snapshot, at = adoption._ask(unmatched_payment.gateway, unmatched_payment.external_id, None)

    def first() -> None:
        adoption._written(unmatched_payment.gateway, snapshot, at, actor=STAFF)
        monkeypatch.setattr("payments.settlement.sync._row_of", blindly)

    def blindly(blank: Payment, snapshot: Any, fetched_at: Any, known: Any) -> tuple[Payment, bool]:
        from payments.settlement import sync

        sync._copy(blank, snapshot, fetched_at)
        blank.save(force_insert=True)
        return blank, True

    answer = meet(lambda: settle.settle(attempt_id=attempt.pk, actor="test"), first=first, then=lambda: None)

    assert isinstance(answer, IntegrityError)
