"""Returns as data of people: what an export has of them, and what an erasure takes away."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Order, Return, ReturnFile, ReturnLine
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Obstacle, Person


def export(order: Order) -> list[dict[str, object]]:
    """Return the returns of an order with their lines, and how many photos the buyer gave."""
    return [
        {
            **personal_data.plain(
                rma, "number", "status", "created_at", "note", "email", "end_reason", "tracking_number"
            ),
            "lines": [
                {
                    **personal_data.plain(line, "quantity", "area", "note", "wish"),
                    "sku": line.order_line.sku,
                    "reason": line.reason.code if line.reason else "",
                }
                for line in rma.lines.select_related("order_line", "reason")
            ],
            "photos": rma.files.filter(kind=ReturnFile.Kind.PHOTO, purged_at=None).count(),
        }
        for rma in order.returns.order_by("ordinal")
    ]


def obstacles(orders: "QuerySet[Order]") -> Iterable[Obstacle]:
    """Put an erasure off while a return of the person is under way."""
    for rma in Return.objects.filter(order__in=orders, status__in=Return.OPEN).select_related("order")[:20]:
        yield Obstacle(f"return:{rma.number}", _("Return %(number)s is under way.") % {"number": rma.number})


def erase(order: Order, person: Person) -> None:
    """Empty what the buyer, or whoever got a gift, wrote, and their photos. Units, reasons and amounts stay."""
    for rma in order.returns.all():
        Return.objects.filter(pk=rma.pk).update(
            email="", note="", tracking_number="", end_reason=personal_data.scrub(rma.end_reason, person)
        )
    ReturnLine.objects.filter(rma__order=order).exclude(note="").update(note="")
    kept = ReturnFile.objects.filter(rma__order=order, purged_at=None)
    for file in kept.defer("content"):
        ReturnFile.objects.filter(pk=file.pk).update(
            content=b"", size=0, digest=file.pk.hex, purged_at=timezone.now()
        )
