"""What an app can tell apart by the `code` of a refusal."""

from uuid import uuid4

import pytest

from inventory.reservations import NotSellable
from inventory.reservations.source_limits import ReservationRefused
from orders.api.problems import of_cart
from shop.core.api.problems import Problem


def test_a_source_that_has_reserved_enough_is_not_told_that_it_is_off_sale():
    key = uuid4()
    refusals = {
        "source_limit": ReservationRefused(variant_id=key, scope="ip", most=5, reserved=5),
        "not_sellable": NotSellable(variant_id=key, reason="inactive"),
    }
    for code, error in refusals.items():
        with pytest.raises(Problem) as refused, of_cart(None, key):
            raise error
        assert (refused.value.kind.code, refused.value.kind.status) == (code, 409)
