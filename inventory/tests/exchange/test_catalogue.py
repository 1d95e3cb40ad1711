"""Catalogue files: what they make, change and leave; errors by row and column; out and in again unchanged."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from catalog.exchange import columns
from catalog.models import Brand, Category, Option, OptionValue, PriceChange, Product, Supplier, Variant
from catalog.tests.factories import colour_option, make_product, size_option, size_value
from inventory.exchange import columns as stock_columns
from inventory.exchange import exports, jobs
from inventory.models import ImportIssue, ImportJob
from shop.core.models import Event
from shop.core.spreadsheets import headings

pytestmark = pytest.mark.django_db
HEAD = "SKU;Product;Brand;Category;Supplier;Color;Talle;Barcode;Price;Price before"
ROWS = (
    "BUZO-N-S;Buzo Vía;MAAL;Ropa/Buzos;Taller Sur;Negro;S;779001;89.900,00;99.900,00\n"
    "BUZO-N-M;Buzo Vía;MAAL;Ropa/Buzos;Taller Sur;Negro;M;779002;89.900,00;"
)


@pytest.fixture(autouse=True)
def _options() -> Iterator[None]:
    colour_option(), size_option(), size_value("S"), size_value("M")
    with translation.override("en"):
        yield


def send(text: str | bytes, kind: str = "catalogue", name: str = "x.csv", through: bool = True) -> ImportJob:
    content = text.encode() if isinstance(text, str) else text
    job = jobs.upload(
        kind=kind, file_name=name, content=content, language="en", actor="staff:ana@example.com"
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    if through and job.status == "checked":
        assert jobs.confirm(job, actor="staff:ana@example.com")
        jobs.run(job.pk)
        job.refresh_from_db()
    return job


def facts(job: ImportJob) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.column, issue.words) for issue in ImportIssue.objects.filter(job=job)]


def counts(job: ImportJob) -> tuple[int, int, int]:
    return job.created_count, job.changed_count, job.unchanged_count


def test_a_file_makes_products_variants_options_brand_supplier_and_category():
    job = send(f"{HEAD}\n{ROWS}\n")

    assert (job.status, counts(job)) == ("done", (2, 0, 0))
    product = Product.objects.get(name="Buzo Vía")
    assert (product.slug, product.brand.name, product.supplier.name) == ("buzo-via", "MAAL", "Taller Sur")
    assert product.category.path_slug == "ropa/buzos"
    assert Category.objects.get(path_slug="ropa").name == "Ropa"
    assert set(product.options.values_list("code", flat=True)) == {"color", "talle"}
    variant = Variant.objects.get(sku="BUZO-N-S")
    assert (variant.name, variant.price, variant.compare_at_price, variant.barcode) == (
        "Negro / S",
        Decimal("89900.00"),
        Decimal("99900.00"),
        "779001",
    )
    assert PriceChange.objects.filter(variant=variant).count() == 1
    assert job.preview["news"]["brands"] == [1, ["MAAL"]]


def test_the_dry_run_tells_and_writes_nothing():
    job = send(f"{HEAD}\n{ROWS}\n", through=False)

    assert (job.status, counts(job)) == ("checked", (2, 0, 0))
    assert [model.objects.count() for model in (Variant, Product, Brand)] == [0, 0, 0]
    assert job.preview["news"] == {
        "products": [1, ["Buzo Vía"]],
        "brands": [1, ["MAAL"]],
        "suppliers": [1, ["Taller Sur"]],
        "categories": [2, ["ropa", "ropa/buzos"]],
        "values": [1, ["Color: Negro"]],
    }


def test_the_second_import_of_the_same_file_changes_nothing():
    send(f"{HEAD}\n{ROWS}\n")
    before = list(Variant.objects.order_by("pk").values()), list(Product.objects.values())

    job = send(f"{HEAD}\n{ROWS}\n")

    assert (job.status, counts(job)) == ("done", (0, 0, 2))
    assert (list(Variant.objects.order_by("pk").values()), list(Product.objects.values())) == before


def test_a_file_with_a_few_columns_changes_only_these_and_says_from_what_to_what():
    send(f"{HEAD}\n{ROWS}\n")

    job = send("sku;price\nBUZO-N-S;90000\nBUZO-N-M;89900\n", through=False)
    assert counts(job) == (0, 1, 1)
    assert job.preview["rows"] == [[2, "BUZO-N-S", "changed", [["Price", "89900.00", "90000.00"]]]]
    assert Variant.objects.get(sku="BUZO-N-S").price == Decimal("89900.00")

    jobs.confirm(job, actor="staff:b@example.com")
    jobs.run(job.pk)
    variant = Variant.objects.get(sku="BUZO-N-S")
    assert (variant.price, variant.compare_at_price, variant.barcode) == (
        Decimal(90000),
        Decimal(99900),
        "779001",
    )
    assert PriceChange.objects.filter(variant=variant).count() == 2


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("NEW;;;;;;;;10;", [(2, "Product", "empty"), (2, "Brand", "empty"), (2, "Category", "empty")]),
        ("NEW;P;B;c;;;;;cheap;", [(2, "Price", "not a number")]),
        ("NEW;P;B;c;;;;;0;", [(2, "Price", "above zero")]),
        ("NEW;P;B;c;;;;;1,005;", [(2, "Price", "2 decimals")]),
        ("NEW;P;B;c;;;;;10;9", [(2, "Price before", "must be higher")]),
        ("A;P;B;c;;;S;;10;\nA;P;B;c;;;M;;10;", [(3, "SKU", "row 2")]),
        ("A;P;B;c;;;S;1;10;\nB;P;B;c;;;M;1;10;", [(2, "Barcode", "B has"), (3, "Barcode", "A has")]),
        ("A;P;B;c;;Negro;S;;10;\nB;P;B;c;;Negro;S;;10;", [(3, "SKU", "A has the same values")]),
        ("A;P;B;c;;;S;;10;\nB;P;Other;c;;;M;;10;", [(3, "Brand", "Row 2 says otherwise")]),
        ("A;P;B;!!;;;S;;10;", [(2, "Category", "pantalones/jeans")]),
        (";P;B;c;;;;;10;", [(2, "SKU", "empty")]),
        ("A;P;B;c;;;S;7,79E+12;10;", [(2, "Barcode", "shortened")]),
        ("A;P;B;c;;;S;;10;;too;many", [(2, "", "more cells")]),
        ("A;" + "P" * 121 + ";B;c;;;S;;10;", [(2, "Product", "At most 120")]),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column_and_nothing_is_imported(rows, expected):
    job = send(f"{HEAD}\n{rows}\n")

    assert job.status == "refused"
    found = facts(job)
    assert [(row, column) for row, column, _words in found] == [
        (row, column) for row, column, _part in expected
    ]
    for (_row, _column, words), (_r, _c, part) in zip(found, expected, strict=True):
        assert part in words
    assert [Variant.objects.count(), Product.objects.count()] == [0, 0]


def test_one_bad_row_stops_the_whole_file():
    job = send(f"{HEAD}\n{ROWS}\nBAD;Buzo Vía;MAAL;Ropa/Buzos;;Negro;L;;x;\n")
    assert (job.status, job.issue_count > 0) == ("refused", True)
    assert "Nothing was imported" in job.refusal
    assert not Variant.objects.exists()


@pytest.mark.parametrize(
    ("head", "words"), [("SKU;Prize", "“Prize” is not known"), ("SKU;sku", "twice"), ("Price;Brand", "“SKU”")]
)
def test_wrong_headings_refuse_the_file(head, words):
    job = send(f"{head}\nA;1\n")
    assert job.status == "refused"
    assert words in job.refusal


def test_headings_are_known_in_every_language_without_accents_and_unique_in_each():
    assert headings.known(columns.CATALOGUE)[headings.plain("PRICE before")] == "price_before"
    for language in ("es", "en", "pt-br"):
        with translation.override(language):
            for labels in (columns.CATALOGUE, {**stock_columns.STOCK_INFORMATIVE, **stock_columns.STOCK}):
                shown = [headings.plain(str(label)) for label in labels.values()]
                assert len(set(shown)) == len(shown), language


def test_two_variants_may_swap_their_barcodes():
    send(f"{HEAD}\n{ROWS}\n")
    job = send("SKU;Barcode\nBUZO-N-S;779002\nBUZO-N-M;779001\n")
    assert job.status == "done"
    assert dict(Variant.objects.values_list("sku", "barcode")) == {"BUZO-N-S": "779002", "BUZO-N-M": "779001"}


def test_a_variant_does_not_change_its_product_and_a_sku_not_its_case():
    send(f"{HEAD}\n{ROWS}\n")
    assert "does not change" in facts(send("SKU;Product address\nBUZO-N-S;other\n"))[0][2]
    assert "written as BUZO-N-S" in facts(send(f"{HEAD}\nbuzo-n-s;P;B;c;;;;;1;\n"))[0][2]


@pytest.mark.parametrize("form", list(exports.FORMATS))
@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
def test_what_goes_out_comes_in_unchanged(form, language):
    product = make_product(
        name='=HYPERLINK("x")', slug="evil", description="-line\n@two", care="100 % algodón"
    )
    product.supplier = Supplier.objects.create(name="+Taller")
    product.save()
    Variant.objects.filter(pk=product.variants.first().pk).update(barcode="0077", compare_at_price="99999.50")
    Brand.objects.update(name="@marca")
    OptionValue.objects.filter(option=colour_option()).update(name=Concat(Value("=+"), F("name")))
    Option.objects.filter(pk=size_option().pk).update(name="-talle")

    with translation.override(language):
        file = exports.export("catalogue", form)
    job = send(file.content, name=file.name)

    assert (job.status, facts(job), counts(job)) == ("done", [], (0, 0, 8))


def test_an_export_fills_an_empty_shop_with_the_same_catalogue():
    make_product(slug="uno", name="Uno", summary="s")
    file = exports.export("catalogue", "xlsx")
    columns = (
        "sku",
        "name",
        "price",
        "barcode",
        "sort_order",
        "product__name",
        "product__slug",
        "product__summary",
        "product__brand__name",
        "product__category__path_slug",
    )
    before = list(Variant.objects.order_by("sku").values(*columns))
    values = list(OptionValue.objects.order_by("pk").values("code", "name"))
    Product.objects.get().images.all().delete()
    Variant.objects.all().delete()
    Product.objects.all().delete()
    Brand.objects.all().delete()

    job = send(file.content, name=file.name)

    assert (job.status, counts(job)) == ("done", (8, 0, 0))
    assert list(Variant.objects.order_by("sku").values(*columns)) == before
    assert list(OptionValue.objects.order_by("pk").values("code", "name")) == values


def test_an_export_runs_nowhere():
    make_product(name="=1+1", slug="x", colours=("Negro",), sizes=("S",))
    OptionValue.objects.filter(code="negro").update(name="=2")
    Option.objects.filter(pk=size_option().pk).update(name="-size")
    text = exports.export("catalogue", "csv").content.decode("utf-8-sig")
    assert "'=1+1" in text
    assert ",'=2," in text
    assert ",'-size" in text
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(exports.export("catalogue", "xlsx").content))
    cells: list[Any] = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_every_job_leaves_its_trail():
    job = send(f"{HEAD}\n{ROWS}\n")
    events = Event.objects.filter(subject_id=job.pk).values_list("kind", "to_state", "actor")
    assert list(events) == [
        ("uploaded", "", "staff:ana@example.com"),
        ("state", "checked", "job:imports"),
        ("state", "confirmed", "staff:ana@example.com"),
        ("state", "done", "job:imports"),
    ]


def test_the_queries_do_not_grow_with_the_rows():
    def cost(count: int) -> int:
        rows = "\n".join(f"S{n};P{n % 7};B;c/d;;;V{n};;10;" for n in range(count))
        with CaptureQueriesContext(connection) as captured:
            assert send(f"{HEAD}\n{rows}\n", through=False).status == "checked"
        return len(captured)

    assert cost(400) == cost(40)
