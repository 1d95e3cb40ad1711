"""`/api/v1/staff/counts`: physical counts: opened, counted blind, handed in, approved by somebody who may."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import AwareDatetime, Field

from catalog.models import Category
from inventory import counts
from inventory.api.problems import of_stock
from inventory.models import Location, StockCount, StockCountEntry, StockCountLine, StockLevel
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.api.schemas import Flag, Input, Moment, Schema, Whole, one_of, values
from shop.core.audit import actors
from shop.core.json_types import JsonObject

router = Router(tags=["staff: counts"])
_SEES, _COUNTS = staff("inventory.view_stockcount"), staff("inventory.add_stockcount")
_APPROVES = staff("inventory.approve_stockcount")
Figure = Annotated[Whole, Field(ge=0, le=counts.MOST_UNITS)]


class CountInput(Input):
    """What is to be counted: a location, or one category (by its address) and those below it there."""

    location: UUID
    category: Annotated[str, Field(max_length=250)] | None = None
    note: Annotated[str, Field(max_length=300)] = ""


class CountedInput(Input):
    """Units that were counted of a level, replacing an earlier figure."""

    level: UUID
    counted: Figure


class FiguresInput(Input):
    """What was counted; `counted_at`: when, if that was not now (a list on paper)."""

    figures: Annotated[list[CountedInput], Field(min_length=1, max_length=500)]
    counted_at: AwareDatetime | None = None


class ScanInput(Input):
    """Units that were scanned, added to those before; `key` names the scan, so that one sent twice counts once."""

    code: Annotated[str, Field(min_length=1, max_length=60)]
    quantity: Annotated[Whole, Field(ge=-10_000, le=10_000)] = 1
    key: Annotated[str, Field(max_length=64)] = ""


class HandInInput(Input):
    """How a count is handed in: whether lines that nobody counted become zero."""

    uncounted_are_zero: Flag = False


class SendBackInput(Input):
    """Levels whose figures are to be counted again, and why."""

    levels: Annotated[list[UUID], Field(max_length=500)] = []
    reason: Annotated[str, Field(max_length=300)] = ""


class CancelInput(Input):
    """Why a count is cancelled."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]


class CountBody(Schema):
    """A count. `found` and `lost` are the units of difference, once there are any; null while it is counted blind."""

    number: str
    status: Annotated[str, values(StockCount.Status)]
    location: UUID
    category: str | None
    note: str
    frozen_at: Moment
    submitted_at: Moment | None
    approved_at: Moment | None
    lines: int
    counted: int
    found: int | None
    lost: int | None


class CountLineBody(Schema):
    """A line of a count. `expected` and `difference` are null while it is counted blind."""

    level: UUID
    sku: str
    name: str
    counted: int | None
    counted_at: Moment | None
    expected: int | None
    difference: int | None
    is_unexpected: bool


class Written(Schema):
    """How many lines got a figure."""

    lines: int


@router.get("/counts", response={200: paging.Page[CountBody]}, auth=_SEES)
def list_counts(
    request: HttpRequest,
    status: Annotated[str, one_of(StockCount.Status.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the counts, the newest first."""
    rows = _rows().filter(status=status) if status else _rows()
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_body(row) for row in found.rows])


@router.post("/counts", response={201: CountBody, **refusals(404, 409)}, auth=_COUNTS)
@once_per_key()
def open_count(request: HttpRequest, body: CountInput) -> object:
    """Open a count and freeze what the books expect."""
    category = Category.objects.filter(path_slug=body.category).first() if body.category else None
    is_known = Location.objects.filter(pk=body.location).exists()
    if not is_known or (body.category and category is None):
        raise NOT_FOUND(_("There is no such location or category."))
    with of_stock():
        made = counts.open_count(
            location_id=body.location,
            category_id=category.pk if category else None,
            note=body.note,
            actor=actors.of_staff(request),
        )
    return Status(201, _read(made.number))


@router.get("/counts/{number}", response={200: CountBody, **refusals(404)}, auth=_SEES)
def read_count(request: HttpRequest, number: str) -> object:
    """Show a count."""
    return _read(number)


@router.get("/counts/{number}/lines", response={200: paging.Page[CountLineBody], **refusals(404)}, auth=_SEES)
def list_count_lines(
    request: HttpRequest, number: str, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> object:
    """List the lines of a count."""
    count = _found(number)
    rows = count.lines.select_related("level__variant__product")
    found = paging.read(rows, order=("id",), cursor=cursor, limit=limit)
    return paging.page(request, found, [_line(count, row) for row in found.rows])


@router.post("/counts/{number}/figures", response={200: Written, **refusals(404, 409)}, auth=_COUNTS)
@once_per_key()
def enter_figures(request: HttpRequest, number: str, body: FiguresInput) -> object:
    """Enter what was counted."""
    count = _found(number)
    figures = {one.level: one.counted for one in body.figures}
    known = StockLevel.objects.filter(pk__in=figures, location=count.location_id).count()
    if known < len(figures):
        raise NOT_FOUND(_("Not all of these levels are of the place that is counted."))
    with of_stock():
        lines = counts.put(
            count_id=count.pk,
            figures=figures,
            source=StockCountEntry.Source.FORM,
            counted_at=body.counted_at,
            actor=actors.of_staff(request),
        )
    return {"lines": lines}


@router.post("/counts/{number}/scans", response={200: CountLineBody, **refusals(404, 409)}, auth=_COUNTS)
@once_per_key()
def scan(request: HttpRequest, number: str, body: ScanInput) -> object:
    """Add units that were scanned, by SKU or barcode."""
    count = _found(number)
    with of_stock():
        line = counts.scan(
            count_id=count.pk,
            code=body.code,
            quantity=body.quantity,
            key=body.key,
            actor=actors.of_staff(request),
        )
    return _line(count, line)


@router.post("/counts/{number}/submit", response={200: CountBody, **refusals(404, 409)}, auth=_COUNTS)
@once_per_key()
def hand_in(request: HttpRequest, number: str, body: HandInInput) -> object:
    """Hand a count in for approval."""
    with of_stock():
        counts.submit(
            count_id=_found(number).pk,
            uncounted_are_zero=body.uncounted_are_zero,
            actor=actors.of_staff(request),
        )
    return _read(number)


@router.post("/counts/{number}/approve", response={200: CountBody, **refusals(404, 409)}, auth=_APPROVES)
@once_per_key()
def approve(request: HttpRequest, number: str) -> object:
    """Approve a count: its differences are booked. A large one needs somebody who did not count."""
    with of_stock():
        counts.approve(count_id=_found(number).pk, actor=actors.of_staff(request))
    return _read(number)


@router.post("/counts/{number}/send-back", response={200: CountBody, **refusals(404, 409)}, auth=_APPROVES)
@once_per_key()
def send_back(request: HttpRequest, number: str, body: SendBackInput) -> object:
    """Have a count, or some levels of it, counted again."""
    count = _found(number)
    lines = count.lines.filter(level__in=body.levels).values_list("pk", flat=True)
    with of_stock():
        counts.send_back(
            count_id=count.pk, line_ids=list(lines), reason=body.reason, actor=actors.of_staff(request)
        )
    return _read(number)


@router.post("/counts/{number}/cancel", response={200: CountBody, **refusals(404, 409)}, auth=_COUNTS)
@once_per_key()
def cancel(request: HttpRequest, number: str, body: CancelInput) -> object:
    """Cancel a count: nothing is corrected."""
    with of_stock():
        counts.cancel(count_id=_found(number).pk, reason=body.reason, actor=actors.of_staff(request))
    return _read(number)


def _rows() -> QuerySet[Any]:
    """Return the counts with how many lines they have, how many were counted, and the units of difference."""
    apart, more = F("lines__counted") - F("lines__book"), Q(lines__counted__gt=F("lines__book"))
    less = Q(lines__counted__lt=F("lines__book"))
    return StockCount.objects.select_related("category").annotate(
        line_number=Count("lines"),
        counted_number=Count("lines__counted"),
        more=Coalesce(Sum(apart, filter=more), 0),
        less=Coalesce(Sum(-apart, filter=less), 0),
    )


def _found(number: str) -> Any:
    found = _rows().filter(number=number).first() if "\0" not in number else None
    if found is None:
        raise NOT_FOUND(_("There is no such count."))
    return found


def _read(number: str) -> JsonObject:
    return _body(_found(number))


def _body(count: Any) -> JsonObject:
    is_blind = count.status == StockCount.Status.COUNTING
    return {
        "number": count.number,
        "status": count.status,
        "location": count.location_id,
        "category": count.category.path_slug if count.category else None,
        "note": count.note,
        "frozen_at": count.frozen_at,
        "submitted_at": count.submitted_at,
        "approved_at": count.approved_at,
        "lines": count.line_number,
        "counted": count.counted_number,
        "found": None if is_blind else count.more,
        "lost": None if is_blind else count.less,
    }


def _line(count: StockCount, line: StockCountLine) -> JsonObject:
    variant = line.level.variant
    is_blind = count.status == StockCount.Status.COUNTING
    return {
        "level": line.level_id,
        "sku": variant.sku,
        "name": f"{variant.product.name} {variant.name}".strip(),
        "counted": line.counted,
        "counted_at": line.counted_at,
        "expected": None if is_blind else line.expected,
        "difference": None if is_blind else line.difference,
        "is_unexpected": line.is_unexpected,
    }
