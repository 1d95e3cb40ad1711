"""Stock files: openings, receipts and corrections through the ledger, each row once, whatever file repeats it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.exchange import exports, jobs
from inventory.models import ImportedRow, ImportIssue, ImportJob, StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
HEAD = "SKU;Location;Movement;Quantity;Unit cost;Reference;Note;Minimum;Optimal;Shelf"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def send(text: str | bytes, name: str = "x.csv", through: bool = True) -> ImportJob:
    content = text.encode() if isinstance(text, str) else text
    job = jobs.upload(
        kind="stock", file_name=name, content=content, language="en", actor="staff:ana@example.com"
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    if through and job.status == "checked":
        jobs.confirm(job, actor="staff:ana@example.com")
        jobs.run(job.pk)
        job.refresh_from_db()
    return job


def facts(job: ImportJob) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.column, issue.words) for issue in ImportIssue.objects.filter(job=job)]


def counts(job: ImportJob) -> tuple[int, int, int]:
    return job.created_count, job.changed_count, job.unchanged_count


@pytest.fixture
def place() -> Any:
    return LocationFactory.create(name="Depósito Central", code="central")


def test_openings_receipts_and_corrections_become_movements_with_the_import_as_cause(place):
    a, b, c = (make_variant(sku=sku) for sku in "ABC")
    stocked(5, location=place, variant=b), stocked(9, location=place, variant=c)

    job = send(
        f"{HEAD}\nA;deposito central;opening;20;1.500,50;;;3;30;A-1\nB;central;receive;7;800;R-1;late;;;\n"
        "C;central;set;4;;;counted;;;\n"
    )

    assert (job.status, facts(job), counts(job)) == ("done", [], (1, 2, 0))
    booked = {
        movement.variant.sku: movement
        for movement in StockMovement.objects.filter(cause_id=job.pk).select_related("variant")
    }
    assert {sku: (m.kind, m.quantity, m.unit_cost, m.on_hand_after) for sku, m in booked.items()} == {
        "A": ("purchase", 20, Decimal("1500.50"), 20),
        "B": ("purchase", 7, Decimal("800.00"), 12),
        "C": ("adjustment", -5, None, 4),
    }
    assert (booked["B"].reference, booked["B"].note, booked["B"].cause_type) == (
        "R-1",
        "late",
        "inventory.importjob",
    )
    assert {m.actor for m in booked.values()} == {"staff:ana@example.com"}
    level = StockLevel.objects.get(variant=a)
    assert (level.minimum, level.optimal, level.bin) == (3, 30, "A-1")
    assert runner.check() == []


def test_the_same_file_twice_books_once_even_when_units_were_sold_in_between(place):
    variant = make_variant(sku="A")
    stocked(5, location=place, variant=variant)
    text = f"{HEAD}\nA;central;receive;7;;;;;;\nA;central;set;10;;;counted;;;\n"
    send(text)
    assert StockLevel.objects.get(variant=variant).on_hand == 10
    ledger.adjust(variant_id=variant.pk, location_id=place.pk, difference=-4, note="sold", actor="x")

    job = send(text)

    assert (job.status, counts(job)) == ("done", (0, 0, 2))
    assert StockLevel.objects.get(variant=variant).on_hand == 6
    assert ImportedRow.objects.count() == 2


def test_the_same_rows_in_another_format_are_the_same_rows(place):
    from shop.core.tests.spreadsheets.test_cells import xlsx

    variant = make_variant(sku="A")
    send(f"{HEAD}\nA;central;receive;7;12,50;;;;;\n")
    heads = HEAD.split(";")

    job = send(xlsx([heads, ["A", "central", "receive", 7, 12.5]]), name="x.xlsx")

    assert counts(job) == (0, 0, 1)
    assert StockLevel.objects.get(variant=variant).on_hand == 7


def test_a_delivery_note_is_booked_once_whichever_file_brings_it(place):
    variant = make_variant(sku="A")
    send("SKU;Location;Movement;Quantity;Reference\nA;central;receive;7;R-9\n")
    job = send(
        "SKU;Location;Movement;Quantity;Reference\nA;central;receive;7;R-9\nA;central;receive;1;R-10\n"
    )
    assert (job.status, counts(job)) == ("done", (0, 1, 1))
    assert StockLevel.objects.get(variant=variant).on_hand == 8

    job = send("SKU;Location;Movement;Quantity;Reference\nA;central;receive;9;R-9\n")
    assert job.status == "refused"
    assert "7 units are booked" in facts(job)[0][2]


@pytest.mark.parametrize(
    ("row", "column", "part"),
    [
        ("NOPE;central;receive;1;;;;;;", "SKU", "No variant"),
        ("A;moon;receive;1;;;;;;", "Location", "No location"),
        ("A;central;steal;1;;;;;;", "Movement", "which movement"),
        ("A;central;;1;;;;;;", "Quantity", "which movement"),
        ("A;central;receive;;;;;;;", "Quantity", "how many"),
        ("A;central;receive;0;;;;;;", "Quantity", "how many"),
        ("A;central;receive;-1;;;;;;", "Quantity", "whole number"),
        ("A;central;receive;1,5;;;;;;", "Quantity", "whole number"),
        ("A;central;opening;1;;;;;;", "Movement", "movements here already"),
        ("A;central;set;1;;;counted;;;", "Quantity", "2 of these units are held"),
        ("A;central;set;9;;;;;;", "Note", "why"),
        ("A;central;receive;1;;R;;;;\nA;central;receive;1;;R;;;;", "Reference", "add them up"),
        ("A;central;;;;;;1;;\nA;central;;;;;;2;;", "", "says otherwise"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column_and_nothing_is_booked(row, column, part, place):
    level = stocked(5, location=place, variant=make_variant(sku="A"))
    make_variant(sku="GOOD")
    reservations.reserve(variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper")

    job = send(f"{HEAD}\n{row}\nGOOD;central;receive;5;;;;;;\n")

    assert job.status == "refused"
    [(_number, found, words)] = facts(job)
    assert found == column
    assert part in words
    assert StockMovement.objects.count() == 1


def test_the_dry_run_books_nothing_makes_no_level_and_shows_what_would_change(place):
    make_variant(sku="A")
    job = send(f"{HEAD}\nA;central;receive;7;;;;2;;\n", through=False)
    assert job.status == "checked"
    assert job.preview["rows"] == [[2, "A", "created", [["On hand", "0", "7"], ["Minimum", "0", "2"]]]]
    assert not StockLevel.objects.exists()
    assert not StockMovement.objects.exists()


def test_only_one_location_need_not_be_named(place):
    make_variant(sku="A")
    assert send("SKU;Movement;Quantity\nA;receive;3\n").status == "done"
    LocationFactory.create()
    assert "location" in facts(send("SKU;Movement;Quantity\nA;receive;3\n"))[0][2]


@pytest.mark.parametrize("form", list(exports.FORMATS))
@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
def test_what_goes_out_comes_in_unchanged_and_moves_nothing(form, language, place):
    level = stocked(12, location=place)
    StockLevel.objects.filter(pk=level.pk).update(minimum=2, optimal=20, bin="=A1")
    with translation.override(language):
        file = exports.export("stock", form)

    job = send(file.content, name=file.name)

    assert (job.status, facts(job), counts(job)) == ("done", [], (0, 0, 1))
    assert StockMovement.objects.count() == 1


def test_openings_carry_the_stock_into_an_empty_shop(place):
    level = stocked(12, location=place)
    file = exports.export("opening", "csv-semicolon")
    other = LocationFactory.create(name="Otro", code="otro")
    text = file.content.decode("utf-8-sig").replace("central", "otro")

    assert counts(send(text)) == (1, 0, 0)
    assert StockLevel.objects.get(location=other).on_hand == level.on_hand
