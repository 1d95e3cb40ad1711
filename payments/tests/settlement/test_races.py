"""Concurrent settling on the real PostgreSQL, with real threads; and controls which show that the guards are needed."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import F

from inventory.models import StockMovement
from orders import payables
from orders.models import CheckoutSession, Order
from orders.tests.factories import make_awaiting, make_session
from payments.checkout import attempts
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.payouts.report_files import sold
from payments.tests.world import CHECKOUT_KINDS, GATEWAYS, World, post
from shop.core.models import EmailLog
from tests.races.tools.rendezvous import meet, stopping
from tests.support.unlocked import without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
both = pytest.mark.parametrize("gateway", GATEWAYS)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in a thread of its own, all released together; return what each returned or raised."""
    barrier, results = Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(60)
            results[number] = act()
        except Exception as error:  # noqa: BLE001
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody is still waiting"
    return results


def effects(attempt: PaymentAttempt) -> tuple[int, int, int, int]:
    """Return the numbers of orders, payments, sale movements and confirmations."""
    return (
        Order.objects.filter(checkout=attempt.purchase_id).count(),
        Payment.objects.filter(attempt=attempt).count(),
        StockMovement.objects.filter(kind="sale").count(),
        EmailLog.objects.filter(kind="order_confirmation").count(),
    )


@both
def test_webhooks_returns_and_the_job_at_once_make_one_order(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    letters = providers.letters()
    knocks = [lambda letter=letter: post(letter).status_code for letter in letters * 2]
    asks = [lambda: settle.settle(attempt_id=attempt.pk, actor="race").order.pk for _turn in range(4)]
    results = at_once(*knocks, *asks)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(set(results[len(knocks) :])) == 1
    at_once(providers.work, providers.work)
    assert effects(attempt) == (1, 1, 1, 1)


def test_control_without_the_locks_the_race_shows(providers: World, monkeypatch: pytest.MonkeyPatch):
    """Take the locks away: everybody finds the payment undecided and makes an order, and the database must object."""
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    snapshot = settle.ask(attempt)
    decide, together = settle._decide, Barrier(4, timeout=60)
    monkeypatch.setattr(settle, "_decide", lambda *_arguments, **_options: None)
    settle.apply(attempt.pk, snapshot, actor="race")
    assert Payment.objects.get().role == "none"

    without_row_locks(monkeypatch)
    # Writing the row would be a lock, too: every thread only reads it.
    monkeypatch.setattr(
        "payments.settlement.sync.payment", lambda *_arguments, **_options: (Payment.objects.get(), False)
    )
    monkeypatch.setattr(settle, "_decide", decide)
    # Each has found no order when the first one is written.
    racer = stopping(
        lambda: settle.apply(attempt.pk, snapshot, actor="race"),
        before='INSERT INTO "orders_order" ',
        wait=together.wait,
    )
    results = at_once(*[racer] * 4)
    assert sum(isinstance(result, IntegrityError) for result in results) == 3, results
    assert Order.objects.count() == 1


def test_the_database_refuses_a_second_payer_and_a_second_row(providers: World):
    """The database itself refuses what the lock prevents: a second payment that pays the same order."""
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    order = settle.settle(attempt_id=attempt.pk, actor="race").order
    twin: dict[str, Any] = {"attempt": attempt, "gateway": "stripe", "external_id": "pi_twin", "amount": 1}
    with pytest.raises(IntegrityError, match="payment_one_pays_it"):
        Payment.objects.create(**twin, order=order, role="order", status="approved")
    with pytest.raises(IntegrityError, match="payment_external_unique"):
        Payment.objects.create(
            **{**twin, "external_id": Payment.objects.get().external_id}, status="approved"
        )


@both
def test_eight_clicks_open_one_checkout(providers: World, gateway: str):
    session = make_session()
    click = lambda: attempts.start(payable=payables.of_purchase(session), gateway=gateway, actor="shopper")  # noqa: E731
    results = at_once(*[click] * 8)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert len({result.pk for result in results}) == 1
    assert len({result.redirect_url for result in results if result.redirect_url}) == 1
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == 1


def test_two_tabs_with_two_providers_leave_one_live_checkout(providers: World):
    session = make_session()
    at_once(
        *[
            lambda gateway=gateway: attempts.start(
                payable=payables.of_purchase(session), gateway=gateway, actor="shopper"
            )
            for gateway in ("mercadopago", "stripe") * 2
        ]
    )
    live = PaymentAttempt.objects.filter(purchase=session, status__in=PaymentAttempt.LIVE)
    assert live.count() <= 1
    open_there = [record for kind in ("mp_preference", "st_session") for record in providers.records(kind)]
    alive = [
        record
        for record in open_there
        if (record.body.get("url") or record.kind == "mp_preference")
        and PaymentAttempt.objects.filter(external_id=record.id, status__in=PaymentAttempt.LIVE).exists()
    ]
    assert len(alive) <= 1


def test_two_attempts_paid_at_once_make_one_order_and_one_refund(providers: World):
    """The old checkout is paid in the moment in which the new one is: both approved, one order, the other goes back."""
    session = make_session()
    old = providers.begin("mercadopago", session)
    new = providers.begin("stripe", session)
    providers.pay(old, late=True)
    providers.pay(new)
    results = at_once(
        *[lambda one=one: settle.settle(attempt_id=one.pk, actor="race") for one in (old, new) * 2]
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    assert Order.objects.count() == 1
    assert sorted(Payment.objects.values_list("role", flat=True)) == ["order", "surplus"]
    assert Refund.objects.get().payment.role == "surplus"
    assert StockMovement.objects.filter(kind="sale").count() == 1


def test_refunds_asked_at_once_never_exceed_the_payment(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="race")
    payment = Payment.objects.get()
    part = (payment.amount / 2).quantize(payment.amount)
    results = at_once(
        *[
            lambda key=key: refund_requests.request(payment, part, "staff", "race", key, actor="race")
            for key in "abcdef"
        ]
    )
    assert sum(isinstance(result, Refund) for result in results) == 2
    assert sum(isinstance(result, refund_requests.OverRefund) for result in results) == 4


def test_control_the_database_refuses_too_much_even_without_the_verb(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="race")
    payment = Payment.objects.get()
    row = {"payment": payment, "amount": payment.amount, "currency": "ARS"}
    results = at_once(*[lambda key=key: Refund.objects.create(**row, dedupe_key=key) for key in "abcd"])
    assert sum(isinstance(result, Refund) for result in results) == 1
    assert sum(isinstance(result, IntegrityError) for result in results) == 3


def test_a_refund_sent_twice_at_once_is_sent_once(providers: World):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="race")
    payment = Payment.objects.get()
    refund = refund_requests.request(payment, payment.amount, "staff", "race", "one", actor="race")
    at_once(*[lambda: sending.send(refund.pk)] * 4)
    refund.refresh_from_db()
    assert (refund.status, refund.attempts) == ("succeeded", 1)
    assert len(providers.records("mp_refund")) == 1


def test_a_failed_refund_that_is_tried_again_locks_its_payment_first():
    """Settling locks the payment, then its refunds; the other order would be a deadlock."""
    payment = sold("1", gateway="stripe")
    refund = Refund.objects.create(
        payment=payment, amount=1, currency="ARS", dedupe_key="k", status="failed", last_error="x"
    )
    answer = meet(
        lambda: refund_requests.retry(refund, actor="staff:a@example.com"),
        first=lambda: Payment.objects.select_for_update().get(pk=payment.pk),
        then=lambda: Refund.objects.select_for_update().get(pk=refund.pk),
    )
    assert answer is True


def test_a_purchase_that_changes_while_the_staff_takes_its_money_is_looked_at_again():
    """The purchase is locked before it is compared with what was seen; else it could change before it is sold."""
    session = make_awaiting()
    payment = sold("1", str(session.total), role="mismatch")
    seen = settle.sight(payment, payables.bill_of(session))

    def change() -> None:
        CheckoutSession.objects.filter(pk=session.pk).update(subtotal=1, total=F("shipping_total") + 1)

    answer = meet(
        lambda: settle.resolve(payment, actor="staff:a@example.com", accept=True, seen=seen),
        first=change,
        then=lambda: None,
    )
    assert isinstance(answer, settle.PurchaseChanged), answer
    assert not Order.objects.exists()
