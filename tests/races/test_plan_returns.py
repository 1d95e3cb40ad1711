"""Two returns of one plan at one instant: what was shown is what happens, or nothing does."""

from dataclasses import replace
from functools import partial

import pytest
from django.db.models import Sum

from orders.models import InstallmentPlan, Order, Reimbursement, ReimbursementLine
from orders.tests.installments.factories import line, make_plan, opened
from payments.models import Payment
from payments.refunds import plan_returns
from payments.refunds.plan_returns import Changed, Choice, PlanQuote
from payments.tests.plans import pay_part
from tests.races.tools.rendezvous import meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ACTOR = "staff:ana@example.com"


@pytest.fixture
def plan() -> InstallmentPlan:
    plan = make_plan()
    pay_part(plan, 1)
    return plan


def at_once(
    plan: InstallmentPlan, *prices: str, compares: bool = True
) -> tuple[list[PlanQuote], list[object]]:
    """Return a unit of each price in the moment in which the plan's payments become free, as each was shown it."""
    choices = [Choice(units={line(plan, price).pk: 1}) for price in prices]
    shown = [plan_returns.quote(plan.order, choice) for choice in choices]
    acts = [
        partial(
            plan_returns.give_back,
            plan.order,
            choice,
            reason="torn",
            dedupe_key=f"return:{number}",
            expected=quote.seen if compares else None,
            actor=ACTOR,
        )
        for number, (choice, quote) in enumerate(zip(choices, shown, strict=True))
    ]
    answers = meet_at_a_lock(
        acts, lock=lambda: list(Payment.objects.select_for_update().filter(order=plan.order_id))
    )
    return shown, answers


def test_of_two_returns_one_is_done_as_it_was_shown_and_the_other_is_shown_again(plan: InstallmentPlan):
    shown, answers = at_once(plan, "45.00", "78.00")
    (refused,) = [place for place, answer in enumerate(answers) if isinstance(answer, Changed)]
    done = shown[1 - refused]
    assert isinstance(answers[1 - refused], Reimbursement)
    assert opened(plan) == [row.open_after for row in done.reduction.rows]


def test_control_without_the_comparison_the_second_does_what_nobody_was_shown(plan: InstallmentPlan):
    shown, answers = at_once(plan, "45.00", "78.00", compares=False)
    assert all(isinstance(answer, Reimbursement) for answer in answers)
    assert opened(plan) not in [[row.open_after for row in quote.reduction.rows] for quote in shown]


def test_one_unit_is_returned_once(plan: InstallmentPlan):
    _shown, answers = at_once(plan, "78.00", "78.00")
    assert sorted(type(answer).__name__ for answer in answers) == ["Reimbursement", "TooMany"]
    assert Reimbursement.objects.get().lines.get().quantity == 1


def test_control_judged_before_the_lock_the_database_refuses_the_second(
    plan: InstallmentPlan, monkeypatch: pytest.MonkeyPatch
):
    judged = plan_returns.quote(plan.order, Choice(units={line(plan, "78.00").pk: 1}))

    def as_judged(*_given: object) -> PlanQuote:
        mine = [
            ReimbursementLine(kind=one.kind, order_line=one.order_line, quantity=1, amount=one.amount)
            for one in judged.lines
        ]
        return replace(judged, lines=mine)

    monkeypatch.setattr(plan_returns, "quote", as_judged)
    _shown, answers = at_once(plan, "78.00", "78.00")
    assert sorted(type(answer).__name__ for answer in answers) == ["LinesTaken", "Reimbursement"]
    sums = plan.installments.aggregate(open=Sum("open_amount"), fallen=Sum("reduced"), paid=Sum("paid"))
    assert sums["open"] + sums["fallen"] + sums["paid"] == Order.objects.get(pk=plan.order_id).total
