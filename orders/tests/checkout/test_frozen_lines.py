"""The frozen lines of a checkout: what they keep, what is reported when a sum changes, what counts as seen."""

from decimal import Decimal

import pytest

from catalog.models import Variant
from orders.cart.view import view
from orders.checkout import frozen_lines, sessions
from orders.checkout.issues import Kind
from orders.checkout.sessions import NotReady
from orders.models import ShippingRate
from orders.tests.factories import ACTOR, make_cart, make_session, make_variant

pytestmark = pytest.mark.django_db


def test_a_line_keeps_what_it_is_called_and_weighs():
    variant = make_variant(price="1000.00", weight_grams=700)
    (line,) = sessions.start(cart=make_cart((variant, 2)), user=None, language="es", actor=ACTOR).lines.all()
    assert (line.sku, line.variant_id, line.weight_grams) == (variant.sku, variant.pk, 700)
    assert line.name == f"{variant.product.name} · {variant.name}"
    assert (line.unit_price, line.total) == (Decimal("1000.00"), Decimal("2000.00"))


def test_only_the_prices_of_ones_own_cart_count_as_seen():
    variant = make_variant(price="1000.00")
    session, other = make_session(make_cart((variant, 1))), make_cart((variant, 1))
    Variant.objects.update(price="1200.00")
    frozen_lines.see_prices(session, view(session.cart))
    assert session.cart.lines.get().seen_price == Decimal("1200.00")
    assert other.lines.get().seen_price == Decimal("1000.00")


@pytest.mark.parametrize(("price", "notified"), [("7900.00", "7.900"), ("5100.00", "5.100")])
def test_a_rate_that_costs_something_else_by_now_is_told_with_both_prices(price: str, notified: str):
    session = make_session(make_cart((make_variant(price="1000.00"), 1)))
    ShippingRate.objects.update(price=price)
    with pytest.raises(NotReady) as error:
        sessions.freeze_for_payment(session, ACTOR)
    (issue,) = error.value.issues
    assert issue.kind == Kind.SHIPPING_CHANGED
    assert "6.500" in str(issue.message)
    assert notified in str(issue.message)
    session.refresh_from_db()
    assert (session.shipping_total, session.total) == (Decimal(price), Decimal("1000.00") + Decimal(price))
    assert sessions.freeze_for_payment(session, ACTOR).total == session.total
