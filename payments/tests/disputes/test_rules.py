"""The invariants of disputes find manual changes in the database."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest
from django.utils import timezone

from inventory.checks import runner
from orders.models import OrderHold
from orders.tests.factories import make_awaiting
from payments.disputes import disputes, money
from payments.gateways.base import PaymentSnapshot
from payments.models import Dispute, Payment, Refund
from payments.reconciliation import due_disputes
from payments.refunds import blocking, refund_requests, sending
from payments.settlement import settle
from payments.tests.admin.test_disputes import make_dispute
from payments.tests.payouts.report_files import sold

pytestmark = pytest.mark.django_db
RULES = {"an undecided dispute holds its order", "what was charged back is what was lost"}


def broken() -> list[str]:
    return [violation.rule for violation in runner.check(scope=runner.SHOP) if violation.rule in RULES]


def test_an_order_that_was_never_held_is_found():
    make_dispute()
    assert broken() == []
    hold = OrderHold.objects.get()
    OrderHold.objects.update(status="released", released_at=timezone.now())
    assert broken() == []  # A person released it, which they may decide.
    hold.delete()
    assert broken() == ["an undecided dispute holds its order"]


@pytest.mark.parametrize("wrong", ["0.00", "1.00"])
def test_money_that_was_taken_and_not_counted_is_found(wrong: str):
    dispute = make_dispute(status="lost", closed_at=timezone.now())
    Payment.objects.update(status="charged_back")
    payment = Payment.objects.get()
    assert money.recount(payment) == payment.amount
    assert broken() == []
    Payment.objects.update(charged_back_amount=Decimal(wrong))
    (found,) = [row for row in runner.check(scope=runner.SHOP) if row.rule in RULES]
    assert found.rule == "what was charged back is what was lost"
    assert wrong in found.explanation
    Dispute.objects.filter(pk=dispute.pk).update(status="won")
    Payment.objects.update(charged_back_amount=0, status="approved")
    assert broken() == []


def test_a_mere_question_beside_a_real_dispute_lets_no_refund_through():
    payment = make_dispute().payment
    waiting = payment.refunds.get()
    asked = Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id="question",
        status="inquiry",
        is_refundable=True,
        amount=payment.amount,
        currency=payment.currency,
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
    )
    with pytest.raises(blocking.PaymentDisputed):
        refund_requests.request(
            payment, Decimal(1), Refund.Origin.STAFF, "because", "k1", actor="staff:a@example.com"
        )
    sending.send(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("requested", 0)
    assert waiting.next_try_at > timezone.now() + timedelta(hours=5)

    payment.disputes.exclude(pk=asked.pk).update(status="won", closed_at=timezone.now())
    assert not blocking.is_blocked(payment)


def test_disputed_money_that_the_staff_takes_holds_its_order():
    session = make_awaiting()
    payment = sold("1", str(session.total), role="mismatch", status="disputed")
    Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id="d1",
        status="needs_response",
        amount=payment.amount,
        currency=payment.currency,
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
    )
    order = settle.resolve(payment, actor="staff:a@example.com", accept=True).order
    assert order is not None
    assert OrderHold.objects.get(order=order).status == "active"


def test_a_dispute_is_asked_about_by_its_own_number(monkeypatch: pytest.MonkeyPatch):
    dispute = make_dispute(subject="dp_1", next_fetch_at=timezone.now())
    asked: list[str] = []
    monkeypatch.setattr(settle, "settle", lambda **snapshot: asked.append(snapshot["subject"]))
    assert due_disputes.ask(dispute.pk, actor="test")
    assert asked == ["dp_1"]


def test_when_not_all_refunds_fit_after_a_dispute_the_oldest_goes_first():
    payment = sold("1", "1000.00")
    older, younger = (
        Refund.objects.create(
            payment=payment,
            amount=Decimal(amount),
            currency="ARS",
            status="failed",
            origin="automatic",
            dedupe_key=amount,
        )
        for amount in ("600.00", "700.00")
    )
    money.resume(payment, actor="test")
    older.refresh_from_db()
    younger.refresh_from_db()
    assert (older.status, younger.status) == ("requested", "failed")


def test_what_went_back_is_not_lost_a_second_time_although_it_is_told_later():
    payment = sold("1", "1000.00", status="charged_back")
    assert money.recount(payment) == 1000
    Payment.objects.update(refunded_amount=Decimal("400.00"))
    payment.refresh_from_db()
    snapshot = cast(PaymentSnapshot, SimpleNamespace(disputes=(), state=None))
    disputes.upsert(payment, snapshot, fetched_at=timezone.now(), actor="test")
    payment.refresh_from_db()
    assert payment.charged_back_amount == 600
