"""Malicious files, and files that are not tables: each is refused soon, with a sentence, in the reading process."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.utils import translation

from shop.core.spreadsheets import sheets
from shop.core.spreadsheets.reading.limits import Limits
from shop.core.tests.spreadsheets.workbooks import packed, raw, row

HEAD = row(1, "SKU", "Nota") + row(2, "A", "x")
ENTITY = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def refusal(content: bytes, name: str = "x.xlsx", **limits: int) -> str:
    with translation.override("en"), pytest.raises(sheets.Unreadable) as refused:
        sheets.read(content, name, limits=replace(sheets.LIMITS, **limits))
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            raw(HEAD + '<row r="900000000000"><c t="inlineStr"><is><t>A</t></is></c></row>'),
            "no spreadsheet has",
        ),
        (raw(HEAD + '<row r="900000000000"/>'), "no spreadsheet has"),
        (raw(HEAD + row(9000, "B")), "After row 2 come more than 5000 empty rows"),
        (raw(HEAD + "".join(f'<row r="{n}"/>' for n in range(3, 9000)) + row(9000, "B")), "5000 empty rows"),
        (raw("".join(row(n, "SKU") for n in range(1, 20_003))), "more than 20000 rows"),
        (raw(row(1, "SKU") + row(2, '<c r="XFD2"><v>1</v></c>')), "more than 60 columns"),
        (raw(row(1, "SKU") + row(2, "x" * 40_000)), "row 2 has more than 32767"),
        (raw(HEAD, prolog=ENTITY), "declares entities"),
        (raw(HEAD + "<row"), "damaged"),
        (raw(row(5, "SKU")), "first row must hold"),
        (raw(HEAD + "<!--" + " " * 3_000_000 + "-->"), "packed so densely"),
        (
            raw(row(1, "SKU", "B"), after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'),
            "first row are merged",
        ),
    ],
    ids=[
        "gap",
        "empty gap",
        "hole",
        "formatted hole",
        "rows",
        "columns",
        "cell",
        "entities",
        "cut",
        "late",
        "ratio",
        "merged headings",
    ],
)
def test_a_workbook_above_a_limit_is_refused_by_its_name(content, words):
    assert words in refusal(content)


@pytest.mark.parametrize("escaped", ["_x0000_", "_xD800_", "_xDFFF_"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_character_that_no_database_keeps_is_told_with_its_row(escaped, number):
    rows = [["SKU", "Cantidad"], ["A-1", "1"]]
    rows[number - 1][0] += escaped

    with pytest.raises(sheets.Unreadable, match=f"fila {number} tiene un carácter"):
        sheets.read(raw(row(1, *rows[0]) + row(2, *rows[1])), "x.xlsx")


def test_shared_texts_count_wherever_they_stand():
    cells = '<c t="s"><v>0</v></c>' * 50
    rows = row(1, *["H"] * 50) + "".join(row(n, cells) for n in range(2, 60))
    content = raw(rows, strings=f"<si><t>{'x' * 30_000}</t></si>")
    assert "too much text" in refusal(content)


def test_empty_formatted_rows_to_the_end_of_the_sheet_are_passed_over():
    rows = "".join(f'<row r="{n}" ht="15"><c r="A{n}" s="1"/></row>' for n in range(3, 200_000))
    sheet = sheets.read(raw(HEAD + rows), "x.xlsx")
    assert [number for number, _cells in sheet.rows] == [2]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"SKU;N\nA;x\n" + b"\n" * 6000 + b"B;y\n", "x.csv", "5000 empty rows"),
        (b"SKU\n" + b"\n" * 1_048_577, "x.csv", "no spreadsheet has"),
        (b"SKU;N\nA;" + b"x" * 40_000 + b"\n", "x.csv", "more than 32767"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "x.ods", ".ods"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "x.xlsx", ".ods"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "x.odt", "text document"),
        (packed({"xl/workbook.bin": "x"}), "x.xlsx", ".xlsb"),
        (packed({"word/document.xml": "x"}), "x.docx", "text document"),
        (packed({"list.csv": "SKU\nA\n"}), "x.zip", "packed file"),
        (b'<?xml version="1.0"?><office:document xmlns:office="x">', "x.fods", ".fods"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "x.xls", ".xls"),
        (b"<html><table><tr><td>SKU</td></tr></table>", "x.xls", "web page"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99 + "EncryptedPackage".encode("utf-16-le"), "x.xlsx", "password"),
        (b"%PDF-1.7\nSKU;Precio\n", "x.csv", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "x.csv", "picture"),
        (b"\0\0\0\x18ftypheic", "x.csv", "picture"),
        (b"\x1f\x8b\x08\0", "x.csv", "packed file"),
        (b"{\\rtf1 SKU}", "x.csv", "text document"),
    ],
)
def test_what_is_no_table_is_told_what_it_is_whatever_its_name(content, name, words):
    assert words in refusal(content, name)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"processor": 1}, "too long"),
        ({"memory": 60 * 1024 * 1024}, "too much memory"),
        ({"wall": 0}, "too long"),
    ],
)
def test_the_process_that_reads_is_ended_by_its_own_limits(limits, why):
    cells = "".join(f'<c><v>{n}</v></c><c t="str"><v>texto {n}</v></c>' for n in range(30))
    content = raw(row(1, *["H"] * 60) + "".join(row(n, cells) for n in range(2, 19_000)))
    assert why in refusal(content, ratio=10_000, **limits)


def test_the_process_that_reads_gets_none_of_the_shops_secrets(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_secret")
    seen = {}

    def run(command: Any, **options: Any) -> CompletedProcess[Any]:
        seen.update(options["env"])
        return subprocess.CompletedProcess(command, 0, b'{"refused": "empty", "about": {}}\n', b"")

    monkeypatch.setattr(subprocess, "run", run)
    refusal(b"SKU\nA\n", "x.csv")
    assert set(seen) <= {"PATH", "SYSTEMROOT"}


def test_the_reader_needs_no_package():
    """It must start fast, and must not depend on faults of Django or openpyxl."""
    code = "import reading.child, sys; sys.exit('django' in sys.modules or 'openpyxl' in sys.modules)"
    command = [sys.executable, "-E", "-S", "-c", code]
    there = Path(sheets.__file__).parent
    assert subprocess.run(command, check=False, cwd=there, env=dict(os.environ)).returncode == 0


def test_while_two_files_are_read_a_third_waits_its_turn_and_is_told(monkeypatch):
    monkeypatch.setattr(sheets, "_PATIENCE", 0)
    for _turn in range(2):
        assert sheets._TURNS.acquire(blocking=False)
    try:
        assert "Try again in a minute" in refusal(b"SKU\nA\n", "x.csv")
    finally:
        for _turn in range(2):
            sheets._TURNS.release()
    assert sheets.read(b"SKU\nA\n", "x.csv").rows == [(2, ["A"])]


def test_every_limit_is_a_limit():
    assert min(vars(Limits()).values()) > 0
