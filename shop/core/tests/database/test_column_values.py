"""Values that are sent as they are, and those that their field changes."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, models

from orders.models import AddressSnapshot, CheckoutAdjustment, CheckoutLine, CheckoutSession
from shop.core.database.column_values import columns_of, values_of
from shop.core.models import Event

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ROWS = [
    CheckoutSession(token="t", user_id=uuid4(), subtotal=Decimal("1.00"), expires_at=NOW, quote_id=None),
    CheckoutSession(token=7, total="12.50", cart_id=str(uuid4()), expires_at=NOW),
    CheckoutLine(checkout_id=uuid4(), unit_price=Decimal(3), quantity=2, weight_grams="5"),
    CheckoutAdjustment(checkout_id=uuid4(), position=1, amount=Decimal("-1.50"), unit=None),
    AddressSnapshot(recipient="Ana", street="Ñ 'x'"),
    Event(subject_type="x", subject_id=uuid4(), kind="k", data={"a": None}, occurred_at=NOW),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.django_db
def test_the_values_are_those_that_django_sends(row: models.Model, is_new: bool):
    fields = [field for field in row._meta.local_concrete_fields if not _is_another_each_time(field)]
    django = [field.get_db_prep_save(field.pre_save(row, is_new), connection) for field in fields]
    ours = values_of(row, columns_of(fields), is_new=is_new)
    assert [repr(value) for value in ours] == [repr(value) for value in django]
    assert list(map(type, ours)) == list(map(type, django))


def test_texts_keys_and_amounts_are_not_asked_about():
    columns = columns_of(CheckoutSession._meta.local_concrete_fields)
    kinds = {field.name: kind for field, _attribute, kind in columns}
    assert kinds["email"] is str
    assert kinds["cart"] is type(uuid4())
    assert kinds["total"] is Decimal
    assert kinds["expires_at"] is datetime


def test_an_instant_without_a_zone_is_djangos_to_warn_of():
    naive = CheckoutSession(expires_at=NOW.replace(tzinfo=None))
    with pytest.warns(RuntimeWarning, match="naive"):
        values_of(naive, columns_of([CheckoutSession._meta.get_field("expires_at")]), is_new=True)


def _is_another_each_time(field: object) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))
