"""Without any webhook or return: every attempt still ends, at its time, as an order or as nothing."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from orders import payables
from orders.models import Order
from orders.tests.factories import active, make_session
from payments import clocks
from payments.checkout import attempts
from payments.gateways.base import NotAsked
from payments.models import PaymentAttempt, WebhookEvent
from payments.reconciliation import due_attempts
from payments.settlement import attempt_state, settle
from payments.tests.payouts.report_files import sold
from payments.tests.world import GATEWAYS, World
from shop.core.due.fairness import LATER
from shop.core.models import JobRun

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


def due(attempt: PaymentAttempt, **changes: object) -> None:
    """Make an attempt due, as time would."""
    past = timezone.now() - timedelta(seconds=1)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(next_check_at=past, **changes)


@both
def test_without_any_webhook_the_order_is_made(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    assert due_attempts.reconcile_due() == {}
    due(attempt)
    assert due_attempts.reconcile_due() == {"paid": 1}
    assert Order.objects.count() == 1


def test_questions_grow_rarer_but_never_stop_before_the_end(providers: World):
    attempt = providers.begin("stripe")
    pauses = []
    for _turn in range(8):
        due(attempt)
        due_attempts.reconcile_due()
        attempt.refresh_from_db()
        assert attempt.next_check_at is not None
        pauses.append(attempt.next_check_at - timezone.now())
    assert pauses[0] < pauses[1] < pauses[2]
    assert attempt.next_check_at <= attempt.expires_at
    assert attempt.status == "redirected"


@both
def test_at_its_end_an_attempt_is_closed_and_the_purchase_reopened(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    due(attempt, expires_at=timezone.now() - timedelta(seconds=1))
    assert due_attempts.reconcile_due() == {"expired": 1}
    attempt.refresh_from_db()
    session.refresh_from_db()
    assert (attempt.status, session.status) == ("expired", "open")
    assert attempt.closed_at is not None
    assert attempt.next_check_at is None
    assert active(checkout_id=session.pk) == 1


@both
def test_paid_at_the_last_moment_is_an_order_not_an_expiry(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    due(attempt, expires_at=timezone.now() - timedelta(seconds=1))
    assert due_attempts.reconcile_due() == {"paid": 1}
    assert Order.objects.count() == 1


def test_a_voucher_is_cancelled_at_its_own_end_only(providers: World):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt, "voucher")
    due(attempt, expires_at=timezone.now() + timedelta(hours=1))
    assert due_attempts.reconcile_due() == {"pending": 1}
    # The hosted checkout's own clock is not the voucher's.
    due(attempt, expires_at=timezone.now() - timedelta(hours=1))
    assert due_attempts.reconcile_due() == {"pending": 1}
    due(attempt, voucher_until=timezone.now() - timedelta(hours=1))
    assert due_attempts.reconcile_due() == {"expired": 1}


def test_a_provider_that_fails_is_left_alone_for_this_run(providers: World):
    made = [providers.begin("stripe") for _number in range(5)]
    other = providers.begin("mercadopago")
    for attempt in (*made, other):
        due(attempt)
    providers.fault("http_429", "stripe", count=None)
    counts = due_attempts.reconcile_due()
    assert counts == {"failed": 3, "left for later": 2, "redirected": 1}
    assert PaymentAttempt.objects.filter(gateway="stripe", status="redirected").count() == 5
    assert PaymentAttempt.objects.exclude(last_error="").count() == 3


def test_a_preference_that_is_paid_is_ended_so_that_nobody_pays_it_twice(providers: World):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    due(attempt)
    due_attempts.reconcile_due()
    due(attempt)
    assert due_attempts.reconcile_due() == {"ended after payment": 1}
    attempt.refresh_from_db()
    assert attempt.closed_at is not None
    assert attempt.next_check_at is None
    assert providers.records("mp_preference")[0].body["expires"] is True


def test_two_workers_check_an_attempt_once(providers: World):
    attempt = providers.begin("stripe")
    due(attempt)
    assert due_attempts.check(attempt.pk, actor="one") == "redirected"
    assert due_attempts.check(attempt.pk, actor="two") == "skipped"


def test_the_jobs_can_be_run_by_hand(providers: World, capsys):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    due(attempt)
    providers.deliver(work=False)
    past = timezone.now() - timedelta(seconds=1)
    WebhookEvent.objects.update(next_try_at=past)
    for name in ("reconcile_payments", "process_webhooks", "send_refunds"):
        call_command(name)
    assert Order.objects.count() == 1
    assert set(WebhookEvent.objects.values_list("status", flat=True)) == {"processed"}
    assert set(JobRun.objects.values_list("job", "is_ok")) == {
        ("reconcile_payments", True),
        ("process_webhooks", True),
        ("send_refunds", True),
    }
    assert "paid 1" in capsys.readouterr().out


@both
def test_an_attempt_that_nobody_opened_ends_soon_and_frees_the_purchase(providers: World, gateway: str):
    session = make_session()
    crashed = attempts.create(payables.of_purchase(session), gateway, actor="shopper")
    assert crashed.next_check_at is not None
    assert crashed.next_check_at < timezone.now() + timedelta(minutes=5)
    due(crashed, created_at=timezone.now() - timedelta(minutes=5))
    assert due_attempts.reconcile_due() == {"expired": 1}
    session.refresh_from_db()
    assert session.status == "open"
    assert active(checkout_id=session.pk) == 1


def test_one_attempt_that_nobody_foresaw_does_not_keep_the_others_unasked(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    broken, other = (providers.begin("stripe") for _number in range(2))
    providers.pay(other)
    for attempt in (broken, other):
        due(attempt)
    real = settle.settle

    def fail(*, attempt_id: object, **options: object) -> object:
        if attempt_id == broken.pk:
            raise RuntimeError("nobody foresaw this")
        return real(attempt_id=attempt_id, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(settle, "settle", fail)
    assert due_attempts.reconcile_due() == {"crashed": 1, "paid": 1}
    broken.refresh_from_db()
    assert "nobody foresaw" in broken.last_error
    assert broken.next_check_at is not None
    assert broken.next_check_at > timezone.now() + timedelta(minutes=20)


def test_a_live_attempt_that_nobody_planned_to_ask_about_is_asked(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(next_check_at=None)
    assert due_attempts.reconcile_due() == {"paid": 1}


def test_a_check_counts_once_and_one_that_was_held_back_not_at_all(monkeypatch: pytest.MonkeyPatch):
    attempt = sold("1", gateway="stripe").attempt
    assert attempt is not None
    due(attempt)
    monkeypatch.setattr(due_attempts, "_check", lambda _attempt, actor: "redirected")
    assert due_attempts.check(attempt.pk, actor="test") == "redirected"
    attempt.refresh_from_db()
    assert attempt.checks == 1

    def withheld(*_arguments: object, **_options: object) -> str:
        raise NotAsked("no room", code=NotAsked.BUSY, retry_after=900)

    due(attempt)
    monkeypatch.setattr(due_attempts, "_check", withheld)
    assert due_attempts.check(attempt.pk, actor="test") == LATER
    attempt.refresh_from_db()
    assert (attempt.checks, attempt.last_error) == (1, "")
    assert attempt.next_check_at > timezone.now() + timedelta(minutes=14)


def test_a_voucher_has_half_its_margin_for_the_news_to_come():
    now = timezone.now()
    attempt = PaymentAttempt(
        gateway="stripe", status="pending", created_at=now, expires_at=now, voucher_until=now
    )
    margin = clocks.margin("stripe", attempt.voucher_method)
    assert margin > timedelta(0)
    assert due_attempts._last_moment(attempt) == attempt_state.end_of(attempt) + margin / 2
    attempt.status = "redirected"
    assert due_attempts._last_moment(attempt) == attempt_state.end_of(attempt)
