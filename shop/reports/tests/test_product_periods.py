"""Weeks and months of products: what best sellers of many days are read from."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db.models import F, Sum
from django.utils import timezone

from inventory.checks import runner
from payments.models import Payment
from shop.reports import product_periods, products, rebuilding
from shop.reports.models import ProductDay, ProductPeriod, ReportChange, SoldLine
from shop.reports.periods import Period
from shop.reports.tests.sold import count, noon, paid, refund

pytestmark = pytest.mark.django_db
AGO = (0, 1, 8, 33, 34, 65, 200, 380, 400, 401)


@pytest.fixture(scope="module", autouse=True)
def payments(shared_rows: Callable[[], AbstractContextManager[None]]) -> Iterator[list[Payment]]:
    """Sell an order on each of some days of two years, the last of them twice; take something back of one."""
    with shared_rows():
        sold = [paid(units=1 + number % 2, at=noon(days=days)) for number, days in enumerate(AGO)]
        refund(sold[3], "100.00")
        count()
        yield sold


def broken() -> list[str]:
    return [
        str(one)
        for rule in runner.rules()
        if rule.code == "reports-products"
        for one in runner._broken(rule, 9)
    ]


def rows() -> list[tuple[object, ...]]:
    names = [field.attname for field in ProductPeriod._meta.concrete_fields if field.name != "id"]
    return sorted(ProductPeriod.objects.values_list(*names), key=str)


def best(length: int, *, ago: int = 0, by: str = "variant") -> products.BestSellers:
    until = timezone.localdate() - timedelta(days=ago)
    return products.best(Period(until - timedelta(days=length - 1), until), by=by)


def test_best_sellers_of_any_days_are_the_same_by_weeks_and_months_as_by_days(
    monkeypatch: pytest.MonkeyPatch,
):
    asked = [(length, ago) for length in (1, 30, 60, 365, 700) for ago in (0, 1, 31)]
    found = [best(length, ago=ago) for length, ago in asked]
    monkeypatch.setattr(product_periods, "are_complete", lambda: False)
    assert [best(length, ago=ago) for length, ago in asked] == found
    whole = found[asked.index((700, 0))]
    lines = SoldLine.objects.aggregate(units=Sum("units"), kept=Sum(F("amount") - F("returned")))
    assert (sum(row.units for row in whole.rows), whole.amount) == (lines["units"], lines["kept"])
    assert best(365).rows != best(365, ago=31).rows


def test_a_change_of_an_old_order_is_in_its_week_and_month_and_counting_again_changes_nothing(
    payments: list[Payment],
):
    before, kept = rows(), best(700).amount
    refund(payments[-1], "40.00")
    count()
    assert best(700).amount < kept
    assert len({*rows()} - {*before}) == 2
    after = rows()
    rebuilding.begin_again()
    count()
    assert rows() == after
    assert not broken()


def test_wrong_sums_of_products_are_found_and_mended_by_counting_again():
    before = rows()
    row = ProductPeriod.objects.filter(grain="month").latest("first_day")
    ProductPeriod.objects.bulk_create([ProductPeriod(**{**_values(row), "sku": "of nobody"})])
    assert [words.count("of nobody") for words in broken()] == [2]
    wrong: list[tuple[Callable[[], object], int]] = [
        (lambda: ProductPeriod.objects.filter(pk=row.pk).update(returned=F("returned") + "0.01"), 2),
        (lambda: ProductPeriod.objects.filter(grain="week").earliest("first_day").delete(), 3),
        # Of a day its week and its month are wrong with it.
        (lambda: ProductDay.objects.filter(day=noon(days=380).date()).update(amount=1), 6),
    ]
    for change, number in wrong:
        change()
        assert len(broken()) == number
    old = row.first_day.replace(year=2003)
    ProductPeriod.objects.bulk_create([ProductPeriod(**{**_values(row), "first_day": old})])
    rebuilding.begin_again()
    count()
    assert (rows(), broken()) == (before, [])


def _values(row: ProductPeriod) -> dict[str, object]:
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}


def test_a_shop_whose_days_are_older_gets_them_by_the_job_and_reads_days_until_then(
    monkeypatch: pytest.MonkeyPatch,
):
    before, kept = rows(), best(700)
    ProductPeriod.objects.all().delete()
    assert not product_periods.are_complete()
    assert (best(700), broken()) == (kept, [])
    write, written = product_periods.write, []

    def die_at_the_third(days: Period) -> None:
        written.append(days)
        write(days)
        if len(written) == 3:
            raise MemoryError

    monkeypatch.setattr(product_periods, "write", die_at_the_third)
    with pytest.raises(MemoryError):
        count()
    monkeypatch.undo()
    # Two months are kept, the third is as if it had never begun.
    assert ProductPeriod.objects.filter(grain="month").values("first_day").distinct().count() == 2
    assert (best(700), broken()) == (kept, [])
    ReportChange.objects.all().delete()
    count()
    assert product_periods.are_complete()
    assert (rows(), best(700), broken()) == (before, kept, [])
