"""A purchase's adjustments are rows that agree with its sums, whichever version of the code wrote them."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from orders.checkout import sessions
from orders.models import CheckoutAdjustment, CheckoutSession, Order, OrderAdjustment, ShippingRate
from orders.tests.factories import ACTOR, make_cart, make_order, make_session, make_variant

pytestmark = pytest.mark.django_db
Rows = list[tuple[str, str, Decimal]]


def session_of(units: int = 2) -> CheckoutSession:
    return make_session(make_cart((make_variant(price="1000.00"), units)))


def rows(purchase: Any) -> Rows:
    return list(purchase.adjustments.values_list("target", "label", "amount"))


def end_of_transaction() -> None:
    """Run the deferred checks that wait for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def whole_transaction() -> Iterator[None]:
    with transaction.atomic():
        yield
        end_of_transaction()


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=words), whole_transaction():
        yield


def test_the_shipping_chosen_is_an_adjustment_and_follows_its_price():
    session = session_of()
    (row,) = session.adjustments.all()
    assert (row.kind, row.source, row.label) == (
        "shipping",
        f"rate:{session.shipping_rate_id}",
        session.shipping_name,
    )
    assert (row.amount, row.currency, row.tax) == (session.shipping_total, session.currency, 0)
    ShippingRate.objects.update(price="7900.00")
    sessions.revalidate(session)
    assert [amount for _target, _label, amount in rows(session)] == [Decimal("7900.00")]


def test_a_purchase_that_did_not_change_keeps_its_rows():
    session = session_of()
    before = list(session.adjustments.values_list("pk", flat=True))
    sessions.revalidate(session)
    assert list(session.adjustments.values_list("pk", flat=True)) == before


def test_a_rate_that_is_offered_no_more_leaves_no_row():
    session = session_of()
    ShippingRate.objects.update(is_active=False)
    sessions.revalidate(session)
    assert rows(session) == []


def test_an_order_has_the_adjustments_of_its_checkout():
    order = make_order(make_cart((make_variant(price="1000.00"), 2)))
    assert rows(order) == rows(order.checkout) == [("shipping", order.shipping_name, order.shipping_total)]


@pytest.mark.parametrize("model", [CheckoutSession, Order])
def test_the_database_refuses_a_sum_that_no_row_explains(model: Any):
    order = make_order(make_cart((make_variant(price="1000.00"), 2)))
    end_of_transaction()
    changed = model.objects.filter(pk__in=[order.pk, order.checkout_id])
    with refused("add up to 0"):
        changed.update(adjustment_total=-5, total=F("total") - 5)
    with refused("add up to 5"):
        OrderAdjustment.objects.create(
            order=order, position=1, kind="fee", target="order", amount=5, currency=order.currency
        )


@pytest.mark.parametrize("wrong", [{"target": "line"}, {"target": "order", "amount": -1}, {"unit": 1}])
def test_a_row_belongs_to_something_and_takes_nothing_off_an_order_as_a_whole(wrong: dict[str, Any]):
    session = session_of()
    values = {"position": 1, "kind": "fee", "target": "order", "amount": 1, "currency": "ARS"} | wrong
    with pytest.raises(IntegrityError, match="checkoutadjustment_"), transaction.atomic():
        CheckoutAdjustment.objects.create(checkout=session, **values)


# -- A process of the version before, during an upgrade ---------------------------------------------------------------


def test_what_it_writes_as_a_sum_alone_gets_its_row():
    session = session_of()
    end_of_transaction()
    CheckoutSession.objects.filter(pk=session.pk).update(
        shipping_name="Branch", shipping_total=500, total=F("subtotal") + 500
    )
    end_of_transaction()
    assert rows(session) == [("shipping", "Branch", Decimal(500))]
    CheckoutSession.objects.filter(pk=session.pk).update(
        shipping_name="", shipping_total=0, total=F("subtotal")
    )
    end_of_transaction()
    assert rows(session) == []


def test_a_free_shipping_that_it_writes_is_told_by_its_name():
    session = session_of()
    CheckoutSession.objects.filter(pk=session.pk).update(
        shipping_name="Store", shipping_total=0, total=F("subtotal")
    )
    end_of_transaction()
    assert rows(session) == [("shipping", "Store", Decimal(0))]


def test_it_deletes_lines_and_checkouts_without_knowing_of_adjustments():
    session = session_of()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_checkoutline WHERE checkout_id = %s", [session.pk])
        cursor.execute("DELETE FROM orders_checkoutsession WHERE id = %s", [session.pk])
    end_of_transaction()
    assert not CheckoutAdjustment.objects.exists()


def test_the_next_step_of_a_checkout_that_it_wrote_makes_the_row_whole():
    session = session_of()
    CheckoutAdjustment.objects.update(source="")
    sessions.set_shipping(session, rate_id=session.shipping_rate_id, accepts_terms=True, actor=ACTOR)
    assert session.adjustments.get().source == f"rate:{session.shipping_rate_id}"


@pytest.mark.django_db(transaction=True)
def test_its_row_comes_with_the_commit_and_no_sooner():
    session = session_of()
    with transaction.atomic():
        CheckoutSession.objects.filter(pk=session.pk).update(shipping_name="Branch")
        assert rows(session)[0][1] == session.shipping_name
    assert rows(session) == [("shipping", "Branch", session.shipping_total)]
