"""Instalments follow what is left of the payments that paid them."""

from decimal import Decimal
from uuid import UUID

import pytest

from orders.installments import money
from orders.models import InstallmentEvent, InstallmentPlan
from orders.tests.installments.factories import book_paid, make_plan, opened, parts
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
PART = Decimal("58.66")


def follow(plan: InstallmentPlan, payment: UUID, kept: str, charged_back: str = "0") -> Decimal:
    return money.follow(
        plan.pk, payment_id=payment, kept=Decimal(kept), charged_back=Decimal(charged_back), actor="test"
    )


@pytest.fixture
def plan() -> InstallmentPlan:
    return make_plan()


@pytest.fixture
def payment(plan: InstallmentPlan) -> UUID:
    """Return a payment of the first two instalments."""
    key = uuid7()
    book_paid(plan, key, [1, 2])
    return key


def paid(plan: InstallmentPlan) -> list[Decimal]:
    return [part.paid for part in parts(plan)]


def written() -> int:
    return InstallmentEvent.objects.count()


def test_what_is_given_back_is_not_owed_any_more_the_last_instalment_first(
    plan: InstallmentPlan, payment: UUID
):
    follow(plan, payment, "50.00")
    assert (paid(plan), opened(plan)) == ([Decimal("50.00"), 0, 0], [0, 0, PART])
    assert [part.reduced for part in parts(plan)] == [Decimal("8.66"), PART, 0]
    before = written()
    follow(plan, payment, "50.00")
    assert written() == before


def test_a_refund_that_failed_is_owed_and_paid_again(plan: InstallmentPlan, payment: UUID):
    follow(plan, payment, "50.00")
    follow(plan, payment, "117.32")
    assert (paid(plan), opened(plan)) == ([PART, PART, 0], [0, 0, PART])
    assert sum(part.reduced for part in parts(plan)) == 0


def test_what_a_bank_took_is_owed_again_until_it_gives_it_back(plan: InstallmentPlan, payment: UUID):
    book_paid(plan, uuid7(), [3])
    assert InstallmentPlan.objects.get(pk=plan.pk).status == "paid"
    follow(plan, payment, "0", "117.32")
    plan.refresh_from_db()
    assert (opened(plan), plan.status, plan.settled_at) == ([PART, PART, 0], "active", None)
    assert [part.next_notice_at is not None for part in parts(plan)] == [True, True, False]
    assert follow(plan, payment, "117.32") == 0
    plan.refresh_from_db()
    assert (opened(plan), plan.status) == ([0, 0, 0], "paid")


def test_what_was_paid_again_meanwhile_comes_back_as_surplus(plan: InstallmentPlan, payment: UUID):
    follow(plan, payment, "0", "117.32")
    book_paid(plan, uuid7(), [1, 3])
    assert follow(plan, payment, "117.32") == PART
    assert (opened(plan), paid(plan)) == ([0, 0, 0], [PART, PART, PART])
    # It goes back: nothing more is booked for it, now or later.
    before = written()
    assert follow(plan, payment, str(PART)) == 0
    assert written() == before


def test_a_bank_takes_what_a_failed_refund_had_given(plan: InstallmentPlan, payment: UUID):
    """Between two calls the refund fails and the bank takes all: owed again, not given back."""
    follow(plan, payment, "0")
    follow(plan, payment, "0", "117.32")
    assert (opened(plan), paid(plan)) == ([PART, PART, PART], [0, 0, 0])


def test_a_payment_accepted_with_more_than_it_booked_gives_back_its_own_rest_first(
    plan: InstallmentPlan, payment: UUID
):
    follow(plan, payment, "120.00")
    assert paid(plan) == [PART, PART, 0]
    follow(plan, payment, "117.32")
    assert paid(plan) == [PART, PART, 0]


def test_a_payment_that_booked_nothing_changes_nothing(plan: InstallmentPlan):
    before = written()
    assert follow(plan, uuid7(), "10.00") == 0
    assert written() == before
