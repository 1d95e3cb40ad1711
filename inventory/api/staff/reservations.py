"""`/api/v1/staff/reservations`: units that the staff keeps aside for somebody."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import AwareDatetime, Field

from catalog.models import Variant
from inventory.api.problems import RESERVATION_ENDED, of_stock
from inventory.api.staff.stock import Units
from inventory.models import Location, Reservation
from inventory.reservations import manual
from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.conditional import require_match, show_version, version_of
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.api.schemas import Input, Moment, Schema, values
from shop.core.audit import actors
from shop.core.json_types import JsonObject

router = Router(tags=["staff: reservations"])
_SEES, _CHANGES = staff("inventory.view_reservation"), staff("inventory.change_reservation")
Reason = Annotated[str, Field(min_length=1, max_length=300)]


class ReservationInput(Input):
    """Units to be kept aside for `owner` until a moment; without a location wherever they can be sold from."""

    variant: UUID
    quantity: Units
    owner: Annotated[str, Field(min_length=1, max_length=150)]
    reason: Reason
    until: AwareDatetime
    location: UUID | None = None


class ReservationChange(Input):
    """Another end of a manual reservation, and why."""

    until: AwareDatetime
    reason: Reason


class ReasonInput(Input):
    """Why."""

    reason: Reason


class ReservationBody(Schema):
    """A manual reservation."""

    id: UUID
    status: Annotated[str, values(Reservation.Status)]
    variant: UUID
    sku: str
    location: UUID
    quantity: int
    owner: str
    reason: str
    until: Moment
    ended_at: Moment | None


class Released(Schema):
    """How many units are free again: 0 where it had ended before."""

    units: int


@router.get("/reservations", response={200: paging.Page[ReservationBody]}, auth=_SEES)
def list_reservations(
    request: HttpRequest,
    variant: UUID | None = None,
    active: bool = True,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List the manual reservations, the newest first: those that are active, or all of them."""
    rows = _rows()
    rows = rows.filter(variant=variant) if variant else rows
    rows = rows.filter(status=Reservation.Status.ACTIVE) if active else rows
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_body(row) for row in found.rows])


@router.post("/reservations", response={201: list[ReservationBody], **refusals(404, 409)}, auth=_CHANGES)
@once_per_key()
def keep_aside(request: HttpRequest, body: ReservationInput) -> object:
    """Keep units aside; from several places they are several reservations."""
    is_known = body.location is None or Location.objects.filter(pk=body.location).exists()
    if not is_known or not Variant.objects.filter(pk=body.variant).exists():
        raise NOT_FOUND(_("There is no such variant or location."))
    with of_stock():
        made = manual.reserve(
            variant_id=body.variant,
            quantity=body.quantity,
            owner=body.owner,
            reason=body.reason,
            until=body.until,
            actor=actors.of_staff(request),
            location_id=body.location,
        )
    rows = _rows().filter(pk__in=[one.pk for one in made]).order_by("pk")
    return Status(201, [_body(row) for row in rows])


@router.get("/reservations/{uuid:reservation}", response={200: ReservationBody, **refusals(404)}, auth=_SEES)
def read_reservation(request: HttpRequest, response: HttpResponse, reservation: UUID) -> object:
    """Show a manual reservation."""
    found = _found(reservation)
    show_version(response, _version(found))
    return _body(found)


@router.patch(
    "/reservations/{uuid:reservation}",
    response={200: ReservationBody, **refusals(404, 409, 412, 428)},
    auth=_CHANGES,
)
def prolong_reservation(
    request: HttpRequest, response: HttpResponse, reservation: UUID, body: ReservationChange
) -> object:
    """Let a manual reservation end earlier or later than was read (`If-Match`)."""
    with transaction.atomic():
        before = _found(reservation, locks=True)
        require_match(request, _version(before))
        with of_stock():
            manual.extend(
                reservation_id=before.pk, until=body.until, reason=body.reason, actor=actors.of_staff(request)
            )
    after = _found(reservation)
    show_version(response, _version(after))
    return _body(after)


@router.post(
    "/reservations/{uuid:reservation}/release",
    response={200: Released, **refusals(404, 409)},
    auth=_CHANGES,
)
@once_per_key()
def release_reservation(request: HttpRequest, reservation: UUID, body: ReasonInput) -> object:
    """Release a manual reservation. Twice is harmless."""
    found = _found(reservation)
    if found.status == Reservation.Status.CONVERTED:
        raise RESERVATION_ENDED(_("This reservation has ended."))
    units = manual.release(reservation_id=found.pk, reason=body.reason, actor=actors.of_staff(request))
    return {"units": units}


def _rows() -> Any:
    return Reservation.objects.filter(purpose=Reservation.Purpose.MANUAL).select_related("variant")


def _found(key: UUID, *, locks: bool = False) -> Reservation:
    rows = _rows().select_for_update(of=("self",), no_key=True) if locks else _rows()
    found: Reservation | None = rows.filter(pk=key).first()
    if found is None:
        raise NOT_FOUND(_("There is no such reservation."))
    return found


def _version(row: Reservation) -> str:
    end: datetime = row.expires_at
    return version_of(str(row.pk), row.status, end.isoformat())


def _body(row: Reservation) -> JsonObject:
    return {
        "id": row.pk,
        "status": row.status,
        "variant": row.variant_id,
        "sku": row.variant.sku,
        "location": row.location_id,
        "quantity": row.quantity,
        "owner": row.owner,
        "reason": row.note,
        "until": row.expires_at,
        "ended_at": row.ended_at,
    }
