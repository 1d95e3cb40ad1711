"""Histories of a plan's money: whatever happens in whatever order, its books add up and nothing is below zero."""

from decimal import Decimal

import pgtrigger
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.checks import runner
from orders.models import Installment, InstallmentPlan, Order, OrderLine
from orders.reimbursements.left import TooMany
from orders.reimbursements.money import debt_of
from orders.tests.installments.factories import make_plan, parts
from payments.disputes import money as dispute_money
from payments.models import Payment, Refund
from payments.refunds import plan_returns, refund_requests
from payments.refunds.plan_returns import Choice
from payments.refunds.quotes import NothingChosen
from payments.refunds.refund_requests import LinesTaken, NoMoney, OverRefund
from payments.refunds.refund_state import move_refund
from payments.tests.plans import pay_part
from shop.core.ids import readable_code
from shop.core.money import ZERO
from tests.support import soak

pytestmark = pytest.mark.django_db
ACTOR = "staff:ana@example.com"
RULES = {"plan-adds-up", "installment-booked", "installments-kept"}
REFUSED = (OverRefund, LinesTaken, NoMoney, TooMany, NothingChosen)
MANY = soak.amount("histories of a plan's money", usual=8, soak=150)


def broken() -> list[str]:
    return [str(one) for one in runner.check(scope="") if one.code in RULES]


class Plan:
    """A plan, and what can happen to it: each act may be refused, and leaves the books right."""

    def __init__(self) -> None:
        self.plan: InstallmentPlan = make_plan(("45.00", 2), ("78.00", 1), shipping="12.00")

    def pay(self, number: int) -> None:
        row = parts(self.plan)[number % 3]
        if row.open_amount and InstallmentPlan.objects.get(pk=self.plan.pk).is_live:
            pay_part(self.plan, row.number)

    def pay_off(self, _number: int) -> None:
        """Settle all that is open, waiving the interest of the last instalment that is whole."""
        rows = [row for row in parts(self.plan) if row.open_amount]
        if rows and InstallmentPlan.objects.get(pk=self.plan.pk).is_live:
            less = min(rows[-1].interest, rows[-1].open_amount - Decimal("0.01"))
            waived = ["0"] * (len(rows) - 1) + [str(max(less, ZERO))]
            pay_part(self.plan, *(row.number for row in rows), waived=waived)

    def units_back(self, number: int) -> None:
        line: OrderLine = self.plan.order.lines.order_by("pk")[number % 2]
        self._give(Choice(units={line.pk: 1}, shipping=number % 3 == 0))

    def sum_back(self, number: int) -> None:
        self._give(Choice(amount=Decimal(number) + Decimal("0.37")))

    def all_back(self, _number: int) -> None:
        self._give(Choice(is_everything=True))

    def _give(self, choice: Choice) -> None:
        key = readable_code(12)
        plan_returns.give_back(
            self.plan.order, choice, reason="x", dedupe_key=key, expected=None, actor=ACTOR
        )

    def panel_refund(self, number: int) -> None:
        """Somebody refunds a part of a payment at the provider, whatever the plan says."""
        payment = self._payment(number)
        if payment:
            amount = min(refund_requests.refundable(payment), Decimal(number + 1))
            key = readable_code(12)
            refund_requests.request(payment, amount, Refund.Origin.PROVIDER, "panel", key, actor=ACTOR)

    def refund_ends(self, number: int) -> None:
        live = list(Refund.objects.filter(status="requested").order_by("pk"))
        if live:
            end = "failed" if number % 2 else "succeeded"
            with transaction.atomic():
                move_refund(live[number % len(live)], end, actor=ACTOR)

    def refund_is_tried_again(self, number: int) -> None:
        failed = list(Refund.objects.filter(status="failed").order_by("pk"))
        if failed:
            refund_requests.retry(failed[number % len(failed)], actor=ACTOR)

    def bank_takes(self, number: int) -> None:
        self._decided(number, "charged_back")

    def bank_gives_back(self, number: int) -> None:
        self._decided(number, "approved")

    def _decided(self, number: int, status: str) -> None:
        payment = self._payment(number)
        if payment:
            gone = payment.refunds.filter(status="succeeded")
            payment.refunded_amount = sum((one.amount for one in gone), ZERO)
            payment.status = status
            payment.save()
            if dispute_money.recount(payment, actor=ACTOR):
                dispute_money.drop(payment, actor=ACTOR)

    def _payment(self, number: int) -> Payment | None:
        rows = list(Payment.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None


ACTS = [name for name in vars(Plan) if not name.startswith("_")]


@settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 60)), min_size=3, max_size=14))
def test_the_books_of_a_plan_add_up_after_whatever_happens(acts: list[tuple[str, int]]):
    with transaction.atomic():
        history = Plan()
        for name, number in acts:
            try:
                with transaction.atomic():
                    getattr(history, name)(number)
            except REFUSED:
                pass
            check(history.plan)
        transaction.set_rollback(True)


def check(plan: InstallmentPlan) -> None:
    rows = parts(plan)
    for row in rows:
        assert min(row.paid, row.waived, row.reduced, row.open_amount) >= 0, row
        assert row.amount + row.late == row.paid + row.waived + row.reduced + row.open_amount, row
    assert broken() == []
    plan.refresh_from_db()
    assert (plan.status in {"awaiting", "active"}) == bool(sum(row.open_amount for row in rows)), plan.status
    paid = sum((row.paid for row in rows), ZERO)
    money = Order.objects.get(pk=plan.order_id).money
    assert money.paid - money.promised - money.charged_back <= paid
    debt = debt_of(plan.order_id)
    assert debt is not None
    assert debt >= paid >= 0


def test_each_rule_finds_what_was_changed_by_hand():
    plan = make_plan()
    payment = pay_part(plan, 1)
    assert broken() == []
    with pgtrigger.ignore("orders.Installment:terms_never_change", "payments.Refund:within_payment"):
        Installment.objects.filter(plan=plan, number=2).update(amount=50, principal=50, interest=0)
        Installment.objects.filter(plan=plan, number=3).update(waived=1)
    Payment.objects.filter(pk=payment.pk).update(charged_back_amount=5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert {one.split(":")[0] for one in broken()} == {
        "the instalments of a plan add up to its order",
        "an instalment is what its events say",
        "instalments have what is left of their payments",
    }
