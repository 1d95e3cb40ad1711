"""A drop's window is defined twice: in the database, for reservations, and in Python, for pages. They agree."""

from datetime import datetime, timedelta
from itertools import product as pairs

import pytest
from django.db import connection

from catalog.models import Collection
from catalog.tests.factories import CollectionFactory, make_product, put_in
from catalog.variants.availability import next_opening, phase_of

HOURS = (None, -2, 0, 2)
WINDOWS = [(start, end) for start, end in pairs(HOURS, HOURS) if start is None or end is None or start < end]


@pytest.mark.django_db
def test_pages_and_the_till_agree_about_every_pair_of_windows() -> None:
    product, drops = (
        make_product(),
        [CollectionFactory.create(kind="drop"), CollectionFactory.create(kind="drop")],
    )
    for drop in drops:
        put_in(drop, product)
    for data in pairs(WINDOWS, WINDOWS):
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            (now,) = cursor.fetchone()
            windows = [(_moment(now, start), _moment(now, end)) for start, end in data]
            for drop, (start, end) in zip(drops, windows, strict=True):
                Collection.objects.filter(pk=drop.pk).update(starts_at=start, ends_at=end)
            cursor.execute("SELECT is_open, opens_at FROM catalog_drop_window(%s, NULL, NULL)", [product.pk])
            is_open, opens_at = cursor.fetchone()
        assert is_open == (phase_of(windows, now) == Collection.Phase.OPEN), data
        assert opens_at == next_opening(windows, now), data


def _moment(now: datetime, hours: int | None) -> datetime | None:
    """Return a moment so many hours from now; 0 is now, which the database's clock has passed already."""
    return None if hours is None else now + timedelta(hours=hours)
