"""Disputes of all three providers, through HTTP, notifications and processing: notified once, order on hold, ended."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.fulfilment import holds as order_holds
from orders.models import Order, OrderHold
from payments.models import Dispute, Payment, PaymentAttempt, Refund
from payments.reconciliation import due_disputes
from payments.refunds import refund_requests, sending
from payments.refunds.blocking import PaymentDisputed
from payments.settlement import settle
from payments.tests.world import GATEWAYS, World
from shop.core.models import EmailLog, Event
from shop.sandbox.store import Record

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("gateway", GATEWAYS)
STAFF = "staff:a@example.com"
# What a provider calls "it never arrived".
NOT_RECEIVED = {
    "mercadopago": "not_received",
    "stripe": "product_not_received",
    "conekta": "product_not_received",
}
# What becomes of a refund after a won dispute: Mercado Pago refunds such a payment no more, so people transfer it.
AFTER_WON = {"mercadopago": "manual", "stripe": "succeeded", "conekta": "succeeded"}


def paid(providers: World, gateway: str) -> tuple[PaymentAttempt, Record]:
    """Return an attempt whose purchase became an order, its notifications all delivered."""
    attempt = providers.begin(gateway)
    there = providers.pay(attempt)
    providers.deliver()
    assert Order.objects.filter(checkout=attempt.purchase_id).exists()
    providers.box.letters.clear()
    return attempt, there


def settled(attempt: PaymentAttempt) -> None:
    settle.settle(attempt_id=attempt.pk, actor="test")


def mails(kind: str) -> int:
    return EmailLog.objects.filter(kind=kind).count()


def holds() -> list[str]:
    return list(OrderHold.objects.values_list("status", flat=True))


@every
def test_a_dispute_is_told_by_its_notification_and_holds_the_order(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there, reason=NOT_RECEIVED[gateway], days=7)
    answers = providers.deliver()
    assert {answer.status_code for answer in answers} == {200}

    dispute, payment, order = Dispute.objects.get(), Payment.objects.get(), Order.objects.get()
    assert (dispute.status, dispute.reason, dispute.reason_code) == (
        "needs_response",
        "not_received",
        NOT_RECEIVED[gateway],
    )
    assert (dispute.payment, dispute.amount, dispute.currency) == (payment, payment.amount, payment.currency)
    left = dispute.respond_by - timezone.now()
    assert timedelta(days=6, hours=23) < left < timedelta(days=7, minutes=1)
    assert (payment.status, payment.charged_back_amount) == ("disputed", 0)
    hold = order.holds.get()
    assert (hold.status, hold.kind) == ("active", "dispute")
    assert dispute.external_id in hold.reason
    assert not order_holds.may_fulfil(order)
    assert list(order_holds.ready()) == []
    wanted = set(dispute.evidence.values_list("kind", flat=True))
    assert {"tracking", "delivery", "order"} <= wanted
    assert "duplicate" not in wanted
    written = EmailLog.objects.get(kind="dispute_opened")
    assert f"#{order.number}" in written.text
    assert dispute.external_id in written.subject
    assert mails("payment_attention") == 0


@every
def test_a_won_dispute_gives_payment_and_order_back(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    providers.deliver()
    providers.review_dispute(attempt, there)
    providers.deliver()
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.answered_at is None) == ("under_review", False)
    assert holds() == ["active"]

    providers.decide_dispute(attempt, there, "win")
    providers.deliver()
    dispute.refresh_from_db()
    payment, order = Payment.objects.get(), Order.objects.get()
    assert (dispute.status, dispute.closed_at is None) == ("won", False)
    assert (payment.status, payment.charged_back_amount) == ("approved", 0)
    assert payment.kept_amount == payment.amount
    assert holds() == ["released"]
    assert order_holds.may_fulfil(order)
    assert (mails("dispute_opened"), mails("dispute_closed")) == (1, 1)
    assert [event.kind for event in Event.objects.filter(subject_id=order.pk)] == [
        "placed",
        "held",
        "hold released",
    ]


@every
def test_a_lost_dispute_is_money_that_ended(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    providers.deliver()
    providers.decide_dispute(attempt, there, "lose")
    providers.deliver()

    dispute, payment, order = Dispute.objects.get(), Payment.objects.get(), Order.objects.get()
    assert dispute.status == "lost"
    assert (payment.status, payment.charged_back_amount) == ("charged_back", payment.amount)
    assert (payment.kept_amount, refund_requests.refundable(payment)) == (0, 0)
    hold = order.holds.get()
    assert (hold.status, order_holds.may_fulfil(order)) == ("active", False)
    assert hold.reason != Event.objects.get(kind="held").reason
    assert "#" in EmailLog.objects.get(kind="dispute_closed").text
    with pytest.raises(refund_requests.OverRefund):
        refund_requests.request(payment, Decimal(1), Refund.Origin.STAFF, "because", "k1", actor=STAFF)


@every
@pytest.mark.parametrize("outcome", ["win", "lose"])
def test_notifications_in_any_order_and_often_have_their_effects_once(
    providers: World, gateway: str, outcome: str
):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    providers.review_dispute(attempt, there)
    providers.decide_dispute(attempt, there, outcome)
    letters = providers.letters()
    assert len(letters) >= 3
    # The end is notified first, and everything twice.
    providers.deliver([*reversed(letters), *letters])
    settled(attempt)
    dispute = Dispute.objects.get()
    assert dispute.status == {"win": "won", "lose": "lost"}[outcome]
    # It was never seen open: the staff is notified of its end, and a lost one marks the order all the same.
    assert (mails("dispute_opened"), mails("dispute_closed")) == (0, 1)
    assert holds() == ([] if outcome == "win" else ["active"])


@every
def test_older_news_of_a_dispute_never_overwrite_newer(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    before = settle.ask(attempt)
    providers.decide_dispute(attempt, there, "win")
    settled(attempt)
    settle.apply(attempt.pk, before, actor="test")
    assert (Dispute.objects.get().status, holds(), mails("dispute_opened")) == ("won", [], 0)


@every
def test_a_dispute_is_known_without_any_notification(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    settled(attempt)
    settled(attempt)
    assert (Dispute.objects.get().status, holds(), mails("dispute_opened")) == (
        "needs_response",
        ["active"],
        1,
    )
    # The job reads the end, too.
    providers.decide_dispute(attempt, there, "lose")
    assert due_disputes.run_due()["asked"] == 0
    Dispute.objects.update(next_fetch_at=timezone.now())
    assert due_disputes.run_due()["asked"] == 1
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.next_fetch_at, mails("dispute_closed")) == ("lost", None, 1)


@every
def test_a_partly_refunded_payment_loses_only_what_was_left(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.refund_in_panel(attempt, there, "100.00")
    settled(attempt)
    amount = {"amount": str(attempt.amount - 100)} if gateway == "stripe" else {}
    providers.dispute(attempt, there, **amount)
    providers.decide_dispute(attempt, there, "lose")
    providers.deliver()
    payment = Payment.objects.get()
    assert (payment.refunded_amount, payment.charged_back_amount) == (Decimal(100), payment.amount - 100)
    assert payment.kept_amount == 0
    assert Refund.objects.get().status == "succeeded"


def test_a_bank_that_disputes_more_than_is_left_takes_no_more_than_is_left(providers: World):
    attempt, there = paid(providers, "stripe")
    providers.refund_in_panel(attempt, there, "100.00")
    providers.dispute(attempt, there)
    providers.decide_dispute(attempt, there, "lose")
    settled(attempt)
    payment = Payment.objects.get()
    assert Dispute.objects.get().amount == payment.amount
    assert payment.charged_back_amount == payment.amount - 100


@every
def test_a_disputed_payment_is_not_refunded(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    providers.dispute(attempt, there)
    settled(attempt)
    payment = Payment.objects.get()
    with pytest.raises(PaymentDisputed):
        refund_requests.request(payment, Decimal(1), Refund.Origin.STAFF, "because", "k1", actor=STAFF)
    providers.decide_dispute(attempt, there, "win")
    settled(attempt)
    refund = refund_requests.request(payment, Decimal(1), Refund.Origin.STAFF, "because", "k1", actor=STAFF)
    assert sending.send(refund.pk).status == AFTER_WON[gateway]


@every
def test_a_refund_under_way_waits_for_the_dispute(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    payment = Payment.objects.get()
    refund = refund_requests.request(
        payment, Decimal("50.00"), Refund.Origin.STAFF, "because", "k1", actor=STAFF
    )
    providers.dispute(attempt, there)
    settled(attempt)
    refund = sending.send(refund.pk)
    refund.refresh_from_db()
    assert (refund.status, refund.attempts) == ("requested", 0)
    assert refund.next_try_at > timezone.now() + timedelta(hours=5)
    providers.decide_dispute(attempt, there, "win")
    settled(attempt)
    assert sending.send(refund.pk).status == AFTER_WON[gateway]


@every
@pytest.mark.parametrize("waits_for", ["the provider", "a transfer by hand"])
def test_a_refund_under_way_ends_when_the_bank_took_the_money(providers: World, gateway: str, waits_for: str):
    attempt, there = paid(providers, gateway)
    payment = Payment.objects.get()
    refund = refund_requests.request(
        payment, Decimal("50.00"), Refund.Origin.STAFF, "because", "k1", actor=STAFF
    )
    if waits_for == "a transfer by hand":
        Refund.objects.filter(pk=refund.pk).update(status="manual", next_try_at=None)
    providers.dispute(attempt, there)
    providers.decide_dispute(attempt, there, "lose")
    settled(attempt)
    refund.refresh_from_db()
    assert refund.status == "failed"
    assert Payment.objects.get().kept_amount == 0


@every
def test_a_provider_tells_of_a_dispute_by_refusing_a_refund(providers: World, gateway: str):
    attempt, there = paid(providers, gateway)
    payment = Payment.objects.get()
    refund = refund_requests.request(
        payment, Decimal("50.00"), Refund.Origin.STAFF, "because", "k1", actor=STAFF
    )
    providers.dispute(attempt, there)
    assert sending.send(refund.pk).status == "requested"
    assert "disputed" in Refund.objects.get().last_error
    assert mails("payment_attention") == 0


def test_a_bank_that_only_asks_may_be_answered_by_a_refund(providers: World):
    attempt, _there = paid(providers, "stripe")
    providers.do("stripe.inquiry", attempt.external_id)
    providers.deliver()
    dispute, payment = Dispute.objects.get(), Payment.objects.get()
    assert (dispute.status, payment.status, dispute.is_refundable) == ("inquiry", "disputed", True)
    assert holds() == ["active"]
    refund = refund_requests.request(
        payment, payment.amount, Refund.Origin.STAFF, "because", "k1", actor=STAFF
    )
    assert sending.send(refund.pk).status == "succeeded"
    providers.do("stripe.dispute_withdraw", attempt.external_id)
    providers.deliver()
    dispute.refresh_from_db()
    payment.refresh_from_db()
    assert (dispute.status, payment.status, payment.kept_amount) == ("withdrawn", "refunded", 0)
    assert holds() == ["released"]


def test_a_question_that_turns_into_a_dispute_is_told_once_more(providers: World):
    attempt, there = paid(providers, "stripe")
    providers.do("stripe.inquiry", attempt.external_id)
    providers.deliver()
    providers.do("stripe.dispute_escalate", attempt.external_id)
    providers.deliver()
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.is_refundable, mails("dispute_opened")) == ("needs_response", False, 2)
    assert holds() == ["active"]
    providers.decide_dispute(attempt, there, "withdraw")
    providers.deliver()
    assert (Payment.objects.get().status, holds()) == ("approved", ["released"])


@pytest.mark.parametrize(
    ("end", "status", "payment_status"), [("end", "won", "approved"), ("refund", "lost", "refunded")]
)
def test_a_claim_at_mercado_pago_lasts_as_long_as_the_payment_says_so(
    providers: World, end: str, status: str, payment_status: str
):
    attempt, there = paid(providers, "mercadopago")
    providers.do("mp.mediation", there.id)
    providers.deliver()
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.follows_payment, dispute.respond_by) == ("needs_response", True, None)
    assert holds() == ["active"]
    providers.do(f"mp.mediation_{end}", there.id)
    providers.deliver()
    settled(attempt)
    dispute.refresh_from_db()
    payment = Payment.objects.get()
    assert (dispute.status, payment.status) == (status, payment_status)
    # What was refunded is not counted as charged back, too.
    assert payment.charged_back_amount == 0
    assert holds() == (["released"] if status == "won" else ["active"])


def test_a_claim_that_becomes_a_chargeback_is_followed_on(providers: World):
    attempt, there = paid(providers, "mercadopago")
    providers.do("mp.mediation", there.id)
    providers.deliver()
    providers.dispute(attempt, there)
    providers.deliver()
    assert dict(Dispute.objects.values_list("follows_payment", "status")) == {
        True: "withdrawn",
        False: "needs_response",
    }
    assert sorted(holds()) == ["active", "released"]
    assert not order_holds.may_fulfil(Order.objects.get())


def test_a_dispute_taken_up_again_holds_and_tells_again(providers: World):
    attempt, there = paid(providers, "stripe")
    record = providers.dispute(attempt, there)
    providers.deliver()
    providers.decide_dispute(attempt, there, "lose")
    providers.deliver()
    for status in ("appeal_needs_response", "won"):
        fresh = providers.handle.sandbox.store.get("st_dispute", record.id)
        fresh.body["status"] = fresh.status = status
        providers.handle.sandbox.store.save(fresh)
        settled(attempt)
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.round) == ("won", 2)
    assert (mails("dispute_opened"), mails("dispute_closed")) == (2, 2)
    assert set(holds()) == {"released"}
    assert Payment.objects.get().charged_back_amount == 0


def test_a_word_that_nobody_knows_changes_nothing(providers: World):
    attempt, there = paid(providers, "stripe")
    record = providers.dispute(attempt, there)
    providers.deliver()
    record.body["status"] = record.status = "a_new_word"
    providers.handle.sandbox.store.save(record)
    settled(attempt)
    assert (Dispute.objects.get().status, Payment.objects.get().status) == ("needs_response", "disputed")


def test_a_second_payment_that_is_disputed_does_not_hold_the_paid_order(providers: World):
    attempt, there = paid(providers, "mercadopago")
    second = providers.pay_again(attempt, there)
    providers.deliver()
    refund = Refund.objects.get()
    providers.dispute(attempt, second)
    settled(attempt)
    assert Dispute.objects.get().payment.role == "surplus"
    assert holds() == []
    assert sending.send(refund.pk).status == "requested"
    providers.decide_dispute(attempt, second, "win")
    settled(attempt)
    assert sending.send(refund.pk).status == AFTER_WON["mercadopago"]


def test_a_hold_that_the_staff_released_stays_released(providers: World):
    attempt, there = paid(providers, "stripe")
    providers.dispute(attempt, there)
    settled(attempt)
    hold = OrderHold.objects.get()
    assert order_holds.release_hold(hold, actor=STAFF, reason="sent already")
    assert not order_holds.release_hold(hold, actor=STAFF, reason="again")
    settled(attempt)
    hold.refresh_from_db()
    assert (OrderHold.objects.count(), hold.status, hold.released_by) == (1, "released", STAFF)


def test_a_dispute_without_an_order_holds_nothing(providers: World):
    attempt = providers.begin("stripe")
    there = providers.pay(attempt)
    providers.dispute(attempt, there)
    providers.deliver()
    assert (Order.objects.count(), Dispute.objects.get().payment.status) == (0, "disputed")
    assert mails("dispute_opened") == 1
    providers.decide_dispute(attempt, there, "win")
    providers.deliver()
    # The money is here at last, and so is the stock: the purchase becomes an order.
    assert order_holds.may_fulfil(Order.objects.get())
