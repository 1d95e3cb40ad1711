"""Rows 5, 6, 8, 12–14: late, double or mismatched payments and refunds end as an order or as a refund."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inventory import reservations
from inventory.models import Reservation
from orders.checkout import sessions
from orders.models import CheckoutSession, Order
from orders.tests.factories import active, expire_cart, level_of, make_cart, make_session, make_variant
from payments import gateways, tasks
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import refund_requests
from payments.settlement import settle
from payments.tests.edge_cases.stack import Shop, effects, roles
from payments.tests.world import BROKEN_LINE, GATEWAYS, REFUND_KINDS, VOUCHER_CURRENCY, World
from shop.core.models import EmailLog, Event

every = pytest.mark.parametrize("gateway", GATEWAYS)
STAFF = "staff:a@example.com"
PAID, NOTHING = (1, 1, 1), (0, 0, 0)


@pytest.fixture
def vouchers(settings: Any, gateway: str) -> None:
    """Let the provider offer vouchers: Stripe has them in Mexico and Brazil."""
    settings.SHOP_CURRENCY = VOUCHER_CURRENCY[gateway] or settings.SHOP_CURRENCY
    gateways.forget()


def run_out(shop: Shop, attempt: PaymentAttempt) -> None:
    """Let the attempt's time, the session's and every reservation's be over, and run the jobs."""
    past = timezone.now() - timedelta(hours=1)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        expires_at=past, voucher_until=past, next_check_at=past
    )
    shop.keep_at(tasks.reconcile)
    CheckoutSession.objects.filter(pk=attempt.purchase_id).update(expires_at=past)
    sessions.expire_due()
    session = CheckoutSession.objects.get(pk=attempt.purchase_id)
    if session.cart:
        expire_cart(session.cart)
    Reservation.objects.filter(status="active").update(expires_at=past)
    reservations.expire_due()


def paid(shop: Shop, providers: World, gateway: str) -> Payment:
    """Buy something; return its payment."""
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    shop.deliver()
    return Payment.objects.get(attempt=attempt)


def ask(payment: Payment, amount: str | Decimal, key: str = "k1") -> Refund:
    return refund_requests.request(payment, Decimal(amount), Refund.Origin.STAFF, "because", key, actor=STAFF)


def sent_back(shop: Shop, refund: Refund) -> Refund:
    """Let the worker send a refund as often as it takes; return it as it then is."""
    shop.keep_at(tasks.send_refunds)
    refund.refresh_from_db()
    return refund


# -- Late -----------------------------------------------------------------------------------------------------------


@every
def test_row_05_late_approval_with_the_stock_still_there(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    run_out(shop, attempt)
    attempt.refresh_from_db()
    assert (attempt.status, active()) == ("expired", 0)
    providers.pay(attempt, late=True)
    shop.deliver()
    attempt.refresh_from_db()
    assert (effects(session), attempt.status, roles()) == (PAID, "paid", ["order"])


@every
def test_row_05_late_approval_with_the_stock_gone(shop: Shop, providers: World, gateway: str):
    variant = make_variant(units=1)
    session = make_session(make_cart((variant, 1)))
    attempt = providers.begin(gateway, session)
    run_out(shop, attempt)
    make_cart((variant, 1))
    providers.pay(attempt, late=True)
    shop.deliver()
    refund = sent_back(shop, Refund.objects.get())
    assert (refund.status, refund.amount, roles()) == ("succeeded", session.total, ["surplus"])
    assert len(providers.records(REFUND_KINDS[gateway])) == 1
    assert effects(session) == NOTHING
    assert EmailLog.objects.filter(kind="order_refunded_late", to=session.email).count() == 1
    assert level_of(variant.pk).on_hand == 1


@every
@pytest.mark.usefixtures("vouchers")
def test_row_05_a_cash_voucher_is_dead_at_the_provider_before_its_units_are_free(
    shop: Shop, providers: World, gateway: str
):
    """What can be cancelled is (Mercado Pago, Conekta); Stripe's cash voucher stays payable: a late payment."""
    variant = make_variant(units=4)
    session = make_session(make_cart((variant, 1)))
    attempt = providers.begin(gateway, session)
    cash_voucher = providers.pay(attempt, "voucher")
    shop.deliver()
    attempt.refresh_from_db()
    assert attempt.status == "pending"
    run_out(shop, attempt)
    attempt.refresh_from_db()
    assert level_of(variant.pk).reserved == 0
    if gateway != "stripe":
        assert attempt.status == "expired"
        (payment,) = settle.ask(attempt).payments
        assert payment.state == "cancelled"
    # Paid at the counter all the same.
    if gateway == "conekta":
        providers.pay(attempt, late=True)
    else:
        providers.pay_voucher(attempt, cash_voucher)
    shop.deliver()
    assert (effects(session), roles()[-1]) == (PAID, "order")


@every
@pytest.mark.usefixtures("vouchers")
def test_row_05_a_late_cash_voucher_without_stock_ends_with_people_where_it_must(
    shop: Shop, providers: World, gateway: str
):
    variant = make_variant(units=4)
    session = make_session(make_cart((variant, 2)))
    attempt = providers.begin(gateway, session)
    cash_voucher = providers.pay(attempt, "voucher")
    shop.deliver()
    PaymentAttempt.objects.filter(pk=attempt.pk).update(next_check_at=None)
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    sessions.expire_due()
    assert session.cart
    expire_cart(session.cart)
    make_cart((variant, 4))
    providers.pay_voucher(attempt, cash_voucher)
    shop.deliver()
    refund = sent_back(shop, Refund.objects.get())
    # OXXO and references cannot go back through the API (docs/providers/stripe.md#refunds): a person transfers them.
    assert refund.status == ("succeeded" if gateway == "mercadopago" else "manual")
    assert effects(session) == NOTHING
    assert Event.objects.filter(kind__startswith="attention.").exists()


# -- Double ---------------------------------------------------------------------------------------------------------


@every
@pytest.mark.parametrize("first", ["old", "new"])
def test_row_06_two_payments_for_one_purchase(shop: Shop, providers: World, gateway: str, first: str):
    """Two tabs: the old checkout was ended, and is paid all the same. Whichever is settled second is refunded."""
    session = make_session()
    old = providers.begin(gateway, session)
    new = providers.begin("mercadopago" if gateway == "stripe" else "stripe", session)
    pays = {"old": lambda: providers.pay(old, late=True), "new": lambda: providers.pay(new)}
    for which in (first, "new" if first == "old" else "old"):
        pays[which]()
        shop.deliver()
    order = Order.objects.get()
    assert order.transaction_id.startswith((old if first == "old" else new).gateway)
    refund = sent_back(shop, Refund.objects.get())
    assert (refund.status, refund.payment.role, refund.amount) == ("succeeded", "surplus", session.total)
    shop.deliver()
    keeper = Payment.objects.get(role="order")
    # The order's own payment is untouched, and nobody reads it as returned (woocommerce#9297).
    assert (keeper.status, keeper.refunded_amount, keeper.refunds.count()) == ("approved", Decimal(0), 0)
    assert effects(session) == PAID
    assert EmailLog.objects.filter(kind="payment_surplus_returned").count() == 1


def test_row_06_one_preference_paid_twice(shop: Shop, providers: World):
    """Mercado Pago only: a preference can be paid more than once, so it is ended when it is paid."""
    session = make_session()
    attempt = providers.begin("mercadopago", session)
    providers.pay_again(attempt, providers.pay(attempt))
    shop.deliver()
    refund = sent_back(shop, Refund.objects.get())
    assert (refund.status, effects(session), roles()) == ("succeeded", PAID, ["order", "surplus"])
    shop.later()
    shop.job(tasks.reconcile)
    attempt.refresh_from_db()
    assert attempt.closed_at is not None
    assert settle.ask(attempt).payments


# -- Odd ------------------------------------------------------------------------------------------------------------


@every
@pytest.mark.parametrize(
    ("fault", "params"),
    [("amount_delta", {"delta": "1.00"}), ("amount_delta", {"delta": "-1.00"}), ("other_currency", {})],
)
def test_row_08_amount_or_currency_mismatch(
    shop: Shop, providers: World, gateway: str, fault: str, params: dict[str, str]
):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.fault(fault, gateway, params=params)
    providers.pay(attempt)
    shop.deliver()
    shop.deliver()
    payment = Payment.objects.get()
    assert (payment.role, effects(session)) == ("mismatch", NOTHING)
    assert not Refund.objects.exists()
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1
    # Nobody pays twice while people decide; what they send back goes back once.
    assert providers.begin(gateway, session).pk == attempt.pk
    settle.resolve(payment, actor=STAFF, accept=False)
    refund = sent_back(shop, Refund.objects.get())
    assert (refund.status, refund.amount) == ("succeeded", payment.amount)


# -- Back -----------------------------------------------------------------------------------------------------------


@every
@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_row_12_time_out_on_the_refund(shop: Shop, providers: World, gateway: str, fault: str):
    """Whether it had its effect or not: the same key (or a look first), and one refund in the end."""
    payment = paid(shop, providers, gateway)
    providers.fault(fault, gateway, request="refunds", count=None, params=BROKEN_LINE)
    refund = ask(payment, "500")
    shop.quiet()
    refund.refresh_from_db()
    assert (refund.status, refund.attempts, refund.key_try) == ("requested", 1, 0)
    providers.handle.sandbox.faults.clear()
    refund = sent_back(shop, refund)
    (there,) = providers.records(REFUND_KINDS[gateway])
    assert (refund.status, refund.external_id, refund.key_try) == ("succeeded", there.id, 0)
    payment.refresh_from_db()
    assert payment.refunded_amount == 500


@every
def test_row_12_the_same_amount_twice_is_two_refunds_across_time_outs(
    shop: Shop, providers: World, gateway: str
):
    """Looking for what an earlier try has left must not take another refund of the same amount for it."""
    payment = paid(shop, providers, gateway)
    first = ask(payment, "500")
    shop.quiet()
    providers.fault("timeout_after", gateway, request="refunds", count=3, params=BROKEN_LINE)
    second = ask(payment, "500", "k2")
    shop.quiet()
    providers.handle.sandbox.faults.clear()
    for refund in (first, second):
        assert sent_back(shop, refund).status == "succeeded"
    there = {record.id for record in providers.records(REFUND_KINDS[gateway])}
    assert there == {refund.external_id for refund in Refund.objects.all()}
    assert len(there) == 2


@every
def test_row_13_refund_in_the_panel(shop: Shop, providers: World, gateway: str):
    payment = paid(shop, providers, gateway)
    record = next(iter(providers.records({"mercadopago": "mp_payment"}.get(gateway, "none"))), None)
    providers.refund_in_panel(payment.attempt, record or payment, "100.00")  # type: ignore[arg-type]
    shop.deliver()
    mirrored = Refund.objects.get()
    assert (mirrored.origin, mirrored.status, mirrored.amount) == ("provider", "succeeded", Decimal(100))
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_amount) == ("approved", Decimal(100))
    rest = refund_requests.refundable(payment)
    assert rest == payment.amount - 100
    # The rest by ourselves, and nothing twice.
    assert sent_back(shop, ask(payment, rest)).status == "succeeded"
    shop.deliver()
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_amount, Refund.objects.count()) == (
        "refunded",
        payment.amount,
        2,
    )


@every
def test_row_13_chargeback(shop: Shop, providers: World, settings: Any, gateway: str):
    payment = paid(shop, providers, gateway)
    record = next(iter(providers.records({"mercadopago": "mp_payment"}.get(gateway, "none"))), None)
    providers.dispute(payment.attempt, record or payment)  # type: ignore[arg-type]
    shop.deliver()
    payment.refresh_from_db()
    assert payment.status == "disputed"
    assert Order.objects.count() == 1
    assert EmailLog.objects.filter(to=settings.SHOP_EMAIL).exists()


@every
def test_row_14_refund_fails_later(shop: Shop, providers: World, gateway: str):
    """Stripe may take back even one that had succeeded; the others fail one that was on its way."""
    payment = paid(shop, providers, gateway)
    if gateway != "stripe":
        providers.fault("refund_in_process", gateway)
    refund = ask(payment, payment.amount)
    shop.quiet()
    refund.refresh_from_db()
    assert refund.status == ("succeeded" if gateway == "stripe" else "pending")
    fails = {"mercadopago": "mp.refund_reject"}.get(gateway, f"{gateway}.refund_fail")
    providers.do(fails, refund.external_id)
    shop.deliver()
    shop.later()
    shop.job(tasks.send_refunds)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.refunded_amount, payment.status) == ("failed", Decimal(0), "approved")
    assert refund_requests.refundable(payment) == payment.amount
    assert Event.objects.filter(kind="attention.refund-failed").count() == 1
    # A person tries again: a new refund with a new key.
    assert refund_requests.retry(refund, actor=STAFF)
    shop.quiet()
    again = sent_back(shop, refund)
    assert (again.status, again.key_try) == ("succeeded", 1)


@every
def test_row_14_too_much_is_refused_by_the_database_itself(shop: Shop, providers: World, gateway: str):
    """Raw SQL, past every verb: the sum of what has not failed never exceeds the payment."""
    payment = paid(shop, providers, gateway)
    half = (payment.amount / 2).quantize(payment.amount)
    refund = ask(payment, half)
    insert = (
        "INSERT INTO payments_refund SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'id', gen_random_uuid(), 'dedupe_key', %s::text, 'external_id', '', 'amount', %s::numeric))).* "
        "FROM payments_refund r WHERE r.id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(insert, ["raw:fits", payment.amount - half, refund.pk])
        with pytest.raises(IntegrityError, match="would exceed the payment"), transaction.atomic():
            cursor.execute(insert, ["raw:too much", Decimal("0.01"), refund.pk])
        with pytest.raises(IntegrityError, match="would exceed the payment"), transaction.atomic():
            cursor.execute("UPDATE payments_refund SET amount = amount + 0.01 WHERE id = %s", [refund.pk])
        cursor.execute("UPDATE payments_refund SET status = 'failed' WHERE dedupe_key = 'raw:fits'")
        cursor.execute(insert, ["raw:in its place", payment.amount - half, refund.pk])
        with pytest.raises(IntegrityError, match="would exceed the payment"), transaction.atomic():
            cursor.execute("UPDATE payments_refund SET status = 'requested' WHERE dedupe_key = 'raw:fits'")
