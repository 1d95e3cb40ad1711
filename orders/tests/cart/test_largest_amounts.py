"""Two values that are each allowed make a third one that fits its column: price and units make a total."""

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Variant
from orders.cart.view import MAX_QUANTITY
from orders.models import CheckoutSession
from shop.core import money
from shop.core.spreadsheets import cells

MOST_LINES = 95  # The limit of CART_MAX_LINES.


def test_the_fullest_cart_at_the_highest_price_fits_the_books():
    whole = money.MOST_ENTERED * MOST_LINES * MAX_QUANTITY
    assert CheckoutSession._meta.get_field("total").clean(whole, None) == whole


def test_no_entrance_takes_a_higher_price():
    field = Variant._meta.get_field("price")
    assert field.clean(money.MOST_ENTERED, None) == money.MOST_ENTERED
    with pytest.raises(ValidationError) as refused:
        field.clean(money.MOST_ENTERED + money.CENT, None)
    assert [error.code for error in refused.value.error_list] == ["too_large"]
    with pytest.raises(ValueError, match="99"):
        cells.Money().clean("100000000", {})
