"""Statements as banks give them, and the columns of one."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook

from payments.models import BankStatement, StatementColumns, TransferInstruction
from payments.transfers.statements import importing

BANK = "banco galicia"
STAFF = "staff:ana@percha.test"
HEADINGS = ["Fecha", "Débito", "Crédito", "Concepto", "Ordenante", "CUIT", "Nro. operación"]
COLUMNS = {
    "date": "Fecha",
    "amount": "Crédito",
    "reference": "Concepto",
    "detail": "",
    "payer_name": "Ordenante",
    "payer_document": "CUIT",
    "number": "Nro. operación",
    "date_order": "dmy",
    "decimals": "auto",
}


def comma(amount: Decimal) -> str:
    """Return an amount as a bank of Argentina writes it: 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def movement(
    amount: Decimal | str,
    reference: str,
    *,
    on: date | str | None = None,
    payer: str = "GOMEZ ANA",
    document: str = "",
    number: str = "",
) -> list[str]:
    """Return one credit as a row of the file."""
    day = on or date.today()
    return [
        day if isinstance(day, str) else f"{day:%d/%m/%Y}",
        "",
        amount if isinstance(amount, str) else comma(amount),
        reference,
        payer,
        document,
        number,
    ]


def money_for(instruction: TransferInstruction, **more: Any) -> list[str]:
    """Return the credit that pays an instruction."""
    return movement(
        more.pop("amount", instruction.amount), more.pop("reference", f"VAR {instruction.code}"), **more
    )


def as_csv(
    rows: Iterable[list[str]], *, above: Iterable[list[str]] = (), headings: list[str] | None = None
) -> bytes:
    """Return the rows as a file with semicolons in the code page of Windows, with lines above the headings."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([*above, headings or HEADINGS, *rows])
    return text.getvalue().encode("cp1252")


def as_xlsx(rows: Iterable[list[Any]], *, above: Iterable[list[str]] = ()) -> bytes:
    """Return the rows as a workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (*above, HEADINGS, *rows):
        sheet.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def know_the_bank(bank: str = BANK, **changes: str) -> StatementColumns:
    return StatementColumns.objects.update_or_create(
        bank=bank, defaults={**COLUMNS, **changes, "actor": STAFF}
    )[0]


def uploaded(content: bytes, name: str = "movimientos.csv", *, bank: str = BANK) -> BankStatement:
    """Upload a statement of a known bank and read it."""
    if not StatementColumns.objects.filter(bank=bank).exists():
        know_the_bank(bank)
    return importing.upload(bank=bank, file_name=name, content=content, language="es", actor=STAFF)
