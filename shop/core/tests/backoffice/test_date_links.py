"""The links to years, months and days above a list: reckoned from its ends, or asked of the rows of a filtered one."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.templatetags.admin_list import date_hierarchy
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.tests.factories import make_cart, make_order, make_variant
from shop.accounts.tests.staff_clients import boss
from shop.core.backoffice.date_links import periods

pytestmark = pytest.mark.django_db


def placed(*days: datetime) -> None:
    for day in days:
        order = make_order(make_cart((make_variant(), 1)))
        Order.objects.filter(pk=order.pk).update(placed_at=day)


def at(year: int, month: int, day: int, hour: int = 15) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_all_periods_between_the_ends_are_offered():
    # Three in the morning of UTC is still the day before in Buenos Aires.
    placed(at(2023, 12, 31), at(2024, 2, 29), at(2025, 1, 1, 2))
    rows = Order.objects.all()
    assert [one.year for one in periods(rows, "placed_at", "year")] == [2023, 2024]
    months = periods(rows, "placed_at", "month")
    assert (len(months), months[0].month, months[-1].month) == (13, 12, 12)
    days = periods(rows.filter(placed_at__year=2024), "placed_at", "day")
    assert len(days) == 307
    assert all(one == timezone.localtime(one).replace(hour=0, minute=0) for one in days)
    assert periods(rows.none(), "placed_at", "year") == []


@pytest.mark.parametrize(
    ("query", "asks_rows"), [("", False), ("?placed_at__year=2024", False), ("?status=confirmed", True)]
)
def test_a_list_without_a_filter_does_not_read_all_its_rows(query: str, asks_rows: bool):
    placed(at(2024, 1, 5), at(2024, 3, 5))
    with CaptureQueriesContext(connection) as asked:
        page = boss().get(reverse("admin:orders_order_changelist") + query)
        shown = date_hierarchy(page.context["cl"])
    assert any("DISTINCT DATE_TRUNC" in one["sql"] for one in asked.captured_queries) is asks_rows
    assert len(shown["choices"]) == (2 if asks_rows else 3)
