"""Instants of the database are read as psycopg reads them, and by the quick reader."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection

from shop.core.database.postgresql.moments import MomentLoader

pytestmark = pytest.mark.django_db
MOMENTS = [
    datetime(2026, 11, 30, 21, 48, 18, 703173, tzinfo=UTC),
    datetime(2026, 11, 30, 21, 48, 18, 700000, tzinfo=UTC),
    datetime(2026, 11, 30, 21, 48, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def test_instants_are_those_that_were_written():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::timestamptz[], unnest(%s::timestamptz[]), NULL::timestamptz", [MOMENTS] * 2
        )
        rows = cursor.fetchall()
        loader = cursor.connection.adapters.get_loader(1184, psycopg.pq.Format.TEXT)
    assert [row[1] for row in rows] == rows[0][0] == MOMENTS
    assert all(row[1].tzinfo is UTC and row[2] is None for row in rows)
    assert loader is MomentLoader


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 BC", "10000-01-01"])
def test_what_python_cannot_say_is_refused(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()


def test_an_instant_of_another_zone_is_read_by_djangos_loader():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', 'America/Bogota', true)")
        cursor.execute("SELECT '2026-11-30 12:00+00'::timestamptz")
        # As Django's does, which puts the connection's zone in its place: no connection of the shop has another one.
        assert cursor.fetchone()[0] == datetime(2026, 11, 30, 7, tzinfo=UTC)
