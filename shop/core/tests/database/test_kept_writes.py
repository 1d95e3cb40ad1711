"""Rows written by kept statements are those that Django writes."""

import uuid
from decimal import Decimal
from unittest import mock

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.db.models.sql.compiler import SQLCompiler
from django.forms.models import model_to_dict

from orders.tests.factories import make_order
from payments.models import Payment
from payments.tests.payouts.report_files import sold
from shop.core.database import kept_writes
from shop.core.database.kept_writes import KeptInsert
from shop.core.models import EmailLog, Event


@pytest.mark.django_db
def test_an_inserted_row_is_read_as_it_was_written_and_only_once():
    values = {"kind": "k", "to": "a@example.com", "subject": "s", "text": "t", "dedupe_key": "one"}
    row, again = EmailLog(**values), EmailLog(**values)
    kept = KeptInsert(EmailLog, unless_there=True)
    with mock.patch.object(SQLCompiler, "as_sql", side_effect=AssertionError):
        assert kept(row)
        assert not kept(again)
    assert not row._state.adding
    assert again._state.adding
    assert model_to_dict(EmailLog.objects.get()) == model_to_dict(row)
    with pytest.raises(IntegrityError):
        KeptInsert(EmailLog)(again)


@pytest.mark.django_db
def test_an_event_keeps_its_data_and_its_instant():
    row = Event(
        subject_type="x", subject_id=uuid.uuid4(), kind="k", actor="a", data={"sum": "1.50", "of": [1]}
    )
    KeptInsert(Event)(row)
    found = Event.objects.get()
    assert (found.data, found.occurred_at, found.pk) == (row.data, row.occurred_at, row.pk)


@pytest.mark.django_db
def test_an_update_writes_only_where_the_row_is_as_it_was_read():
    payment, order = sold("10.00"), make_order()
    other = sold("20.00")
    role = payment.role
    assert not kept_writes.update(payment, {"amount": Decimal(1)}, only_if={"role": "nothing"})
    assert kept_writes.update(payment, {"order": order, "amount": Decimal("7.50")}, only_if={"role": role})
    assert kept_writes.update(payment, {"installments": F("installments") + 2}, only_if={"role": role})
    before = model_to_dict(other)
    payment.refresh_from_db()
    other.refresh_from_db()
    assert (payment.order_id, payment.amount, payment.installments) == (order.pk, Decimal("7.50"), 3)
    assert model_to_dict(other) == before
    assert Payment.objects.count() == 2
