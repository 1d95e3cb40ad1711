"""Write catalogue and stock as a file: what an import of the same shop finds unchanged, and no spreadsheet runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import tablib
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from import_export.formats import base_formats

from catalog.models import Option
from inventory.exchange.headings import option_headings
from inventory.exchange.resources import CatalogueResource, StockResource

FORMATS: Final[dict[str, Any]] = {
    "xlsx": _("Excel (.xlsx)"),
    "csv-semicolon": _("CSV with semicolons and decimal commas"),
    "csv": _("CSV with commas and decimal points"),
}
CONTENTS: Final[dict[str, Any]] = {
    "catalogue": _("Catalogue: products and variants"),
    "stock": _("Stock: levels, minimums, shelves"),
    "opening": _("Stock as openings, for another shop"),
}


@dataclass(frozen=True)
class File:
    """A file to be handed out."""

    name: str
    content: bytes
    content_type: str


def export(contents: str, form: str) -> File:
    """Return the catalogue or the stock as a file, with headings in the active language.

    Raises: KeyError for contents or a format that do not exist.
    """
    _known = CONTENTS[contents], FORMATS[form]
    resource: Any
    if contents == "catalogue":
        resource = CatalogueResource(options=option_headings(Option.objects.all()))
    else:
        resource = StockResource(as_opening=contents == "opening")
    dataset = resource.export()
    ending = "xlsx" if form == "xlsx" else "csv"
    name = f"{contents}-{timezone.localdate():%Y-%m-%d}.{ending}"
    if form == "xlsx":
        return File(name, _xlsx(dataset), base_formats.XLSX.CONTENT_TYPE)
    # The mark at the beginning tells Excel that it is UTF-8.
    text = _csv(dataset, has_commas=form == "csv-semicolon")
    return File(name, text.encode("utf-8-sig"), "text/csv; charset=utf-8")


def _csv(dataset: tablib.Dataset, *, has_commas: bool) -> str:
    if not has_commas:
        return str(base_formats.CSV().export_data(dataset))
    rows = tablib.Dataset(headers=dataset.headers)
    for row in dataset:
        rows.append([str(cell).replace(".", ",") if isinstance(cell, Decimal) else cell for cell in row])
    return str(base_formats.CSV().export_data(rows, delimiter=";"))


def _xlsx(dataset: tablib.Dataset) -> bytes:
    """Write the rows one after another (write-only: ten thousand rows need no memory of their own)."""
    from io import BytesIO

    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title="Percha")
    sheet.freeze_panes = "B2"
    sheet.append(list(dataset.headers))
    for row in _rows(dataset):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(dataset: tablib.Dataset) -> Iterable[list[Any]]:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for row in dataset:
        yield [ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row]
