"""A fee and a discount registered by this test alone go from the cart to the refund without any other change."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders import payables
from orders.cart import carts
from orders.models import CheckoutSession, Order
from orders.pricing import discounts, kinds
from orders.pricing.kinds import Basket
from orders.pricing.totals import Adjustment, Target, Totals
from orders.privacy import _export
from orders.reimbursements.left import left_of
from orders.tests.factories import ShippingRateFactory, make_cart, make_session, make_variant
from payments import notices, provider_requests
from payments.disputes import evidence
from payments.gateways.base import Item
from payments.models import Payment, PaymentAttempt, Refund, RefundLine
from payments.refunds import quotes, refund_requests, reimbursing
from payments.refunds.refund_requests import LinesTaken
from payments.settlement import settle
from payments.tests.world import CHECKOUT_KINDS, GATEWAYS, World
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog
from shop.core.privacy.personal_data import Person

pytestmark = pytest.mark.django_db

WRAP: Final = Decimal("350.00")
LOYALTY: Final = Decimal("-101.01")
GOODS: Final = Decimal("3333.33")


class Loyalty:
    """A deduction for the whole purchase; three units cannot share it equally."""

    code = "loyalty"

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        return discounts.over(
            discounts.line_parts(so_far),
            LOYALTY,
            kind=self.code,
            source="loyalty:gold",
            label="Cliente fiel",
            currency=basket.currency,
        )


class GiftWrap:
    """A charge of the order's own."""

    code = "gift_wrap"

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        return [
            Adjustment(
                kind=self.code, source="wrap", label="Envoltorio de regalo", amount=WRAP, target=Target.ORDER
            )
        ]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", [Loyalty(), GiftWrap(), *kinds.KINDS])


def purchase() -> CheckoutSession:
    lines = [(make_variant(price="1000.00", units=9), 3), (make_variant(price="333.33", units=9), 1)]
    return make_session(make_cart(*lines))


def words_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().replace("\xa0", " ")


def shown(text: str) -> list[bool]:
    """Say whether the deduction and the fee are shown, each with its sum."""
    return ["Cliente fiel" in text and "101,01" in text, "Envoltorio de regalo" in text and "350" in text]


def test_the_cart_and_every_step_show_them(registered: None):
    session = purchase()
    assert session.cart is not None
    client = Client()
    client.cookies[carts.COOKIE] = session.cart.token
    cart = words_of(client, reverse("orders:cart"))
    assert shown(cart) == [True, True]
    assert "3.582,32" in cart
    assert shown(words_of(client, reverse("orders:cart_drawer"))) == [True, True]
    for name in ("checkout_contact", "checkout_shipping", "checkout_payment"):
        page = words_of(client, reverse(f"orders:{name}", args=[session.token]))
        assert shown(page) == [True, True], name
        assert "10.082,32" in page, name


def offered(providers: World, attempt: PaymentAttempt) -> Decimal:
    """Return the sum that the provider computes from the items that it was sent."""
    body = providers.records(CHECKOUT_KINDS[attempt.gateway])[0].body
    if attempt.gateway == "mercadopago":
        items = [Decimal(str(item["unit_price"])) * item["quantity"] for item in body["items"]]
        return sum(items, Decimal(str(body["shipments"]["cost"])))
    minor = body["amount"] if attempt.gateway == "conekta" else body["amount_total"]
    return Decimal(minor) / 100


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_they_are_paid_sold_told_and_refunded(providers: World, registered: None, gateway: str):
    session = purchase()
    attempt = providers.begin(gateway, session)
    total = GOODS + LOYALTY + WRAP + session.shipping_total
    assert session.total == attempt.amount == offered(providers, attempt) == total
    providers.pay(attempt)
    order = settle.settle(attempt_id=attempt.pk, actor="test").order
    assert order is not None
    assert (order.subtotal, order.adjustment_total, order.total) == (GOODS, LOYALTY + WRAP, total)
    assert snapshot(order) == {name: [True, True] for name in ("page", "text", "html", "dispute")}
    assert sum(Decimal(row["amount"]) for row in exported(order)) == total - GOODS
    assert refunded_unit_by_unit(Payment.objects.get(), order) == total


def snapshot(order: Order) -> dict[str, list[bool]]:
    mail = EmailLog.objects.get(kind="order_confirmation", trail=order.checkout_id)
    texts = {
        "page": words_of(Client(), order.get_absolute_url()),
        "text": mail.text,
        "html": mail.html,
        "dispute": "\n".join(evidence._charges(order)),
    }
    return {name: shown(text.replace("\xa0", " ")) for name, text in texts.items()}


def exported(order: Order) -> list[dict[str, Any]]:
    (one,) = _export(Person(emails=frozenset({order.email})))["orders"]
    rows: list[dict[str, Any]] = one["adjustments"]
    return rows


def refunded_unit_by_unit(payment: Payment, order: Order) -> Decimal:
    """Send back every unit by a refund of its own, then what belongs to no line; return the sum."""
    for line in order.lines.all():
        for turn in range(line.quantity):
            ask(payment, order, f"{line.sku}-{turn}", units={line.pk: 1})
    ask(payment, order, "rest", shipping=True)
    assert left_of(order).shipping == 0
    assert refund_requests.refundable(payment) == 0
    return sum((refund.amount for refund in Refund.objects.all()), Decimal(0))


def ask(payment: Payment, order: Order, key: str, **chosen: Any) -> Refund:
    quote = quotes.quote(payment, left_of(order), **chosen)
    reimbursing.ask(
        payment, quote.lines, reason="wanted", dedupe_key=key, expected=quote.before, actor="staff:test"
    )
    return Refund.objects.latest("created_at")


def test_the_back_office_shows_them_and_what_goes_back_of_each(providers: World, registered: None):
    payment, order = paid(providers)
    client = boss()
    assert shown(words_of(client, reverse("admin:orders_order_change", args=[order.pk]))) == [True, True]
    checkout = words_of(client, reverse("admin:orders_checkoutsession_change", args=[order.checkout_id]))
    assert checkout.count("Cliente fiel") >= 2, "one for each line that carries a share"
    assert "Envoltorio de regalo" in checkout
    refund = words_of(client, reverse("admin:payments_payment_refund", args=[payment.pk]))
    assert "Envoltorio de regalo" in refund
    assert "969,69" in refund
    assert "6.850" in refund


def test_the_mail_of_a_refund_names_the_charges_that_go_back(providers: World, registered: None):
    payment, order = paid(providers)
    refund = ask(payment, order, "rest", shipping=True)
    notices.tell_returned(refund)
    text = EmailLog.objects.get(kind="order_refunded").text.replace("\xa0", " ")
    assert "Envoltorio de regalo: $ 6.850" in text


# -- What guards them ---------------------------------------------------------------------------------------------------


def paid(providers: World) -> tuple[Payment, Order]:
    attempt = providers.begin("stripe", purchase())
    providers.pay(attempt)
    order = settle.settle(attempt_id=attempt.pk, actor="test").order
    assert order is not None
    return Payment.objects.get(), order


def test_a_refund_that_failed_and_is_sent_again_does_not_close_a_line_at_another_sum(
    providers: World, registered: None
):
    payment, order = paid(providers)
    line = order.lines.get(quantity=3)
    first = ask(payment, order, "first", units={line.pk: 1})
    Refund.objects.filter(pk=first.pk).update(status=Refund.Status.FAILED)
    rest = [ask(payment, order, f"then-{turn}", units={line.pk: 1}).amount for turn in range(2)]
    first.refresh_from_db()
    assert first.amount + sum(rest) == line.total - Decimal("90.92"), "the line would end a minor unit short"
    with pytest.raises(LinesTaken):
        refund_requests.retry(first, actor="staff:test")
    last = ask(payment, order, "last", units={line.pk: 1})
    assert sum(rest) + last.amount == line.total - Decimal("90.91")


@pytest.mark.parametrize("change", [Decimal("0.01"), Decimal("-0.01")])
def test_the_last_unit_of_a_line_closes_it_at_what_was_paid(
    providers: World, registered: None, change: Decimal
):
    payment, order = paid(providers)
    line = order.lines.get(quantity=1)
    amount = line.total - Decimal("10.10") + change
    with pytest.raises(LinesTaken):
        refund_requests.request(
            payment,
            amount,
            Refund.Origin.STAFF,
            "wanted",
            "wrong",
            actor="staff:test",
            lines=[RefundLine(order_line=line, quantity=1, amount=amount)],
        )


def test_an_offer_without_them_is_another_offer_and_without_any_the_same_as_ever(
    monkeypatch: pytest.MonkeyPatch,
):
    plain = payables.bill_of(purchase())
    lines = sorted((line.sku, line.quantity, str(line.unit_price)) for line in plain.lines)
    before = provider_requests._digest([plain.currency, str(plain.total), str(plain.shipping), lines])
    assert provider_requests.fingerprint(plain).startswith(before)
    monkeypatch.setattr(kinds, "KINDS", [Loyalty(), GiftWrap(), *kinds.KINDS])
    adjusted = payables.bill_of(purchase())
    charges = provider_requests.snapshot(adjusted)["charges"]
    assert [(charge["name"], charge["amount"]) for charge in charges] == [
        ("Cliente fiel", "-101.01"),
        ("Envoltorio de regalo", "350.00"),
    ]


def test_items_carry_deductions_in_their_prices_and_none_is_free(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kinds, "KINDS", [Loyalty(), GiftWrap(), *kinds.KINDS])
    bill = payables.bill_of(purchase())
    found = sorted(provider_requests.items_of(bill), key=lambda item: -item.unit_price)
    assert [(item.quantity, item.unit_price) for item in found] == [
        (1, Decimal("2909.09")),
        (1, Decimal("350.00")),
        (1, Decimal("323.23")),
    ]
    assert found[0].title.startswith("3 × ")


def test_where_only_the_shipping_costs_something_it_is_the_item(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{__name__}.LOYALTY", Decimal(-9999))
    monkeypatch.setattr(kinds, "KINDS", [Loyalty(), *kinds.KINDS])
    ShippingRateFactory.create(price="500.00")
    now = timezone.now()
    attempt = PaymentAttempt(
        payable=payables.of_purchase(purchase()),
        gateway="mercadopago",
        amount=500,
        currency="ARS",
        created_at=now,
        expires_at=now,
    )
    request = provider_requests.request_for(attempt)
    assert request.shipping == 0
    assert [(item.sku, item.unit_price) for item in request.items] == [("shipping", Decimal("500.00"))]
    assert isinstance(request.items[0], Item)
