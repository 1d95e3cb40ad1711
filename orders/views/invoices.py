"""An order's invoice, credit notes and receipts: read as a page, or saved as the kept PDF."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from orders.invoices import papers
from orders.invoices.printed import printed
from orders.models import Invoice, InvoiceFile
from shop.core.documents import qr
from shop.core.web.methods import require_safe
from shop.core.web.never_cached import never_cache


@never_cache
@require_safe
def by_secret(request: HttpRequest, secret: str, key: UUID) -> HttpResponse:
    """Show a document to whoever has the order's secret link."""
    invoice = _issued(key, order__secret=secret)
    return page(request, invoice, pdf_url=reverse("orders:invoice_pdf", args=[secret, key]))


@never_cache
@require_safe
def pdf_by_secret(request: HttpRequest, secret: str, key: UUID) -> HttpResponse:
    """Give the PDF to whoever has the order's secret link."""
    return saved(_issued(key, order__secret=secret))


@never_cache
@require_safe
@login_required
def detail(request: HttpRequest, number: int, key: UUID) -> HttpResponse:
    """Show a document to the account that bought the order."""
    invoice = _own(request, number, key)
    return page(request, invoice, pdf_url=reverse("orders:own_invoice_pdf", args=[number, key]))


@never_cache
@require_safe
@login_required
def pdf(request: HttpRequest, number: int, key: UUID) -> HttpResponse:
    """Give the PDF to the account that bought the order."""
    return saved(_own(request, number, key))


def page(request: HttpRequest, invoice: Invoice, *, pdf_url: str) -> HttpResponse:
    """Render a document as a page, from the snapshot of which its paper was made."""
    document = printed(invoice)
    return render(
        request,
        "orders/invoices/invoice.html",
        {
            "invoice": invoice,
            "document": document,
            "pdf_url": pdf_url,
            "qr": qr.data_address(document.qr_address) if document.qr_address else "",
        },
    )


def saved(invoice: Invoice) -> HttpResponse:
    """Return the kept PDF; 404 while it is being made."""
    try:
        content = papers.file_of(invoice)
    except InvoiceFile.DoesNotExist:
        raise Http404 from None
    name = papers.file_name(invoice)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _issued(key: UUID, **whose: object) -> Invoice:
    found = Invoice.objects.select_related("order").filter(
        pk=key, status=Invoice.Status.AUTHORISED, erased_at=None, **whose
    )
    invoice = found.first()
    if invoice is None:
        raise Http404
    return invoice


def _own(request: HttpRequest, number: int, key: UUID) -> Invoice:
    if number > 2**63 - 1:
        raise Http404
    return _issued(key, order__number=number, order__user_id=str(request.user.pk))
