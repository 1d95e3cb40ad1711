"""Instalments that are paid by bank transfer: short, and seen days after they were paid."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.checkout.issues import NotReady
from orders.installments import cancelling
from orders.installments.issues import ANOTHER_DAY
from orders.models import InstallmentBill, InstallmentPlan
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import ask, make_plan, pay, rows_of
from payments.checkout import attempts
from payments.models import Payment, TransferInstruction
from payments.settlement import settle
from payments.tests.transfers.purchases import see
from payments.transfers import crediting, forecast

pytestmark = pytest.mark.django_db


def waiting(bill: InstallmentBill) -> TransferInstruction:
    """Return the instruction of a bill whose buyer has seen the page."""
    attempt = attempts.start(payable=bill.payable, gateway="transfer", actor="shopper")
    settle.settle(attempt_id=attempt.pk, actor="shopper")
    return TransferInstruction.objects.select_related("attempt__purchase").get(attempt=attempt)


@pytest.mark.parametrize(("paid_after", "is_in_time"), [(1, True), (20, False)])
def test_paid_off_in_time_it_spares_its_interest_though_people_see_it_weeks_later(
    monkeypatch: pytest.MonkeyPatch, paid_after: int, is_in_time: bool
):
    plan = make_plan()
    instruction = waiting(ask(plan))
    paid_on = timezone.localdate() + timedelta(days=paid_after)
    Clock(monkeypatch).pass_days(40)
    crediting.confirm(instruction, amount=instruction.amount, booked_on=paid_on, number="1", actor="staff")
    settle.settle(attempt_id=instruction.attempt_id, actor="staff")
    plan.refresh_from_db()
    assert (plan.status == "paid") is is_in_time
    assert (sum(row.open_amount for row in rows_of(plan)) == 0) is is_in_time
    assert timezone.localdate(Payment.objects.get(role="order").approved_at) == paid_on


def test_a_plan_whose_first_instalment_came_short_is_kept_until_people_have_decided():
    plan = make_plan()
    instruction = waiting(ask(plan, 1))
    InstallmentBill.objects.update(expires_at=timezone.now() - timedelta(days=1))
    see(instruction, instruction.amount - 1)
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=1))
    assert cancelling.cancel_due() == {}
    settle.resolve(Payment.objects.get(role="mismatch"), actor="staff", accept=True)
    assert rows_of(plan)[0].paid == instruction.amount - 1


def test_a_clerk_is_told_what_the_money_of_an_instalment_becomes():
    plan = make_plan()
    instruction = waiting(ask(plan, 1))

    def notices() -> str:
        fresh = TransferInstruction.objects.get(pk=instruction.pk)
        return forecast.of(fresh, fresh.amount, fresh.currency).words

    assert Client().get(reverse("payments:transfer", args=[instruction.attempt.token])).status_code == 200
    assert "las cuotas quedan pagas" in notices()
    pay(ask(plan))
    assert "vuelve" in notices()


def test_a_transfer_that_is_begun_again_does_not_keep_the_price_of_an_early_day(
    monkeypatch: pytest.MonkeyPatch,
):
    bill = ask(make_plan())
    waiting(bill)
    Clock(monkeypatch).pass_days(1)
    attempts.cancel(payable=bill.payable, actor="shopper")
    bill.refresh_from_db()
    assert bill.expires_at > timezone.now()
    with pytest.raises(NotReady) as refused:
        attempts.start(payable=bill.payable, gateway="transfer", actor="shopper")
    assert refused.value.issues == [ANOTHER_DAY]
