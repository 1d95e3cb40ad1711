"""Spreadsheets as people save them: encodings, separators, decimal commas, and what is refused in a sentence."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from shop.core.spreadsheets import cells, sheets

HEAD = "SKU;Nombre;Precio\n"


def xlsx(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "comma", "expected"),
    [
        ("12900", None, "12900"),
        ("12900.50", None, "12900.50"),
        ("12900,5", None, "12900.5"),
        ("12.900,50", None, "12900.50"),
        ("12,900.50", True, "12900.50"),
        ("1.234.567", None, "1234567"),
        ("12.900", True, "12900"),
        ("12,900", True, "12.900"),
        ("$ 12.900,00", None, "12900.00"),
        ("AR$ 5", None, None),
        ("0.500", None, "0.500"),
        ("1234.567", None, "1234.567"),
        ("-3", None, "-3"),
        (12.5, None, "12.5"),
        (0.1, None, "0.1"),
        (7, None, "7"),
        ("\xa01 234,5", None, "1234.5"),
        ("12.900", False, None),
        ("12,900", None, None),
        ("1.23.4", None, None),
        ("1,2.3,4", None, None),
        ("1e5", None, None),
        ("cheap", None, None),
        (True, None, None),
        ("9" * 14, None, None),
        (float("inf"), None, None),
        ("=1+1", None, None),
    ],
)
def test_a_number_is_understood_or_refused_but_never_guessed(text, comma, expected):
    if expected is None:
        with pytest.raises(ValueError, match=r"\w"):
            cells.number(text, comma=comma)
    else:
        assert cells.number(text, comma=comma) == Decimal(expected)


@pytest.mark.parametrize(
    "text", ["=1+1", "+54 9 11", "-x", "@SUM(A1)", "\tx", "'=x", "''=x", "＝x", "=cmd|' /C calc'!A0"]
)
def test_a_cell_that_would_run_is_written_so_that_it_does_not_and_comes_back(text):
    guarded = cells.guard(text)
    assert guarded[0] == "'"
    assert cells.unguard(guarded) == text


@pytest.mark.parametrize("text", ["Remera", "-3", "+5", "12.50", "it's", "'quoted'", "", "a=b"])
def test_harmless_cells_stay_as_they_are(text):
    assert cells.guard(text) == text
    assert cells.unguard(text) == text


@pytest.mark.parametrize(
    ("content", "comma"),
    [
        ((HEAD + "A;Algodón ñandú;1,5\n").encode("utf-8"), True),
        ((HEAD + "A;Algodón ñandú;1,5\n").encode("utf-8-sig"), True),
        ((HEAD + "A;Algodón ñandú;1,5\n").encode("latin-1"), True),
        ((HEAD + "A;Algodón ñandú;1,5\n").encode("utf-16"), True),
        (("sep=;\r\n" + HEAD + "A;Algodón ñandú;1,5\r\n").encode("cp1252"), True),
        ((HEAD + "A;Algodón ñandú;1.5\n").replace(";", ",").encode(), False),
        ((HEAD + "A;Algodón ñandú;1.5\n").replace(";", "\t").encode(), False),
        (xlsx([["SKU", "Nombre", "Precio"], ["A", "Algodón ñandú", 1.5]]), None),
    ],
    ids=["utf-8", "bom", "latin-1", "utf-16", "sep=", "commas", "tabs", "xlsx"],
)
def test_a_table_is_read_however_it_was_saved(content, comma):
    sheet = sheets.read(content, "x.xlsx" if comma is None else "x.csv")
    assert sheet.headings == ["SKU", "Nombre", "Precio"]
    assert sheet.comma is comma
    [(number, row)] = sheet.rows
    assert (number, row[:2]) == (2, ["A", "Algodón ñandú"])
    assert cells.Money().clean(row[2], comma=sheet.comma) == Decimal("1.50")


def test_rows_keep_the_numbers_of_the_spreadsheet_past_empty_ones_and_line_breaks():
    sheet = sheets.read(b'SKU;Note\nA;"two\nlines"\n;\nB;x\n', "x.csv")
    assert [(number, row[0]) for number, row in sheet.rows] == [(2, "A"), (4, "B")]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "x.csv", "empty"),
        (b"SKU\n", "x.csv", "no rows"),
        (b"\xd0\xcf\x11\xe0rest", "x.xls", "old Excel"),
        (b"PK\x03\x04broken", "x.xlsx", "damaged"),
        (b"not a zip", "x.xlsx", "says it is XLSX"),
        (b"SKU\x00\x01\x02", "x.csv", "neither"),
        ("SKU;Nombre\nA;Algodón\n".encode().decode("cp1252").encode(), "x.csv", "accents"),
        ("SKU;Nombre\nA;Algod\ufffdn\n".encode(), "x.csv", "accents"),
        (b'SKU;N\nA;"open\n', "x.csv", "quotation"),
        (b"SKU\n" + b"A\n" * (sheets.LIMITS.rows + 1), "x.csv", "more than 20000 rows"),
        ((";".join("abcdefgh"[i % 8] for i in range(70)) + "\n1\n").encode(), "x.csv", "columns"),
        (b"A" * (sheets.MOST_BYTES + 1), "x.csv", "larger"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(content, name, words, settings):
    from django.utils import translation

    with translation.override("en"), pytest.raises(sheets.Unreadable, match=words):
        sheets.read(content, name)


def test_a_file_that_unpacks_to_a_mountain_is_refused_unread():
    with pytest.raises(sheets.Unreadable):
        sheets.read(
            xlsx([["SKU"]] + [[f"A{n}"] for n in range(500)]),
            "x.xlsx",
            limits=replace(sheets.LIMITS, unpacked=1000),
        )


def test_codes_are_text_and_a_shortened_barcode_is_refused():
    code = cells.Text(32, is_code=True)
    assert (
        code.clean(7791234567890)
        == code.clean(7791234567890.0)
        == code.clean("7791234567890")
        == "7791234567890"
    )
    for wrong in ("7,79123E+12", "7.79E+12", "77 91", "a\x07b", "x" * 33):
        with pytest.raises(ValueError, match=r"\w"):
            code.clean(wrong)


def test_an_amount_has_no_decimals_that_the_currency_lacks(settings):
    settings.SHOP_CURRENCY = "CLP"
    assert cells.Money().clean("9990,00") == Decimal("9990.00")
    with pytest.raises(ValueError, match="CLP"):
        cells.Money().clean("9990,50")


@pytest.mark.parametrize(
    ("word", "is_yes"),
    [
        *((word, True) for word in ("si", "Sí", "s", "YES", "y", "true", "verdadero", "1", "x", "sim")),
        *((word, False) for word in ("No", "n", "false", "FALSO", "0", "não", "nao")),
    ],
)
def test_yes_and_no_are_understood_in_the_shops_languages(word: str, is_yes: bool):
    assert cells.Flag().clean(word) is is_yes


def test_only_what_is_required_must_be_there():
    for widget in (cells.Text(9, is_required=True), cells.Money(is_required=True)):
        with pytest.raises(ValueError, match="vacío"):
            widget.clean(" ")
        assert str(widget.clean("12.00")) == "12.00"
    assert cells.Text(9).clean(" ") == ""
    assert cells.Money().clean(" ") is None


def test_what_is_not_there_is_exported_as_an_empty_cell():
    assert [widget.render(None) for widget in (cells.Text(9), cells.Money(), cells.Whole())] == ["", "", ""]
    assert (cells.Text(9).render("Remera"), cells.Text(9).render(0)) == ("Remera", "0")
    assert (cells.Money().render(Decimal("1.50")), cells.Whole().render(0)) == (Decimal("1.50"), 0)
