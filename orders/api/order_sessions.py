"""`/api/admin/order-sessions`: figures about checkouts, and clearing up those whose time is over (docs/api.md)."""

from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, PlainSerializer, WithJsonSchema

from orders import retention
from orders.checkout import sessions, statistics
from shop.accounts.api.auth import staff
from shop.core.api.schemas import Schema
from shop.core.audit import actors

router = Router(tags=["order sessions"])
_MOST: Final = 1000

Percent = Annotated[
    float | None,
    PlainSerializer(lambda value: None if value is None else float(value)),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]}, mode="serialization"),
]


class Figures(Schema):
    """Checkouts by state. `conversionRate`: how many in a hundred became orders, null without any."""

    active: int
    expired: int
    processed: int
    total: int
    conversionRate: Percent


class Cleaned(Schema):
    """What the clearing up did: sessions that were expired, whose units are free again, and old ones deleted."""

    expired: Annotated[int, Field(ge=0)]
    purged: Annotated[int, Field(ge=0)]


@router.get("/stats", response={200: Figures}, auth=staff("orders.view_checkoutsession"))
def read_statistics(request: HttpRequest) -> object:
    """Count the checkouts by state; cancelled ones count as expired."""
    found = statistics.figures()
    return {
        "active": found.active,
        "expired": found.expired,
        "processed": found.processed,
        "total": found.total,
        "conversionRate": found.conversion_rate,
    }


@router.post("/cleanup", response={200: Cleaned}, auth=staff("core.add_jobrun"))
def clean_up(request: HttpRequest) -> object:
    """Expire the checkouts whose time is over, free their units, and delete old ones. Repeating it is harmless."""
    return {
        "expired": sessions.expire_due(limit=_MOST, actor=actors.of_staff(request)),
        "purged": retention.purge_old_sessions(),
    }
