"""What a row means: which product, size and code, and what is refused as ambiguous."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import translation
from openpyxl import Workbook

from catalog.models import OptionValue, Product, Variant
from catalog.tests.factories import colour_option, make_product, size_option, size_value
from inventory.models import ImportJob, StockMovement
from inventory.tests.exchange.test_catalogue import counts, facts, send
from inventory.tests.factories import LocationFactory, make_variant

pytestmark = pytest.mark.django_db
HEAD = "SKU;Product;Brand;Category;Talle;Barcode;Price"


@pytest.fixture(autouse=True)
def _options() -> Iterator[None]:
    colour_option(), size_option()
    with translation.override("en"):
        yield


def xlsx(*rows: Any) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def refused(job: ImportJob) -> str:
    assert job.status == "refused", job.preview
    return " ".join(words for _row, _column, words in facts(job))


def test_a_formula_without_a_result_empties_nothing():
    variant = make_variant(sku="A-1", barcode="7798264003709", weight_grams=780)
    content = xlsx(
        ["SKU", "Barcode", "Price before", "Weight (g)"], ["A-1", '=CONCAT("77","91")', "=50000*2", "=1+1"]
    )

    assert refused(send(content, name="x.xlsx")).count("no program has calculated") == 3
    variant.refresh_from_db()
    assert (variant.barcode, variant.weight_grams) == ("7798264003709", 780)


def test_an_equal_address_made_of_another_name_is_another_product():
    old = make_product(name="Remera Ñandú", slug="remera-nandu")
    brand, category = old.brand_id, old.category_id

    job = send(f"{HEAD}\nN-1;Remera Nandu;Otra;buzos;S;;10\n", through=False)
    assert (job.status, counts(job)) == ("checked", (1, 0, 0))
    assert "remera-nandu-2" in job.preview["warnings"][1][0][2]
    send(f"{HEAD}\nN-1;Remera Nandu;Otra;buzos;S;;10\n")

    old.refresh_from_db()
    assert (old.name, old.brand_id, old.category_id) == ("Remera Ñandú", brand, category)
    assert Variant.objects.get(sku="N-1").product.slug == "remera-nandu-2"


def test_two_new_products_of_alike_names_in_one_file_are_two():
    send(f"{HEAD}\nN-1;Remera Ñandú;M;c;S;;10\nN-2;Remera Nandu;M;c;S;;10\n")
    assert set(Product.objects.values_list("name", "slug")) == {
        ("Remera Ñandú", "remera-nandu"),
        ("Remera Nandu", "remera-nandu-2"),
    }


def test_what_a_new_variant_changes_of_its_product_is_shown():
    old = make_product(name="Remera", slug="remera")
    job = send(
        f"{HEAD.replace('Product;', 'Product;Product address;')}\nN-1;REMERA;remera;Otra;otros;S;;10\n",
        through=False,
    )

    [[_row, _sku, kind, changes]] = job.preview["rows"]
    assert kind == "created"
    assert ["Product", "Remera", "REMERA"] in changes
    assert ["Brand", old.brand.name, "Otra"] in changes
    assert ["Category", old.category.path_slug, "otros"] in changes
    assert job.preview["news"]["changed"] == [1, ["Remera"]]


def test_a_name_that_two_products_have_is_asked_about():
    make_product(name="Remera", slug="remera"), make_product(name="Remera", slug="remera-b")
    assert "Several products have this name" in refused(send(f"{HEAD}\nN-1;Remera;M;c;S;;10\n"))


@pytest.mark.parametrize(("first", "second"), [("39,5", "395"), ("1.5", "15")])
def test_sizes_whose_codes_are_alike_are_two_sizes(first, second):
    send(f'{HEAD}\nA;Uno;M;c;"{first}";;10\n')
    job = send(f'{HEAD}\nB;Dos;M;c;"{second}";;10\nC;Dos;M;c;"{first}";;10\n')

    assert (job.status, counts(job)) == ("done", (2, 0, 0))
    assert Variant.objects.get(sku="B").name == second
    assert set(OptionValue.objects.filter(option=size_option()).values_list("name", flat=True)) == {
        first,
        second,
    }


@pytest.mark.parametrize(("column", "value"), [("SKU", 0), ("Barcode", 1), ("Talle", 2), ("Product", 3)])
def test_a_date_is_no_name_and_no_code(column, value):
    cells: list[object] = ["A-1", "779", "S", "Remera"]
    cells[value] = datetime(2026, 12, 10)
    job = send(
        xlsx(["SKU", "Barcode", "Talle", "Product", "Brand", "Category", "Price"], [*cells, "M", "c", 10]),
        name="x.xlsx",
    )
    assert "into a date" in refused(job)
    assert (2, column) in [(row, name) for row, name, _words in facts(job)]


@pytest.mark.parametrize("text", ["10-dic", "05/03/2026", "2026-03-05"])
def test_a_new_size_that_looks_like_a_date_is_warned_of(text):
    job = send(f"{HEAD}\nA;Uno;M;c;{text};;10\n", through=False)
    assert job.status == "checked"
    assert "looks like a date" in job.preview["warnings"][1][0][2]


def test_a_size_that_is_there_is_not_warned_of():
    size_value("10-12"), size_value("10-dic")
    job = send(f"{HEAD}\nA;Uno;M;c;10-12;;10\nB;Uno;M;c;10-dic;;10\n", through=False)
    assert job.preview["warnings"] == [0, []]


@pytest.mark.parametrize(
    ("there", "number"), [("0017", 17), ("90.750", 90.75), ("00123", 123), ("407E12", 407000000000000)]
)
def test_a_number_where_a_code_differs_by_zeros_is_refused(there, number):
    make_variant(sku=there)
    job = send(xlsx(["SKU", "Price"], [number, 10]), name="x.xlsx")
    assert f"“{there}”" in refused(job)
    assert f"“{there}”" in refused(send(xlsx(["SKU", "Minimum"], [number, 1]), kind="stock", name="x.xlsx"))


def test_a_size_that_lost_its_zero_is_refused_and_one_that_lost_its_comma_is_not():
    size_value("04"), size_value("38,5")
    make_variant(sku="A-1")
    assert "“04”" in refused(send(xlsx(["SKU", "Talle"], ["A-1", 4]), name="x.xlsx"))
    assert send(xlsx(["SKU", "Talle"], ["A-1", 38.5]), name="x.xlsx").status == "done"
    assert Variant.objects.get(sku="A-1").variant_values.get().value.name == "38,5"


@pytest.mark.parametrize(
    ("there", "written", "kept"),
    [
        ("0735145200461", 735145200461, True),
        ("0012345678905", "012345678905", True),
        ("0012345678905", 12345678905, False),
        ("00000000000017", 17, False),
    ],
)
def test_a_barcode_without_its_zeros_is_the_same_or_refused(there, written, kept):
    make_variant(sku="A-1", barcode=there)
    job = send(xlsx(["SKU", "Barcode"], ["A-1", written]), name="x.xlsx")
    if kept:
        assert (job.status, counts(job)) == ("done", (0, 0, 1))
    else:
        assert f"“{there}”" in refused(job)
    assert Variant.objects.get(sku="A-1").barcode == there


def test_another_variants_barcode_is_found_without_its_zero():
    make_variant(sku="A-1", barcode="0735145200461"), make_variant(sku="B-1")
    assert "A-1 has this barcode" in refused(send("SKU;Barcode\nB-1;735145200461\n"))


def test_a_code_that_looks_shortened_passes_when_the_shop_has_it():
    make_variant(sku="7E+12")
    assert send("SKU;Price\n7E+12;10\n").status == "done"
    assert "shortened" in refused(send("SKU;Price\n7,79E+12;10\n"))
    assert send(f"{HEAD}\n407E12;Uno;M;c;S;;10\n").status == "done"


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u202e"])
def test_invisible_characters_make_no_new_code(mark):
    make_variant(sku="BCA02-CRU-XXL", price=Decimal(5))
    assert send(f"SKU;Price\nBCA02-CRU-XXL{mark};10\n").status == "done"
    assert Variant.objects.get(sku="BCA02-CRU-XXL").price == 10
    assert "invisible" in refused(send(f"SKU;Price\nBCA02{mark}-CRU-XXL;10\n"))


def test_a_letter_of_another_alphabet_makes_no_code():
    assert "Latin alphabet" in refused(send(f"{HEAD}\nBC\u041002;Uno;M;c;S;;10\n"))


def test_a_stock_file_finds_a_code_however_it_is_written():
    make_variant(sku="BCA02-CRU"), LocationFactory.create(code="central")
    assert send("SKU;Movement;Quantity\nbca02-cru;receive;2\n", kind="stock").status == "done"
    assert StockMovement.objects.get(variant__sku="BCA02-CRU").quantity == 2
