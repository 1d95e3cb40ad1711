"""What falls of a plan when goods come back: open instalments, waived interest, and the money that is left."""

from decimal import Decimal

import pytest
from django.db import transaction

from orders.installments import plan_state, reductions
from orders.models import InstallmentPlan
from orders.reimbursements.money import debt_of
from orders.tests.installments.factories import book_paid, event, make_plan, opened, parts
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
Status = InstallmentPlan.Status


def fall(plan: InstallmentPlan, amount: str) -> reductions.Reduction:
    with transaction.atomic():
        return reductions.reduce(
            plan_state.lock(plan.pk), Decimal(amount), cause="reimbursement:x", actor="test"
        )


def sums(plan: InstallmentPlan) -> tuple[Decimal, ...]:
    rows = parts(plan)
    return tuple(
        sum((getattr(row, name) for row in rows), Decimal(0)) for name in ("paid", "waived", "reduced")
    )


def test_open_instalments_fall_first_as_if_only_the_rest_had_been_bought():
    """168.00 in three at a flat 19 % is 175.98; without a unit of 45.00 it is 128.84, of which 58.66 is paid."""
    plan = make_plan()
    assert book_paid(plan, uuid7(), [1]) == Decimal("58.66")
    found = fall(plan, "47.14")
    assert (found.less, found.money) == (Decimal("47.14"), 0)
    assert opened(plan) == [0, Decimal("35.09"), Decimal("35.09")]
    assert sums(plan) == (Decimal("58.66"), 0, Decimal("47.14"))
    plan.refresh_from_db()
    assert plan.status == Status.ACTIVE


def test_money_goes_back_beyond_what_is_open():
    plan = make_plan()
    book_paid(plan, uuid7(), [1, 2])
    found = fall(plan, "94.28")
    assert (found.less, found.money) == (Decimal("58.66"), Decimal("35.62"))
    plan.refresh_from_db()
    assert (opened(plan), plan.status, plan.settled_at is not None) == ([0, 0, 0], Status.PAID, True)


def test_of_waived_interest_the_share_of_what_comes_back_falls():
    """Paid off early 2.66 + 2.66 were waived: half of the order back is half of the money and half of the waived interest."""
    plan = make_plan()
    payment = uuid7()
    book_paid(plan, payment, [1])
    assert book_paid(plan, payment, [2, 3], waived=["2.66", "2.66"]) == Decimal("112.00")
    found = fall(plan, "87.99")
    assert (found.less, found.money) == (Decimal("2.66"), Decimal("85.33"))
    assert sums(plan) == (Decimal("170.66"), Decimal("2.66"), Decimal("2.66"))


def test_all_of_it_leaves_nothing_open_and_gives_back_all_that_was_paid():
    plan = make_plan()
    book_paid(plan, uuid7(), [1])
    event(parts(plan)[1], "late", Decimal("3.00"))
    found = fall(plan, "175.98")
    assert (found.open_before, found.open_after, found.money) == (Decimal("120.32"), 0, Decimal("58.66"))
    assert opened(plan) == [0, 0, 0]


def test_a_plan_that_falls_before_anything_was_paid_is_cancelled_with_its_order():
    plan = make_plan()
    fall(plan, "47.14")
    assert opened(plan) == [Decimal("42.95"), Decimal("42.95"), Decimal("42.94")]
    assert InstallmentPlan.objects.get(pk=plan.pk).status == Status.AWAITING
    fall(plan, "128.84")
    plan.refresh_from_db()
    plan.order.refresh_from_db()
    assert (plan.status, plan.order.status, plan.order.is_off) == (Status.CANCELLED, "cancelled", True)


def test_more_than_the_debt_cannot_be_given_back():
    plan = make_plan()
    with pytest.raises(ValueError, match="cannot be given back"):
        fall(plan, "175.99")
    assert debt_of(plan.order_id) == Decimal("175.98")
