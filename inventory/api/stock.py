"""`/api/stock`: the stock contract (docs/api.md). Shapes, names and words are the contract's own."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field

from catalog.models import Option, Variant, VariantValue
from inventory import movement_types, stock_totals
from inventory.models import StockMovement
from inventory.reservations.allocation import InsufficientStock
from shop.accounts.api.auth import staff
from shop.core.api import paging, problems
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import ProblemKind
from shop.core.api.schemas import Amount, Input, Moment, Schema, Whole
from shop.core.audit import actors
from shop.core.json_types import JsonObject

router = Router(tags=["stock contract"])

NOT_ENOUGH: Final = ProblemKind(
    400, "stock_contract_not_enough", "Not enough units are on hand and unreserved."
)
_SEES, _MOVES = staff("inventory.view_stocklevel"), staff("inventory.add_stockmovement")
_MOST: Final = 1_000_000
_BIGGEST: Final = 2**63 - 1
# The contract's own sentences, in the languages that it has them in.
_UNKNOWN: Final = "Producto o tipo de movimiento no encontrado"
_NO_PRODUCT: Final = "Producto no encontrado"
_TOO_FEW: Final = "Stock insuficiente"

Number = Annotated[Whole, Field(ge=1, le=_BIGGEST)]
Units = Annotated[Whole, Field(ge=1, le=_MOST)]


class Movement(Input):
    """A movement to be booked."""

    productVariantId: Number
    quantity: Units
    movementTypeId: Number
    referenceNumber: Annotated[str, Field(max_length=120)] | None = None
    notes: Annotated[str, Field(max_length=300)] | None = None
    unitCost: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)] | None = None


class Booked(Schema):
    """A movement that was booked."""

    id: int
    productVariantId: int
    quantity: int
    movementTypeId: int
    referenceNumber: str | None
    notes: str | None
    unitCost: Amount | None
    userId: int
    movement_date: Moment


class StockedVariant(Schema):
    """A variant with its stock in all places that it is sold from. `current_stock` is on hand, reserved or not."""

    id: int
    size: str | None
    color: str | None
    price: Amount
    current_stock: int
    minimum_stock: int
    optimal_stock: int
    location: str | None
    sku: str
    is_active: bool


class GeneralProduct(Schema):
    """The product of a variant."""

    name: str
    description: str
    is_active: bool


class AlertedVariant(StockedVariant):
    """A variant with its product."""

    GeneralProduct: GeneralProduct


class Available(Schema):
    """What there is of a variant; LOW_STOCK at the minimum or below it."""

    productVariant: StockedVariant
    currentStock: int
    minimumStock: int
    status: Literal["LOW_STOCK", "OK"]


class Alerts(Schema):
    """The variants at or below their minimum: how many, and a page of them (the next in the header `Link`)."""

    alertCount: int
    products: Annotated[list[AlertedVariant], Field(max_length=paging.MOST)]


class Change(Input):
    """A change of the stock by so many units."""

    variantId: Number
    quantity: Units
    movementType: Literal["increase", "decrease"]


@router.post("/movements", response={201: Booked, **refusals(400, 404)}, auth=_MOVES)
@once_per_key()
def create_movement(request: HttpRequest, body: Movement) -> object:
    """Book a movement; movement and balance change in one transaction."""
    variant = Variant.objects.filter(public_number=body.productVariantId).first()
    found = movement_types.BY_NUMBER.get(body.movementTypeId)
    if variant is None or found is None:
        raise problems.NOT_FOUND(_UNKNOWN)
    try:
        booked = movement_types.book(
            found,
            variant_id=variant.pk,
            quantity=body.quantity,
            unit_cost=body.unitCost,
            reference=body.referenceNumber or "",
            note=body.notes or "",
            actor=actors.of_staff(request),
        )
    except InsufficientStock as error:
        raise NOT_ENOUGH(_TOO_FEW) from error
    return Status(201, _movement(booked[0], body, request))


@router.get("/available/{int:productVariantId}", response={200: Available, **refusals(404)}, auth=_SEES)
def read_available(request: HttpRequest, productVariantId: Annotated[int, Path(ge=0)]) -> object:
    """Say how much there is of a variant, and whether that is low."""
    variants = Variant.objects.filter(public_number=min(productVariantId, _BIGGEST))
    found = _with_values(stock_totals.with_totals(variants)).first()
    if found is None:
        raise problems.NOT_FOUND(_NO_PRODUCT)
    return {
        "productVariant": _variant(found),
        "currentStock": found.current,
        "minimumStock": found.minimum_stock,
        "status": "LOW_STOCK" if found.current <= found.minimum_stock else "OK",
    }


@router.get("/alerts", response={200: Alerts}, auth=_SEES)
def list_alerts(
    request: HttpRequest,
    response: HttpResponse,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.MOST,
) -> object:
    """List the variants at or below their minimum, with their products."""
    rows = stock_totals.low(Variant.objects.all())
    found = _page(request, response, rows, cursor, limit)
    products = [{**_variant(row), "GeneralProduct": _product(row)} for row in found]
    return {"alertCount": rows.count(), "products": products}


@router.get("/low", response={200: list[StockedVariant]}, auth=_SEES)
def list_low(
    request: HttpRequest,
    response: HttpResponse,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.MOST,
) -> object:
    """List the variants at or below their minimum."""
    rows = stock_totals.low(Variant.objects.all())
    return [_variant(row) for row in _page(request, response, rows, cursor, limit)]


@router.post("/update", response={200: StockedVariant, **refusals(400)}, auth=_MOVES)
@once_per_key()
def update_stock(request: HttpRequest, body: Change) -> object:
    """Change the stock of a variant by an adjustment, and return the variant as it is then."""
    variant = Variant.objects.filter(public_number=body.variantId).first()
    if variant is None:
        raise problems.MALFORMED("Product variant not found")
    code = "adjustment_up" if body.movementType == "increase" else "adjustment_down"
    try:
        movement_types.book(
            movement_types.BY_CODE[code],
            variant_id=variant.pk,
            quantity=body.quantity,
            actor=actors.of_staff(request),
        )
    except InsufficientStock as error:
        raise NOT_ENOUGH("Insufficient stock") from error
    return _variant(_with_values(stock_totals.with_totals(Variant.objects.filter(pk=variant.pk))).get())


def _page(
    request: HttpRequest, response: HttpResponse, rows: QuerySet[Any], cursor: str, limit: int
) -> list[Any]:
    found = paging.read(_with_values(rows), order=("public_number",), cursor=cursor, limit=limit)
    paging.link_next(request, response, found)
    return found.rows


def _with_values(rows: QuerySet[Any]) -> QuerySet[Any]:
    values = VariantValue.objects.select_related("option", "value")
    return rows.select_related("product").prefetch_related(Prefetch("variant_values", queryset=values))


def _variant(variant: Any) -> JsonObject:
    named = {entry.option.kind: entry.value.name for entry in variant.variant_values.all()}
    return {
        "id": variant.public_number,
        "size": named.get(Option.Kind.SIZE),
        "color": named.get(Option.Kind.COLOUR),
        "price": variant.price,
        "current_stock": variant.current,
        "minimum_stock": variant.minimum_stock,
        "optimal_stock": variant.optimal_stock,
        "location": variant.place or None,
        "sku": variant.sku,
        "is_active": variant.is_active,
    }


def _product(variant: Variant) -> JsonObject:
    product = variant.product
    return {"name": product.name, "description": product.description, "is_active": product.is_active}


def _movement(booked: StockMovement, body: Movement, request: HttpRequest) -> JsonObject:
    return {
        "id": booked.pk,
        "productVariantId": body.productVariantId,
        "quantity": body.quantity,
        "movementTypeId": body.movementTypeId,
        "referenceNumber": body.referenceNumber,
        "notes": body.notes,
        "unitCost": body.unitCost,
        "userId": request.auth.public_number,  # type: ignore[attr-defined]
        "movement_date": booked.occurred_at,
    }
