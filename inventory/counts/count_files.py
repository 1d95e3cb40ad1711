"""Counts from files: a spreadsheet of codes and figures, or a scanner's stored codes; and the blank sheet."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from inventory import codes, counts
from inventory.models import StockCount, StockCountEntry, StockCountLine, StockLevel
from shop.core.spreadsheets import batches, cells, sheets

_CODES: Final = frozenset(
    {"sku", "barcode", "code", "codigo", "código", "ean", "código de barras", "codigo de barras"}
)
_FIGURES: Final = frozenset(
    {"counted", "quantity", "qty", "units", "cantidad", "contado", "unidades", "quantidade", "contados"}
)


class BadFile(Exception):
    """The file has mistakes; `problems` has each in words, with its row. Nothing was stored."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems[:5]))
        self.problems = problems


@dataclass(frozen=True)
class _Row:
    place: int
    code: str
    quantity: int


def take(
    *, count_id: UUID, content: bytes, file_name: str, counted_at: datetime | None = None, actor: str
) -> int:
    """Set what a CSV or XLSX file says was counted; return how many lines. The whole file or nothing.

    Columns: a code (SKU or barcode) and a figure; rows of one code are added up. Without a column of figures each row
    is one unit, as a scanner with a memory writes them (then also without headings).

    Raises: BadFile with every mistake in words; sheets.Unreadable; what `counts.put` raises.
    """
    rows = _rows(sheets.read(content, file_name, limits=sheets.AT_ONCE))
    figures = _figures(StockCount.objects.get(pk=count_id), rows)
    return counts.put(
        count_id=count_id,
        figures=figures,
        source=StockCountEntry.Source.FILE,
        counted_at=counted_at,
        actor=actor,
    )


def _rows(sheet: sheets.Sheet) -> list[_Row]:
    headings = [heading.strip().lower() for heading in sheet.headings]
    code = next((place for place, heading in enumerate(headings) if heading in _CODES), None)
    figure = next((place for place, heading in enumerate(headings) if heading in _FIGURES), None)
    rows = list(sheet.rows)
    if code is None and len(headings) == 1:
        code, rows = 0, [(1, list(sheet.headings)), *rows]
    if code is None:
        raise BadFile([_("The file needs a column “sku” or “barcode”.")])
    problems: list[str] = []
    found = []
    for place, row in rows:
        cell = row[figure] if figure is not None and figure < len(row) else None
        if figure is not None and cell in (None, ""):
            continue  # A line of the sheet that nobody filled in was not counted.
        try:
            text = cells.words(row[code] if code < len(row) else None, is_code=True)
            units = Decimal(1) if figure is None else cells.number(cell, comma=sheet.comma)
        except ValueError as error:
            shown = f"“{cells.as_text(cell)}”: {error}" if isinstance(cell, str) else error
            problems.append(_("Row %(row)s: %(words)s") % {"row": place, "words": shown})
            continue
        if units is None:
            continue
        if not text:
            problems.append(_("Row %s: the code is missing.") % place)
        elif units != int(units) or not 0 <= units <= counts.MOST_UNITS:
            problems.append(
                _("Row %(row)s: “%(cell)s” is not a number of units.")
                % {"row": place, "cell": cells.as_text(cell)}
            )
        else:
            found.append(_Row(place, text, int(units)))
    if problems or not found:
        raise BadFile(problems or [_("The file has no figures.")])
    return found


def _figures(count: StockCount, rows: list[_Row]) -> dict[UUID, int]:
    """Return level → units, making the levels that are missing (a variant nobody expected there)."""
    known = codes.find({row.code for row in rows})
    problems = [
        _("Row %(row)s: no variant has the SKU or barcode %(code)s.") % {"row": row.place, "code": row.code}
        for row in rows
        if row.code not in known
    ]
    if problems:
        raise BadFile(problems)
    units: Counter[UUID] = Counter()
    for row in rows:
        units[known[row.code]] += row.quantity
    levels = dict(
        StockLevel.objects.filter(location=count.location_id, variant_id__in=units).values_list(
            "variant_id", "pk"
        )
    )
    missing = [
        StockLevel(variant_id=variant_id, location_id=count.location_id)
        for variant_id in sorted(units.keys() - levels.keys())
    ]
    StockLevel.objects.bulk_create(missing, ignore_conflicts=True)
    levels |= dict(
        StockLevel.objects.filter(
            location=count.location_id, variant_id__in=[level.variant_id for level in missing]
        ).values_list("variant_id", "pk")
    )
    return {levels[variant_id]: quantity for variant_id, quantity in units.items()}


def sheet_lines(count: StockCount) -> QuerySet[StockCountLine]:
    """Return the lines of a count in walking order, with what the list shows of each."""
    found: QuerySet[StockCountLine] = count.lines.select_related("level__variant__product")
    return found.order_by("level__bin", "level__variant__product__name", "level__variant__sort_order", "pk")


def sheet_rows(count: StockCount) -> Iterator[list[object]]:
    """Yield the blind list of a count: codes, names, shelves, and a column to fill in; inside a transaction.

    It includes what was counted already, never the book quantities.
    """
    yield ["sku", "barcode", "product", "variant", "shelf", "counted"]
    for lines in batches.of_models(sheet_lines(count)):
        for line in lines:
            variant = line.level.variant
            words = (variant.sku, variant.barcode, variant.product.name, variant.name, line.level.bin)
            yield [*(cells.guard(text) for text in words), "" if line.counted is None else line.counted]
