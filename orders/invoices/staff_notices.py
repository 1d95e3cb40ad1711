"""Mails to the staff about documents: a series that stands still, a document that was refused."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from orders.models import Invoice, InvoiceSeries
from shop.core.mail import outbox


def frozen(series_id: UUID, reason: str) -> None:
    """Tell the staff that a series stands still: one mail for each time."""
    series = InvoiceSeries.objects.get(pk=series_id)
    at = series.frozen_at or timezone.now()
    _tell(
        "frozen",
        str(series),
        reason,
        reverse("admin:orders_invoiceseries_change", args=[series.pk]),
        f"invoice-series-frozen:{series.pk}:{at:%Y%m%d%H%M%S}",
    )


def refused(invoice_id: UUID) -> None:
    """Tell the staff that a document was refused: one mail for each refusal."""
    invoice = Invoice.objects.select_related("order").get(pk=invoice_id)
    if invoice.status != Invoice.Status.REJECTED:
        return
    _tell(
        "refused",
        f"{invoice.get_kind_display()} {invoice.order}",
        invoice.last_error,
        reverse("admin:orders_invoice_change", args=[invoice.pk]),
        f"invoice-refused:{invoice.pk}:{invoice.updated_at:%Y%m%d%H%M%S%f}",
    )


def waiting(invoice_id: UUID, reason: str) -> None:
    """Tell the staff that the tax office has not been reached for long: one mail a day for a document."""
    invoice = Invoice.objects.select_related("order").get(pk=invoice_id)
    _tell(
        "waiting",
        f"{invoice.get_kind_display()} {invoice.order}",
        reason,
        reverse("admin:orders_invoice_change", args=[invoice.pk]),
        f"invoice-waiting:{invoice.pk}:{timezone.now():%Y%m%d}",
    )


def _tell(what: str, name: str, reason: str, path: str, dedupe_key: str) -> None:
    outbox.queue(
        kind="invoice_attention",
        to=settings.SHOP_EMAIL,
        template="invoice_attention",
        context={"what": what, "name": name, "reason": reason, "admin_url": settings.SITE_URL + path},
        dedupe_key=dedupe_key,
        language=settings.LANGUAGE_CODE,
    )
