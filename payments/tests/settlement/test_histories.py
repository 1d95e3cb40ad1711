"""Random histories: whatever snapshots arrive, in whatever order and however often, each payment ends once.

The provider here is a value, not a server: hypothesis draws payments and their changes, shuffles the snapshots, repeats
old ones, and asks the same questions after every step.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.checks import runner
from inventory.models import StockMovement
from orders import payables
from orders.models import CheckoutSession, Order
from orders.tests.factories import make_cart, make_session, make_variant
from payments.checkout import attempts
from payments.gateways.base import CheckoutSnapshot, CheckoutState, PaymentSnapshot, PaymentState
from payments.models import Payment, PaymentAttempt, Refund
from payments.settlement import settle
from tests.support.soak import amount

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
STATES = [None, *PaymentState]


def snapshot(
    attempt: PaymentAttempt, number: int, state: PaymentState | None, step: int, extra: int
) -> PaymentSnapshot:
    moment = START + timedelta(minutes=step)
    has_money = state in {
        PaymentState.APPROVED,
        PaymentState.DISPUTED,
        PaymentState.REFUNDED,
        PaymentState.CHARGED_BACK,
    }
    return PaymentSnapshot(
        external_id=f"{attempt.pk.hex}-{number}",  # The histories share a database.
        reference=attempt.reference,
        state=state,
        status=str(state or "something_new"),
        status_detail="",
        amount=attempt.amount + extra,
        currency=attempt.currency,
        refunded_amount=attempt.amount + extra if state == PaymentState.REFUNDED else Decimal("0.00"),
        refunds=(),
        method="visa",
        installments=1,
        approved_at=moment if has_money else None,
        updated_at=moment,
        voucher_url="",
        voucher_expires_at=moment + timedelta(days=400) if state == PaymentState.PENDING else None,
        is_ours=True,
        raw={},
    )


class Provider:
    """The provider's state: payments by number, and every answer it ever gave."""

    def __init__(self, attempt: PaymentAttempt) -> None:
        self.attempt, self.step = attempt, 0
        self.payments: dict[int, PaymentSnapshot] = {}
        self.state = CheckoutState.OPEN
        self.answers: list[CheckoutSnapshot] = []

    def change(self, number: int, state: PaymentState | None, extra: int) -> None:
        self.step += 1
        self.payments[number] = snapshot(self.attempt, number, state, self.step, extra)

    def answer(self) -> CheckoutSnapshot:
        snapshot = CheckoutSnapshot(
            external_id=self.attempt.external_id,
            reference=self.attempt.reference,
            state=self.state,
            redirect_url="",
            payments=tuple(self.payments.values()),
            fetched_at=START + timedelta(minutes=self.step),
        )
        self.answers.append(snapshot)
        return snapshot


def check(attempt: PaymentAttempt, provider: Provider) -> None:
    """What must be true after every step."""
    orders = list(Order.objects.filter(checkout=attempt.purchase_id))
    payers = list(Payment.objects.filter(attempt=attempt, role="order"))
    assert len(orders) == len(payers) <= 1
    assert StockMovement.objects.filter(
        kind="sale", cause_id__in=[order.pk for order in orders]
    ).count() == len(orders)
    for payment in Payment.objects.filter(attempt=attempt):
        live = Refund.objects.filter(payment=payment).exclude(status="failed")
        assert sum(refund.amount for refund in live) <= payment.amount
        if payment.role == "order":
            assert (payment.amount, payment.currency) == (attempt.amount, attempt.currency)
        if payment.role == "surplus":
            assert [refund.amount for refund in live] == [payment.amount]
        if payment.status == "approved":
            assert payment.role != "none", "money in limbo"
    session = CheckoutSession.objects.get(pk=attempt.purchase_id)
    assert (session.status == "completed") == bool(orders)


CHANGE = st.tuples(
    st.just("change"), st.integers(0, 2), st.sampled_from(STATES), st.sampled_from([0, 0, 0, 1])
)
TELL = st.tuples(st.just("tell"), st.just(0), st.none(), st.just(0))
REPEAT = st.tuples(st.just("repeat"), st.integers(0, 20), st.none(), st.just(0))
END = st.tuples(st.just("end"), st.just(0), st.none(), st.just(0))


@settings(
    max_examples=amount("histories of payments", usual=10, soak=150),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.one_of(CHANGE, TELL, TELL, REPEAT, END), min_size=1, max_size=12))
def test_any_history_ends_well(db: None, history: list[tuple[str, int, PaymentState | None, int]]):
    session = make_session(make_cart((make_variant(units=2), 1)))
    attempt = attempts.create(payables.of_purchase(session), "mercadopago", actor="test")
    PaymentAttempt.objects.filter(pk=attempt.pk).update(status="redirected", external_id=attempt.reference)
    attempt.refresh_from_db()
    provider = Provider(attempt)
    for verb, number, state, extra in history:
        if verb == "change":
            provider.change(number, state, extra)
        elif verb == "end":
            provider.state = CheckoutState.EXPIRED
        snapshot = (
            provider.answers[number % len(provider.answers)]
            if verb == "repeat" and provider.answers
            else None
        )
        settle.apply(attempt.pk, snapshot or provider.answer(), actor="test")
        check(attempt, provider)
    last = provider.answer()
    settle.apply(attempt.pk, last, actor="test")
    before = list(Payment.objects.order_by("pk").values_list("status", "role", "external_id"))
    # Everything that was ever said, said again: nothing moves.
    for snapshot in [*reversed(provider.answers), *provider.answers]:
        settle.apply(attempt.pk, snapshot, actor="test")
    assert list(Payment.objects.order_by("pk").values_list("status", "role", "external_id")) == before
    known = {payment.external_id: payment for payment in last.payments if payment.state}
    for row in Payment.objects.filter(attempt=attempt):
        if row.external_id in known:
            assert row.status == known[row.external_id].state
    check(attempt, provider)
    assert not runner.check()


def test_control_without_the_guard_against_older_news_the_payment_goes_back(monkeypatch: pytest.MonkeyPatch):
    """The same histories must be able to fail: without the guard an old answer undoes a newer one."""
    session = make_session()
    attempt = attempts.create(payables.of_purchase(session), "mercadopago", actor="test")
    provider = Provider(attempt)
    provider.change(0, PaymentState.PENDING, 0)
    old = provider.answer()
    provider.change(0, PaymentState.APPROVED, 0)
    settle.apply(attempt.pk, provider.answer(), actor="test")
    settle.apply(attempt.pk, old, actor="test")
    assert Payment.objects.get().status == "approved"
    monkeypatch.setattr("payments.settlement.sync.is_older", lambda *_arguments: False)
    settle.apply(attempt.pk, old, actor="test")
    assert Payment.objects.get().status == "pending"
