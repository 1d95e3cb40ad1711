"""`/api/v1/staff/locations`, `/stock-levels`, `/movement-types`, `/stock-movements`."""

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field

from catalog.models import Variant
from inventory import movement_types
from inventory.api.problems import of_stock
from inventory.models import Location, StockLevel, StockMovement
from inventory.movement_types import BY_CODE
from inventory.purchasing import reorder_points
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.conditional import require_match, show_version, version_of
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.api.schemas import Amount, Input, Moment, Schema, Whole, one_of, values
from shop.core.audit import actors
from shop.core.json_types import JsonObject

router = Router(tags=["staff: stock"])
_SEES, _CHANGES = staff("inventory.view_stocklevel"), staff("inventory.change_stocklevel")
_READS, _MOVES = staff("inventory.view_stockmovement"), staff("inventory.add_stockmovement")
_MOST: Final = 1_000_000

Units = Annotated[Whole, Field(ge=1, le=_MOST)]
Rule = Annotated[Whole, Field(ge=0, le=_MOST)]


class LocationBody(Schema):
    """A place where stock is kept."""

    id: UUID
    code: str
    name: str
    kind: Annotated[str, values(Location.Kind)]
    is_sold_from: bool


class StockLevelBody(Schema):
    """The stock of a variant at a location. `is_low`: no more than the minimum is available."""

    id: UUID
    variant: UUID
    sku: str
    location: UUID
    on_hand: int
    reserved: int
    available: int
    minimum: int
    optimal: int
    bin: str
    is_low: bool


class StockRules(Input):
    """The rules of a level; what is not sent stays."""

    minimum: Rule | None = None
    optimal: Rule | None = None
    bin: Annotated[str, Field(max_length=40)] | None = None


class MovementTypeBody(Schema):
    """A type of movement that may be booked."""

    number: int
    code: str
    name: str
    adds: bool


class MovementInput(Input):
    """A movement to be booked; without a location where it fits best."""

    type: Annotated[str, Field(pattern=f"^({'|'.join(sorted(BY_CODE))})$")]
    variant: UUID
    quantity: Units
    location: UUID | None = None
    unit_cost: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)] | None = None
    reference: Annotated[str, Field(max_length=120)] = ""
    note: Annotated[str, Field(max_length=300)] = ""


class MovementBody(Schema):
    """A line of the ledger. `quantity` is negative where units were taken."""

    id: int
    kind: Annotated[str, values(StockMovement.Kind)]
    variant: UUID
    sku: str
    location: UUID
    quantity: int
    on_hand_after: int
    unit_cost: Amount | None
    reference: str
    note: str
    at: Moment


@router.get("/locations", response={200: list[LocationBody]}, auth=_SEES)
def list_locations(request: HttpRequest) -> object:
    """List the places where stock is kept, in the order in which they are sold from."""
    return list(Location.objects.all())


@router.get("/stock-levels", response={200: paging.Page[StockLevelBody]}, auth=_SEES)
def list_stock_levels(
    request: HttpRequest,
    variant: UUID | None = None,
    location: UUID | None = None,
    sku: Annotated[str, Query("", max_length=60)] = "",
    low: bool = False,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List stock levels; with `low` those at their minimum or below it."""
    rows = StockLevel.objects.select_related("variant")
    rows = rows.filter(variant=variant) if variant else rows
    rows = rows.filter(location=location) if location else rows
    rows = rows.filter(variant__sku__iexact=sku) if sku else rows
    rows = rows.filter(StockLevel.LOW) if low else rows
    found = paging.read(rows, order=("id",), cursor=cursor, limit=limit)
    return paging.page(request, found, [_level(row) for row in found.rows])


@router.get("/stock-levels/{uuid:level}", response={200: StockLevelBody, **refusals(404)}, auth=_SEES)
def read_stock_level(request: HttpRequest, response: HttpResponse, level: UUID) -> object:
    """Show a stock level; its ETag is the version of its rules."""
    found = _found(level)
    show_version(response, _version(found))
    return _level(found)


@router.patch(
    "/stock-levels/{uuid:level}",
    response={200: StockLevelBody, **refusals(404, 412, 428)},
    auth=_CHANGES,
)
def change_stock_level(request: HttpRequest, response: HttpResponse, level: UUID, body: StockRules) -> object:
    """Set minimum, optimum and bin of a level, as they were read (`If-Match`). Figures change by movements alone."""
    rules = {name: value for name, value in body.dict().items() if value is not None}
    with transaction.atomic():
        before = _found(level, locks=True)
        require_match(request, _version(before))
        if rules:
            reorder_points.set_rules([before.pk], rules=rules)
    after = _found(level)
    show_version(response, _version(after))
    return _level(after)


@router.get("/movement-types", response={200: list[MovementTypeBody]}, auth=_READS)
def list_movement_types(request: HttpRequest) -> object:
    """List the types of movements that people book."""
    return [
        {"number": one.number, "code": one.code, "name": str(one.words), "adds": one.adds}
        for one in BY_CODE.values()
    ]


@router.get("/stock-movements", response={200: paging.Page[MovementBody]}, auth=_READS)
def list_stock_movements(
    request: HttpRequest,
    variant: UUID | None = None,
    location: UUID | None = None,
    kind: Annotated[str, one_of(StockMovement.Kind.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the ledger, the newest first."""
    rows = StockMovement.objects.select_related("variant")
    rows = rows.filter(variant=variant) if variant else rows
    rows = rows.filter(location=location) if location else rows
    rows = rows.filter(kind=kind) if kind else rows
    found = paging.read(rows, order=("-id",), cursor=cursor, limit=limit)
    return paging.page(request, found, [_movement(row) for row in found.rows])


@router.post("/stock-movements", response={201: list[MovementBody], **refusals(404, 409)}, auth=_MOVES)
@once_per_key()
def book_movement(request: HttpRequest, body: MovementInput) -> object:
    """Book a movement by its type; units that go from several places are several movements."""
    found = BY_CODE.get(body.type)
    variant = Variant.objects.filter(pk=body.variant).first()
    is_known = body.location is None or Location.objects.filter(pk=body.location).exists()
    if found is None or variant is None or not is_known:
        raise NOT_FOUND(_("There is no such type, variant or location."))
    with of_stock():
        booked = movement_types.book(
            found,
            variant_id=variant.pk,
            quantity=body.quantity,
            location_id=body.location,
            unit_cost=body.unit_cost,
            reference=body.reference,
            note=body.note,
            actor=actors.of_staff(request),
        )
    rows = StockMovement.objects.filter(pk__in=[one.pk for one in booked]).select_related("variant")
    return Status(201, [_movement(row) for row in rows.order_by("id")])


def _found(key: UUID, *, locks: bool = False) -> StockLevel:
    rows = StockLevel.objects.select_related("variant")
    rows = rows.select_for_update(of=("self",), no_key=True) if locks else rows
    found = rows.filter(pk=key).first()
    if found is None:
        raise NOT_FOUND(_("There is no such stock level."))
    return found


def _version(level: StockLevel) -> str:
    return version_of(str(level.pk), level.minimum, level.optimal, level.bin)


def _level(level: StockLevel) -> JsonObject:
    return {
        "id": level.pk,
        "variant": level.variant_id,
        "sku": level.variant.sku,
        "location": level.location_id,
        "on_hand": level.on_hand,
        "reserved": level.reserved,
        "available": level.available,
        "minimum": level.minimum,
        "optimal": level.optimal,
        "bin": level.bin,
        "is_low": level.is_low,
    }


def _movement(row: StockMovement) -> JsonObject:
    return {
        "id": row.pk,
        "kind": row.kind,
        "variant": row.variant_id,
        "sku": row.variant.sku,
        "location": row.location_id,
        "quantity": row.quantity,
        "on_hand_after": row.on_hand_after,
        "unit_cost": row.unit_cost,
        "reference": row.reference,
        "note": row.note,
        "at": row.occurred_at,
    }
