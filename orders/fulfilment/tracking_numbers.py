"""Tracking numbers of many shipments, as a clerk pastes them or a carrier's file lists them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from orders.models import Shipment
from shop.core.spreadsheets import cells, sheets

# "1042-1", "#1042-1": the order's number, then which of its shipments; without the latter, its only one.
_NUMBER: Final = re.compile(r"^#?(\d{1,18})(?:-(\d{1,4}))?$")
_BETWEEN: Final = re.compile(r"[\s;,|]+")
MOST: Final = 1000


@dataclass(slots=True)
class Given:
    """The tracking number of each shipment, and the rows that name no shipment which waits for one."""

    numbers: dict[UUID, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def pasted(text: str) -> Given:
    """Read lines of a shipment's number and its tracking number, with anything between them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _given([_BETWEEN.split(line, maxsplit=1) for line in lines[:MOST]])


def from_file(content: bytes, file_name: str) -> Given:
    """Read the first two columns of a CSV or XLSX file; a row of headings names no shipment and is left out.

    Raises:
        Unreadable: as `sheets.read`.
    """
    sheet = sheets.read(content, file_name, limits=sheets.AT_ONCE)
    first: list[Sequence[object]] = [sheet.headings] if _is_number(str((sheet.headings or [""])[0])) else []
    rows = [*first, *(row for _place, row in sheet.rows)]
    texts = [[cells.as_text(cell) for cell in row[:2]] for row in rows if any(row)]
    return _given(texts[:MOST])


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text.strip()))


def _given(rows: Iterable[Sequence[str]]) -> Given:
    found = Given()
    parsed: list[tuple[str, int, int | None, str]] = []
    for row in rows:
        shown = " ".join(str(cell) for cell in row)
        match = _NUMBER.match(str(row[0]).strip()) if row else None
        tracking = str(row[1]).strip() if len(row) > 1 and row[1] is not None else ""
        if not match or not tracking or len(tracking) > 100:
            found.unknown.append(shown[:120])
            continue
        parsed.append((shown, int(match[1]), int(match[2]) if match[2] else None, tracking))
    shipments: dict[int, list[Shipment]] = {}
    # Of those that left already the number may come later: the carrier's list of the evening.
    open_ones = Shipment.objects.filter(status__in=[Shipment.Status.PENDING, Shipment.Status.SHIPPED])
    for one in open_ones.filter(order__number__in={number for _s, number, _o, _t in parsed}).select_related(
        "order"
    ):
        shipments.setdefault(one.order.number, []).append(one)
    for shown, number, ordinal, tracking in parsed:
        mine = [one for one in shipments.get(number, []) if ordinal is None or one.ordinal == ordinal]
        if len(mine) == 1:
            found.numbers[mine[0].pk] = tracking
        else:
            found.unknown.append(shown[:120])
    return found
