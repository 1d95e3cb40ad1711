"""`/api/v1/staff/shipments` and `/api/v1/staff/orders/{number}/shipments`: prepare, send, deliver, cancel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from inventory.models import Location
from orders.api import problems
from orders.api.bodies import shipment_body
from orders.api.schemas.orders import ShipmentBody
from orders.fulfilment import documents, shipments
from orders.fulfilment.refusals import REFUSALS, words
from orders.models import Order, Shipment, ShippingMethod
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key, row_key
from shop.core.api.problems import NOT_FOUND
from shop.core.api.schemas import Flag, Input, one_of
from shop.core.audit import actors

router = Router(tags=["staff: shipments"])
_SEES, _PREPARES = staff("orders.view_shipment"), staff("orders.add_shipment")
_CHANGES = staff("orders.change_shipment")
_BIGGEST = 2**63 - 1
Number = Annotated[str, Field(max_length=100)]


class ShipmentLineInput(Input):
    """Units of a line of the order, by the line's `number`."""

    line: int
    quantity: Annotated[int, Field(gt=0, le=2**31 - 1)]


class PrepareInput(Input):
    """What goes together: all that is left when no lines are named, by the way the buyer chose when none is."""

    lines: Annotated[list[ShipmentLineInput], Field(max_length=500)] = []
    method: Annotated[str, Field(max_length=40)] = ""
    location: Annotated[str, Field(max_length=30)] = ""


class ShipInput(Input):
    """How the carrier names the parcel, where it does. `without_label`: also while its label is not made yet."""

    tracking_number: Number = ""
    tracking_url: Annotated[str, Field(max_length=500, pattern=r"^(https?://.*)?$")] = ""
    carrier: Annotated[str, Field(max_length=60)] = ""
    without_label: Flag = False


class ShipmentCancelInput(Input):
    """Why it is done."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]


@contextmanager
def _refused() -> Iterator[None]:
    """Turn a refusal of the verbs into a problem with the words of the back office."""
    try:
        yield
    except REFUSALS as error:
        raise problems.CANNOT_BE_SENT(words(error)) from error


@router.get("/shipments", response={200: paging.Page[ShipmentBody]}, auth=_SEES)
def list_shipments(
    request: HttpRequest,
    status: Annotated[str, one_of(Shipment.Status.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List shipments, the newest first."""
    rows: Any = Shipment.objects.select_related("order").prefetch_related("lines__order_line")
    rows = rows.filter(status=status) if status else rows
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [shipment_body(one) for one in found.rows])


@router.post(
    "/orders/{int:number}/shipments",
    response={201: ShipmentBody, **refusals(404, 409)},
    auth=_PREPARES,
)
@once_per_key()
def prepare_shipment(request: HttpRequest, number: int, body: PrepareInput) -> object:
    """Make a shipment of what is left of an order, or of so many units of its lines."""
    order = Order.objects.filter(number=min(number, _BIGGEST)).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    keys = dict(order.lines.values_list("public_number", "pk"))
    units: dict[UUID, int] = {}
    for line in body.lines:
        if line.line not in keys:
            raise NOT_FOUND(_("There is no such line of this order."))
        units[keys[line.line]] = units.get(keys[line.line], 0) + line.quantity
    with _refused():
        made = shipments.prepare(
            order,
            key=row_key(request, request.user.pk, number),
            units=units or None,
            method=_named(ShippingMethod, body.method, _("There is no such shipping method.")),
            location=_named(Location, body.location, _("There is no such location.")),
            actor=actors.of_staff(request),
        )
    return Status(201, _body(made.pk))


@router.post("/shipments/{uuid:key}/ship", response={200: ShipmentBody, **refusals(404, 409)}, auth=_CHANGES)
@once_per_key()
def ship_shipment(request: HttpRequest, key: UUID, body: ShipInput) -> object:
    """Say that a shipment has left; the buyer gets a mail. Twice is harmless."""
    with _refused():
        shipments.ship(_found(key), actor=actors.of_staff(request), **body.dict())
    return _body(key)


@router.post(
    "/shipments/{uuid:key}/deliver", response={200: ShipmentBody, **refusals(404, 409)}, auth=_CHANGES
)
@once_per_key()
def deliver_shipment(request: HttpRequest, key: UUID) -> object:
    """Say that a shipment has arrived. Twice is harmless."""
    with _refused():
        shipments.deliver(_found(key), actor=actors.of_staff(request))
    return _body(key)


@router.post(
    "/shipments/{uuid:key}/cancel", response={200: ShipmentBody, **refusals(404, 409)}, auth=_CHANGES
)
@once_per_key()
def cancel_shipment(request: HttpRequest, key: UUID, body: ShipmentCancelInput) -> object:
    """Give a shipment up before it left; its units are left to send again. Twice is harmless."""
    with _refused():
        shipments.cancel(_found(key), reason=body.reason, actor=actors.of_staff(request))
    return _body(key)


def _found(key: UUID) -> Shipment:
    found = Shipment.objects.select_related("order").filter(pk=key).first()
    if found is None:
        raise NOT_FOUND(_("There is no such shipment."))
    return found


def _body(key: UUID) -> dict[str, Any]:
    (found,) = documents.printable(Shipment.objects.filter(pk=key))
    return shipment_body(found)


def _named(model: Any, code: str, missing: str) -> Any:
    """Return the row of a code; None: none was named."""
    if not code:
        return None
    found = model.objects.filter(code=code).first()
    if found is None:
        raise NOT_FOUND(missing)
    return found
