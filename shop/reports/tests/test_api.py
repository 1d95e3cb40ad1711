"""The reports by the API: the same figures as on the pages, for those who may see them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.accounts.staff import roles
from shop.accounts.tests.factories import UserFactory
from shop.reports import checkouts, products, sales
from shop.reports.models import Report
from shop.reports.periods import Period
from shop.reports.tests.sold import Shop, count, make_shop, noon, paid
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
BELOW = "/api/v1/staff/reports"
PATHS = ("sales", "best-sellers", "checkouts", "rows")


@pytest.fixture(scope="module")
def shop(shared_rows: Callable[[], AbstractContextManager[None]]) -> Iterator[Shop]:
    with shared_rows():
        yield make_shop()


def member(*names: str) -> ApiClient:
    """Return a client of a member of staff with these roles, who has taken the second step."""
    roles.seed()
    user = UserFactory.create(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=names))
    return ApiClient(user, second_step=True)


def test_only_who_may_see_the_reports_is_answered(shop: Shop):
    manager = member("manager")
    others = [member(role) for role in ("warehouse", "support", "catalogue")]
    for path in PATHS:
        assert manager.get(f"{BELOW}/{path}").status_code == 200, path
        answers = [one.get(f"{BELOW}/{path}").status_code for one in others]
        assert answers == [403] * 3
        assert ApiClient(UserFactory.create()).get(f"{BELOW}/{path}").status_code == 403
        assert ApiClient().get(f"{BELOW}/{path}").status_code == 401


def test_the_figures_are_those_of_the_pages_at_constant_cost(shop: Shop):
    manager, day = member("manager"), timezone.localdate()
    answer = manager.get(
        f"{BELOW}/sales", {"from": day - timedelta(days=1), "to": day, "grain": "day"}
    ).json()
    sums = sales.of_period(Period(day - timedelta(days=1), day)).sums
    assert (answer["total"]["orders"], Decimal(answer["total"]["net"])) == (sums.orders, sums.net)
    assert [part["first"] for part in answer["parts"]] == [str(day - timedelta(days=1)), str(day)]
    assert answer["currencies"] == ["ARS", "USD"]
    for by in products.BY:
        best = manager.get(f"{BELOW}/best-sellers", {"period": "today", "by": by, "order": "amount"}).json()
        assert sum(Decimal(row["kept"]) for row in best["items"]) == Decimal(best["kept"])
    counted = manager.get(f"{BELOW}/checkouts", {"period": "today"}).json()
    now, _then = checkouts.of_periods(Period(day, day))
    assert (counted["total"]["processed"], counted["total"]["conversion"]) == (
        now.processed,
        str(now.conversion),
    )
    few = [spent(manager, path) for path in PATHS]
    for days in range(1, 5):
        paid(at=noon(days))
    count()
    assert [spent(manager, path) for path in PATHS] == few
    assert max(few) <= 10


def spent(client: ApiClient, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{BELOW}/{path}").status_code == 200
    return len(captured)


def test_report_rows_come_page_by_page(shop: Shop):
    manager, seen = member("manager"), []
    address = f"{BELOW}/rows?limit=2"
    while address:
        page = manager.get(address).json()
        seen += page["items"]
        address = page["next"]
    assert len(seen) == Report.objects.count() > 2
    monthly = manager.get(f"{BELOW}/rows?type=monthly").json()["items"]
    assert {row["report_type"] for row in monthly} == {"monthly"}


def test_what_makes_no_sense_is_refused(shop: Shop):
    manager = member("manager")
    for query in ("from=2026-02-02&to=2026-02-01", "from=x", "grain=year", "currency=euro", "to=1900-01-01"):
        assert manager.get(f"{BELOW}/sales?{query}").status_code == 422, query
    assert manager.get(f"{BELOW}/best-sellers?by=colour").status_code == 422
    assert manager.get(f"{BELOW}/sales?period=lastmonth").status_code == 422, (
        "never other days than those asked for"
    )
    assert manager.get(f"{BELOW}/rows?cursor=x").status_code == 400
