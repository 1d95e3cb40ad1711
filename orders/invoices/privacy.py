"""Personal data in documents: exported, and erased when the law's years for invoices are over (`orders/privacy.py`).

Until then a document stays as it is: the law asks for it. Afterwards its buyer's data and its file go; number, day,
lines and sums stay for the books.
"""

import pgtrigger
from django.utils import timezone

from orders.models import Invoice, InvoiceFile, InvoiceMessage, Order
from shop.core.json_types import JsonObject
from shop.core.privacy import personal_data


def export(order: Order) -> list[JsonObject]:
    """Return the documents of an order: number, day, sums, and the data of the buyer as they are printed."""
    rows = order.invoices.filter(status=Invoice.Status.AUTHORISED).order_by("issued_at")
    return [
        {
            **personal_data.plain(row, "kind", "name", "issued_on", "total", "currency", "authorisation"),
            "buyer": row.content.get("buyer", {}),
        }
        for row in rows
    ]


def erase(order: Order) -> int:
    """Forget the buyer of every document of an order; return how many there were. The order is locked."""
    changed = 0
    for row in Invoice.objects.filter(order=order, erased_at=None).order_by("pk"):
        kept = {**row.content, "buyer": {}} if row.content else {}
        Invoice.objects.filter(pk=row.pk).update(content=kept, erased_at=timezone.now())
        InvoiceFile.objects.filter(invoice=row).delete()
        with pgtrigger.ignore("orders.InvoiceMessage:append_only"):
            InvoiceMessage.objects.filter(invoice=row).update(request="", answer="")
        changed += 1
    return changed
