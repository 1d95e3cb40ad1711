"""Money that is going back already when the shop first hears of it: it buys nothing, and it never goes back twice."""

import pytest

from orders.models import Order
from orders.tests.factories import make_session
from payments import refunds, settle
from payments.models import Payment, PaymentAttempt, Refund
from payments.tests.world import GATEWAYS, World

pytestmark = pytest.mark.django_db
ALL = pytest.mark.parametrize("gateway", GATEWAYS)
STAFF = "staff:a@example.com"


def going_back(providers: World, gateway: str) -> tuple[PaymentAttempt, str]:
    """Pay; before anybody tells us, all of it is sent back in the panel, and the bank takes its time."""
    attempt = providers.begin(gateway)
    record = providers.pay(attempt)
    providers.fault("refund_in_process", gateway)
    providers.refund_in_panel(attempt, record, str(attempt.amount))
    return attempt, record.id


@ALL
def test_money_on_its_way_back_makes_no_order(providers: World, gateway: str) -> None:
    attempt, _record = going_back(providers, gateway)
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    assert (payment.role, payment.refunded_amount) == ("mismatch", 0)
    assert not Order.objects.exists()
    assert list(Refund.objects.values_list("origin", "status")) == [("provider", "pending")]


@ALL
def test_money_on_its_way_back_that_nobody_can_be_sold_anything_for_is_settled_too(
    providers: World, gateway: str
) -> None:
    """A second payment (or late money) whose refund was begun in the panel: nothing is left that could go back."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    record = providers.pay(attempt)
    providers.fault("refund_in_process", gateway)
    providers.refund_in_panel(attempt, record, str(attempt.amount))
    session.lines.update(variant=None)  # What was bought is not sold any more.
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert Payment.objects.get().role == "mismatch"
    settle.resolve(Payment.objects.get(), actor=STAFF, accept=False)
    assert (Payment.objects.get().role, Refund.objects.count()) == ("surplus", 1)


@ALL
def test_a_panel_refund_that_comes_to_nothing_leaves_the_money_to_be_decided(
    providers: World, gateway: str
) -> None:
    attempt, _record = going_back(providers, gateway)
    settle.settle(attempt_id=attempt.pk, actor="test")
    panel = Refund.objects.get()
    verb = {"mercadopago": "mp.refund_reject"}.get(gateway, f"{gateway}.refund_fail")
    providers.do(verb, panel.external_id)
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    assert (payment.role, refunds.refundable(payment)) == ("mismatch", payment.amount)
    order = settle.resolve(payment, actor=STAFF, accept=True).order
    assert order is not None
    assert Payment.objects.get().role == "order"
