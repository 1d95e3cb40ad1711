"""A discount for paying by transfer: shown, asked for by the instruction, and what the order costs in the end."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import Order
from orders.tests.factories import ShippingRateFactory, make_cart, make_session, make_variant
from payments.templatetags.gateways import gateway_choices
from payments.tests.transfers.purchases import attempt_of, see, waiting

pytestmark = pytest.mark.django_db


def test_the_price_by_transfer_is_what_is_asked_for_and_what_the_order_costs(settings: Any):
    settings.PAYMENT_DISCOUNTS = {"transfer": Decimal(10)}
    ShippingRateFactory.create(price=Decimal("20.00"))
    session = make_session(make_cart((make_variant(200, price=Decimal("168.00")), 1)))
    shown = {choice.code: choice for choice in gateway_choices(session)}
    assert (str(shown["transfer"].price), str(shown["mercadopago"].price)) == ("171.20", "188.00")
    instruction = waiting(session)
    assert (str(attempt_of(instruction).amount), str(instruction.amount)) == ("171.20", "171.20")
    see(instruction)
    order = Order.objects.get(checkout=session)
    assert str(order.total) == "171.20"
    assert order.payments.get().role == "order"
