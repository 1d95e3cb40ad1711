"""The pages and files of the reports: who may see them, what they cost, and that each figure's rows add up to it."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from catalog.models import Product
from orders.models import CheckoutSession
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.ids import uuid7
from shop.reports import addresses, sales, tables
from shop.reports.admin import shown
from shop.reports.models import (
    CheckoutDay,
    ProductDay,
    ProductPeriod,
    Report,
    ReportChange,
    SalesDay,
    SalesEntry,
    SoldLine,
)
from shop.reports.periods import Period
from shop.reports.tests.sold import Shop, count, make_shop, noon, paid, refund

pytestmark = pytest.mark.django_db
PAGES = ("sales", "products", "checkouts")
MOST = 10


@pytest.fixture(scope="module")
def shop(shared_rows: Callable[[], AbstractContextManager[None]]) -> Iterator[Shop]:
    """Sell one order of each kind today, and some on other days."""
    with shared_rows():
        made = make_shop()
        for days in (1, 35):
            refund(paid(at=noon(days)), "84900.00", units=1)
        count()
        yield made


def page_of(name: str) -> str:
    return reverse(f"admin:reports_report_{name}")


def everywhere() -> list[str]:
    """Return the address of every page, list and file of the reports."""
    lists = [reverse(f"admin:reports_{model}_changelist") for model in ("report", "salesentry", "soldline")]
    files = [reverse("admin:reports_report_file", args=[name]) for name in (*PAGES, "rows")]
    return [*map(page_of, PAGES), *lists, *files]


def rows_of(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.context["cl"]


def test_nobody_without_the_permission_sees_anything(shop: Shop):
    manager, others = clerk("manager"), [clerk(role) for role in ("warehouse", "support", "catalogue")]
    for address in everywhere():
        assert manager.get(address).status_code == 200, address
        assert Client().get(address).status_code == 302
        assert [one.get(address).status_code for one in others] == [403] * 3, address
    assert [one.post(page_of("update")).status_code for one in others] == [403] * 3
    seen = clerk("support").get(reverse("admin:index"))
    assert not {"Ventas netas de hoy", "Pedidos de hoy"} & {str(one.title) for one in seen.context["today"]}
    assert "reports" not in seen.content.decode()


def test_each_page_costs_few_statements_however_much_was_sold(shop: Shop):
    client = boss()
    addresses_ = [*everywhere(), page_of("sales") + "?period=12-months&grain=day"]
    addresses_ += [page_of("products") + f"?by={by}" for by in ("variant", "category", "brand", "collection")]
    queries(client, page_of("sales"))
    few = [queries(client, address) for address in addresses_]
    assert max(few) <= MOST, dict(zip(addresses_, few, strict=True))
    for days in range(2, 9):
        paid(at=noon(days))
    count()
    assert [queries(client, address) for address in addresses_] == few


def test_the_rows_behind_each_figure_of_the_sales_add_up_to_it(shop: Shop):
    client, day = boss(), timezone.localdate()
    page = client.get(page_of("sales") + f"?from={day - timedelta(days=1)}&to={day}").context
    seen = 0
    for row in [*page["rows"], page["total"]]:
        for column, cell in zip(page["columns"], row["cells"], strict=True):
            if not cell["url"]:
                assert cell["value"] == "–"
                continue
            found = rows_of(client, cell["url"])
            assert found.result_count
            part = Period(day - timedelta(days=1), day) if row is page["total"] else None
            sums = sales.of_period(part or _day_of(cell["url"])).sums
            figure = column.figure(sums)
            assert _sum_of(column, found) == figure, (column.title, cell)
            assert cell["value"] == shown._written(figure, "ARS")
            seen += 1
    assert seen > 20
    for card in page["cards"]:
        assert rows_of(client, card.url).result_count


def _day_of(url: str) -> Period:
    day = date.fromisoformat(url.partition("day__gte=")[2][:10])
    return Period(day, day)


def _sum_of(column: shown.Column, found: Any) -> Decimal | int:
    """Add up what a column says of the rows of a list of entries."""
    sums = sales.Sums()
    for entry in found.queryset:
        is_sale = entry.kind == "sale"
        is_interest = entry.kind in {"waived", "late"}
        sums.orders += is_sale
        for name in ("units", "goods", "discounts", "shipping", "taxes", "interest", "other"):
            setattr(sums, name, getattr(sums, name) + getattr(entry, name))
        sums.gross += entry.amount if is_sale else 0
        sums.interest_after += entry.amount if is_interest else 0
        sums.returned -= 0 if is_sale or is_interest else entry.amount
    return column.figure(sums)


def test_the_lines_behind_each_best_seller_add_up_to_it(shop: Shop):
    client = boss()
    product = Product.objects.filter(variants__orderlines__order=shop.part.order_id).get()
    Product.objects.filter(pk=product.pk).update(name="<b>Ñ</b> " + "muy largo " * 10)
    for by in ("product", "variant", "category", "brand", "collection"):
        page = client.get(page_of("products") + f"?by={by}&period=7").context
        assert page["rows"]
        for one in page["rows"]:
            (sums,) = rows_of(client, one["url"]).sums
            assert sums["sum_units"] == one["row"].units
            assert (sums["sum_amount"], sums["sum_returned"]) == (one["row"].amount, one["row"].returned)
    assert "<b>Ñ" not in client.get(page_of("products")).content.decode()
    for model in (
        SoldLine,
        ProductDay,
        ProductPeriod,
    ):  # A variant without stock may be deleted; these keep its key.
        model.objects.filter(sku=shop.part.order.lines.get().sku).update(variant=uuid7())
    page = client.get(page_of("products") + "?period=7").context
    gone = next(one for one in page["rows"] if one["row"].sku)
    assert rows_of(client, gone["url"]).sums[0]["sum_units"] == gone["row"].units == 2


def test_checkouts_lead_to_their_list_and_a_step_to_those_that_reached_it(shop: Shop):
    client, day = boss(), timezone.localdate()
    session = CheckoutSession.objects.get(order=shop.plain.order_id)
    CheckoutSession.objects.filter(pk=session.pk).update(status="cancelled", email="")
    count()
    page = client.get(page_of("checkouts") + "?period=today").context
    shares = {card.title: (card.value, card.url) for card in page["cards"]}
    for value, url in shares.values():
        if value.isdecimal():
            assert rows_of(client, url).result_count == int(value), url
    (step,) = page["steps"]
    assert rows_of(client, step["url"]).queryset.get() == session
    assert rows_of(client, addresses.order_list(Period(day, day))).result_count


def test_files_have_what_the_page_shows_and_run_no_formula(shop: Shop):
    client = boss()
    Product.objects.update(name="=1+1")
    for name in (*PAGES, "rows"):
        address = reverse("admin:reports_report_file", args=[name]) + "?period=7"
        sheet = load_workbook(io.BytesIO(client.get(address).content)).active
        answer = client.get(address + "&format=csv-semicolon")
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        assert answer["Content-Disposition"].endswith('.csv"')
        assert sheet is not None
        assert len(lines) == sheet.max_row > 1
        assert not [cell for line in lines for cell in line if cell.startswith("=")]
        if name == "sales":
            net = lines[0].index("ventas netas")
            page = client.get(page_of("sales") + "?period=7").context
            assert sum(Decimal(line[net].replace(",", ".")) for line in lines[1:]) == sum(
                part.net
                for part in SalesDay.objects.filter(
                    day__gt=timezone.localdate() - timedelta(days=7), currency="ARS"
                )
            )
            assert len(lines) == len(page["rows"]) + 1 == 8
    assert client.get(reverse("admin:reports_report_file", args=["nonsense"])).status_code == 404


def test_each_column_of_the_best_sellers_file_holds_what_its_heading_says(shop: Shop):
    line = shop.part.order.lines.get()
    brand, category = line.variant.product.brand, line.variant.product.category
    day = timezone.localdate()
    for by, column, value in (
        ("product", "marca", brand.name if brand else ""),
        ("variant", "SKU", line.sku),
        ("category", "dirección", category.path_slug if category else ""),
    ):
        headings, *rows = tables.of_products(Period(day, day), by=by, order="units", currency="ARS")
        assert value in {row[headings.index(column)] for row in rows}, by
        assert ("SKU" in headings) == (by != "category")
        now, then = (headings.index(f"unidades que quedan{of}") for of in ("", " del período anterior"))
        assert {(len(row), int(str(row[then])) <= int(str(row[now]))) for row in rows} == {
            (len(headings), True)
        }
    for by in ("brand", "collection"):
        headings, *rows = tables.of_products(Period(day, day), by=by, order="units", currency="ARS")
        assert headings[1] == "moneda"
        assert {row[1] for row in rows} == {"ARS"}


def test_an_address_that_makes_no_sense_shows_the_usual_days_and_says_so(shop: Shop):
    client = boss()
    for query in ("from=x", "from=2026-02-30&to=1", "from=2026-02-02&to=2026-02-01", "to=0001-01-01"):
        page = client.get(page_of("sales") + "?" + query)
        assert page.context["refusal"]
        assert page.status_code == 200
    for query in (
        "grain=x&by=y&order=z&p=-1",
        "p=99999999",
        "period=%F0%9F%8E%89",
        "currency=eur",
    ):
        for name in PAGES:
            assert client.get(page_of(name) + "?" + query).status_code == 200, query
    assert client.get(page_of("sales") + "?currency=USD").context["currency"] == "USD"
    assert client.get(reverse("admin:reports_soldline_changelist") + "?product=x").status_code == 400


def test_figures_that_are_behind_say_so_and_are_counted_on_the_spot(shop: Shop):
    client = boss()
    paid()
    assert client.get(page_of("sales")).context["pending"].since is not None
    assert client.get(page_of("update")).status_code == 405
    client.post(page_of("update"), {"all": "1"})
    assert not ReportChange.objects.exists()
    assert client.get(page_of("sales")).context["pending"].since is None


def test_an_empty_shop_and_sums_beyond_every_order_are_shown(shop: Shop):
    client = boss()
    for model in (SalesEntry, SoldLine, SalesDay, ProductDay, ProductPeriod, CheckoutDay, Report):
        model.objects.all().delete()
    for address in everywhere():
        assert client.get(address).status_code == 200, address
    SalesDay.objects.create(
        day=timezone.localdate(), currency="ARS", orders=2**31 - 1, gross=Decimal("99999999999999999.99")
    )
    assert "99.999.999.999.999.999,99" in client.get(page_of("sales")).content.decode()
