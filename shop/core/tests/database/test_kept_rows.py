"""Rows that are inserted together are those that the ORM would have written."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from orders.models import Order, OrderLine
from orders.tests.factories import make_cart, make_order, make_variant
from shop.core.database.kept_queries import together
from shop.core.database.kept_rows import insert

pytestmark = pytest.mark.django_db


def a_line(order: Order, sku: str, quantity: int) -> OrderLine:
    price = Decimal("10.50")
    return OrderLine(
        order=order, sku=sku, name="Remera", quantity=quantity, unit_price=price, total=price * quantity
    )


def test_several_rows_are_one_statement_with_expressions_and_defaults_of_the_database():
    order = make_order(make_cart((make_variant(), 1)))
    first, second = a_line(order, "one", 1), a_line(order, "two", 2)
    asked = insert([first, second], written={"name": "upper('remera %%')"}, returning=["id", "public_number"])
    with CaptureQueriesContext(connection) as captured:
        (rows,) = together(asked)
    assert len(captured) == 1
    assert [key for key, _number in rows] == [first.pk, second.pk]
    found = OrderLine.objects.in_bulk([first.pk, second.pk])
    assert [found[key].public_number for key, _number in rows] == [number for _key, number in rows]
    assert [first.public_number, second.public_number] == [number for _key, number in rows]
    assert (found[second.pk].name, found[second.pk].quantity, found[second.pk].total) == ("REMERA %", 2, 21)
    assert found[first.pk].created_at == first.created_at
    first.sku = "three"
    first.save(update_fields=["sku"])  # It counts as saved.


def test_what_the_database_refuses_is_an_error_and_nothing_of_it_is_written():
    order = make_order(make_cart((make_variant(), 1)))
    twice = a_line(order, "one", 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        together(insert([twice, twice]))
    assert OrderLine.objects.filter(sku="one").count() == 0
