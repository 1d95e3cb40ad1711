"""What follows an issued document: its printed file, made once and kept, and one mail with a link to it."""

from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from orders.invoices import pdf
from orders.invoices.printed import printed
from orders.models import Invoice, InvoiceFile, Order, Reimbursement
from shop.core.ids import uuid7
from shop.core.mail import outbox
from shop.core.models import EmailLog

FAILED_LATER = gettext_noop("The refund failed after this note was issued.")


class Damaged(Exception):
    """The stored file is not the one that was made. Trying again never helps."""


def finish(invoice: Invoice) -> None:
    """Make and keep the file of an issued document, and queue its mail: each once, however often this is repeated."""
    if not InvoiceFile.objects.filter(invoice=invoice).exists():
        made = pdf.render(printed(invoice))
        # Whoever was first has made the same bytes.
        InvoiceFile.objects.bulk_create(
            [InvoiceFile(invoice=invoice, pdf=made, sha256=sha256(made).hexdigest())], ignore_conflicts=True
        )
    _look_at_refund(invoice)
    if Order.objects.filter(pk=invoice.order_id).exclude(email="").exists():
        with transaction.atomic():
            mail(invoice)


def _look_at_refund(invoice: Invoice) -> None:
    """Tell the staff of a note whose refund failed while it was being issued."""
    owed = invoice.reimbursement
    if owed is not None and owed.status == Reimbursement.Status.FAILED:
        Invoice.objects.filter(pk=invoice.pk, attention="").update(attention=FAILED_LATER)


def file_of(invoice: Invoice) -> bytes:
    """Return the kept bytes of a document, compared with their hash.

    Raises:
        InvoiceFile.DoesNotExist: it is not made yet.
        Damaged: see there.
    """
    kept = InvoiceFile.objects.get(invoice=invoice)
    found = bytes(kept.pdf)
    if sha256(found).hexdigest() != kept.sha256:
        raise Damaged(str(invoice.pk))
    return found


def file_name(invoice: Invoice) -> str:
    """Return the name under which a document is saved."""
    name = "-".join(part for part in invoice.name.replace(" ", "-").split("-") if part)
    return f"{invoice.kind.replace('_', '-')}-{name}.pdf"


def mail(invoice: Invoice, *, again: str = "") -> EmailLog:
    """Queue the mail of a document, once (for each value of `again`), in the caller's transaction."""
    order = invoice.order
    address = reverse("orders:invoice", args=[order.secret, invoice.pk])
    return outbox.queue(
        kind="invoice",
        to=order.email,
        template="invoice",
        context={
            "invoice": invoice,
            "order": order,
            "invoice_url": settings.SITE_URL + address,
            "pdf_url": settings.SITE_URL + reverse("orders:invoice_pdf", args=[order.secret, invoice.pk]),
        },
        dedupe_key=f"invoice:{invoice.pk}{again}",
        language=order.language,
        user=order.user,
        trail=order.trail,
    )


def _mail_again(email: EmailLog) -> EmailLog | None:
    """Write the mail of a document again: its link is the same, but the old mail's row no longer contains it."""
    key = email.dedupe_key.split(":")[1] if email.dedupe_key.count(":") else ""
    invoice = Invoice.objects.select_related("order").filter(order__checkout=email.trail, pk=key).first()
    if invoice is None or not invoice.order.email:
        return None
    return mail(invoice, again=f":{uuid7()}")


outbox.renew_by("invoice", _mail_again)
