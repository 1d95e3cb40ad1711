"""What a card charges in the provider's own instalments: shown beside what the shop received, never as its money."""

from decimal import Decimal

import pytest
from django.test import Client

from orders import payables
from orders.models import Order
from orders.tests.factories import ACTOR, make_cart, make_session, make_variant
from payments import paid_with
from payments.checkout import attempts
from payments.gateways.mercadopago.mapping import _charged
from payments.models import Payment
from payments.settlement import settle
from payments.tests.world import World
from shop.core.models import EmailLog


def bought(providers: World, *, installments: str = "1", gateway: str = "mercadopago") -> Order:
    session = make_session(make_cart((make_variant(price=Decimal(1000)), 1)))
    attempt = attempts.start(payable=payables.of_purchase(session), gateway=gateway, actor=ACTOR)
    if gateway == "mercadopago":
        providers.do(
            "mp.pay", attempt.external_id, method="visa", outcome="approved", installments=installments
        )
    else:
        providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    return Order.objects.get(checkout=session)


@pytest.mark.django_db
def test_the_order_and_its_mail_say_what_the_shop_received_and_what_the_card_charges(providers: World):
    order = bought(providers, installments="6")
    payment = Payment.objects.get()
    assert payment.installments == 6
    assert payment.amount == order.total
    assert payment.charged_total
    assert payment.charged_total > order.total
    assert payment.charged_installment
    shown = paid_with.of(order).by_card
    assert shown
    assert (shown.paid, shown.total, shown.count) == (order.total, payment.charged_total, 6)
    page = Client().get(order.get_absolute_url()).text
    mail = EmailLog.objects.get(kind="order_confirmation")
    for text in (page, mail.text, mail.html):
        assert "Pagado a la tienda" in text
        assert "Te cobra tu tarjeta: 6" in text


@pytest.mark.django_db
@pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
def test_one_payment_has_no_second_line(providers: World, gateway: str):
    order = bought(providers, gateway=gateway)
    assert paid_with.of(order).by_card is None
    assert "Te cobra tu tarjeta" not in Client().get(order.get_absolute_url()).text


@pytest.mark.parametrize("value", [None, 0, "0", "x", -5, 10**30])
def test_an_amount_that_makes_no_sense_is_not_told(value: object):
    assert _charged(value) is None


@pytest.mark.parametrize(
    ("total", "each", "is_even"),
    [("31801.20", "5300.20", True), ("100.00", "33.33", False), (None, None, False)],
)
def test_count_times_amount_is_called_the_total_only_where_it_is(
    total: str | None, each: str | None, is_even: bool
):
    card = paid_with.ByCard(
        count=6 if total == "31801.20" else 3,
        paid=Decimal(100),
        currency="ARS",
        total=Decimal(total) if total else None,
        each=Decimal(each) if each else None,
    )
    assert card.is_even is is_even
