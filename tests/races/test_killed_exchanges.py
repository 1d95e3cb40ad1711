"""A process is killed (SIGKILL) at any step of an exchange; in the end each act happened once, and the books agree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog.models import Variant
from inventory.checks import runner
from inventory.models import Reservation, StockMovement
from orders.exchanges import ending, releasing
from orders.models import (
    CheckoutSession,
    Exchange,
    ExchangeCharge,
    Order,
    OrderLine,
    Reimbursement,
    Replacement,
    Return,
    ReturnDecision,
)
from orders.returns import answering
from orders.tests.exchanges.exchanges import approve, ask, come_back, reserved, size_of
from orders.tests.factories import make_cart, make_session, make_variant
from orders.tests.returns.returns import STAFF, deliver
from payments.checkout import attempts
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import reimbursing
from payments.settlement import settle
from payments.tests.world import REFUND_KINDS, World
from shop.core.models import EmailLog
from tests.races.test_killed_worker import (
    DONE,
    KILLED,
    MOST,
    KilledProcess,
    _processes,
    a_while_later,
    killed,
    run_the_jobs,
)
from tests.support.soak import amount

__all__ = ["_processes", "killed"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
STRIDE = amount("kill points of an exchange, one in", usual=15, soak=3)
GATEWAY = "stripe"
DEARER, CHEAPER = Decimal(1500), Decimal(-1000)
# So many units of one line are exchanged, each after another death.
UNITS = 6


@dataclass
class Scene:
    """Exchanges of single units of an order that was paid at the provider and has arrived."""

    providers: World
    killed: KilledProcess
    difference: Decimal = Decimal(0)
    order: Order | None = None
    line: OrderLine | None = None
    other: Variant | None = None
    used: int = UNITS

    def next_unit(self) -> tuple[Order, OrderLine, Variant]:
        """Return an order, its line, and what is wanted instead of one unit of it that nobody has exchanged."""
        if self.used >= UNITS or not (self.order and self.line and self.other):
            self.order = paid_order(self.providers)
            self.line = self.order.lines.get()
            assert self.line.variant
            self.other = self._wanted(self.line)
            self.used = 0
        self.used += 1
        return self.order, self.line, self.other

    def _wanted(self, line: OrderLine) -> Variant:
        assert line.variant
        if not self.difference:
            return size_of(line.variant, units=UNITS)
        return make_variant(units=UNITS, price=line.unit_price + self.difference)

    def ask(self) -> Exchange:
        return ask(*self.next_unit())

    def kill_in(
        self, verb: str, make: Callable[[], Any], end: Callable[[Any], None], *, least: int = 2
    ) -> None:
        """Kill `verb` at one step after another, each time about what `make` makes; `end` repeats it and looks."""
        deaths = 0
        for step in range(1, MOST * 2, STRIDE):
            made = make()
            status = self.killed.do(verb, *keys_of(made), dies_at=step)
            try:
                end(made)
            except AssertionError as error:
                raise AssertionError(f"after a death at step {step} of {verb}") from error
            if status == DONE:
                break
            assert status == KILLED
            deaths += 1
        assert status == DONE, "it has more steps than were tried"
        assert deaths >= least
        assert is_sound()


def keys_of(made: Any) -> tuple[object, ...]:
    return made if isinstance(made, tuple) else (made.pk,)


@pytest.fixture
def scene(providers: World, killed: KilledProcess) -> Scene:
    return Scene(providers, killed)


def is_sound() -> bool:
    found = runner.check(scope="")
    assert not found, [(one.rule, one.expected, one.found) for one in found]
    return True


def paid_order(providers: World) -> Order:
    """Return an order of some units of one line, paid at the provider, that has arrived."""
    attempt = providers.begin(GATEWAY, make_session(make_cart((make_variant(units=UNITS), UNITS))))
    settled(providers, attempt)
    order = Order.objects.get(checkout=CheckoutSession.objects.get(pk=attempt.purchase_id))
    deliver(order)
    return order


def settled(providers: World, attempt: PaymentAttempt) -> Payment:
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    return Payment.objects.get(attempt=attempt)


def to_pay(exchange: Exchange) -> ExchangeCharge:
    """Approve the return of an exchange whose new unit costs more; return what is asked for."""
    approve(exchange)
    return ExchangeCharge.objects.select_related("payable").get(exchange=exchange)


def begun(exchange: Exchange) -> PaymentAttempt:
    return attempts.start(payable=to_pay(exchange).payable, gateway=GATEWAY, actor="shopper")


def mails(exchange: Exchange, kind: str) -> int:
    return EmailLog.objects.filter(kind=kind, dedupe_key__startswith=f"{kind}:{exchange.pk}").count()


def sent(exchange: Exchange) -> tuple[int, int, int]:
    """Return how many lines, sales and decisions an exchange has made."""
    units = Replacement.objects.filter(exchange=exchange, line__isnull=False)
    sales = StockMovement.objects.filter(kind="sale", cause_id__in=units.values("line"))
    return units.count(), sales.count(), ReturnDecision.objects.filter(exchange=exchange).count()


def test_killed_while_it_is_asked_for(scene: Scene):
    """The buyer sends the form again: one return, one exchange, one unit reserved, one mail."""

    def make() -> tuple[object, ...]:
        order, line, other = scene.next_unit()
        return order.pk, line.pk, other.pk, uuid4().hex

    def end(made: tuple[Any, ...]) -> None:
        order, line, other, key = made
        there = Exchange.objects.filter(dedupe_key=key).first()
        assert Return.objects.filter(dedupe_key=f"exchange:{key}").exists() == bool(there)
        exchange = ask(
            Order.objects.get(pk=order),
            OrderLine.objects.get(pk=line),
            Variant.objects.get(pk=other),
            key=key,
        )
        assert there in (None, exchange)
        assert (exchange.units.count(), reserved(exchange), exchange.rma.lines.count()) == (1, 1, 1)
        assert Reservation.objects.filter(checkout_id=exchange.pk).count() == 1
        assert mails(exchange, "exchange_requested") == 1

    scene.kill_in("exchange.ask", make, end)


def test_killed_while_the_difference_is_asked_for(scene: Scene):
    """The clerk approves again: one charge, one mail with its link; the unit stays reserved."""
    scene.difference = DEARER

    def end(exchange: Exchange) -> None:
        is_done = Return.objects.get(pk=exchange.rma_id).status == "approved"
        assert ExchangeCharge.objects.filter(exchange=exchange).exists() == is_done
        answering.approve(exchange.rma, actor=STAFF)
        charge = ExchangeCharge.objects.get(exchange=exchange)
        assert (charge.amount, charge.status, reserved(exchange)) == (DEARER, "open", 1)
        assert mails(exchange, "exchange_to_pay") == 1

    scene.kill_in("exchange.approve", scene.ask, end)


def test_killed_while_its_payment_is_opened(scene: Scene):
    """The buyer presses Pay again some minutes later: one attempt is paid, once."""
    scene.difference = DEARER

    def make() -> tuple[object, ...]:
        return to_pay(scene.ask()).exchange_id, GATEWAY

    def end(made: tuple[Any, ...]) -> None:
        a_while_later()
        charge = ExchangeCharge.objects.select_related("payable").get(exchange=made[0])
        attempt = attempts.start(payable=charge.payable, gateway=GATEWAY, actor="shopper")
        payment = settled(scene.providers, attempt)
        run_the_jobs()
        charge.refresh_from_db()
        assert (payment.role, payment.amount, charge.status) == ("order", DEARER, "paid")
        assert not PaymentAttempt.objects.filter(
            payable=charge.payable, status__in=PaymentAttempt.LIVE
        ).exists()

    scene.kill_in("exchange.pay", make, end)


def test_killed_while_its_payment_is_settled(scene: Scene):
    """The jobs settle it: booked once, one receipt, nothing goes back, and the unit is still reserved."""
    scene.difference = DEARER

    def make() -> PaymentAttempt:
        attempt = begun(scene.ask())
        scene.providers.pay(attempt)
        return attempt

    def end(attempt: PaymentAttempt) -> None:
        run_the_jobs()
        payment = Payment.objects.get(attempt=attempt)
        charge = ExchangeCharge.objects.select_related("exchange").get(payable=attempt.payable_id)
        assert (payment.role, payment.order_id) == ("order", charge.exchange.order_id)
        assert (charge.status, charge.exchange.status, reserved(charge.exchange)) == ("paid", "requested", 1)
        assert mails(charge.exchange, "exchange_paid") == 1
        assert not Refund.objects.exists()

    scene.kill_in("settle", make, end)


def test_killed_while_late_money_takes_it_up_again(scene: Scene):
    """It had ended for want of the money, which then comes: requested again, its unit reserved once."""
    scene.difference = DEARER

    def make() -> PaymentAttempt:
        attempt = begun(scene.ask())
        scene.providers.pay(attempt)
        assert end_unpaid() == {"ended": 1}
        return attempt

    def end(attempt: PaymentAttempt) -> None:
        run_the_jobs()
        exchange = Exchange.objects.get(charge__payable=attempt.payable_id)
        live = Replacement.objects.filter(exchange=exchange, dropped_at=None)
        assert (exchange.status, reserved(exchange), live.count()) == ("requested", 1, 1)
        assert (exchange.charge.status, Refund.objects.count()) == ("paid", 0)

    scene.kill_in("settle", make, end)


def test_killed_while_money_that_nobody_wants_goes_back(scene: Scene):
    """Its buyer had cancelled it: the money that comes then goes back once, here and at the provider."""
    scene.difference = DEARER

    def make() -> PaymentAttempt:
        exchange = scene.ask()
        attempt = begun(exchange)
        scene.providers.pay(attempt)
        ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
        return attempt

    def end(attempt: PaymentAttempt) -> None:
        run_the_jobs()
        payment = Payment.objects.get(attempt=attempt)
        exchange = Exchange.objects.get(charge__payable=attempt.payable_id)
        assert (payment.role, payment.refunded_amount) == ("surplus", DEARER)
        assert (exchange.status, exchange.charge.status, reserved(exchange)) == ("cancelled", "ended", 0)
        refunds = Refund.objects.count()
        assert refunds == Payment.objects.filter(role="surplus").count()
        assert len(scene.providers.records(REFUND_KINDS[GATEWAY])) == refunds

    scene.kill_in("settle", make, end)


def test_killed_while_it_is_released(scene: Scene):
    """The job's next run does it: one line, one sale, and what the new unit costs less goes back once."""
    scene.difference = CHEAPER

    def make() -> Exchange:
        exchange = scene.ask()
        come_back(exchange)
        return exchange

    def end(exchange: Exchange) -> None:
        status = Exchange.objects.get(pk=exchange.pk).status
        assert sent(exchange) == ((1, 1, 1) if status == "released" else (0, 0, 0))
        releasing.release_due()
        run_the_jobs()
        reimbursing.pay_due()
        run_the_jobs()
        exchange.refresh_from_db()
        assert (exchange.status, sent(exchange), reserved(exchange)) == ("released", (1, 1, 1), 0)
        assert exchange.reimbursement
        assert (exchange.reimbursement.amount, exchange.reimbursement.status) == (-CHEAPER, "paid")
        assert mails(exchange, "exchange_released") == 1
        back = Reimbursement.objects.filter(status="paid").count()
        assert back == Exchange.objects.filter(status="released").count()
        assert len(scene.providers.records(REFUND_KINDS[GATEWAY])) == back

    scene.kill_in("exchange.release", make, end)


def test_killed_while_it_is_sent_in_advance(scene: Scene, settings: Any):
    """The clerk sends it again: one line, one sale; the old unit is still to come back, and brings no money."""
    settings.EXCHANGE_ADVANCE = True

    def make() -> Exchange:
        exchange = scene.ask()
        approve(exchange)
        return exchange

    def end(exchange: Exchange) -> None:
        status = Exchange.objects.get(pk=exchange.pk).status
        assert sent(exchange) == ((1, 1, 1) if status == "released" else (0, 0, 0))
        releasing.release(exchange, is_advance=True, reason="known", actor=STAFF)
        exchange.refresh_from_db()
        assert (exchange.status, sent(exchange), reserved(exchange)) == ("released", (1, 1, 1), 0)
        assert (exchange.rma.status, mails(exchange, "exchange_released")) == ("approved", 1)
        assert not Reimbursement.objects.exists()

    scene.kill_in("exchange.advance", make, end)


def test_killed_while_a_paid_one_is_cancelled(scene: Scene):
    """Its buyer presses again: the unit is free, the difference goes back once, the return goes on for money."""
    scene.difference = DEARER

    def make() -> Exchange:
        exchange = scene.ask()
        assert settled(scene.providers, begun(exchange)).role == "order"
        return exchange

    def end(exchange: Exchange) -> None:
        ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
        reimbursing.pay_due()
        run_the_jobs()
        exchange.refresh_from_db()
        assert (exchange.status, reserved(exchange)) == ("cancelled", 0)
        assert exchange.reimbursement
        assert (exchange.reimbursement.amount, exchange.reimbursement.status) == (DEARER, "paid")
        assert exchange.rma.lines.get().wish == "money"
        assert mails(exchange, "exchange_cancelled") == 1
        assert len(scene.providers.records(REFUND_KINDS[GATEWAY])) == Reimbursement.objects.count()

    scene.kill_in("exchange.cancel", make, end)


def end_unpaid() -> dict[str, int]:
    """Let the time to pay be over, and run the job."""
    late = timezone.now() - timedelta(seconds=1)
    ExchangeCharge.objects.exclude(status="paid").update(expires_at=late)
    return ending.end_unpaid()
