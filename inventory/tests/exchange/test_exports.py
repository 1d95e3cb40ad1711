"""Long lists as files: what is in them, that they come in again unchanged, and how long they are kept."""

import csv
import tracemalloc
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone, translation
from import_export.formats import base_formats
from openpyxl import load_workbook

from catalog.exchange.columns import option_headings
from catalog.exchange.resources import CatalogueResource
from catalog.models import Brand, Category, Product, Supplier, Variant
from catalog.tests.factories import make_product
from inventory import counts, ledger
from inventory.exchange import export_jobs, exports, jobs
from inventory.exchange.contents import LISTINGS
from inventory.ledger import transfers, valuation
from inventory.models import ExportJob, ExportPart, Location, StockLevel
from inventory.purchasing import replenishment
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.core.due import counted
from shop.core.models import Event
from shop.core.spreadsheets import batches, progress
from tests.support.soak import amount

pytestmark = pytest.mark.django_db
MANY = amount("variants that go out and come in again", usual=2_500, soak=10_000)
WHO = "staff:ana@example.com"
EVIL = '=HYPERLINK("http://evil.example","x")'


def ask(contents: str, form: str = "csv", filters: dict[str, Any] | None = None, **changes: Any) -> ExportJob:
    wish = {"about": "", "language": "en", "actor": WHO} | changes
    job, _is_new = export_jobs.ask(contents=contents, form=form, filters=filters or {}, **wish)
    return job


def made(
    contents: str, form: str = "csv", filters: dict[str, Any] | None = None, **changes: Any
) -> ExportJob:
    job = ask(contents, form, filters, **changes)
    assert export_jobs.run(job.pk) == "done"
    job.refresh_from_db()
    return job


def whole(job: ExportJob) -> bytes:
    return b"".join(export_jobs.content(job))


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def a_shop(variants: int, *, per_product: int = 20) -> Location:
    """Fill an empty shop with so many variants, each with a level, in a few statements."""
    brand = Brand.objects.create(name="Marca", slug="marca")
    supplier = Supplier.objects.create(name="Taller Añil")
    category = Category.objects.add_root({"name": "Ropa", "slug": "ropa", "path_slug": "ropa"})
    products = Product.objects.bulk_create(
        Product(
            name=f"Buzo {n} «ñandú»",
            slug=f"buzo-{n}",
            brand=brand,
            supplier=supplier,
            category=category,
            description=f'Línea uno\nlínea dos; {n}, con "comillas"',
            care="-30 °C" if n % 7 == 0 else "",
        )
        for n in range(-(-variants // per_product))
    )
    made_variants = Variant.objects.bulk_create(
        Variant(
            product=products[n // per_product],
            sku=f"K-{n:05}",
            name=f"Talle {n % per_product}",
            sort_order=n,
            price=Decimal(1000 + n) + Decimal(n % 100) / 100,
            weight_grams=n % 900,
            compare_at_price=Decimal(20_000) if n % 3 == 0 else None,
            barcode=f"{n:08}" if n % 2 else "",
        )
        for n in range(variants)
    )
    place: Location = LocationFactory.create(code="central", name="Depósito central")
    StockLevel.objects.bulk_create(
        StockLevel(variant=variant, location=place, minimum=n % 5, optimal=n % 9, bin=f"A-{n % 50}")
        for n, variant in enumerate(made_variants)
    )
    return place


# What stands in the files


@pytest.mark.parametrize("form", list(exports.FORMATS))
@pytest.mark.parametrize("contents", list(LISTINGS))
def test_a_worker_makes_the_file_that_is_made_at_once(contents, form):
    make_product(name=EVIL, slug="evil", description="+line")
    level = stocked(3, variant=Variant.objects.order_by("sku").first())
    StockLevel.objects.filter(pk=level.pk).update(optimal=9)
    count = counts.open_count(location_id=level.location_id, actor=WHO)
    filters = {"count": str(count.pk)} if contents == "count" else {}
    with translation.override("en"):
        file = exports.export(contents, form, filters)

    job = made(contents, form, filters)

    assert (job.file_name, job.byte_count) == (file.name, len(whole(job)))
    if form == "xlsx":
        books = [load_workbook(BytesIO(content)).active for content in (whole(job), file.content)]
        first, second = ([[cell.value for cell in row] for row in book.iter_rows()] for book in books)
        assert first == second
        assert job.row_count == len(first) - 1 > 0
        assert not [cell for row in books[0].iter_rows() for cell in row if cell.data_type == "f"]
    else:
        assert whole(job) == file.content
        assert job.row_count == len(list(csv.reader(StringIO(file.content.decode("utf-8-sig"))))) - 1 > 0
        assert not [cell for row in rows_of(file.content) for cell in row if cell[:1] in {"=", "+"}]


def test_the_catalogue_is_byte_for_byte_what_django_import_export_writes():
    make_product(name=EVIL, slug="evil", description="uno\ndos")
    with translation.override("en"):
        resource = CatalogueResource(options=option_headings([]))
        resource_file = str(base_formats.CSV().export_data(resource.export()))
        ours = exports.export("catalogue", "csv").content.decode("utf-8-sig")
    ours_rows, theirs = rows_of(ours.encode()), rows_of(resource_file.encode())
    width = len(theirs[0])
    assert [row[:width] for row in ours_rows] == theirs
    assert ours.count("\r\n") == len(theirs)


def test_the_valuation_file_says_what_the_page_says():
    place, shop = LocationFactory.create(name="Depósito"), LocationFactory.create(name="Tienda")
    variants = [make_variant() for _n in range(3)]
    for n, variant in enumerate(variants):
        ledger.receive(
            variant_id=variant.pk,
            location_id=place.pk,
            quantity=5 + n,
            unit_cost=Decimal("10.55"),
            reference=f"R{n}",
            actor=WHO,
        )
    then = timezone.now()
    transfers.send(source_id=place.pk, destination_id=shop.pk, wanted={variants[0].pk: 2}, actor=WHO)
    with mock.patch.object(batches, "SIZE", 2):
        for filters, asked in (
            ({}, {}),
            ({"at": then.isoformat()}, {"at": then}),
            ({"location": str(place.pk)}, {"location_id": place.pk}),
        ):
            expected = valuation.holdings(**asked)
            facts = [
                [row.sku, row.location or "on the way", str(row.units), "10.55", str(row.value)]
                for row in expected
            ]
            found = [[row[0], *row[4:]] for row in rows_of(whole(made("valuation", "csv", filters)))[1:]]
            assert found == facts
    assert len(facts) == 3


def test_a_count_goes_out_blind():
    level = stocked(918273)
    count = counts.open_count(location_id=level.location_id, actor=WHO)
    job = made("count", "csv", {"count": str(count.pk)})
    assert job.file_name == f"{count.number}.csv"
    assert rows_of(whole(job))[0] == ["sku", "barcode", "product", "variant", "shelf", "counted"]
    assert rows_of(whole(job))[1][5] == ""
    assert b"918" not in whole(job).replace(level.variant.sku.encode(), b"")


def test_what_to_buy_has_the_rows_of_its_page_and_its_filters():
    for n in range(3):
        level = stocked(1)
        StockLevel.objects.filter(pk=level.pk).update(optimal=9, minimum=2 if n else 0)
    rows = rows_of(whole(made("replenish", "csv", {"only": "minimum", "location": str(level.location_id)})))
    assert [row[2] for row in rows[1:]] == [level.variant.sku]
    assert replenishment.count() == len(rows_of(whole(made("replenish")))) - 1 == 3
    assert replenishment.count(most=2) == 2


# Long ones


@pytest.mark.slow
def test_many_variants_go_out_and_come_in_again_without_a_change():
    a_shop(MANY)
    for contents in ("catalogue", "stock"):
        export = made(contents, "csv-semicolon", language="es")
        assert export.row_count == MANY
        assert export.part_count == -(-export.byte_count // export_jobs.PART)
        job = jobs.upload(
            kind=contents, file_name=export.file_name, content=whole(export), language="en", actor=WHO
        )
        assert jobs.run(job.pk) == "checked"
        job.refresh_from_db()
        assert (job.created_count, job.changed_count, job.unchanged_count) == (0, 0, MANY)
        assert job.issue_count == 0


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_four_times_as_long_needs_no_more_memory(form, monkeypatch):
    a_shop(1200)
    the_whole = CatalogueResource().get_queryset
    monkeypatch.setattr(batches, "SIZE", 50)
    monkeypatch.setattr(export_jobs, "PART", 8 * 1024)

    def peak(variants: int) -> int:
        rows = the_whole().filter(sort_order__lt=variants)
        with mock.patch.object(CatalogueResource, "get_queryset", return_value=rows):
            tracemalloc.start()
            try:
                assert made("catalogue", form).row_count == variants
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    peak(100)  # What is imported and cached on the first use.
    assert peak(1200) < peak(300) * 1.3


def test_a_list_is_read_in_batches_inside_a_transaction_only():
    with (
        mock.patch.object(connection, "in_atomic_block", False),
        pytest.raises(Exception, match="transaction"),
    ):
        next(batches.of_models(Variant.objects.all()))


def test_it_tells_how_far_it_is():
    a_shop(60)
    facts: list[progress.JobProgress] = []
    with (
        mock.patch.object(progress, "EVERY", 0),
        mock.patch.object(
            cache, "set", lambda _key, value, *_more: facts.append(progress.JobProgress(*value))
        ),
    ):
        made("stock")
    assert [progress.done for progress in facts] == list(range(60))
    assert {progress.total for progress in facts} == {60}
    assert facts[-1].percent > 90


# How long


def test_a_file_is_kept_for_a_week_and_deleted_then():
    kept, old = made("stock", "csv"), made("stock", "xlsx")
    ExportJob.objects.filter(pk=old.pk).update(finished_at=Now() - export_jobs.KEEP - timedelta(minutes=1))
    ExportJob.objects.filter(pk=kept.pk).update(finished_at=Now() - export_jobs.KEEP + timedelta(minutes=1))

    assert export_jobs.run_due() == {"exports": 0, "deleted": 1}

    old.refresh_from_db()
    assert old.status == "gone"
    assert not old.parts.exists()
    assert whole(kept)
    assert export_jobs.run_due() == {}
    # A concurrent reader gets an aborted download, never half a file that looks complete.
    with pytest.raises(ExportPart.DoesNotExist):
        whole(old)


def test_asking_again_while_it_is_made_gives_the_one_that_is_there():
    first = ask("valuation", filters={"location": "a", "category": "b"})
    assert ask("valuation", filters={"category": "b", "location": "a"}) == first
    others = [
        ask("valuation", filters={"location": "a"}),
        ask("valuation", "xlsx", {"location": "a", "category": "b"}),
        ask("valuation", filters={"location": "a", "category": "b"}, actor="staff:b@example.com"),
        ask("valuation", filters={"location": "a", "category": "b"}, language="es"),
    ]
    assert len({first, *others}) == 5


def test_once_it_is_made_asking_again_makes_a_new_one():
    stocked(1)
    first = made("stock")
    stocked(1)
    second = made("stock")
    assert (first.row_count, second.row_count) == (1, 2)


def test_one_that_cannot_be_made_fails_after_three_attempts_in_the_words_of_who_asked():
    job = ask("count", filters={"count": "00000000-0000-7000-8000-000000000000"}, language="es")
    for attempt in range(1, counted.MOST_TRIES + 1):
        assert export_jobs.run_due() == {"exports": 1, "deleted": 0}
        job.refresh_from_db()
        assert (job.status, job.attempts) == ("waiting", attempt)
    export_jobs.run_due()
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.refusal
    assert not job.parts.exists()


def test_every_export_leaves_its_trail():
    job = made("stock")
    events = Event.objects.filter(subject_id=job.pk).values_list("kind", "to_state", "actor")
    assert list(events) == [("asked", "", WHO), ("state", "done", "job:exports")]
