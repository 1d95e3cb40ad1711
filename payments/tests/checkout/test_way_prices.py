"""Prices by the way to pay: what each way shows is what its attempt charges, and a late payment finds its purchase."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders import payables
from orders.cart import carts
from orders.checkout import sessions, way_prices
from orders.installments import quotes
from orders.models import CheckoutSession, Order
from orders.tests.factories import ACTOR, ShippingRateFactory, make_cart, make_session, make_variant
from orders.tests.installments.plans import make_offer
from payments import provider_requests
from payments.checkout import attempts
from payments.checkout.choices import Choice
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.templatetags.gateways import gateway_choices
from payments.tests.world import World

pytestmark = pytest.mark.django_db
DISCOUNTS = {"mercadopago": Decimal(10)}


@pytest.fixture(autouse=True)
def _discounts(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS, settings.PAYMENT_DISCOUNTS = ["mercadopago", "stripe"], DISCOUNTS


def purchase(*prices: str, quantity: int = 1, shipping: str = "0") -> CheckoutSession:
    ShippingRateFactory.create(price=Decimal(shipping))
    lines = [(make_variant(price=Decimal(price)), quantity) for price in prices]
    return make_session(make_cart(*lines))


def choices(session: CheckoutSession) -> dict[str, Choice]:
    return {choice.code: choice for choice in gateway_choices(session)}


def page_of(session: CheckoutSession) -> tuple[Client, str]:
    client = Client()
    assert session.cart is not None
    client.cookies[carts.COOKIE] = session.cart.token
    return client, reverse("orders:checkout_payment", args=[session.token])


@pytest.mark.parametrize(
    ("prices", "quantity", "shipping", "expected"),
    [
        pytest.param(["168.00"], 1, "0", "151.20", id="one line"),
        pytest.param(["168.00"], 1, "20.00", "171.20", id="the shipping has no discount"),
        pytest.param(["99.99", "33.33"], 1, "0", "119.99", id="several lines"),
        # 10.00 off 99.99: three units of 33.33 cannot share 10.00 alike: the remainder units are on the first.
        pytest.param(["33.33"], 3, "0", "89.99", id="remainder units"),
        pytest.param(["0.04"], 1, "5.00", "5.04", id="rounded to nothing"),
    ],
)
@pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
def test_what_a_way_shows_is_what_its_attempt_charges(
    providers: World, gateway: str, prices: list[str], quantity: int, shipping: str, expected: str
):
    session = purchase(*prices, quantity=quantity, shipping=shipping)
    shown = choices(session)
    assert str(shown["mercadopago"].price) == expected
    attempt = attempts.create(payables.of_purchase(session), gateway, actor=ACTOR)
    assert attempt.amount == shown[gateway].price
    items = provider_requests.items_of(payables.kind_of(attempt.payable).bill(attempt.payable))
    asked = sum(item.unit_price * item.quantity for item in items) + Decimal(shipping)
    assert asked == attempt.amount


def test_another_way_prices_the_purchase_again(providers: World):
    session = purchase("168.00", shipping="20.00")
    client, page = page_of(session)
    start = reverse("payments:start", args=[session.token])
    for gateway, total in (("mercadopago", "171.20"), ("stripe", "188.00"), ("mercadopago", "171.20")):
        client.get(page)
        assert client.post(start, {"gateway": gateway}).status_code == 303
        assert str(PaymentAttempt.objects.latest("created_at").amount) == total
        session.refresh_from_db()
        assert str(session.total) == total


def test_a_late_payment_of_a_discounted_attempt_finds_its_purchase(providers: World):
    session = purchase("168.00", shipping="20.00")
    first = attempts.start(payable=payables.of_purchase(session), gateway="mercadopago", actor=ACTOR)
    # The provider could not be told: its page still takes the payment after another way was chosen.
    PaymentAttempt.objects.filter(pk=first.pk).update(
        status="expired", expires_at=timezone.now() - timedelta(hours=1)
    )
    second = attempts.create(payables.of_purchase(session), "stripe", actor=ACTOR)
    assert str(second.amount) == "188.00"
    PaymentAttempt.objects.filter(pk=second.pk).update(status="cancelled")
    providers.pay(first)
    settle.settle(attempt_id=first.pk, actor=ACTOR)
    order = Order.objects.get(checkout=session)
    assert str(order.total) == "171.20"
    assert first.payments.get().role == "order"
    assert list(order.adjustments.filter(kind="payment_discount").values_list("amount", flat=True)) == [
        Decimal("-16.80")
    ]


def test_a_discount_that_begins_while_an_attempt_is_live_changes_nothing_of_it(
    settings: Any, providers: World
):
    settings.PAYMENT_DISCOUNTS = {}
    session = purchase("168.00")
    attempt = attempts.start(payable=payables.of_purchase(session), gateway="mercadopago", actor=ACTOR)
    # As a process of the version before left it, or a screen that priced it for any way.
    CheckoutSession.objects.filter(pk=session.pk).update(payment_way="")
    settings.PAYMENT_DISCOUNTS = DISCOUNTS
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    assert str(Order.objects.get(checkout=session).total) == "168.00"


def test_each_way_says_its_price_on_the_page_and_the_button_none_without_scripts(providers: World):
    client, page = page_of(purchase("168.00", shipping="20.00"))
    shown = client.get(page).text
    assert re.search(r'data-total="\$\s171,20"', shown)
    assert re.search(r'data-total="\$\s188"', shown)
    assert "Ahorrás" in shown
    button = re.search(r'<button class="btn btn--accent".*?</button>', shown, re.DOTALL)
    assert button
    assert not re.search(r"\d", re.sub(r"<[^>]*>", "", button[0]))


def test_without_discounts_the_button_says_the_price(settings: Any, providers: World):
    settings.PAYMENT_DISCOUNTS = {}
    client, page = page_of(purchase("168.00"))
    shown = client.get(page).text
    assert "Pagar $" in shown.replace("\xa0", " ")
    assert "data-total=" not in shown


def test_a_discount_of_a_way_that_is_not_offered_is_none(settings: Any):
    settings.PAYMENT_DISCOUNTS = {"transfer": Decimal(10)}
    session = purchase("168.00")
    assert {choice.saving for choice in choices(session).values()} == {Decimal(0)}
    assert str(way_prices.cheapest(session)) == "168.00"


def test_what_was_sold_is_not_priced_again_by_another_payment():
    session = purchase("168.00")
    sessions.freeze_for_payment(session, ACTOR, way="stripe")
    CheckoutSession.objects.update(status="completed")
    session.refresh_from_db()
    sessions.set_way(session, "mercadopago")
    session.refresh_from_db()
    assert (session.payment_way, str(session.total)) == ("stripe", "168.00")


def test_a_late_payment_finds_its_purchase_though_instalments_were_tried_since():
    make_offer()
    session = purchase("168.00")
    quote = quotes.for_checkout(session)[0]
    sessions.freeze_for_payment(session, ACTOR, way="installments", quote=quote)
    session.refresh_from_db()
    assert str(session.total) == "175.98"
    sessions.set_way(session, "stripe")
    session.refresh_from_db()
    assert (session.quote_id, str(session.total)) == (None, "168.00")
