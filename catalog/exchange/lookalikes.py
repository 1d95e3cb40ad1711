"""Find cells of a catalogue file that a spreadsheet may have changed.

Zeros lost from codes and sizes, a barcode without the zero before it, names that look like dates.
"""

import re
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from catalog.exchange.index import CatalogueIndex
from catalog.models import Option, Variant
from shop.core import codes
from shop.core.spreadsheets.cells import as_text, is_shortened
from shop.core.spreadsheets.import_rows import ImportRow, Rows
from shop.core.spreadsheets.sheets import Sheet
from shop.core.spreadsheets.zeros import NUMBER_IN_SQL, Alike, as_number

# GTIN-8, -12, -13 and -14 (GS1 General Specifications, 3.3.2): a barcode of another length may have lost zeros.
_LENGTHS: Final = (8, 12, 13, 14)
# Spreadsheets write days so in the languages of the shop: 10-dic, dic-26, 05/03/2026, 2026-03-05.
_MONTHS: Final = "ene|jan|feb|fev|mar|abr|apr|may|mai|jun|jul|ago|aug|sep|set|oct|out|nov|dic|dez|dec"
_DATE: Final = re.compile(
    rf"\d{{1,2}}[-/. ](?:{_MONTHS})[a-z]*\.?(?:[-/. ]\d{{2,4}})?|(?:{_MONTHS})[a-z]*\.?[-/. ]\d{{2,4}}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}(?:[T ].*)?",
    re.IGNORECASE,
)


def known(sheet: Sheet, places: Mapping[str, int]) -> frozenset[str]:
    """Return the codes of a file that look shortened (`7,79E+12`) and are codes of the shop nevertheless."""
    columns = [places[code] for code in ("sku", "barcode") if code in places]
    texts = {
        codes.normalise(as_text(cells[at]))
        for _number, cells in sheet.rows
        for at in columns
        if at < len(cells) and isinstance(cells[at], str) and is_shortened(cells[at])
    }
    if not texts:
        return frozenset()
    found = Variant.objects.filter(sku__in=texts).values_list("sku", flat=True)
    return frozenset(found.union(Variant.objects.filter(barcode__in=texts).values_list("barcode", flat=True)))


def alike_skus(rows: Rows) -> Alike:
    """Return the shop's SKUs that a spreadsheet would convert to numbers, when the file has such SKUs at all."""
    if not any(as_number(row.values.get("sku") or "") is not None for row in rows.rows):
        return Alike(())
    return Alike(Variant.objects.filter(sku__regex=NUMBER_IN_SQL).values_list("sku", flat=True))


def lost_zeros(text: str, other: str) -> str:
    """Return the error for a number where the shop has another code of that number."""
    words = _(
        "The shop has “%(other)s”, and this says %(text)s: spreadsheets drop zeros. Give the column the format “text” "
        "and type it again."
    )
    return words % {"other": other, "text": text}


class Lookalikes:
    """The codes and sizes of the shop that the cells of a file may mean."""

    def __init__(self, rows: Rows, index: CatalogueIndex) -> None:
        self._rows, self._index = rows, index
        self._skus = alike_skus(rows)
        self._barcodes = Alike(self._stored_barcodes())
        self._values: dict[str, Alike] = {}

    def _stored_barcodes(self) -> set[str]:
        """Return the shop's barcodes that a barcode of the file may be without its zeros."""
        padded = {
            text.zfill(length)
            for row in self._rows.rows
            if (text := row.values.get("barcode") or "").isdecimal() and len(text) not in _LENGTHS
            for length in _LENGTHS
        }
        return (
            set(Variant.objects.filter(barcode__in=padded).values_list("barcode", flat=True))
            if padded
            else set()
        )

    def sku(self, row: ImportRow) -> str:
        """Return why the SKU of a row may be another one; warn of a new one that looks like a date."""
        sku = row.values["sku"]
        if other := self._skus.other(sku, is_number="sku" in row.numbers):
            return lost_zeros(sku, other)
        if sku not in self._index.variants:
            self._warn_of_date(row, "sku", sku)
        return ""

    def barcode(self, row: ImportRow, before: str) -> str:
        """Return the barcode that a row gives its variant: the one it has, when it is the same number.

        One that may have lost its zeros is an error.
        """
        text: str = row.values["barcode"]
        if text == before or not text:
            return text
        if before and codes.fold_barcode(text) == codes.fold_barcode(before):
            return before
        own = Alike([before]).other(text, is_number=True)
        if other := own or self._barcodes.other(text, is_number="barcode" in row.numbers):
            self._rows.tell(row.number, "barcode", lost_zeros(text, other), text)
        elif "barcode" in row.numbers and _is_short_gtin(text):
            words = _("This barcode has %d digits; with zeros before them it is a valid one. Were they lost?")
            self._rows.warn(row.number, "barcode", words % len(text), text)
        return text

    def value(self, row: ImportRow, code: str, option: Option) -> str:
        """Return the name of the option value in a row; a number that may be another size is an error."""
        text: str = row.values[code]
        names = self._index.value_names[option.pk]
        if not text or (text in names and code not in row.numbers):
            return text
        if code not in self._values:
            self._values[code] = Alike(names)
        if other := self._values[code].other(text, is_number=code in row.numbers):
            if code in row.numbers and text not in names and other.replace(",", ".") == text:
                return other  # A number cell has no decimal mark: 38.5 is the shop's 38,5.
            self._rows.tell(row.number, code, lost_zeros(text, other), text)
        elif text not in names:
            self._warn_of_date(row, code, text)
        return text

    def _warn_of_date(self, row: ImportRow, code: str, text: str) -> None:
        if _DATE.fullmatch(text):
            words = _("“%s” looks like a date that a spreadsheet has made. Is it meant so?")
            self._rows.warn(row.number, code, words % text, text)


def _is_short_gtin(text: str) -> bool:
    """Return whether digits are a GTIN-13 (or -12, -8, -14) but for the zeros before them: the check digit decides."""
    if not text.isdecimal() or not 6 < len(text) < 12 or len(text) == 8:
        return False
    digits = [int(digit) for digit in text.zfill(14)]
    return sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits)) % 10 == 0
