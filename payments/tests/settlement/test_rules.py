"""Rules of settling, one at a time: what is asked of the provider, and what each kind of payment means."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.db.models import F
from django.utils import timezone

from orders import payables
from orders.checkout.placement import CannotFulfil
from orders.models import CheckoutSession
from orders.payables.checkout import CheckoutKind
from orders.tests.factories import make_awaiting, make_order
from payments import gateways
from payments.gateways.base import CheckoutSnapshot, CheckoutState, Patience, PaymentSnapshot
from payments.models import Payment, PaymentAttempt
from payments.settlement import settle
from payments.tests.payouts.report_files import sold
from shop.core.models import Event

pytestmark = pytest.mark.django_db
ACTOR = "staff:a@example.com"


def nothing(at: datetime | None = None) -> CheckoutSnapshot:
    return CheckoutSnapshot("", "", None, "", (), at or timezone.now())


@pytest.mark.parametrize(("checkout_id", "subject"), [("cs_1", ""), ("", "pi_1"), ("cs_1", "pi_1")])
def test_the_provider_is_asked_by_all_numbers_that_are_known_and_no_longer_than_the_caller_waits(
    monkeypatch: pytest.MonkeyPatch, checkout_id: str, subject: str
):
    attempt = sold("1", gateway="stripe").attempt
    assert attempt is not None
    type(attempt).objects.update(external_id=checkout_id)
    snapshot, patience = nothing(), Patience(timeout=3, retries=0)
    asked: list[Any] = []

    def fetch(*arguments: Any, **options: Any) -> CheckoutSnapshot:
        asked.append((arguments, options))
        return snapshot

    def get(*arguments: Any) -> SimpleNamespace:
        asked.append(arguments)
        return SimpleNamespace(fetch=fetch)

    monkeypatch.setattr(gateways, "get", get)
    monkeypatch.setattr(settle, "apply", lambda *arguments, **options: (arguments, options))
    answer: Any = settle.settle(attempt_id=attempt.pk, actor=ACTOR, subject=subject, patience=patience)
    assert answer == ((attempt.pk, snapshot), {"actor": ACTOR})
    assert asked == [
        ("stripe", patience),
        ((subject,), {"reference": attempt.reference, "checkout_id": checkout_id}),
    ]


@pytest.mark.parametrize(
    ("role", "is_answered"), [("order", True), ("surplus", True), ("mismatch", True), ("none", False)]
)
def test_money_of_whatever_kind_answers_the_attempt(role: str, is_answered: bool):
    payment = sold("1", gateway="stripe", role=role, status="approved" if is_answered else "rejected")
    attempt = payment.attempt
    assert attempt is not None
    type(attempt).objects.update(status="redirected", expires_at=timezone.now() + timedelta(hours=1))
    settle.apply(attempt.pk, nothing(), actor=ACTOR)
    attempt.refresh_from_db()
    assert attempt.status == ("paid" if is_answered else "redirected")


def test_what_the_staff_sees_changes_with_the_purchase_the_money_that_is_left_and_its_currency():
    payment = sold("1")
    session = CheckoutSession.objects.get()
    seen = {settle.sight(payment, payables.bill_of(session))}
    payment.charged_back_amount = Decimal("1.00")
    seen.add(settle.sight(payment, payables.bill_of(session)))
    payment.currency = "CLP"
    seen.add(settle.sight(payment, payables.bill_of(session)))
    CheckoutSession.objects.update(subtotal=F("subtotal") + 1, total=F("total") + 1)
    session.refresh_from_db()
    seen.add(settle.sight(payment, payables.bill_of(session)))
    assert len(seen) == 4


def test_the_order_of_somebody_else_is_never_taken_for_ones_own():
    other, session = make_order(), make_awaiting()
    payment = sold("1", str(session.total), role="mismatch")
    attempt = PaymentAttempt.objects.get()
    type(attempt).objects.update(
        purchase=session, payable=payables.of_purchase(session), status="redirected", amount=session.total
    )
    assert settle.apply(attempt.pk, nothing(), actor=ACTOR).order is None
    order = settle.resolve(payment, actor=ACTOR, accept=True).order
    assert order is not None
    assert (order.checkout_id, order == other) == (session.pk, False)


def data_of(payment: Payment) -> set[tuple[str, str]]:
    """Return what the trail says that somebody decided about a payment: the new role, or what was noted, and why."""
    events = Event.objects.filter(subject_id=payment.pk, actor=ACTOR)
    return {(event.to_state or event.kind, event.reason) for event in events}


def a_misfit() -> tuple[Payment, CheckoutSession]:
    session = make_awaiting()
    payment = sold("1", str(session.total), role="mismatch")
    paid_at = timezone.now() - timedelta(days=2)
    type(payment).objects.filter(pk=payment.pk).update(approved_at=paid_at, order=None)
    PaymentAttempt.objects.update(
        purchase=session, payable=payables.of_purchase(session), amount=session.total
    )
    payment.refresh_from_db()
    return payment, session


def test_money_that_the_staff_takes_pays_as_of_its_own_moment_and_says_who_took_it():
    payment, session = a_misfit()
    order = settle.resolve(
        payment, actor=ACTOR, accept=True, seen=settle.sight(payment, payables.bill_of(session))
    ).order
    assert order is not None
    assert (order.placed_at, order.transaction_id) == (payment.approved_at, f"{payment.gateway}:1")
    assert ("order", "accepted by staff") in data_of(payment)
    assert not payment.refunds.exists()


@pytest.mark.parametrize("why", ["refused", "no stock", "paid already"])
def test_money_that_buys_nothing_goes_back_once_and_says_who_sent_it(
    why: str, monkeypatch: pytest.MonkeyPatch
):
    payment, _session = a_misfit()
    if why == "no stock":
        failing = Mock(side_effect=CannotFulfil([]))
        monkeypatch.setattr(CheckoutKind, "fulfil", failing)
    if why == "paid already":
        checkout = make_order().checkout
        PaymentAttempt.objects.update(purchase=checkout, payable=payables.of_purchase(checkout))
    for _twice in range(2):
        settle.resolve(payment, actor=ACTOR, accept=why != "refused")
    refund = payment.refunds.get()
    assert (refund.amount, refund.origin, refund.reason) == (payment.amount, "staff", "mismatch")
    assert {("surplus", "returned by staff"), ("resolved", "returned")} <= data_of(payment)


def test_a_waiting_payment_whose_new_status_nobody_knows_ends_nothing_and_is_asked_about_again():
    payment = sold("1", gateway="stripe", role="none", status="pending", approved_at=None)
    attempt = payment.attempt
    assert attempt is not None
    type(attempt).objects.update(status="redirected", next_check_at=None)
    unknown = PaymentSnapshot(
        external_id="1",
        reference=attempt.reference,
        state=None,
        status="nobody knows",
        status_detail="",
        amount=attempt.amount,
        currency=attempt.currency,
        refunded_amount=Decimal(0),
        refunds=(),
        method="",
        installments=1,
        approved_at=None,
        updated_at=timezone.now(),
        voucher_url="",
        voucher_expires_at=None,
        is_ours=True,
        raw={},
    )
    snapshot = CheckoutSnapshot("", attempt.reference, CheckoutState.EXPIRED, "", (unknown,), timezone.now())
    settle.apply(attempt.pk, snapshot, actor=ACTOR)
    attempt.refresh_from_db()
    assert attempt.status == "redirected"
    assert attempt.next_check_at is not None
