"""Carriers' prices in the checkout: asked outside transactions, kept, expired, estimated while a carrier is silent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from orders.checkout import sessions
from orders.checkout.issues import Kind, NotReady
from orders.models import CheckoutSession, ShippingMethod, ShippingQuote
from orders.shipping import carriers, quoting, rates
from orders.shipping.carriers.base import (
    Misconfigured,
    Mode,
    NoCoverage,
    Outage,
    Quote,
    QuoteOutcome,
    QuoteRequest,
    Quotes,
)
from orders.tests.factories import (
    ADDRESS,
    ShippingMethodFactory,
    ShippingRateFactory,
    make_contact,
    make_session,
)

pytestmark = pytest.mark.django_db
ACTOR = "test"


class Playing:
    """A carrier that answers what the test says next, and counts how often it was asked."""

    def __init__(self) -> None:
        self.outcome: QuoteOutcome = Outage("nothing said yet")
        self.asked: list[QuoteRequest] = []

    def say(self, *prices: str) -> None:
        names = ("standard", "express")
        self.outcome = Quotes(
            tuple(
                Quote("andreani", name, name.capitalize(), Decimal(price), "ARS", Mode.DELIVERY)
                for name, price in zip(names, prices, strict=False)
            )
        )

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        self.asked.append(request)
        return self.outcome

    def price_basis(self, mode: object) -> str:
        return "contract"


@pytest.fixture
def playing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Playing:
    settings.SHIPPING_CARRIERS = ["andreani"]
    cache.clear()
    carrier = Playing()
    monkeypatch.setattr(carriers, "get", lambda code, patience=None: carrier)
    return carrier


@pytest.fixture
def method(playing: Playing) -> ShippingMethod:
    """A connected method with a rate of its own of 7000."""
    made = ShippingMethodFactory.create(module="andreani", name="Andreani", sort_order=5)
    ShippingRateFactory.create(method=made, price=Decimal("7000.00"), name="Todo el país")
    return made


def begun(playing: Playing) -> CheckoutSession:
    """Return a checkout by another way, before any carrier was asked."""
    ShippingRateFactory.create()
    session = make_session()
    ShippingQuote.objects.all().delete()
    cache.clear()
    playing.asked.clear()
    return session


def offered(session: CheckoutSession) -> list[tuple[str, Decimal, bool]]:
    return [(one.name, one.price, one.is_estimated) for one in rates.quotes_for(session) if one.method.module]


def choose(session: CheckoutSession, name: str) -> CheckoutSession:
    session = CheckoutSession.objects.get(pk=session.pk)
    rates.refresh_for(session)
    key = next(one.key for one in rates.quotes_for(session) if one.name == name)
    return sessions.set_shipping(session, rate_id=key, accepts_terms=True, actor=ACTOR)


def expire(by: timedelta = timedelta(minutes=1)) -> None:
    ShippingQuote.objects.update(expires_at=timezone.now() - by)


def test_a_carriers_prices_stand_in_the_place_of_the_methods_own_rates(playing: Playing, method: Any):
    session = begun(playing)
    playing.say("5100.50", "8200.00")
    assert rates.refresh_for(session)
    assert offered(session) == [
        ("Andreani · Standard", Decimal("5100.50"), False),
        ("Andreani · Express", Decimal("8200.00"), False),
    ]
    assert not rates.refresh_for(session), "what is known is not asked again"
    assert len(playing.asked) == 1
    standard, *_rest = [one for one in rates.quotes_for(session) if one.method == method]
    assert (standard.days_min, standard.days_max) == (1, 5), (
        "the method's own rate, where the carrier says no days"
    )
    request = playing.asked[0]
    assert request.destination.postal_code == "1043"
    assert request.declared_value == session.subtotal
    assert request.parcels[0].weight_grams > 0, "a product without a weight weighs the shop's usual"


@pytest.mark.parametrize("outcome", [Outage("hangs"), Misconfigured("401")])
def test_without_an_answer_the_methods_own_rate_stands_in_and_is_marked(
    playing: Playing, method: Any, outcome: QuoteOutcome
):
    session = begun(playing)
    playing.outcome = outcome
    rates.refresh_for(session)
    assert offered(session) == [("Andreani · Todo el país", Decimal("7000.00"), True)]
    assert not rates.refresh_for(session), "nobody waits for the same silence again at once"
    assert quoting.problems()["andreani"]["detail"] == getattr(outcome, "detail", "")


def test_where_it_does_not_go_it_is_not_offered_and_that_is_kept(playing: Playing, method: Any):
    session = begun(playing)
    playing.outcome = NoCoverage("too far")
    rates.refresh_for(session)
    assert offered(session) == []
    assert not rates.refresh_for(session)
    assert ShippingQuote.objects.get().price is None


def test_an_expired_price_is_asked_again_and_a_changed_one_is_told(playing: Playing, method: Any):
    session = begun(playing)
    playing.say("5100.50")
    session = choose(session, "Andreani · Standard")
    assert (session.shipping_total, session.has_shipping) == (Decimal("5100.50"), True)
    expire()
    playing.say("6000.00")
    with pytest.raises(NotReady) as refused:
        sessions.freeze_for_payment(session, ACTOR)
    assert [issue.kind for issue in refused.value.issues] == [Kind.SHIPPING_CHANGED]
    frozen = sessions.freeze_for_payment(CheckoutSession.objects.get(pk=session.pk), ACTOR)
    assert frozen.shipping_total == Decimal("6000.00")
    assert frozen.shipping_quote.price == Decimal("6000.00")


def test_an_expired_price_stands_while_its_carrier_is_silent(playing: Playing, method: Any, settings: Any):
    session = begun(playing)
    playing.say("5100.50")
    session = choose(session, "Andreani · Standard")
    expire()
    playing.outcome = Outage("hangs")
    assert sessions.freeze_for_payment(session, ACTOR).shipping_total == Decimal("5100.50")
    session = begun(playing)
    rates.refresh_for(session)
    # Another purchase with the same goods to the same place: the old price, as an estimate.
    assert [estimated for _name, _price, estimated in offered(session)] == [True]


def test_an_estimate_that_was_chosen_stays_on_offer_when_the_carrier_answers_again(
    playing: Playing, method: Any
):
    session = choose(begun(playing), "Andreani · Todo el país")
    cache.clear()
    playing.say("9900.00")
    assert sessions.revalidate(session) == []
    assert session.shipping_total == Decimal("7000.00")
    assert [name for name, _price, _estimated in offered(session)] == [
        "Andreani · Standard",
        "Andreani · Todo el país",
    ]


def test_another_address_asks_again_and_takes_the_price_away(playing: Playing, method: Any):
    session = begun(playing)
    playing.say("5100.50")
    session = choose(session, "Andreani · Standard")
    elsewhere = make_contact(shipping=replace(ADDRESS, postal_code="5000", state="Córdoba"))
    session = sessions.set_contact(session, contact=elsewhere, actor=ACTOR)
    assert not session.has_shipping
    rates.refresh_for(session)
    assert [request.destination.postal_code for request in playing.asked] == ["1043", "5000"]


def test_free_shipping_holds_for_carriers_prices(playing: Playing, method: Any, settings: Any):
    settings.FREE_SHIPPING_FROM = Decimal("1.00")
    session = begun(playing)
    playing.say("5100.50", "8200.00")
    rates.refresh_for(session)
    assert [price for _name, price, _estimated in offered(session)] == [Decimal("0.00"), Decimal("8200.00")]


def test_no_carrier_is_asked_within_a_transaction(playing: Playing, method: Any):
    session = begun(playing)
    playing.say("5100.50")
    with transaction.atomic():
        assert not rates.refresh_for(session)
    assert playing.asked == []


def test_only_the_services_that_the_merchant_wants_are_offered(playing: Playing, method: Any):
    method.services = ["express"]
    method.save()
    session = begun(playing)
    playing.say("5100.50", "8200.00")
    rates.refresh_for(session)
    assert [name for name, _price, _estimated in offered(session)] == ["Andreani · Express"]


def test_a_shop_without_carriers_asks_nothing(
    playing: Playing, method: Any, settings: Any, django_assert_max_num_queries: Callable[..., Any]
):
    settings.SHIPPING_CARRIERS = []
    session = begun(playing)
    assert not rates.refresh_for(session)
    assert offered(session) == [("Andreani · Todo el país", Decimal("7000.00"), False)]
