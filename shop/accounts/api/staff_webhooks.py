"""`/api/v1/staff/webhook-endpoints` and `/webhook-deliveries`: which systems are told what, what came back, replays.

Here and not in the core, because the check of the staff's tokens is in this app. Secrets are shown in the back office
alone, and endpoints are made there.
"""

from typing import Annotated, Final
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from shop.accounts.api.auth import staff
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND, ProblemKind
from shop.core.api.schemas import Moment, Schema, one_of, values
from shop.core.audit import actors
from shop.core.json_types import JsonObject
from shop.core.models import OutgoingAttempt, OutgoingDelivery, OutgoingEndpoint
from shop.core.outgoing import deliveries, endpoints

router = Router(tags=["staff: webhooks"])
_SEES, _DELIVERIES = staff("core.view_outgoingendpoint"), staff("core.view_outgoingdelivery")
_REPLAYS = staff("core.change_outgoingdelivery")

ENDPOINT_OFF: Final = ProblemKind(409, "endpoint_off", "The endpoint is switched off: nothing is sent to it.")


class EndpointBody(Schema):
    """A system that is told what happens."""

    id: UUID
    url: str
    description: str
    types: list[str]
    status: Annotated[str, values(OutgoingEndpoint.Status)]
    disabled_why: str
    last_success_at: Moment | None
    paused_until: Moment | None


class AttemptBody(Schema):
    """A try: what came back, how fast, and why nothing did."""

    at: Moment
    status_code: int | None
    milliseconds: int
    answer: str
    error: str


class DeliverySummary(Schema):
    """A message on its way to an endpoint."""

    id: UUID
    webhook_id: str
    endpoint: UUID
    type: str
    status: Annotated[str, values(OutgoingDelivery.Status)]
    attempts: int
    occurred_at: Moment
    next_try_at: Moment | None
    delivered_at: Moment | None


class DeliveryBody(DeliverySummary):
    """A delivery with what is sent and its tries, the newest first."""

    body: str
    tries: Annotated[list[AttemptBody], Field(max_length=1000)]


@router.get("/webhook-endpoints", response={200: paging.Page[EndpointBody]}, auth=_SEES)
def list_webhook_endpoints(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> object:
    """List the systems that are told what happens, the newest first."""
    rows = OutgoingEndpoint.objects.all()
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, found.rows)


@router.get("/webhook-deliveries", response={200: paging.Page[DeliverySummary]}, auth=_DELIVERIES)
def list_webhook_deliveries(
    request: HttpRequest,
    endpoint: UUID | None = None,
    status: Annotated[str, one_of(OutgoingDelivery.Status.values)] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> object:
    """List what was sent and what is to be sent, the newest first."""
    rows = OutgoingDelivery.objects.select_related("message")
    rows = rows.filter(endpoint=endpoint) if endpoint else rows
    rows = rows.filter(status=status) if status else rows
    found = paging.read(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_summary(row) for row in found.rows])


@router.get(
    "/webhook-deliveries/{uuid:delivery}", response={200: DeliveryBody, **refusals(404)}, auth=_DELIVERIES
)
def read_webhook_delivery(request: HttpRequest, delivery: UUID) -> object:
    """Show a delivery with its tries."""
    return _body(_found(delivery))


@router.post(
    "/webhook-deliveries/{uuid:delivery}/replay",
    response={200: DeliveryBody, **refusals(404, 409)},
    auth=_REPLAYS,
)
@once_per_key()
def replay_webhook(request: HttpRequest, delivery: UUID) -> object:
    """Send a message again, with the same identifier; one that is on its way stays so."""
    try:
        endpoints.replay(_found(delivery), actor=actors.of_staff(request))
    except endpoints.SwitchedOff as error:
        raise ENDPOINT_OFF(_("The endpoint is switched off: switch it on first.")) from error
    return _body(_found(delivery))


def _found(key: UUID) -> OutgoingDelivery:
    tries = Prefetch("tries", OutgoingAttempt.objects.order_by("-tried_at", "-id"))
    rows = OutgoingDelivery.objects.select_related("message").prefetch_related(tries)
    found = rows.filter(pk=key).first()
    if found is None:
        raise NOT_FOUND(_("There is no such delivery."))
    return found


def _summary(row: OutgoingDelivery) -> JsonObject:
    return {
        "id": row.pk,
        "webhook_id": deliveries.webhook_id(row.message),
        "endpoint": row.endpoint_id,
        "type": row.message.type,
        "status": row.status,
        "attempts": row.attempts,
        "occurred_at": row.message.occurred_at,
        "next_try_at": row.next_try_at,
        "delivered_at": row.delivered_at,
    }


def _body(row: OutgoingDelivery) -> JsonObject:
    tries = [
        {
            "at": one.tried_at,
            "status_code": one.status_code,
            "milliseconds": one.milliseconds,
            "answer": one.answer,
            "error": one.error,
        }
        for one in row.tries.all()
    ]
    return {**_summary(row), "body": deliveries.body(row.message), "tries": tries[:1000]}
