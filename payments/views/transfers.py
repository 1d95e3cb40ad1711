"""The page of a bank transfer: what to transfer where, "I have paid", the receipt. The attempt's token opens it."""

import logging
from typing import Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import payables
from payments import gateways
from payments.gateways.base import GatewayError
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.transfers import instructions, receipts
from payments.transfers.instructions import Shown
from shop.core.pictures.field import ACCEPT
from shop.core.web import throttle
from shop.core.web.methods import require_GET, require_POST
from shop.core.web.never_cached import never_cache
from shop.core.web.views import too_many

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status
# Uploads from one address, and for one transfer, within ten minutes.
UPLOADS, UPLOADS_EACH, WITHIN = 20, 10, 600
# Money may still come for these, or has just been closed: the page tells, and takes a receipt.
_SHOWN: Final = {Status.REDIRECTED, Status.PENDING, Status.EXPIRED, Status.CANCELLED}


class ReceiptForm(forms.Form):
    """One file: a picture, or a PDF."""

    receipt = forms.FileField(
        label=gettext_lazy("Receipt"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": f"{ACCEPT},application/pdf,.pdf"}),
        help_text=gettext_lazy(
            "A photo, a screenshot or the PDF of your bank, at most 5 MB. Only our staff sees it."
        ),
    )


@require_GET
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what to transfer. The first visit begins the waiting: the units are kept for as long as a transfer takes."""
    attempt = _attempt(request, token)
    if attempt.status == Status.REDIRECTED:
        try:
            settle.settle(attempt_id=attempt.pk, actor="shopper", patience=gateways.for_pages())
        except GatewayError as error:  # No free slot for the moment: the job begins it.
            log.info("Transfer %s is not waited for yet: %s", attempt.pk, error)
        attempt.refresh_from_db()
    return _page(request, attempt)


@require_POST
@never_cache
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """Note that the buyer says to have paid."""
    attempt = _attempt(request, token)
    shown = _shown(attempt)
    if shown.is_open and instructions.claim(shown.instruction, actor="shopper"):
        messages.success(
            request, _("Thank you. We look at our account and write to you as soon as the money is there.")
        )
    return redirect("payments:transfer", token)


@require_POST
@never_cache
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Take a receipt."""
    attempt = _attempt(request, token)
    shown = _shown(attempt)
    if attempt.status not in _SHOWN:
        return redirect("payments:status", token)
    mine = throttle.allow("transfer-receipts", throttle.address_of(request), limit=UPLOADS, seconds=WITHIN)
    its = throttle.allow("transfer-receipts-each", str(attempt.pk), limit=UPLOADS_EACH, seconds=WITHIN)
    if not (mine and its):
        return too_many(
            request,
            seconds=WITHIN,
            words=_("Your transfer counts without a receipt as well: nothing is lost."),
        )
    form = ReceiptForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, attempt, form, status=422)
    file = form.cleaned_data["receipt"]
    try:
        receipts.add(shown.instruction, file, size=file.size, actor="shopper")
    except receipts.ReceiptRefused as refusal:
        form.add_error("receipt", str(refusal))
        return _page(request, attempt, form, status=422)
    instructions.claim(shown.instruction, actor="shopper")
    messages.success(request, _("We have your receipt. We write to you as soon as the money is there."))
    return redirect("payments:transfer", token)


def _attempt(request: HttpRequest, token: str) -> PaymentAttempt:
    """Return the attempt that the token opens; 404 when there is none, or it is somebody else's."""
    attempt = get_object_or_404(PaymentAttempt.objects.select_related("payable__purchase"), token=token)
    if not payables.kind_of(attempt.payable).visible_to(attempt.payable, request.user):
        raise Http404
    return attempt


def _shown(attempt: PaymentAttempt) -> Shown:
    shown = instructions.of(attempt)
    if shown is None:
        raise Http404
    return shown


def _page(
    request: HttpRequest, attempt: PaymentAttempt, form: ReceiptForm | None = None, *, status: int = 200
) -> HttpResponse:
    shown = _shown(attempt)
    if attempt.status not in _SHOWN:  # Paid, or being looked at: the status page says what became of it.
        return redirect("payments:status", attempt.token)
    kind = payables.kind_of(attempt.payable)
    if kind.order(attempt.payable) is not None:
        return redirect("payments:status", attempt.token)
    context = {
        "attempt": attempt,
        "shown": shown,
        "instruction": shown.instruction,
        "bill": kind.bill(attempt.payable),
        "form": form or ReceiptForm(),
        "may_upload": shown.receipts < receipts.MOST,
    }
    return render(request, "payments/transfer.html", context, status=status)
