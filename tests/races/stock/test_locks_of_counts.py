"""Opening a count references every level of a location; a transfer locks some of them. Neither waits for the other."""

import pytest
from django.db import OperationalError, connection

from inventory import counts
from inventory.ledger import transfers
from inventory.models import StockCount, StockCountLine, StockLevel
from inventory.tests.factories import LocationFactory, stocked
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ACTOR = "staff:x@y.z"


def at_one_place() -> tuple[StockLevel, StockLevel]:
    place = LocationFactory.create()
    stocked(5, location=place), stocked(5, location=place)
    first, second = StockLevel.objects.filter(location=place).order_by("pk")
    return first, second


def point_at(count: StockCount, level: StockLevel) -> None:
    """Add a line of the count, and have its foreign keys asked for now instead of at the commit."""
    StockCountLine.objects.create(stock_count=count, level=level, expected=5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_transfer_and_the_opening_of_a_count_do_not_wait_in_a_circle():
    first, second = at_one_place()
    other = LocationFactory.create()
    count = StockCount.objects.create(
        number="RC-9", location=first.location, frozen_at=first.created_at, opened_by=ACTOR
    )

    answer = meet(
        lambda: transfers.send(
            source_id=first.location_id,
            destination_id=other.pk,
            wanted={first.variant_id: 1, second.variant_id: 1},
            actor=ACTOR,
        ),
        first=lambda: point_at(count, second),
        then=lambda: point_at(count, first),
    )

    assert not isinstance(answer, OperationalError)
    assert answer.status == "sent"
    assert count.lines.count() == 2
    with pytest.raises(counts.AlreadyBeingCounted):
        counts.open_count(location_id=first.location_id, actor=ACTOR)
