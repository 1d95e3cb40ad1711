"""Settling: in whatever order, and however often, one payment makes one order."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import StockMovement
from orders import payables
from orders.checkout import sessions
from orders.models import CheckoutSession, Order
from orders.tests.factories import (
    active,
    expire_cart,
    level_of,
    make_awaiting,
    make_cart,
    make_order,
    make_session,
    make_variant,
)
from payments import gateways, provider_requests
from payments.checkout import attempts
from payments.gateways.base import CheckoutSnapshot, NotFoundAtProvider, PaymentSnapshot, PaymentState
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from payments.refunds import sending
from payments.settlement import settle
from payments.tests.payouts.report_files import sold
from payments.tests.world import AFTER_EXPIRY, GATEWAYS, VOUCHER_CURRENCY, World
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


def seen(session: CheckoutSession) -> tuple[int, int, int]:
    """Return the numbers of orders, sale movements and confirmations of a purchase."""
    orders = Order.objects.filter(checkout=session)
    mails = EmailLog.objects.filter(kind="order_confirmation", trail=session.pk)
    return orders.count(), StockMovement.objects.filter(kind="sale").count(), mails.count()


def settled(attempt: PaymentAttempt) -> settle.Settlement:
    return settle.settle(attempt_id=attempt.pk, actor="test")


@both
def test_a_paid_purchase_becomes_an_order(providers: World, gateway: str):
    variant = make_variant(units=5)
    session = make_session(make_cart((variant, 2)))
    attempt = providers.begin(gateway, session)
    assert attempt.status == "redirected"
    providers.pay(attempt)
    order = settled(attempt).order
    assert order is not None
    payment = Payment.objects.get()
    assert (payment.status, payment.role, payment.order) == ("approved", "order", order)
    assert (payment.amount, payment.currency) == (session.total, session.currency)
    assert order.transaction_id == f"{gateway}:{payment.external_id}"
    assert order.total == session.total
    attempt.refresh_from_db()
    assert attempt.status == "paid"
    level = level_of(variant.pk)
    assert (level.on_hand, level.reserved) == (3, 0)
    assert seen(session) == (1, 1, 1)


@both
def test_webhook_first_return_first_five_times(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt)
    letters = providers.letters()
    assert letters
    for _time in range(5):
        assert {answer.status_code for answer in providers.deliver(letters)} == {200}
        settled(attempt)
    assert seen(session) == (1, 1, 1)
    assert set(WebhookEvent.objects.values_list("status", flat=True)) == {"processed"}
    assert {event.deliveries for event in WebhookEvent.objects.all()} == {5}
    assert {event.trail for event in WebhookEvent.objects.all()} == {session.pk}


@both
def test_a_declined_card_leaves_everything_as_it_was(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt, "rejected")
    providers.deliver()
    assert settled(attempt).order is None
    attempt.refresh_from_db()
    session.refresh_from_db()
    assert (attempt.status, session.status) == ("redirected", "awaiting_payment")
    assert Payment.objects.get().status == "rejected"
    assert active(checkout_id=session.pk) == 1
    again = providers.begin(gateway, session)
    assert again.pk == attempt.pk
    providers.pay(again)
    providers.deliver()
    assert seen(session) == (1, 1, 1)


@both
@pytest.mark.parametrize("fault", ["amount_delta", "other_currency"])
def test_another_amount_or_currency_never_fulfils(providers: World, gateway: str, fault: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.fault(fault)
    providers.pay(attempt)
    for _time in range(2):
        assert settled(attempt).order is None
    payment = Payment.objects.get()
    assert payment.role == "mismatch"
    assert seen(session) == (0, 0, 0)
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1
    assert Event.objects.filter(kind="attention.mismatch").count() == 1
    # Nobody pays twice while people decide.
    assert providers.begin(gateway, session).pk == attempt.pk


def test_staff_may_take_a_payment_that_does_not_fit_or_send_it_back(providers: World):
    for accept in (True, False):
        session = make_session()
        attempt = providers.begin("mercadopago", session)
        providers.fault("amount_delta")
        providers.pay(attempt)
        settled(attempt)
        payment = Payment.objects.get(attempt=attempt)
        outcome = settle.resolve(payment, actor="staff:a@example.com", accept=accept)
        payment.refresh_from_db()
        assert (outcome.order is not None) is accept
        assert payment.role == ("order" if accept else "surplus")
        assert payment.refunds.count() == (0 if accept else 1)


@both
def test_a_payment_of_another_account_is_none_of_ours(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.fault("other_account")
    providers.pay(attempt)
    assert settled(attempt).order is None
    assert not Payment.objects.exists()


def test_a_second_payment_goes_back_and_leaves_the_order_alone(providers: World):
    session = make_session()
    attempt = providers.begin("mercadopago", session)
    first = providers.pay(attempt)
    order = settled(attempt).order
    assert order is not None
    second = providers.pay_again(attempt, first)
    for _time in range(2):
        assert settled(attempt).order == order
    surplus = Payment.objects.get(external_id=second.id)
    assert (surplus.role, surplus.order) == ("surplus", order)
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount, refund.origin) == (surplus, session.total, "automatic")
    sending.send(refund.pk)
    settled(attempt)
    surplus.refresh_from_db()
    assert surplus.status == "refunded"
    assert Payment.objects.get(external_id=first.id).status == "approved"
    assert EmailLog.objects.filter(kind="payment_surplus_returned").count() == 1
    assert seen(session) == (1, 1, 1)


@both
def test_late_money_with_stock_becomes_an_order(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    let_it_end(attempt, session)
    providers.pay(attempt, late=True)
    assert settled(attempt).order is not None
    assert seen(session) == (1, 1, 1)
    attempt.refresh_from_db()
    assert attempt.status == "paid"


@both
def test_late_money_without_stock_goes_back_through_the_provider(providers: World, gateway: str):
    variant = make_variant(units=1)
    session = make_session(make_cart((variant, 1)))
    attempt = providers.begin(gateway, session)
    let_it_end(attempt, session)
    make_cart((variant, 1))
    providers.pay(attempt, late=True)
    for _time in range(3):
        assert settled(attempt).order is None
    payment = Payment.objects.get()
    assert payment.role == "surplus"
    refund = Refund.objects.get()
    assert sending.send(refund.pk).status == "succeeded"
    settled(attempt)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_amount) == ("refunded", session.total)
    assert seen(session) == (0, 0, 0)
    assert EmailLog.objects.filter(kind="order_refunded_late", to=session.email).count() == 1
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1


def let_it_end(attempt: PaymentAttempt, session: CheckoutSession) -> None:
    """Close the attempt at the provider, then let the session and all its reservations end."""
    attempts.close(attempt, actor="test", end="expired")
    attempt.refresh_from_db()
    assert attempt.status == "expired"
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sessions.expire_due() == 1
    if session.cart:
        expire_cart(session.cart)


@both
def test_a_voucher_keeps_the_reservation_for_its_own_term(providers: World, settings, gateway: str):
    settings.SHOP_CURRENCY = VOUCHER_CURRENCY[gateway] or settings.SHOP_CURRENCY
    session = make_session()
    attempt = providers.begin(gateway, session)
    voucher = providers.pay(attempt, "voucher")
    for _time in range(3):
        providers.deliver()
        settled(attempt)
    attempt.refresh_from_db()
    session.refresh_from_db()
    assert attempt.status == "pending"
    assert attempt.voucher_url
    assert attempt.voucher_until is not None
    assert attempt.voucher_until > timezone.now() + timedelta(days=1)
    assert session.expires_at > attempt.voucher_until
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(expires_at) FROM inventory_reservation WHERE status = 'active'")
        assert cursor.fetchone()[0] > attempt.voucher_until
    assert EmailLog.objects.filter(kind="payment_pending").count() == 1
    providers.pay_voucher(attempt, voucher)
    providers.deliver()
    assert seen(session) == (1, 1, 1)


@both
def test_a_voucher_that_expires_lets_the_shopper_try_again(providers: World, settings, gateway: str):
    settings.SHOP_CURRENCY = VOUCHER_CURRENCY[gateway] or settings.SHOP_CURRENCY
    session = make_session()
    attempt = providers.begin(gateway, session)
    voucher = providers.pay(attempt, "voucher")
    settled(attempt)
    providers.expire_voucher(attempt, voucher)
    settled(attempt)
    attempt.refresh_from_db()
    session.refresh_from_db()
    assert (attempt.status, session.status) == AFTER_EXPIRY[gateway]
    again = providers.begin(gateway, session)
    providers.pay(again)
    settled(again)
    assert seen(session) == (1, 1, 1)


@both
def test_a_refund_made_in_the_panel_is_synced(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    payment_there = providers.pay(attempt)
    settled(attempt)
    providers.refund_in_panel(attempt, payment_there, "100.00")
    for _time in range(2):
        providers.deliver()
        settled(attempt)
    refund = Refund.objects.get()
    assert (refund.origin, refund.status, refund.amount) == ("provider", "succeeded", Decimal("100.00"))
    payment = Payment.objects.get()
    assert (payment.status, payment.refunded_amount) == ("approved", Decimal("100.00"))


@both
def test_a_dispute_is_synced_and_told_once(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    there = providers.pay(attempt)
    settled(attempt)
    providers.dispute(attempt, there)
    for _time in range(2):
        providers.deliver()
        settled(attempt)
    assert Payment.objects.get().status == "disputed"
    assert EmailLog.objects.filter(kind="dispute_opened").count() == 1
    assert Order.objects.count() == 1


def test_older_news_never_overwrite_newer_ones(providers: World):
    attempt = providers.begin("mercadopago")
    before = settle.ask(attempt)
    providers.pay(attempt, "in_process")
    pending = settle.ask(attempt)
    there = Payment.objects.count()
    assert there == 0
    providers.do("mp.approve", pending.payments[0].external_id)
    settled(attempt)
    for old in (pending, before):
        settle.apply(attempt.pk, old, actor="test")
    assert Payment.objects.get().status == "approved"
    attempt.refresh_from_db()
    assert attempt.status == "paid"


def test_a_late_notification_moves_nothing_back(providers: World):
    attempt = providers.begin("mercadopago")
    there = providers.pay(attempt)
    order = settled(attempt).order
    events = Event.objects.count()
    providers.do("mp.notify", there.id)
    providers.deliver()
    assert settled(attempt).order == order
    assert Event.objects.exclude(subject_type="payments.webhookevent").count() == events


@pytest.mark.parametrize(("first", "second"), [("late", "early"), ("one", "two")])
def test_of_two_payments_the_one_that_came_first_buys(first: str, second: str):
    """Of two of one instant it is the one that was told first."""
    session = make_awaiting()
    attempt = sold("x", str(session.total), days_ago=0).attempt
    make_order()  # Somebody else's is no order of this purchase.
    now = timezone.now()
    hours_ago = {"early": 5, "late": 1, "one": 3, "two": 3}

    def snapshot(number: str) -> PaymentSnapshot:
        return PaymentSnapshot(
            external_id=number,
            reference=attempt.reference,
            state=PaymentState.APPROVED,
            status="approved",
            status_detail="",
            amount=attempt.amount,
            currency=attempt.currency,
            refunded_amount=Decimal(0),
            refunds=(),
            method="visa",
            installments=1,
            approved_at=now - timedelta(hours=hours_ago[number]),
            updated_at=now,
            voucher_url="",
            voucher_expires_at=None,
            is_ours=True,
            raw={},
        )

    Payment.objects.all().delete()
    fingerprint = provider_requests.fingerprint(payables.bill_of(session))
    PaymentAttempt.objects.filter(pk=attempt.pk).update(fingerprint=fingerprint, status="redirected")
    answer = CheckoutSnapshot("x", attempt.reference, None, "", (snapshot(first), snapshot(second)), now)
    order = settle.apply(attempt.pk, answer, actor="test").order
    buys, other = ("early", "late") if first == "late" else (first, second)
    assert order is not None
    assert order.transaction_id == f"mercadopago:{buys}"
    assert order.placed_at == now - timedelta(hours=hours_ago[buys])
    assert dict(Payment.objects.values_list("external_id", "role")) == {buys: "order", other: "surplus"}


@pytest.mark.parametrize("is_there", [True, False])
def test_what_was_opened_and_never_written_down_is_found_by_its_reference(
    monkeypatch: pytest.MonkeyPatch, is_there: bool
):
    attempt = PaymentAttempt(gateway="stripe", created_at=timezone.now())
    snapshot = CheckoutSnapshot("cs_1", attempt.reference, None, "", (), timezone.now())

    def find(reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        return (
            snapshot if is_there and (reference, since) == (attempt.reference, attempt.created_at) else None
        )

    monkeypatch.setattr(gateways, "get", lambda *_arguments: SimpleNamespace(find=find))
    if is_there:
        assert settle.ask(attempt) is snapshot
    else:
        with pytest.raises(NotFoundAtProvider):
            settle.ask(attempt)


def test_a_payment_that_makes_an_order_keeps_its_budget_of_statements(providers: World):
    for _turn in range(2):  # The first time more is read, and kept.
        attempt = providers.begin("mercadopago")
        providers.pay(attempt)
        snapshot = settle.ask(attempt)
        with CaptureQueriesContext(connection) as captured:
            order = settle.apply(attempt.pk, snapshot, actor="test").order
    assert order is not None
    asked = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 24, len(asked)
