"""Sums that stand in the row are not written again, and never left out where the row says something else."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from orders.checkout import frozen_lines, looking, noted_sums, sessions
from orders.models import CheckoutSession, ShippingRate
from orders.tests.factories import ACTOR, make_contact, make_session

pytestmark = pytest.mark.django_db
WAY = "mercadopago"


def written(act: Any) -> str:
    """Return the columns that an act sets in the session."""
    with CaptureQueriesContext(connection) as captured:
        act()
    (text,) = [one["sql"] for one in captured if one["sql"].startswith('UPDATE "orders_checkoutsession"')]
    return text.partition(" WHERE ")[0]


def test_a_step_that_changes_no_sum_writes_none():
    session = make_session()
    sets = written(
        lambda: sessions.set_contact(session, contact=make_contact(email="b@example.com"), actor=ACTOR)
    )
    assert '"email" = ' in sets
    assert '"total" = ' not in sets


def test_a_sum_that_differs_is_written_with_the_others():
    session = make_session()
    ShippingRate.objects.update(price="7900.00")
    sets = written(lambda: sessions.set_contact(session, contact=make_contact(), actor=ACTOR))
    assert '"shipping_total" = ' in sets
    session.refresh_from_db()
    assert session.total == session.subtotal + Decimal("7900.00")


def test_a_note_is_good_for_one_writing():
    """What was written may have been taken back since, with a savepoint."""
    token = make_session().token
    ShippingRate.objects.update(price="7900.00")
    with transaction.atomic():
        locked = looking.lock(token)
        assert locked is not None
        mark = transaction.savepoint()
        frozen_lines.total(locked)
        transaction.savepoint_rollback(mark)
        locked.forget_rows("adjustments")
        frozen_lines.total(locked)
    written = CheckoutSession.objects.get(token=token)
    assert written.total == written.subtotal + Decimal("7900.00")


@override_settings(PAYMENT_DISCOUNTS={WAY: Decimal(10)})
def test_sums_that_somebody_else_wrote_are_not_taken_for_those_of_the_row():
    session = make_session()
    with transaction.atomic():
        locked = frozen_lines.lock(session)
        before = locked.total
        sessions.set_way(locked, WAY)
        assert locked.total != before
        locked.payment_way = ""
        frozen_lines.total(locked)
    assert CheckoutSession.objects.get(pk=session.pk).total == before


def test_a_session_that_nobody_has_noted_writes_all():
    assert noted_sums.to_write(CheckoutSession()) == noted_sums.SUMS
