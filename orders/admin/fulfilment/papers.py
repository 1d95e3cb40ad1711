"""Packing slips and labels, printed from the browser or as one PDF."""

from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from orders.fulfilment import bulk, documents, label_rows, labels_pdf, shipment_flags
from orders.models import Shipment
from shop.core.backoffice.base import actor
from shop.core.documents import barcode


def hand_out(request: HttpRequest, kind: str, keys: Collection[UUID]) -> HttpResponse:
    """Return the papers of shipments: `labels` or `papers` as a PDF, `print` as a page to print."""
    chosen = Shipment.objects.filter(pk__in=list(keys)[: bulk.MOST]).exclude(status=Shipment.Status.CANCELLED)
    rows = documents.printable(chosen)
    back = reverse("admin:orders_shipment_queues")
    if not rows:
        messages.warning(request, gettext("Choose at least one row."))
        return redirect(back)
    if kind == "papers":
        return _pdf(documents.packing_papers(rows), f"packing-{rows[0].number}.pdf")
    if kind == "labels":
        return _labels(request, rows)
    context = {
        "rows": [(row, documents.recipient(row), barcode.data_address(row.number)) for row in rows],
        "back": back,
    }
    return TemplateResponse(request, "admin/orders/shipment/packing_papers.html", context)


def _labels(request: HttpRequest, rows: list[Shipment]) -> HttpResponse:
    """Return the labels as one PDF, and note of the shop's own that they are there.

    A shipment whose label a carrier is still making gets none of the shop's own: two labels would be on one parcel,
    and the carrier takes only its own.
    """
    bought = labels_pdf.bought(rows)
    coming = label_rows.live_of([row for row in rows if row.pk not in bought])
    for row in rows:
        if row.pk in coming:
            words = gettext("%(number)s: its label is not there yet (%(state)s).")
            state = coming[row.pk].get_status_display()
            messages.warning(request, words % {"number": row.number, "state": state})
    rows = [row for row in rows if row.pk not in coming]
    if not rows:
        return redirect("admin:orders_shipment_queues")
    file = labels_pdf.all_in_one(rows, bought=bought)
    for row in file.unreadable:
        messages.error(request, gettext("%(number)s: its label cannot be read.") % {"number": row.number})
    for row in rows:
        if row.labelled_at is None and row.pk not in bought and row.status == Shipment.Status.PENDING:
            shipment_flags.note_label(row, actor=actor(request))
    return _pdf(file.pdf, f"labels-{rows[0].number}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    # Names and addresses: nothing keeps them on the way.
    answer["Cache-Control"] = "no-store"
    return answer
