"""Bank statements as banks write them: read whole or not at all, whatever the file is."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from payments.models import (
    BankCredit,
    BankStatement,
)
from payments.tests.transfers.purchases import waiting
from payments.tests.transfers.statement_files import (
    STAFF,
    as_csv,
    as_xlsx,
    know_the_bank,
    money_for,
    movement,
    uploaded,
)
from payments.transfers import settling
from payments.transfers.statements import matching, reading

pytestmark = pytest.mark.django_db
Status = BankCredit.Status


def book(statement: BankStatement) -> int:
    number = matching.book(statement, actor=STAFF)
    settling.settle_due()
    return number


def kinds(statement: BankStatement) -> list[str]:
    return [match.kind.value for match in matching.of_statement(statement)]


# -- Reading ---------------------------------------------------------------------------------------------------


def test_lines_above_the_headings_debits_totals_and_accents_are_as_banks_write_them():
    instruction = waiting()
    debit = ["01/11/2026", "-1.500,00", "", "Comisión", "", "", ""]
    total = ["", "", "99.999,99", "Saldo final", "", "", ""]
    content = as_csv(
        [money_for(instruction, payer="GÓMEZ ANA", document="27-30123456-4"), debit, total],
        above=[["Banco Galicia", "Cuenta 123"], ["Movimientos del mes"]],
    )
    statement = uploaded(content)
    credit = BankCredit.objects.get()

    assert (statement.status, statement.credit_count, statement.passed_count) == ("done", 1, 2)
    assert (credit.amount, credit.payer_name, credit.payer_document) == (
        instruction.amount,
        "GÓMEZ ANA",
        "27-30123456-4",
    )
    assert (credit.booked_on, credit.row) == (date.today(), 4)


def test_a_workbook_has_its_dates_and_numbers_as_they_are():
    instruction = waiting()
    row: list[Any] = [
        datetime(2026, 11, 2, 10, 30),
        None,
        float(instruction.amount),
        instruction.code,
        "ANA",
        20301,
        55,
    ]
    statement = uploaded(as_xlsx([row], above=[["Extracto"]]), "mov.xlsx")

    credit = BankCredit.objects.get()
    assert (credit.booked_on, credit.amount) == (date(2026, 11, 2), instruction.amount)
    assert (credit.payer_document, credit.number) == ("20301", "55")
    assert kinds(statement) == ["exact"]


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("1.234,50", "auto", "1234.50"),
        ("1234,5", "auto", "1234.50"),
        ("$ 1.234,50", "comma", "1234.50"),
        ("1,234.50", "point", "1234.50"),
        ("1,234", "point", "1234.00"),
        ("1.234", "comma", "1234.00"),
        ("+88,00", "comma", "88.00"),
        ("ARS 1.234,50 CR", "comma", "1234.50"),
        ("1 234,50", "auto", "1234.50"),
    ],
)
def test_amounts_are_read_as_the_bank_writes_them(text: str, decimals: str, amount: str):
    know_the_bank(decimals=decimals)
    uploaded(as_csv([movement(text, "X")]))
    assert BankCredit.objects.get().amount == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("168.00", "comma"),  # Not 16800: the bank has changed its files.
        ("10,50", "point"),
        ("12.34,56", "comma"),
        ("1.234.56", "comma"),
        ("1e5", "auto"),
        ("USD 5,00", "auto"),
        ("5,00 D?", "auto"),
        ("D 5,00", "auto"),
        ("(5,00", "auto"),
        ("5,00 1", "comma"),
    ],
)
def test_an_amount_that_can_be_misread_refuses_the_file(text: str, decimals: str):
    know_the_bank(decimals=decimals)
    assert uploaded(as_csv([movement(text, "X"), movement("1", "Y")])).status == "refused"
    assert not BankCredit.objects.exists()


@pytest.mark.parametrize(
    "text", ["-5,00", "(5,00)", "5,00-", "0,00", "–5,00", "$ -5,00", "5,00 D", "5,00 db.", "($ 5,00)"]
)
def test_money_that_went_out_is_passed_over(text: str):
    statement = uploaded(as_csv([movement(text, "X"), movement("1,00", "Y")]))
    assert (statement.credit_count, statement.passed_count) == (1, 1)


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("dmy", "03/11/2026", date(2026, 11, 3)),
        ("dmy", "3-11-26", date(2026, 11, 3)),
        ("mdy", "11/03/2026", date(2026, 11, 3)),
        ("ymd", "2026-11-03T10:00:00", date(2026, 11, 3)),
    ],
)
def test_dates_are_read_in_the_order_that_was_named(order: str, text: str, day: date):
    know_the_bank(date_order=order)
    uploaded(as_csv([movement("1,00", "X", on=text)]))
    assert BankCredit.objects.get().booked_on == day


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([movement("1,00", "X", on="31/02/2026")], "no es una fecha"),
        ([movement("1,00", "X", on="03/11/2999")], "todavía no llegó"),
        ([movement("mucho", "X")], "Esto no es un número"),
        ([movement("1,005", "X")], "más decimales"),
        ([movement("9" * 20, "X")], "demasiado grande"),
    ],
)
def test_a_row_that_cannot_be_read_refuses_the_whole_file(rows: list[list[str]], words: str):
    know_the_bank(decimals="comma")
    statement = uploaded(as_csv([movement("1,00", "good"), *rows]))

    assert statement.status == "refused"
    assert words in str(statement.issues)
    assert not BankCredit.objects.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.4 statement", "extracto.pdf"),
        (b"\x89PNG\r\n\x1a\n", "a.csv"),
        (b"PK\x03\x04broken", "a.xlsx"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "a.xls"),
        (b"<html><table></table></html>", "a.csv"),
        (b"", "a.csv"),
        (b"Fecha;Otra\n1;2\n", "a.csv"),
        (b"Fecha;Cr\xe9dito;Concepto;Ordenante;CUIT;Nro. operaci\xf3n\n", "a.csv"),
    ],
    ids=["pdf", "picture", "zip", "xls", "html", "empty", "other columns", "no rows"],
)
def test_what_is_no_statement_of_this_bank_is_refused(content: bytes, name: str):
    refusals: list[str] = []
    try:
        statement = uploaded(content, name)
        refusals.append(statement.refusal if statement.status == "refused" else "")
    except reading.Unreadable as refusal:
        refusals.append(str(refusal))
    assert all(refusals)
    assert not BankCredit.objects.exists()


def test_what_looks_like_a_formula_or_is_very_long_is_only_text():
    rows = [movement("1,00", "=HYPERLINK(1)", payer="=cmd|' /C calc'!A0"), movement("2,00", "x" * 2000)]
    uploaded(as_csv(rows))
    assert [len(row.reference) <= 300 for row in BankCredit.objects.all()] == [True, True]
