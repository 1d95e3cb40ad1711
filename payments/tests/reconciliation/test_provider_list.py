"""The providers' own lists, read in windows over HTTP: no payment is missed, and reading twice changes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from orders import payables
from orders.models import Order
from orders.tests.factories import make_session
from payments import gateways
from payments.checkout import attempts
from payments.gateways.base import GatewayError
from payments.models import Payment, PaymentAttempt, ProviderWatch, Refund, StrayPayment
from payments.reconciliation import provider_list
from payments.settlement import settle
from payments.tests.world import GATEWAYS, World
from payments.unmatched import unmatched_payments
from shop.core.models import EmailLog, Event, JobRun
from shop.sandbox.mercadopago import payments

pytestmark = pytest.mark.django_db
each = pytest.mark.parametrize("gateway", GATEWAYS)
LISTS = {
    "mercadopago": "GET /mp/v1/payments/search",
    "stripe": "GET /stripe/v1/payment_intents",
    "conekta": "GET /conekta/orders",
}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every list tell two payments a page."""
    lists = (("mercadopago", "_PAGE"), ("stripe", "_PAGE"), ("stripe", "_EVENTS_PAGE"), ("conekta", "PAGE"))
    for module, name in lists:
        monkeypatch.setattr(f"payments.gateways.{module}.listing.{name}", 2)


def paid(providers: World, gateway: str, number: int) -> list[PaymentAttempt]:
    """Return attempts that were paid at the provider, of which the shop was not notified."""
    made = [providers.begin(gateway) for _turn in range(number)]
    for attempt in made:
        providers.pay(attempt)
    return made


def watch(gateway: str) -> ProviderWatch:
    return ProviderWatch.objects.get(gateway=gateway)


def everything() -> tuple[Any, ...]:
    """Return what a list reading must not change when the list has nothing new."""
    return (
        list(Payment.objects.order_by("pk").values_list("pk", "status", "refunded_amount", "role")),
        list(PaymentAttempt.objects.order_by("pk").values_list("pk", "status")),
        list(Refund.objects.order_by("pk").values_list("pk", "status")),
        list(StrayPayment.objects.order_by("pk").values_list("pk", "status", "decision")),
        Order.objects.count(),
        EmailLog.objects.count(),
        Event.objects.count(),
    )


@each
def test_all_webhooks_are_dropped_and_the_list_reading_finds_every_payment(providers: World, gateway: str):
    providers.fault("webhook_drop", count=None)
    paid(providers, gateway, 3)

    counts = provider_list.read_list(gateway)

    assert counts["settled"] == 3
    assert Order.objects.count() == 3
    assert Payment.objects.filter(role="order", status="approved").count() == 3
    assert not providers.letters()
    assert not StrayPayment.objects.exists()


@each
def test_reading_the_same_window_again_changes_nothing(providers: World, gateway: str):
    paid(providers, gateway, 2)
    provider_list.read_list(gateway)
    before = everything()
    mark = watch(gateway).high_water_mark

    counts = provider_list.read_list(gateway, is_wanted=True)

    assert (counts["agrees"], counts.get("settled", 0)) == (2, 0)
    assert everything() == before
    assert watch(gateway).high_water_mark > mark


@each
def test_windows_overlap_and_are_read_once_a_day(providers: World, settings: Any, gateway: str):
    begun = timezone.now()
    assert provider_list.read_list(gateway, now=begun)["pages"] >= 1
    assert watch(gateway).high_water_mark == begun

    assert provider_list.read_list(gateway, now=begun + timedelta(hours=23)) == {}
    paid(providers, gateway, 1)
    later = begun + timedelta(hours=25)
    assert provider_list.read_list(gateway, now=later, most_pages=0) == {}

    half_read = watch(gateway)
    assert half_read.window_from == begun - settings.PROVIDER_LIST_OVERLAP
    assert (half_read.window_until, half_read.high_water_mark) == (later, begun)
    assert provider_list.read_list(gateway, now=later)["settled"] == 1


@each
@pytest.mark.usefixtures("small_pages")
def test_more_payments_than_a_page_holds_are_all_found(providers: World, gateway: str):
    paid(providers, gateway, 5)

    counts = provider_list.read_list(gateway)

    assert counts["pages"] >= 3
    assert Order.objects.count() == 5


def test_pages_shorter_than_asked_for_are_not_taken_for_the_last(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    """Mercado Pago documents no page size limit: where it returns fewer than we ask for, its total shows the rest."""
    real = payments.search
    monkeypatch.setattr(
        payments, "search", lambda box, query, limit, offset: real(box, query, min(limit, 2), offset)
    )
    paid(providers, "mercadopago", 5)

    provider_list.read_list("mercadopago")

    assert Order.objects.count() == 5
    assert watch("mercadopago").window_until is None


@each
@pytest.mark.usefixtures("small_pages")
def test_a_second_page_that_fails_never_moves_the_mark_and_the_next_run_goes_on_there(
    providers: World, gateway: str
):
    paid(providers, gateway, 5)
    assert provider_list.read_list(gateway, most_pages=1)["pages"] == 1
    providers.fault("http_500", gateway, request=LISTS[gateway], count=None)
    place = watch(gateway)
    assert place.cursor
    assert place.high_water_mark is None

    assert provider_list.read_list(gateway)["failed"] == 1

    stuck = watch(gateway)
    assert (stuck.high_water_mark, stuck.cursor, stuck.window_until) == (
        None,
        place.cursor,
        place.window_until,
    )
    assert "500" in stuck.last_error
    assert Order.objects.count() < 5

    providers.handle.sandbox.faults.clear()
    counts = provider_list.read_list(gateway)
    assert counts.get("failed", 0) == 0
    assert Order.objects.count() == 5
    done = watch(gateway)
    assert (done.high_water_mark, done.cursor, done.window_until) == (place.window_until, "", None)
    assert done.last_error == ""


@each
@pytest.mark.usefixtures("small_pages")
def test_a_payment_that_changes_between_two_pages_makes_none_be_passed_over(providers: World, gateway: str):
    """Counted by offset, the pages after it would move up by one, over the payment at the seam."""
    made = [providers.begin(gateway) for _turn in range(6)]
    records = [providers.pay(attempt) for attempt in made]
    providers.fault("webhook_drop", count=None)
    provider_list.read_list(gateway, most_pages=1)
    for attempt, record in zip(made, records, strict=True):
        if attempt.payments.exists():
            providers.refund_in_panel(attempt, record, "5.00")

    provider_list.read_list(gateway)

    assert Order.objects.count() == 6


@each
def test_a_first_page_that_fails_is_never_an_empty_list(providers: World, gateway: str):
    """The SDK's own pager reads a 401 or a 500 as "no payments"."""
    paid(providers, gateway, 1)
    providers.fault("http_500", gateway, request=LISTS[gateway], count=None)

    assert provider_list.read_list(gateway) == {"failed": 1}
    assert watch(gateway).high_water_mark is None
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("gateway", "key"), [("mercadopago", "MERCADOPAGO_ACCESS_TOKEN"), ("stripe", "STRIPE_SECRET_KEY")]
)
def test_a_key_that_is_refused_is_an_error_not_an_empty_list(
    providers: World, settings: Any, gateway: str, key: str
):
    paid(providers, gateway, 1)
    setattr(settings, key, "sk_test_wrong" if gateway == "stripe" else "APP_USR-wrong")
    gateways.forget()

    assert provider_list.read_list(gateway) == {"failed": 1}
    assert watch(gateway).high_water_mark is None
    assert "401" in watch(gateway).last_error


@each
@pytest.mark.usefixtures("small_pages")
def test_a_killed_list_reading_goes_on_where_it_was(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    paid(providers, gateway, 4)

    class Killed(BaseException):
        pass

    calls = []
    noted = unmatched_payments.note

    def killed(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return noted(*args, **options)

    monkeypatch.setattr(unmatched_payments, "note", killed)
    with pytest.raises(Killed):
        provider_list.read_list(gateway)
    monkeypatch.setattr(unmatched_payments, "note", noted)
    left = watch(gateway)
    assert left.cursor
    assert left.high_water_mark is None

    assert provider_list.read_list(gateway) == {}  # The dead one's lease.
    ProviderWatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    provider_list.read_list(gateway)
    assert Order.objects.count() == 4
    assert watch(gateway).high_water_mark == left.window_until


@each
def test_a_payment_that_cannot_be_settled_holds_the_mark_for_a_day_and_then_no_more(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    attempt, _other = paid(providers, gateway, 2)
    real = settle.settle

    def refuse(*, attempt_id: Any, **options: Any) -> Any:
        if attempt_id == attempt.pk:
            raise GatewayError("hangs", permanent=False)
        return real(attempt_id=attempt_id, **options)

    monkeypatch.setattr(settle, "settle", refuse)
    assert provider_list.read_list(gateway)["failed"] == 1
    assert Order.objects.count() == 1
    assert watch(gateway).high_water_mark is None

    long_ago = timezone.now() - timedelta(days=2)
    ProviderWatch.objects.update(window_until=long_ago)
    monkeypatch.setattr("payments.reconciliation.provider_list._DELAYED", timedelta(days=1))
    provider_list.read_list(gateway)
    assert watch(gateway).high_water_mark == long_ago


@each
def test_money_that_is_passed_over_is_shown_to_people(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    (attempt,) = paid(providers, gateway, 1)

    def refuse(**_options: Any) -> Any:
        raise ValueError("unforeseen")

    monkeypatch.setattr(settle, "settle", refuse)
    assert provider_list.read_list(gateway)["failed"] == 1
    assert not StrayPayment.objects.exists()

    monkeypatch.setattr("payments.reconciliation.provider_list._DELAYED", timedelta(0))
    provider_list.read_list(gateway)
    assert watch(gateway).high_water_mark is not None
    assert StrayPayment.objects.get().reference == attempt.reference
    assert EmailLog.objects.filter(kind="payment_stray").count() == 1

    # Settled after all, it closes by itself.
    monkeypatch.undo()
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert StrayPayment.objects.get().decision == "known"


@each
def test_a_refund_in_the_panel_long_after_is_found_without_a_webhook(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    payment = providers.pay(attempt)
    provider_list.read_list(gateway)
    providers.fault("webhook_drop", count=None)
    providers.refund_in_panel(attempt, payment, "10.00")

    assert provider_list.read_list(gateway, is_wanted=True)["settled"] == 1

    row = Payment.objects.get()
    assert row.refunded_amount == Decimal("10.00")
    assert Refund.objects.get().origin == "provider"


@each
def test_a_dispute_is_found_without_a_webhook(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    payment = providers.pay(attempt)
    provider_list.read_list(gateway)
    providers.fault("webhook_drop", count=None)
    providers.dispute(attempt, payment)

    assert provider_list.read_list(gateway, is_wanted=True)["settled"] == 1
    assert Payment.objects.get().status == "disputed"
    before = everything()
    assert "settled" not in provider_list.read_list(gateway, is_wanted=True)
    assert everything() == before


def test_what_happened_to_an_old_payment_of_stripes_is_found_through_its_events(providers: World):
    """Stripe lists by making: a payment older than the window shows only in what happened to it."""
    attempt = providers.begin("stripe")
    payment = providers.pay(attempt)
    provider_list.read_list("stripe")
    providers.fault("webhook_drop", count=None)
    for record in providers.records("st_intent"):
        record.body["created"] -= 90 * 86_400
        providers.handle.sandbox.store.save(record)
    for record in providers.records("st_event"):
        providers.handle.sandbox.store.run("DELETE FROM objects WHERE id = ?", record.id)
    providers.refund_in_panel(attempt, payment, "7.00")

    counts = provider_list.read_list("stripe", is_wanted=True)

    assert (counts["listed"], counts["settled"]) == (1, 1)
    assert Payment.objects.get().refunded_amount == Decimal("7.00")


@each
def test_money_for_a_closed_attempt_is_found_and_settled_as_late(providers: World, gateway: str):
    """An attempt that ended is asked about no more; the list still knows who paid it."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor="shopper")
    providers.fault("webhook_drop", count=None)
    providers.pay(attempt, late=True)

    assert provider_list.read_list(gateway)["settled"] == 1
    attempt.refresh_from_db()
    assert attempt.status == "paid"
    assert Payment.objects.get().role in {"order", "mismatch", "surplus"}


def test_a_list_that_is_asked_for_is_read_by_the_job_and_not_by_the_page(
    providers: World, django_capture_on_commit_callbacks: Any
):
    paid(providers, "stripe", 1)
    provider_list.read_list("mercadopago")
    ProviderWatch.objects.create(gateway="stripe", high_water_mark=timezone.now())
    with django_capture_on_commit_callbacks() as woken:
        provider_list.begin("stripe", actor="staff:a@example.com")
        provider_list.begin("stripe", actor="staff:a@example.com")
    assert len(woken) == 2
    assert not Order.objects.exists()
    assert Event.objects.filter(kind="sweep.wanted").count() == 1

    assert provider_list.read_due_lists()["settled"] == 1
    assert watch("stripe").window_until is None


def test_two_list_readings_at_once_read_a_list_once(providers: World):
    ProviderWatch.objects.create(gateway="stripe", lease_until=timezone.now() + timedelta(minutes=5))
    assert provider_list.read_list("stripe", is_wanted=True) == {}
    assert watch("stripe").high_water_mark is None


def test_a_broken_provider_does_not_keep_the_others_lists_unread(providers: World):
    providers.fault("http_500", "mercadopago", count=None)
    paid(providers, "stripe", 1)

    counts = provider_list.read_due_lists()

    assert (counts["failed"], counts["settled"]) == (1, 1)
    assert watch("mercadopago").last_error
    assert Order.objects.count() == 1


def test_the_command_reads_every_list_now_and_leaves_a_run(providers: World, capsys: Any):
    paid(providers, "stripe", 1)
    call_command("sweep_payments")
    assert "settled 1" in capsys.readouterr().out
    call_command("sweep_payments", "--due")
    assert "nothing was due" in capsys.readouterr().out
    assert list(JobRun.objects.values_list("job", "is_ok")) == [("sweep_payments", True)] * 2


def test_a_place_that_the_provider_refuses_is_left_and_the_window_begun_again(providers: World):
    paid(providers, "stripe", 1)
    now = timezone.now()
    ProviderWatch.objects.create(
        gateway="stripe", window_from=now - timedelta(days=1), window_until=now, cursor="intents|pi_gone"
    )
    assert provider_list.read_list("stripe")["failed"] == 1
    assert watch("stripe").cursor == ""
    assert provider_list.read_list("stripe")["settled"] == 1
    assert watch("stripe").high_water_mark == now
