"""Instalments at one instant: two links for one instalment, a payoff beside a single payment, two tabs, two plans.

Real threads, the real PostgreSQL, the provider over HTTP; each guard has a control which shows what it prevents.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from orders.checkout import sessions
from orders.checkout.issues import NotReady
from orders.installments import bills, limits, placing, quotes
from orders.installments.limits import PlanRefused
from orders.models import CheckoutSession, InstallmentBill, InstallmentPlan, Order
from orders.tests.factories import ACTOR, make_cart, make_session, make_user
from orders.tests.installments.plans import ask, make_checkout, make_goods, make_offer, make_plan, rows_of
from payments.checkout import attempts
from payments.models import Payment, PaymentAttempt, Refund
from payments.settlement import settle
from payments.tests.world import World
from shop.accounts.models import User
from tests.races.tools.concurrency import surprises
from tests.races.tools.rendezvous import meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def paid_links(
    providers: World, chosen: Sequence[InstallmentBill], patch: pytest.MonkeyPatch
) -> list[PaymentAttempt]:
    """Open a checkout for each bill, as if none had seen the others, and pay them all."""
    patch.setattr(attempts, "_close_rivals", lambda *_given, **_named: None)
    opened = [attempts.start(payable=bill.payable, gateway="stripe", actor=ACTOR) for bill in chosen]
    for attempt in opened:
        providers.pay(attempt)
    return opened


def settled_at_once(plan: InstallmentPlan, opened: Sequence[PaymentAttempt]) -> list[Any]:
    """Settle all of them in the moment in which the plan's order becomes free."""
    acts = [partial(settle.settle, attempt_id=attempt.pk, actor="test") for attempt in opened]
    return meet_at_a_lock(acts, lock=lambda: Order.objects.select_for_update().get(pk=plan.order_id))


CHOICES = pytest.mark.parametrize(
    "choose",
    [lambda plan: [ask(plan, 1), ask(plan, 1, 2)], lambda plan: [ask(plan, 2), ask(plan)]],
    ids=["one instalment by two links", "a payoff beside a single payment"],
)


@CHOICES
def test_of_two_payments_of_one_instalment_one_is_refunded(
    providers: World, monkeypatch: pytest.MonkeyPatch, choose: Callable[..., list[InstallmentBill]]
):
    plan = make_plan()
    opened = paid_links(providers, choose(plan), monkeypatch)
    assert not surprises(settled_at_once(plan, opened))
    booked, back = Payment.objects.get(role="order"), Payment.objects.get(role="surplus")
    assert Refund.objects.get().amount == back.amount
    sums = plan.installments.aggregate(paid=Sum("paid"), waived=Sum("waived"), open=Sum("open_amount"))
    assert sums["paid"] == booked.amount
    assert sums["paid"] + sums["waived"] + sums["open"] == plan.total


def test_control_without_the_comparison_the_database_refuses_the_second(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    plan = make_plan()
    opened = paid_links(providers, [ask(plan, 1), ask(plan, 1, 2)], monkeypatch)
    monkeypatch.setattr(bills, "is_covered", lambda _bill: True)
    answers = settled_at_once(plan, opened)
    assert [type(one) for one in surprises(answers)] == [IntegrityError]
    assert not Refund.objects.exists()  # Nobody would send the second one's money back.
    assert all(row.open_amount >= 0 for row in rows_of(plan))


def buys(session: CheckoutSession, user: User) -> Callable[[], InstallmentPlan]:
    """Return the act of accepting the first quote of a checkout."""
    quote = quotes.for_checkout(session)[0]
    return partial(
        placing.accept, session, user=user, quote_id=quote.pk, accepts=True, address="192.0.2.1", actor=ACTOR
    )


def at_the_customers_turn(user: User, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    return meet_at_a_lock(acts, lock=lambda: limits.take_turn(user))


def test_two_tabs_that_accept_one_quote_make_one_plan():
    buyer = make_user()
    make_offer()
    session = make_checkout(buyer)
    plans = at_the_customers_turn(buyer, [buys(session, buyer)] * 2)
    assert not surprises(plans)
    assert plans[0] == plans[1] == InstallmentPlan.objects.get()
    assert Order.objects.count() == 1


def two_checkouts(buyer: User) -> list[CheckoutSession]:
    """Return two checkouts of one customer: the second is one that a guest began, in another browser."""
    other = make_session(make_cart((make_goods(), 1)))
    sessions.claim(other, buyer)
    return [make_checkout(buyer), other]


def test_two_plans_of_one_customer_do_not_pass_the_limit_beside_one_another(settings: Any):
    settings.INSTALLMENT_MAX_PLANS = 1
    buyer = make_user()
    make_offer()
    acts = [buys(one, buyer) for one in two_checkouts(buyer)]
    answers = at_the_customers_turn(buyer, acts)
    assert not surprises(answers, PlanRefused, NotReady)
    assert InstallmentPlan.objects.count() == 1


def test_control_without_their_turn_both_plans_pass(settings: Any, monkeypatch: pytest.MonkeyPatch):
    settings.INSTALLMENT_MAX_PLANS = 1
    buyer = make_user()
    make_offer()
    one, other = two_checkouts(buyer)
    monkeypatch.setattr(limits, "take_turn", lambda _user: None)
    # Both have looked at what is owed before one of them is sold: each waits for its own checkout.
    answers = meet_at_a_lock(
        [buys(one, buyer), buys(other, buyer)],
        lock=lambda: list(CheckoutSession.objects.select_for_update().order_by("pk")),
    )
    assert not surprises(answers)
    assert InstallmentPlan.objects.count() == 2
