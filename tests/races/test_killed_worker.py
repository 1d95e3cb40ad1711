"""A worker is killed (SIGKILL) at any step of what it does; the jobs find what is left, and everything ends once.

A real process, killed between any two statements and around every call to the provider: no handler, no `finally`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from inventory.checks import runner
from inventory.models import Reservation, StockMovement
from orders.models import CheckoutSession, Order, Reimbursement
from orders.reimbursements.left import for_sum
from orders.reimbursements.owing import owe
from orders.tests.factories import active, level_of, make_cart, make_session, make_variant
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from payments.reconciliation import due_attempts, due_refunds
from payments.refunds import refund_requests
from payments.settlement import settle
from payments.tests.world import GATEWAYS, REFUND_KINDS, World
from payments.webhooks import processing
from shop.core.mail import outbox
from shop.core.models import EmailLog
from tests.races.tools.concurrency import PATIENCE
from tests.races.tools.killing import await_their_end, shop_environment
from tests.support.soak import IS_SOAK, amount

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
every = pytest.mark.parametrize("gateway", GATEWAYS)
KILLED, DONE = -9, 0
# More steps than any verb has: the loops end when one is done alive.
MOST = 200
# In a usual run each provider dies at a sixth of the kill points, and each at another sixth (`steps`).
PART = amount("kill points of a worker, one in", usual=2 * len(GATEWAYS), soak=1)


def steps(gateway: str, first: int, stride: int) -> range:
    """Return the steps at which this provider's worker dies, one test after another."""
    turn = 0 if IS_SOAK else GATEWAYS.index(gateway)
    return range(first + turn * stride, MOST, stride * PART)


class KilledProcess:
    """The process that runs the verbs it is given, and is killed by one of them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.races.tools.killed_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
            env=os.environ | environment,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def do(self, verb: str, *keys: object, dies_at: int) -> int:
        """Let it act; return its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, (dies_at, verb, *keys))) + "\n")
        self._process.stdin.flush()
        status = int(self._read())
        await_their_end()
        return status

    def end(self) -> None:
        """Let it go: it ends with its input. Both pipes are closed."""
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.close()
            self._process.wait(PATIENCE)


@pytest.fixture(scope="module")
def _processes() -> Iterator[dict[str, KilledProcess]]:
    """Keep the process of each environment: it never acts itself, and every act has a new child of it."""
    started: dict[str, KilledProcess] = {}
    yield started
    for process in started.values():
        process.end()


@pytest.fixture
def killed(providers: World, _processes: dict[str, KilledProcess]) -> KilledProcess:
    environment = shop_environment()
    name = repr(sorted(environment.items()))
    if name not in _processes:
        _processes[name] = KilledProcess(environment)
    return _processes[name]


def a_while_later() -> None:
    """Let every lease and pause be over, as some minutes after a worker has died."""
    now = timezone.now()
    PaymentAttempt.objects.exclude(next_check_at=None).update(next_check_at=now)
    PaymentAttempt.objects.exclude(opening_until=None).update(opening_until=now - timedelta(seconds=1))
    Refund.objects.exclude(next_try_at=None).update(next_try_at=now)
    Reimbursement.objects.exclude(next_try_at=None).update(next_try_at=now)
    WebhookEvent.objects.exclude(next_try_at=None).update(next_try_at=now)
    EmailLog.objects.filter(status__in=["queued", "sending"]).update(next_try_at=now)


def run_the_jobs() -> None:
    """Run what beat runs; each job only finds rows."""
    for _turn in range(2):
        a_while_later()
        processing.retry_due()
        due_attempts.reconcile_due()
        due_refunds.send_due()
        outbox.send_due()


def bought_once(attempt: PaymentAttempt, units: int) -> None:
    """Assert that a paid purchase has had every effect once and none twice."""
    session = CheckoutSession.objects.get(pk=attempt.purchase_id)
    order = Order.objects.get(checkout=session)
    assert session.status == "completed"
    assert order.lines.get().quantity == units
    assert Payment.objects.get(attempt=attempt).role == "order"
    assert StockMovement.objects.filter(kind="sale", cause_id=order.pk).count() == 1
    mail = EmailLog.objects.get(kind="order_confirmation", trail=session.pk)
    assert mail.status == "sent"
    assert not session.cart or not session.cart.lines.exists()
    assert active(checkout_id=session.pk) == 0
    assert not Refund.objects.exists()


@every
@pytest.mark.parametrize("verb", ["settle", "webhook"])
def test_killed_while_settling(providers: World, killed: KilledProcess, gateway: str, verb: str):
    """At every fourth step, another purchase: in the end each is one order, one sale, one mail."""
    variant, deaths = make_variant(units=MOST), 0
    for sold, step in enumerate(steps(gateway, 1 if verb == "settle" else 2, 4), start=1):
        attempt = providers.begin(gateway, make_session(make_cart((variant, 1))))
        providers.pay(attempt)
        key = attempt.pk
        if verb == "webhook":
            providers.deliver(work=False)
            key = WebhookEvent.objects.filter(status="received").latest("received_at").pk
        status = killed.do(verb, key, dies_at=step)
        run_the_jobs()
        bought_once(attempt, 1)
        level = level_of(variant.pk)
        assert (level.on_hand, level.reserved) == (MOST - sold, 0), f"after a death at step {step}"
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
        providers.handle.sandbox.store.reset()
        providers.box.letters.clear()
    assert deaths >= max(1, 5 // PART)
    assert runner.check() == []


@pytest.mark.parametrize("gateway", ["mercadopago", "conekta"])
def test_killed_while_a_cash_voucher_is_seen(providers: World, killed: KilledProcess, gateway: str):
    """The share of the stock, the long hold and the mail come together or not at all, and once; then it is paid."""
    variant, deaths = make_variant(units=MOST), 0
    for sold, step in enumerate(steps(gateway, 1, 5), start=1):
        session = make_session(make_cart((variant, 1)))
        attempt = providers.begin(gateway, session)
        cash_voucher = providers.pay(attempt, "voucher")
        status = killed.do("settle", attempt.pk, dies_at=step)
        run_the_jobs()
        attempt.refresh_from_db()
        assert (attempt.status, attempt.is_reserved_for_cash_voucher) == ("pending", True), (
            f"after a death at step {step}"
        )
        reservation = Reservation.objects.get(checkout_id=session.pk, status="active")
        assert (reservation.purpose, reservation.quantity) == ("voucher", 1)
        assert attempt.voucher_until is not None
        assert reservation.expires_at > attempt.voucher_until
        assert EmailLog.objects.filter(kind="payment_pending", trail=session.pk).count() == 1
        providers.pay_voucher(attempt, cash_voucher)
        settle.settle(attempt_id=attempt.pk, actor="test")
        run_the_jobs()
        bought_once(attempt, 1)
        assert level_of(variant.pk).on_hand == MOST - sold
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= max(1, 4 // PART)
    assert runner.check() == []


@every
def test_killed_while_opening_a_checkout(providers: World, killed: KilledProcess, gateway: str):
    """The shopper presses Pay again some minutes later, pays, and has bought once; nothing stays held beside it."""
    variant, deaths = make_variant(units=MOST), 0
    for sold, step in enumerate(steps(gateway, 1, 3), start=1):
        session = make_session(make_cart((variant, 1)))
        status = killed.do("start", session.pk, gateway, dies_at=step)
        a_while_later()
        attempt = providers.begin(gateway, session)
        assert attempt.status == "redirected", f"after a death at step {step}"
        providers.pay(attempt)
        settle.settle(attempt_id=attempt.pk, actor="test")
        run_the_jobs()
        bought_once(attempt, 1)
        level = level_of(variant.pk)
        assert (level.on_hand, level.reserved) == (MOST - sold, 0), f"after a death at step {step}"
        assert not PaymentAttempt.objects.filter(status__in=PaymentAttempt.LIVE).exists()
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= max(1, 5 // PART)
    assert runner.check() == []


@every
def test_killed_while_opening_and_never_seen_again(providers: World, killed: KilledProcess, gateway: str):
    """The shopper does not come back: the jobs alone end the attempt and give the purchase free, and the reservation with it."""
    variant, deaths = make_variant(units=MOST), 0
    for step in steps(gateway, 2, 5):
        session = make_session(make_cart((variant, 1)))
        if killed.do("start", session.pk, gateway, dies_at=step) == DONE:
            break
        deaths += 1
        PaymentAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=6))
        run_the_jobs()
        session.refresh_from_db()
        assert session.status == "open", f"after a death at step {step}"
        assert not PaymentAttempt.objects.filter(purchase=session, status__in=PaymentAttempt.LIVE).exists()
        assert active(cart_id=session.cart_id) == 1
    assert deaths >= max(1, 4 // PART)
    assert runner.check() == []


@every
def test_killed_while_sending_money_back(providers: World, killed: KilledProcess, gateway: str):
    """At every step: the provider has made one refund in the end, and our row says so."""
    kind, deaths = REFUND_KINDS[gateway], 0
    for step in steps(gateway, 1, 1):
        attempt = providers.begin(gateway)
        providers.pay(attempt)
        settle.settle(attempt_id=attempt.pk, actor="test")
        payment = Payment.objects.get(attempt=attempt)
        refund = refund_requests.request(
            payment, payment.amount, "staff", "killed", f"killed:{payment.pk}", actor="test"
        )
        there = len(providers.records(kind))
        status = killed.do("refund", refund.pk, dies_at=step)
        run_the_jobs()
        refund.refresh_from_db()
        payment.refresh_from_db()
        assert (refund.status, refund.amount) == ("succeeded", payment.amount), (
            f"after a death at step {step}"
        )
        assert payment.refunded_amount == payment.amount
        assert len(providers.records(kind)) == there + 1
        if status == DONE:
            break
        deaths += 1
    assert deaths >= max(1, 5 // PART)


def test_killed_between_what_is_owed_and_its_refund(providers: World, killed: KilledProcess):
    """At every step of the worker that pays an order's buyer back: one refund in the end, here and at the provider."""
    kind, deaths = REFUND_KINDS["stripe"], 0
    for step in steps("stripe", 1, 1):
        attempt = providers.begin("stripe")
        providers.pay(attempt)
        settle.settle(attempt_id=attempt.pk, actor="test")
        payment = Payment.objects.select_related("order").get(attempt=attempt)
        assert payment.order is not None
        owed = owe(
            payment.order,
            for_sum(payment.amount),
            reason="killed",
            dedupe_key=f"killed:{payment.pk}",
            actor="test",
        )
        there = len(providers.records(kind))
        status = killed.do("reimburse", owed.pk, dies_at=step)
        run_the_jobs()
        owed.refresh_from_db()
        payment.refresh_from_db()
        assert (owed.status, payment.refunded_amount) == ("paid", payment.amount), (
            f"after a death at step {step}"
        )
        assert len(providers.records(kind)) == there + 1
        if status == DONE:
            break
        deaths += 1
    assert deaths >= max(1, 5 // PART)


def test_killed_while_sending_a_mail(providers: World, killed: KilledProcess):
    """A mail is sent in the end, and tried twice at most: a second copy is better than none, a third is a nuisance."""
    deaths = 0
    for step in range(1, MOST):
        mail = EmailLog.objects.create(
            kind="test", to="ana@example.com", subject="Hola", text="Hola", dedupe_key=f"killed:{step}"
        )
        status = killed.do("mail", mail.pk, dies_at=step)
        for _turn in range(2):
            a_while_later()
            outbox.send_due()
        mail.refresh_from_db()
        assert mail.status == "sent", f"after a death at step {step}"
        assert mail.attempts <= 2
        if status == DONE:
            break
        deaths += 1
    assert deaths >= 2
