"""The queues of the people who pack and send: how much waits in each, since when, and what.

Each queue of shipments has an index of its own (`Shipment.Meta`); orders of which nothing is prepared yet are looked
for among the confirmed ones alone. So what was delivered long ago costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext_lazy as _

from orders.fulfilment import holds
from orders.models import Order, Shipment, ShipmentLine, ShippingMethod

Status: Final = Shipment.Status
PENDING: Final = Q(status=Status.PENDING)
# A label is there, or none is needed: the buyer comes.
_NEEDS_NO_LABEL: Final = Q(labelled_at__isnull=False) | Q(kind=ShippingMethod.Kind.PICKUP)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: its code, its name, which shipments wait in it, and since when each does (`since`, a column)."""

    code: str
    label: Any
    rows: Callable[[], QuerySet[Shipment]]
    since: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait in a queue, and since when the first one does."""

    queue: Queue
    number: int
    oldest: datetime | None


QUEUES: Final = (
    Queue(
        "to_pack",
        _("To pack"),
        lambda: Shipment.objects.filter(PENDING, packed_at=None),
        "created_at",
    ),
    Queue(
        "packed",
        _("Packed, without a label"),
        lambda: Shipment.objects.filter(PENDING, ~_NEEDS_NO_LABEL, packed_at__isnull=False),
        "packed_at",
    ),
    Queue(
        "to_send",
        _("To send"),
        lambda: Shipment.objects.filter(PENDING, _NEEDS_NO_LABEL, packed_at__isnull=False),
        "packed_at",
    ),
    Queue(
        "on_the_way", _("On the way"), lambda: Shipment.objects.filter(status=Status.SHIPPED), "shipped_at"
    ),
    Queue(
        "exception",
        _("Needs attention"),
        # A cancelled one is among them while its label is paid and the carrier does not take it back.
        lambda: Shipment.objects.filter(attention_since__isnull=False),
        "attention_since",
    ),
)
BY_CODE: Final = {queue.code: queue for queue in QUEUES}


def to_prepare() -> QuerySet[Order]:
    """Return the orders of which something may be packed that is in no shipment yet, oldest first."""
    return holds.ready()


def unprepared() -> Waiting:
    """Return how many orders wait to be prepared, and since when the oldest does. One query."""
    found = to_prepare().order_by().aggregate(number=Count("pk"), oldest=Min("placed_at"))
    return Waiting(BY_CODE["to_pack"], found["number"], found["oldest"])


def waiting() -> list[Waiting]:
    """Return all queues with their figures, in the order in which a parcel passes them (a query each)."""
    found = []
    for queue in QUEUES:
        sums = queue.rows().aggregate(number=Count("pk"), oldest=Min(queue.since))
        found.append(Waiting(queue, sums["number"], sums["oldest"]))
    return found


def numbers() -> dict[str, int]:
    """Return how many shipments are to be packed or sent, or need attention, by queue: one statement."""
    rows = Shipment.objects.filter(PENDING | Q(attention_since__isnull=False)).order_by()
    found: dict[str, int] = rows.aggregate(
        to_pack=Count("pk", filter=PENDING & Q(packed_at=None)),
        packed=Count("pk", filter=PENDING & ~_NEEDS_NO_LABEL & Q(packed_at__isnull=False)),
        to_send=Count("pk", filter=PENDING & _NEEDS_NO_LABEL & Q(packed_at__isnull=False)),
        exception=Count("pk", filter=Q(attention_since__isnull=False)),
    )
    return found


def _sum_of_lines(column: str) -> Subquery:
    """Return a sum of a shipment's lines, made for the listed rows alone: a GROUP BY would add up the whole queue."""
    lines = ShipmentLine.objects.filter(shipment=OuterRef("pk")).order_by().values("shipment")
    return Subquery(lines.annotate(units=Sum(column)).values("units"))


def shipments(queue: Queue) -> QuerySet[Any]:
    """Return what waits in a queue, the oldest first, with what a list shows of each: three queries, however many.

    `units` and `packed_units`; `since`: when it came into the queue; `held`: something keeps its order back.
    """
    rows: Any = queue.rows()
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__sku")
    listed: QuerySet[Any] = (
        rows.select_related("order__shipping_address", "location")
        .prefetch_related(Prefetch("lines", lines))
        .annotate(
            since=F(queue.since),
            units=_sum_of_lines("quantity"),
            packed_units=_sum_of_lines("packed"),
            held=holds.is_held("order"),
        )
        .order_by("since", "pk")
    )
    return listed
