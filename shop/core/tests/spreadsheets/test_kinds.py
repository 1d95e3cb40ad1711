"""A cell keeps its type when it is read: nothing is emptied, guessed or confused."""

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from shop.core.spreadsheets import cells, sheets
from shop.core.spreadsheets.reading.values import Fault, Formula, Merged
from shop.core.spreadsheets.zeros import Alike, as_number
from shop.core.tests.spreadsheets.workbooks import raw, row

STALE = '<calcPr fullCalcOnLoad="1"/>'


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def cell(xml: str, **book: str) -> object:
    content = raw(row(1, "A") + f'<row r="2">{xml}</row>', **book)
    return sheets.read(content, "x.xlsx").rows[0][1][0]


@pytest.mark.parametrize(
    ("xml", "book", "expected"),
    [
        ("<c><v>17</v></c>", {}, 17),
        ("<c><v>90.75</v></c>", {}, 90.75),
        ('<c t="b"><v>1</v></c>', {}, True),
        ('<c t="e"><v>#N/A</v></c>', {}, Fault("#N/A")),
        ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', {}, Fault("#DIV/0!")),
        ("<c><f>1+1</f></c>", {}, Formula()),
        ("<c><f>1+1</f><v/></c>", {}, Formula()),
        ("<c><f>1+1</f><v>2</v></c>", {}, 2),
        ('<c t="str"><f>A1</f><v>x</v></c>', {}, "x"),
        ("<c><f>1+1</f><v>0</v></c>", {"calculation": STALE}, Formula()),
        ("<c><v>3</v></c>", {"calculation": STALE}, 3),
        ('<c s="1"><v>46000</v></c>', {"formats": "dd/mm/yyyy"}, datetime(2025, 12, 9)),
        ('<c s="1"><v>59</v></c>', {"formats": "d-mmm"}, datetime(1900, 2, 28)),
        ('<c s="1"><v>0.5</v></c>', {"formats": "hh:mm"}, time(12)),
        ('<c s="1"><v>46000</v></c>', {"formats": "[$-C0A]d-mmm;@"}, datetime(2025, 12, 9)),
        ('<c s="1"><v>5</v></c>', {"formats": '#,##0.00 "dólares"'}, 5),
        ('<c s="1"><v>17</v></c>', {"formats": "0000"}, "0017"),
        ('<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>c</t></rPh></is></c>', {}, "ab"),
        ('<c t="s"><v>0</v></c>', {"strings": "<si><t>x_x000D_y</t></si>"}, "x\ry"),
        ('<c t="d"><v>2026-03-05</v></c>', {}, datetime(2026, 3, 5)),
    ],
)
def test_a_cell_is_what_it_was(xml, book, expected):
    found = cell(xml, **book)
    assert (found, type(found)) == (expected, type(expected))


def test_a_merged_cell_is_named_where_it_covers_and_not_where_it_stands():
    content = raw(
        row(1, "A", "B") + row(2, "one", "x") + row(3, '<c r="B3"><v>1</v></c>') + row(4, "two", "z"),
        after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>',
    )
    assert [row[0] for _number, row in sheets.read(content, "x.xlsx").rows] == ["one", Merged("A2"), "two"]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (Formula(), "no program has calculated"),
        (Merged("A2"), "merged with A2"),
        (Fault("#REF!"), "#REF!"),
        (datetime(2026, 3, 5), "into a date"),
        (time(12), "into a date"),
        (True, "into yes or no"),
        (123456789012345680, "shortened"),
        (1.23456789012346e17, "shortened"),
    ],
)
@pytest.mark.parametrize("is_code", [True, False])
def test_no_word_is_made_of_what_is_none(value, part, is_code):
    with pytest.raises(ValueError, match=part):
        cells.Text(60, is_code=is_code).clean(value)


@pytest.mark.parametrize(
    "value", [Formula(), Merged("A2"), Fault("#N/A"), datetime(2026, 3, 5), time(3), True]
)
@pytest.mark.parametrize("widget", [cells.Money(), cells.Whole(empty=0), cells.Whole(empty=None)])
def test_no_number_is_made_of_what_is_none_and_nothing_is_emptied(value, widget):
    with pytest.raises(ValueError, match=r"\w"):
        widget.clean(value)


@pytest.mark.parametrize("text", ["407E12", "12E3", "1E5", "E+12", "A7,79E+12"])
def test_a_code_with_an_e_is_a_code(text):
    assert cells.Text(60, is_code=True).clean(text) == text


@pytest.mark.parametrize("text", ["7,79E+12", "7.79123E+12", "1e+17", "7E-05"])
def test_a_shortened_number_is_refused_unless_the_shop_has_that_code(text):
    widget = cells.Text(60, is_code=True)
    with pytest.raises(ValueError, match="shortened"):
        widget.clean(text)
    assert widget.clean(text, known={text}) == text
    assert cells.Text(60).clean(text) == text  # A note may say so.


def test_a_figure_is_shown_as_its_reader_writes_it():
    from shop.core.spreadsheets.import_rows import shown

    with translation.override("es"):
        assert shown(Decimal("1234.50")) == "1234,50"
    with translation.override("en"):
        assert shown(Decimal("1234.50")) == "1234.50"


@pytest.mark.parametrize(
    ("currency", "value", "fits"),
    [
        ("CLP", "9990,50", False),
        ("CLP", 9990.5, False),
        ("CLP", "9990", True),
        ("CLP", "9990,00", True),
        ("COP", "49900,50", False),
        ("ARS", "49900,50", True),
        ("ARS", "1,005", False),
    ],
)
@pytest.mark.parametrize("widget", [cells.Money(), cells.Money(may_be_zero=True)])
def test_an_amount_has_the_decimals_of_its_currency(currency, value, fits, widget, settings):
    settings.SHOP_CURRENCY = currency
    if fits:
        assert widget.clean(value, comma=True) == Decimal(str(value).replace(",", "."))
    else:
        with pytest.raises(ValueError, match="decimals"):
            widget.clean(value, comma=True)


def test_names_lose_what_nobody_sees_and_have_one_spelling():
    assert cells.as_text("Nu\u200bn\u0303ez\ufeff ") == "Nuñez"


@given(st.from_regex(r"[0-9]{1,8}(\.[0-9]{1,4})?", fullmatch=True))
def test_whatever_zeros_a_spreadsheet_drops_the_code_is_asked_about(code):
    """Property: the number which a spreadsheet makes of a code finds the code again, and is never another one's."""
    number = as_number(code)
    shown = f"{number.normalize():f}"
    expected = code if shown != code else ""
    assert Alike([code, "X"]).other(shown, is_number=True) == expected


@pytest.mark.parametrize(
    ("codes", "text", "is_number", "other"),
    [
        (["0017"], "17", True, "0017"),
        (["0017"], "17", False, "0017"),
        (["0017", "17"], "17", False, ""),
        (["0017", "17"], "17", True, "0017"),
        (["407E12"], "407000000000000", True, "407E12"),
        (["90,750"], "90.75", True, "90,750"),
        (["17"], "17", True, ""),
        (["A17"], "17", True, ""),
        (["17"], "18", True, ""),
    ],
)
def test_a_number_may_stand_for_any_code_of_its_number(codes, text, is_number, other):
    assert Alike(codes).other(text, is_number=is_number) == other
