"""The fee of an exchange follows the money that goes back: none of what is exchanged, the return's rate of the rest."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.exchanges import fees, quoting, releasing
from orders.exchanges.quoting import Choice
from orders.models import Shipment
from orders.tests.exchanges.exchanges import ask, come_back, order_with_sizes, stock_is_sound, worth
from orders.tests.factories import make_variant
from orders.tests.returns.returns import STAFF, terms_of_the_shop, wanted

RATE = Decimal("0.10")


@pytest.mark.parametrize(
    ("differences", "rates", "kept"),
    [
        ([0], [RATE], [0]),
        ([500], [RATE], [0]),
        ([-999], [RATE], ["99.90"]),
        ([-999], [0], [0]),
        ([-999, 0], [RATE, RATE], ["99.90", 0]),
        # What a dearer unit takes of the value does not go back.
        ([-600, 600], [RATE, RATE], [0, 0]),
        ([-600, -200, 400], [RATE, 0, RATE], ["30.00", 0, 0]),
        # Never more than what goes back, whatever is rounded.
        (["-0.01", "-0.01", "-0.01"], [1, 1, 1], ["0.01", "0.01", "0.01"]),
        (["-0.03", "-0.03", "0.05"], [1, 1, 1], ["0.01", 0, 0]),
    ],
)
def test_it_is_kept_of_what_goes_back_alone(differences: list[str], rates: list[str], kept: list[str]):
    found = fees.kept([Decimal(one) for one in differences], [Decimal(one) for one in rates], currency="ARS")
    assert found == [Decimal(one) for one in kept]
    assert sum(found) <= max(-sum(Decimal(one) for one in differences), 0)


@pytest.mark.django_db
def test_a_product_of_one_peso_is_no_way_around_the_fee():
    order, line, other = order_with_sizes()
    Shipment.objects.filter(order=order).update(delivered_at=timezone.now() - timedelta(days=20))
    terms_of_the_shop(days=30, fee_rate=RATE)
    assert quoting.quote(order, [wanted(line, wish="exchange")], [Choice(line.pk, other.pk)]).settlement == 0
    before = worth(order)
    exchange = ask(order, line, make_variant(units=1, price=Decimal(1)))
    back = line.unit_price - 1
    assert exchange.settlement == -back + back * RATE
    come_back(exchange)
    assert releasing.money_back(exchange) == back - back * RATE
    releasing.release(exchange, actor=STAFF)
    exchange.refresh_from_db()
    assert exchange.reimbursement.amount == back - back * RATE
    assert worth(order) == before - back, "the fee comes back with no later unit"
    assert stock_is_sound()
