"""Cash vouchers that are paid days later: clocks of their own, and at most a share of a variant's units waits for them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Variant
from inventory import reservations
from inventory.models import Reservation, StockLevel
from inventory.reservations import cash_vouchers
from orders import payables
from orders.checkout import sessions
from orders.checkout.issues import NotReady
from orders.models import CheckoutSession
from orders.tests.factories import ACTOR, level_of, make_cart, make_session, make_variant
from payments import clocks, gateways
from payments.checkout import attempts
from payments.models import Payment, PaymentAttempt
from payments.reconciliation import due_attempts
from payments.settlement import settle
from payments.tests.settlement.test_races import at_once
from payments.tests.world import CHECKOUT_KINDS, GATEWAYS, VOUCHER_CURRENCY, World
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("gateway", GATEWAYS)
A_SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def vouchers(request: pytest.FixtureRequest, providers: World, settings: Any) -> None:
    """Let the provider offer vouchers: Stripe has them in Mexico and Brazil."""
    params = getattr(request.node, "callspec", None)
    gateway = params.params.get("gateway", "") if params else ""
    settings.SHOP_CURRENCY = VOUCHER_CURRENCY.get(gateway) or settings.SHOP_CURRENCY
    gateways.forget()


def settled(attempt: PaymentAttempt) -> PaymentAttempt:
    return settle.settle(attempt_id=attempt.pk, actor="test").attempt


def purchase(variant: Variant, units: int = 1) -> CheckoutSession:
    return make_session(make_cart((variant, units)))


def reservation_of(session: CheckoutSession) -> Reservation:
    return Reservation.objects.get(checkout_id=session.pk, status="active")


def at_its_end(attempt: PaymentAttempt) -> None:
    """Let the attempt's voucher and its margin be over, and run the job."""
    past = timezone.now() - timedelta(hours=1)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        voucher_until=past, expires_at=past, next_check_at=past
    )
    due_attempts.reconcile_due()
    attempt.refresh_from_db()


# -- The clocks -----------------------------------------------------------------------------------------------------


def test_the_most_particular_clock_wins(settings: Any):
    settings.CASH_VOUCHER_TTLS = {
        "stripe/oxxo": timedelta(days=1),
        "oxxo": timedelta(days=2),
        "stripe": timedelta(days=4),
    }
    assert clocks.voucher("stripe", "oxxo") == timedelta(days=1)
    assert clocks.voucher("mercadopago", "OXXO") == timedelta(days=2)
    assert clocks.voucher("stripe", "boleto") == timedelta(days=4)
    assert clocks.voucher("mercadopago", "rapipago") == settings.CASH_VOUCHER_TTL
    made_at = timezone.now()
    assert clocks.voucher_ends("stripe", made_at) == {"oxxo": made_at + timedelta(days=1)}
    assert clocks.voucher_ends("conekta", made_at)["oxxo"] == made_at + timedelta(days=2)


@every
def test_each_provider_has_its_page_and_its_reservation(providers: World, settings: Any, gateway: str):
    settings.PAYMENT_TTLS = {gateway: timedelta(minutes=50)}
    settings.RESERVATION_MARGINS = {gateway: timedelta(minutes=25)}
    session = purchase(make_variant())
    attempt = providers.begin(gateway, session)
    assert abs(attempt.expires_at - timezone.now() - timedelta(minutes=50)) < timedelta(seconds=20)
    assert abs(reservation_of(session).expires_at - attempt.expires_at - timedelta(minutes=25)) < A_SECOND


@every
def test_each_method_has_its_voucher_and_its_reservation(providers: World, settings: Any, gateway: str):
    """A cash voucher whose own clock is shorter than the provider's is ended at ours; the margin is the method's."""
    session = purchase(make_variant())
    attempt = providers.begin(gateway, session)
    providers.pay(attempt, "voucher")
    method = settle.ask(attempt).payments[0].method
    settings.CASH_VOUCHER_TTLS = {f"{gateway}/{method}": timedelta(hours=5)}
    settings.RESERVATION_MARGINS = {method.lower(): timedelta(hours=2)}
    attempt = settled(attempt)
    assert (attempt.status, attempt.voucher_method) == ("pending", method)
    assert attempt.voucher_until is not None
    assert abs(attempt.voucher_until - timezone.now() - timedelta(hours=5)) < timedelta(seconds=20)
    reservation = reservation_of(session)
    assert reservation.purpose == "voucher"
    assert abs(reservation.expires_at - attempt.voucher_until - timedelta(hours=2)) < A_SECOND
    # Asked again, nothing moves.
    assert settled(attempt).voucher_until == attempt.voucher_until
    assert EmailLog.objects.filter(kind="payment_pending").count() == 1


# -- What is offered ------------------------------------------------------------------------------------------------


def offered_there(providers: World, attempt: PaymentAttempt) -> bool:
    """Say whether the provider's page offers cash vouchers, by what it was sent."""
    (record,) = [
        row for row in providers.records(CHECKOUT_KINDS[attempt.gateway]) if row.id == attempt.external_id
    ]
    if attempt.gateway == "mercadopago":
        return not record.body["payment_methods"].get("excluded_payment_types")
    if attempt.gateway == "stripe":
        return "oxxo" in record.body["payment_method_types"]
    return "cash" in record.body["checkout"]["allowed_payment_methods"]


@every
@pytest.mark.parametrize(("units", "wanted", "is_offered"), [(10, 5, True), (10, 6, False), (1, 1, False)])
def test_cash_vouchers_are_offered_within_their_share_only(
    providers: World, gateway: str, units: int, wanted: int, is_offered: bool
):
    attempt = providers.begin(gateway, purchase(make_variant(units=units), wanted))
    assert attempt.offers_vouchers is is_offered
    assert offered_there(providers, attempt) is is_offered


@every
def test_what_other_cash_vouchers_hold_counts(providers: World, gateway: str):
    variant = make_variant(units=10)
    first = providers.begin(gateway, purchase(variant, 3))
    providers.pay(first, "voucher")
    settled(first)
    assert offered_there(providers, providers.begin(gateway, purchase(variant, 2)))
    assert not offered_there(providers, providers.begin(gateway, purchase(variant, 3)))


@every
def test_it_is_told_in_words_before_paying(providers: World, gateway: str):
    def snapshot(units: int) -> bool:
        address = reverse("orders:checkout_payment", args=[purchase(make_variant(units=units)).token])
        return 'role="note"' in Client().get(address).content.decode()

    assert snapshot(1)
    assert not snapshot(10)


def test_nothing_is_told_where_no_provider_has_cash_vouchers(providers: World, settings: Any):
    settings.PAYMENT_GATEWAYS = ["stripe"]  # In ARS Stripe has none.
    gateways.forget()
    session = purchase(make_variant(units=1))
    page = Client().get(reverse("orders:checkout_payment", args=[session.token])).content.decode()
    assert 'role="note"' not in page


@pytest.mark.parametrize("gateway", ["conekta"])
def test_a_provider_of_cash_vouchers_only_is_refused_in_words(providers: World, settings: Any, gateway: str):
    settings.CONEKTA_PAYMENT_METHODS = ["cash"]
    gateways.forget()
    with pytest.raises(NotReady) as caught:
        providers.begin(gateway, purchase(make_variant(units=1)))
    assert [issue.kind for issue in caught.value.issues] == ["cash_voucher_only"]
    assert not PaymentAttempt.objects.exists()
    assert providers.begin(gateway, purchase(make_variant(units=10))).status == "redirected"


# -- What the provider's page yields nevertheless -------------------------------------------------------------------


@every
def test_a_cash_voucher_that_was_not_offered_is_reserved_as_long_as_the_page(
    providers: World, settings: Any, gateway: str
):
    session = purchase(make_variant(units=10))
    attempt = providers.begin(gateway, session)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(offers_vouchers=False)
    providers.pay(attempt, "voucher")
    attempt = settled(attempt)
    assert (attempt.status, attempt.is_reserved_for_cash_voucher) == ("pending", False)
    assert attempt.voucher_until == attempt.expires_at
    reservation = reservation_of(session)
    assert reservation.purpose == "checkout"
    assert abs(reservation.expires_at - attempt.expires_at - settings.RESERVATION_MARGIN) < A_SECOND
    page = Client().get(reverse("payments:status", args=[attempt.token])).content.decode()
    assert "notice--warn" in page
    assert EmailLog.objects.filter(kind="payment_pending").count() == 1


@every
def test_at_its_short_end_the_cash_voucher_is_ended_and_the_units_are_free(providers: World, gateway: str):
    variant = make_variant(units=10)
    session = purchase(variant)
    attempt = providers.begin(gateway, session)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(offers_vouchers=False)
    cash_voucher = providers.pay(attempt, "voucher")
    at_its_end(settled(attempt))
    # Stripe cannot take a cash voucher back: it can still be paid, which would be a late payment.
    assert attempt_status(attempt) == ("pending" if gateway == "stripe" else "expired")
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - A_SECOND)
    Reservation.objects.filter(checkout_id=session.pk).update(expires_at=timezone.now() - A_SECOND)
    sessions.expire_due()
    reservations.expire_due()
    assert level_of(variant.pk).reserved == 0
    if gateway == "stripe":
        providers.pay_voucher(attempt, cash_voucher)
        order = settle.settle(attempt_id=attempt.pk, actor="test").order
        assert order is not None
        assert Payment.objects.get().role == "order"


def attempt_status(attempt: PaymentAttempt) -> str:
    attempt.refresh_from_db()
    return attempt.status


@every
def test_a_dead_cash_voucher_gives_its_share_back(providers: World, gateway: str):
    variant = make_variant(units=2)
    session = purchase(variant)
    attempt = providers.begin(gateway, session)
    cash_voucher = providers.pay(attempt, "voucher")
    assert settled(attempt).is_reserved_for_cash_voucher
    assert not cash_vouchers.has_share_left(wanted={variant.pk: 1}, percent=50)
    assert cash_vouchers.has_share_left(wanted={variant.pk: 1}, percent=50, checkout_id=session.pk)
    providers.expire_voucher(attempt, cash_voucher)
    attempt = settled(attempt)
    if attempt.is_live:  # A preference can still be paid; the shopper gives it up.
        attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    session.refresh_from_db()
    assert session.status == "open"
    assert reservation_of(session).purpose == "checkout"
    assert cash_vouchers.has_share_left(wanted={variant.pk: 1}, percent=50)


def test_a_review_is_no_cash_voucher_and_keeps_its_reservation(providers: World):
    session = purchase(make_variant(units=1))
    attempt = providers.begin("mercadopago", session)
    providers.do("mp.pay", attempt.external_id, method="visa", outcome="in_process")
    attempt = settled(attempt)
    assert (attempt.status, attempt.offers_vouchers, attempt.is_reserved_for_cash_voucher) == (
        "pending",
        False,
        True,
    )
    assert reservation_of(session).expires_at > timezone.now() + timedelta(days=2)


def test_a_cash_voucher_beside_a_review_is_checked_when_it_is_alone(providers: World):
    """While the card is reviewed the reservation is the review's; when that has failed, the cash voucher must find its share."""
    attempt = providers.begin("mercadopago", purchase(make_variant(units=10)))
    PaymentAttempt.objects.filter(pk=attempt.pk).update(offers_vouchers=False)
    review = providers.do("mp.pay", attempt.external_id, method="visa", outcome="in_process")
    providers.do("mp.pay", attempt.external_id, method="rapipago")
    attempt = settled(attempt)
    assert (attempt.status, attempt.voucher_method, attempt.is_reserved_for_cash_voucher) == (
        "pending",
        "rapipago",
        True,
    )
    providers.do("mp.reject", review.id)
    attempt = settled(attempt)
    assert (attempt.status, attempt.is_reserved_for_cash_voucher) == ("pending", False)
    assert attempt.voucher_until == attempt.expires_at
    assert settled(attempt).voucher_until == attempt.expires_at


@every
def test_what_was_given_to_a_cash_voucher_is_not_taken_back(providers: World, settings: Any, gateway: str):
    session = purchase(make_variant(units=2))
    attempt = providers.begin(gateway, session)
    providers.pay(attempt, "voucher")
    until = settled(attempt).voucher_until
    settings.CASH_VOUCHER_STOCK_SHARE = 0
    attempt = settled(attempt)
    assert (attempt.is_reserved_for_cash_voucher, attempt.voucher_until) == (True, until)
    assert reservation_of(session).purpose == "voucher"


# -- Everybody at once ----------------------------------------------------------------------------------------------


def made_vouchers(providers: World, gateway: str, variant: Variant, count: int) -> list[PaymentAttempt]:
    """Let so many shoppers be offered a cash voucher, and take it, before the shop is notified of any."""
    begun = [providers.begin(gateway, purchase(variant)) for _turn in range(count)]
    assert all(attempt.offers_vouchers for attempt in begun)
    for attempt in begun:
        providers.pay(attempt, "voucher")
    return begun


def settle_at_once(begun: list[PaymentAttempt]) -> int:
    """Settle them all in one moment; return how many have the long reservation."""
    snapshot = [settle.ask(attempt) for attempt in begun]
    acts: list[Callable[[], Any]] = [
        partial(settle.apply, one.pk, answer, actor="race")
        for one, answer in zip(begun, snapshot, strict=True)
    ]
    results = at_once(*acts)
    assert not [result for result in results if isinstance(result, Exception)], results
    reserved = Reservation.objects.filter(purpose="voucher", status="active")
    assert (
        reserved.count()
        == PaymentAttempt.objects.filter(status="pending", is_reserved_for_cash_voucher=True).count()
    )
    return reserved.count()


@every
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_cash_vouchers_at_once_never_hold_more_than_their_share(providers: World, gateway: str):
    assert settle_at_once(made_vouchers(providers, gateway, make_variant(units=8), 8)) == 4
    assert PaymentAttempt.objects.filter(status="pending").count() == 8


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_levels_lock_cash_vouchers_hold_more(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    begun, together = made_vouchers(providers, "mercadopago", make_variant(units=8), 6), Barrier(6)
    fits = cash_vouchers._fits

    def unlocked(*, variant_ids: list[Any]) -> list[StockLevel]:
        return list(StockLevel.objects.filter(variant_id__in=variant_ids).select_related("location"))

    def all_together(*arguments: Any) -> bool:
        answer = fits(*arguments)
        together.wait(60)
        return answer

    monkeypatch.setattr(cash_vouchers, "lock_levels", unlocked)
    monkeypatch.setattr(cash_vouchers, "_fits", all_together)
    assert settle_at_once(begun) > 4
