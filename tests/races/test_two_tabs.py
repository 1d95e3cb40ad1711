"""Two tabs and one purchase: at any moment one checkout can be paid, and the reservation goes where that one is.

Real threads, the real PostgreSQL, the providers over HTTP; each guard has a control which shows what it prevents.
"""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from inventory.models import StockMovement
from orders import payables
from orders.models import CheckoutSession, Order
from orders.tests.factories import active, make_session
from payments import gateways
from payments.checkout import attempts, opening
from payments.checkout.refusals import PaymentUnavailable
from payments.gateways.base import CheckoutState, HostedCheckout
from payments.models import Payment, PaymentAttempt, Refund
from payments.reconciliation import due_attempts, due_refunds
from payments.settlement import attempt_state, settle
from payments.tests.settlement.test_races import at_once
from payments.tests.world import BROKEN_LINE, CHECKOUT_KINDS, GATEWAYS, World, another
from shop.core.models import EmailLog
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
every = pytest.mark.parametrize("gateway", GATEWAYS)


@pytest.fixture(autouse=True)
def slots(settings: Any) -> None:
    """Enough slots: without one a request would get the waiting page and not race."""
    settings.PAYMENT_CALLS_PER_PROVIDER = settings.PAYMENT_CALLS_IN_ALL = 1000


def press(session: CheckoutSession, gateway: str) -> Callable[[], PaymentAttempt]:
    return partial(attempts.start, payable=payables.of_purchase(session), gateway=gateway, actor="shopper")


def payable(session: CheckoutSession) -> list[str]:
    """Return the checkouts of a purchase that can be paid, by what the providers say of every one they made."""
    open_there = []
    for attempt in PaymentAttempt.objects.filter(purchase=session).exclude(external_id=""):
        gateway = gateways.get(attempt.gateway)
        data = gateway.fetch("", reference=attempt.reference, checkout_id=attempt.external_id)
        if data.state == CheckoutState.OPEN:
            open_there.append(attempt.external_id)
    return open_there


def jobs() -> None:
    """Let the jobs do their work as some minutes later."""
    for _turn in range(2):
        PaymentAttempt.objects.exclude(next_check_at=None).update(next_check_at=timezone.now())
        Refund.objects.exclude(next_try_at=None).update(next_try_at=timezone.now())
        due_attempts.reconcile_due()
        due_refunds.send_due()


def surprises(results: list[Any]) -> list[Exception]:
    """Return the unexpected results: anything but the page of `PaymentUnavailable`."""
    return [one for one in results if isinstance(one, Exception) and not isinstance(one, PaymentUnavailable)]


@every
def test_two_tabs_with_two_providers_leave_one_payable_checkout(providers: World, gateway: str):
    for _round in range(3):
        session = make_session()
        tabs = [press(session, gateway), press(session, another(gateway))] * 2
        assert not surprises(at_once(*tabs))
        live = PaymentAttempt.objects.filter(purchase=session, status__in=PaymentAttempt.LIVE)
        assert len(payable(session)) <= 1
        assert set(payable(session)) <= set(live.values_list("external_id", flat=True))
        assert active(checkout_id=session.pk) == 1


@every
def test_the_old_checkout_is_paid_in_the_moment_in_which_it_is_ended(providers: World, gateway: str):
    """One tab pays while the other wants another provider: an order, or a new checkout, never both."""
    for _round in range(4):
        session = make_session()
        old = providers.begin(gateway, session)

        def pays(old: PaymentAttempt = old) -> str:
            try:
                providers.pay(old)
            except Exception as error:  # noqa: BLE001  (the page says that it can be paid no more)
                return str(error)
            return ""

        refused, second = at_once(pays, press(session, another(gateway)))
        assert not surprises([second])
        if refused == "":
            # Already complete, or paid a moment later: heard of in the end, and it is the order.
            settle.settle(attempt_id=old.pk, actor="test")
        jobs()
        orders = Order.objects.filter(checkout=session)
        assert orders.count() == (1 if refused == "" else 0)
        sold = StockMovement.objects.filter(kind="sale", cause_id__in=orders.values("pk"))
        assert sold.count() == orders.count()
        assert Payment.objects.filter(attempt__purchase=session).count() == orders.count()
        assert len(payable(session)) <= (0 if orders.exists() and gateway != "mercadopago" else 1)


@every
def test_expire_answered_already_complete(providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch):
    """The shopper pays between our decision to end the old checkout and the request that ends it."""
    session = make_session()
    old = providers.begin(gateway, session)
    close, closed = attempts.close, []

    def paid_just_before(attempt: PaymentAttempt, **options: Any) -> PaymentAttempt:
        providers.pay(attempt)
        closed.append(attempt.pk)
        return close(attempt, **options)

    monkeypatch.setattr(attempts, "close", paid_just_before)
    answer = press(session, another(gateway))()
    assert closed == [old.pk]
    assert (answer.pk, answer.status) == (old.pk, "paid")
    order = Order.objects.get(checkout=session)
    assert order.transaction_id.startswith(f"{gateway}:")
    assert PaymentAttempt.objects.filter(purchase=session).count() == 1
    assert not Refund.objects.exists()
    assert EmailLog.objects.filter(kind="order_confirmation").count() == 1


@every
def test_control_a_reservation_that_moves_before_the_old_one_is_dead_is_paid_twice(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """Without ending it at the provider first, both checkouts can be paid: the shopper pays twice."""
    session = make_session()
    old = providers.begin(gateway, session)

    def only_here(attempt: PaymentAttempt, *, actor: str, end: str = "cancelled") -> PaymentAttempt:
        with transaction.atomic():
            locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
            attempt_state.close(locked, end, actor=actor, reason="not asked")
        return locked

    monkeypatch.setattr(attempts, "close", only_here)
    new = press(session, another(gateway))()
    assert len(payable(session)) == 2
    for attempt in (old, new):
        providers.pay(attempt)
        settle.settle(attempt_id=attempt.pk, actor="test")
    assert sorted(Payment.objects.values_list("role", flat=True)) == ["order", "surplus"]


@every
def test_the_reservation_stays_with_the_old_one_while_the_provider_is_silent(providers: World, gateway: str):
    session = make_session()
    old = providers.begin(gateway, session)
    providers.fault("timeout_before", gateway, count=None, params=BROKEN_LINE)
    with pytest.raises(PaymentUnavailable):
        press(session, another(gateway))()
    providers.handle.sandbox.faults.clear()
    old.refresh_from_db()
    assert (old.status, PaymentAttempt.objects.count()) == ("redirected", 1)
    assert active(checkout_id=session.pk) == 1
    assert payable(session) == [old.external_id]


def press_twice_without_the_lease(
    gateway: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[CheckoutSession, list[Any]]:
    """Let two clicks stand before the provider, both free to make the checkout, before either of them asks."""
    session, hosted, together = make_session(), opening._hosted, Barrier(2)

    def both_at_the_door(attempt: PaymentAttempt, *bill: Any) -> HostedCheckout:
        together.wait(60)
        return hosted(attempt, *bill)

    monkeypatch.setattr(opening, "_take_lease", lambda attempt: PaymentAttempt.objects.get(pk=attempt.pk))
    monkeypatch.setattr(opening, "_hosted", both_at_the_door)
    return session, at_once(*[press(session, gateway)] * 2)


@pytest.mark.parametrize("gateway", ["mercadopago", "conekta"])
def test_control_without_the_lease_two_clicks_make_two_checkouts(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """These two take no key when a checkout is made (docs/providers/README.md#edge-cases): the lease prevents two."""
    _session, results = press_twice_without_the_lease(gateway, monkeypatch)
    assert [one.status for one in results] == ["redirected"] * 2
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == 2


def test_stripes_key_keeps_it_at_one_even_then(providers: World, monkeypatch: pytest.MonkeyPatch):
    """The second gets the first one's checkout, or 409 while the first is still being made."""
    session, results = press_twice_without_the_lease("stripe", monkeypatch)
    assert not surprises(results)
    assert len(providers.records("st_session")) == 1
    assert payable(session) == list(PaymentAttempt.objects.values_list("external_id", flat=True))


def make_beside_one_that_is_being_ended(session: CheckoutSession, old: PaymentAttempt) -> Any:
    """Let a tab make an attempt while a job, half-way, has ended the old one and goes on to the session."""

    def ends() -> None:
        PaymentAttempt.objects.filter(pk=old.pk).update(status="cancelled")

    def goes_on() -> None:
        CheckoutSession.objects.select_for_update(of=("self",)).get(pk=session.pk)

    return meet(
        partial(attempts.create, payables.of_purchase(session), "stripe", actor="shopper"),
        first=ends,
        then=goes_on,
    )


def test_a_new_attempt_waits_for_nobody_who_is_ending_the_old_one(providers: World):
    session = make_session()
    answer = make_beside_one_that_is_being_ended(session, providers.begin("mercadopago", session))
    assert isinstance(answer, attempts.AnotherIsLive)


def test_control_one_that_waits_for_the_index_is_a_deadlock(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    session = make_session()
    old = providers.begin("mercadopago", session)
    monkeypatch.setattr(attempts, "_beside", lambda payable, gateway: (False, None))
    answer = make_beside_one_that_is_being_ended(session, old)
    assert isinstance(answer, OperationalError)
    assert "deadlock" in str(answer)


@every
def test_a_slow_twin_does_not_end_the_checkout_that_is_being_paid(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """Its answer comes when another try has long sent the shopper to the very same checkout: it is left alone."""
    session, redirect = make_session(), opening._redirect

    def slowly(attempt: PaymentAttempt, hosted: Any, *, actor: str) -> PaymentAttempt:
        monkeypatch.setattr(opening, "_redirect", redirect)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(opening_until=None)  # The lease has run out.
        assert press(session, gateway)().status == "redirected"
        return redirect(attempt, hosted, actor=actor)

    monkeypatch.setattr(opening, "_redirect", slowly)
    attempt = press(session, gateway)()
    assert attempt.status == "redirected"
    assert payable(session) == [attempt.external_id]
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == 1
