"""What clerks type: codes in any case, and figures that can be read in two ways. Nothing is guessed, nothing overlooked."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Category
from inventory import counts, ledger
from inventory.counts import count_files
from inventory.counts.errors import NotPartOfIt, SecondPersonNeeded
from inventory.models import StockCount, StockLevel, StockMovement, Transfer
from inventory.tests.admin.test_purchasing_pages import ordered
from inventory.tests.admin.test_purchasing_pages import page as order_page
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss

pytestmark = pytest.mark.django_db
CLERK = "staff:clerk@example.com"


def send(lines: str, level: StockLevel) -> Any:
    data = {
        "token": "t",
        "source": level.location_id,
        "destination": LocationFactory.create().pk,
        "lines": lines,
    }
    return boss().post(reverse("admin:inventory_transfer_changelist") + "send/", data)


@pytest.mark.parametrize("code", ["Remera-Azul-M", "remera-azul-m", "REMERA-AZUL-M", "ean-00a1", "EAN-00A1"])
def test_a_transfer_finds_a_code_however_it_is_written(code):
    level = stocked(5, variant=make_variant(sku="Remera-Azul-M", barcode="EAN-00a1"))

    answer = send(f"{code} 2", level)

    assert answer.status_code == 302, answer.context["form"].errors
    assert Transfer.objects.get().lines.get().sent == 2


def test_a_transfer_refuses_a_code_that_means_two_variants():
    level = stocked(5, variant=make_variant(sku="gorra-1"))
    stocked(5, variant=make_variant(sku="otra-1", barcode="GORRA-1"), location=level.location)

    assert send("gorra-1 2", level).status_code == 422
    assert not Transfer.objects.exists()


def file_of(text: str, *levels: StockLevel) -> dict[str, int | None]:
    count = counts.open_count(location_id=levels[0].location_id, actor=CLERK)
    count_files.take(count_id=count.pk, content=text.encode(), file_name="c.csv", actor=CLERK)
    return dict(count.lines.values_list("level__variant__sku", "counted"))


def test_a_file_finds_a_barcode_with_letters():
    level = stocked(5, variant=make_variant(sku="A-1", barcode="EAN-00A1"))
    assert file_of("barcode;counted\nEAN-00A1;4\n", level) == {"A-1": 4}


def test_a_file_refuses_a_code_that_means_two_variants():
    one = stocked(5, variant=make_variant(sku="gorra-1"))
    two = stocked(5, variant=make_variant(sku="otra-1", barcode="gorra-1"), location=one.location)
    with pytest.raises(count_files.BadFile, match="gorra-1"):
        file_of("sku;counted\ngorra-1;4\n", one, two)


@pytest.mark.parametrize(
    ("typed", "cost"),
    [
        ("12,500", None),
        ("NaN", None),
        ("1e3", None),
        ("12.505,001", None),
        ("-1", None),
        ("0", None),
        ("12500", "12500"),
        ("12.500", "12500"),
        ("12.500,50", "12500.50"),
        ("12500,5", "12500.50"),
        ("12500.00", "12500"),
    ],
)
def test_a_cost_on_a_delivery_is_read_as_it_was_meant_or_refused(typed, cost):
    order = ordered(3)
    line, page = order.lines.get(), order_page(order, "receive")

    answer = boss().post(
        page, {"token": "t", "delivery_note": "R-1", f"units-{line.pk}": "3", f"cost-{line.pk}": typed}
    )

    assert answer.status_code == (422 if cost is None else 302)
    booked = StockMovement.objects.filter(kind="purchase").values_list("unit_cost", flat=True)
    assert list(booked) == ([] if cost is None else [Decimal(cost)])


def test_units_that_cost_nothing_are_booked_when_that_is_ticked():
    order = ordered(3)
    line, page = order.lines.get(), order_page(order, "receive")
    sent = {
        "token": "t",
        "delivery_note": "R-1",
        f"units-{line.pk}": "3",
        f"cost-{line.pk}": "0",
        f"free-{line.pk}": "on",
    }
    assert boss().post(page, sent).status_code == 302
    assert StockMovement.objects.get(kind="purchase").unit_cost == 0


def of_category(units: int) -> tuple[StockCount, StockLevel, StockLevel]:
    """Return a count of one category at a place, a level in it, and one of another category with so many units."""
    place = LocationFactory.create()
    inside, outside = stocked(5, location=place), stocked(units, location=place)
    other = Category.objects.add_root({"name": "Otra", "slug": "otra", "path_slug": "otra"})
    type(outside.variant.product).objects.filter(pk=outside.variant.product_id).update(category=other)
    count = counts.open_count(
        location_id=place.pk, category_id=inside.variant.product.category_id, actor=CLERK
    )
    return count, inside, outside


def test_one_unexpected_unit_in_a_counted_category_does_not_take_the_others_away():
    count, inside, outside = of_category(20)

    with pytest.raises(NotPartOfIt):
        counts.scan(count_id=count.pk, code=outside.variant.sku, actor=CLERK)
    with pytest.raises(NotPartOfIt):
        count_files.take(
            count_id=count.pk,
            content=f"{outside.variant.sku}\n{outside.variant.sku}\n".encode(),
            file_name="c.csv",
            actor=CLERK,
        )

    counts.scan(count_id=count.pk, code=inside.variant.sku, quantity=5, actor=CLERK)
    counts.submit(count_id=count.pk, actor=CLERK)
    assert counts.approve(count_id=count.pk, actor=CLERK) == []
    outside.refresh_from_db()
    assert outside.on_hand == 20


def test_what_arrives_in_another_category_after_the_freeze_is_no_part_of_the_count():
    count, _inside, outside = of_category(20)
    arrived = stocked(7, variant=make_variant(), location=outside.location)
    type(arrived.variant.product).objects.filter(pk=arrived.variant.product_id).update(
        category=Category.objects.get(slug="otra")
    )
    with pytest.raises(NotPartOfIt):
        counts.scan(count_id=count.pk, code=arrived.variant.sku, actor=CLERK)


def test_an_unmatched_payment_of_which_the_books_have_none_here_is_found():
    count, _inside, outside = of_category(1)
    ledger.write_off(
        variant_id=outside.variant_id, location_id=outside.location_id, quantity=1, note="gone", actor=CLERK
    )
    assert counts.scan(count_id=count.pk, code=outside.variant.sku, actor=CLERK).difference == 1


def test_the_page_of_a_count_says_that_a_scan_is_no_part_of_it():
    count, _inside, outside = of_category(20)
    scan = reverse("admin:inventory_stockcount_scan", args=[count.pk])
    answer = boss().post(scan, {"code": outside.variant.sku}, headers={"accept": "application/json"})
    assert answer.json()["ok"] is False
    assert outside.variant.sku in answer.json()["words"]


def test_a_long_address_does_not_approve_its_own_count(settings):
    settings.COUNT_SECOND_PERSON_UNITS = 1
    level = stocked(5)
    long = f"staff:{'a' * 200}@example.com"
    count = counts.open_count(location_id=level.location_id, actor=CLERK)
    counts.put(count_id=count.pk, figures={level.pk: 1}, actor=long)
    counts.submit(count_id=count.pk, actor=CLERK)
    with pytest.raises(SecondPersonNeeded):
        counts.approve(count_id=count.pk, actor=long)
