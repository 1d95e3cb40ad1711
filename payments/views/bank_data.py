"""The page where a buyer says where the money of a refund goes: by a link from a mail, without login."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from payments.models import BankRequest, Refund
from payments.refunds import bank_details, bank_requests
from payments.refunds.bank_forms import BankForm
from shop.core.web import throttle
from shop.core.web.methods import require_http_methods
from shop.core.web.never_cached import never_cache
from shop.core.web.views import too_many

log = logging.getLogger(__name__)

# Answers from one address, answers to one question, and links tried from one address, each within ten minutes.
ANSWERS, ANSWERS_EACH, LOOKS, WITHIN = 20, 8, 120, 600
# Not `no-referrer`: a browser would then send `Origin: null` with the form, which Django's CSRF check refuses.
_NOWHERE: Final = {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow, noarchive"}


def _untold(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the link out of other sites' logs (Referrer-Policy) and out of search engines, whatever the answer is."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        for name, value in _NOWHERE.items():
            response.headers[name] = value
        return response

    return answer


@_untold
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def bank_data(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for bank data, or show their state."""
    here = throttle.address_of(request)
    if not throttle.allow("bank-looks", here, limit=LOOKS, seconds=WITHIN):
        return _later(request)
    try:
        asked = bank_requests.find(token)
    except bank_requests.BadLink:
        return render(request, "payments/bank_bad_link.html", status=404)
    if request.method == "POST":
        # Two limits: one visitor's on all questions, and all visitors' on this one.
        mine = throttle.allow("bank-answers", here, limit=ANSWERS, seconds=WITHIN)
        its = throttle.allow("bank-answers-each", str(asked.pk), limit=ANSWERS_EACH, seconds=WITHIN)
        return _answer(request, asked, token) if mine and its else _later(request)
    return _page(request, asked, BankForm(country=asked.country))


def _answer(request: HttpRequest, asked: BankRequest, token: str) -> HttpResponse:
    form = BankForm(request.POST, country=asked.country)
    if asked.refund.status != Refund.Status.MANUAL or not form.is_valid():
        return _page(request, asked, form, status=409 if asked.refund.status != Refund.Status.MANUAL else 422)
    try:
        bank_details.give(asked, way=form.way.code, values=form.values, actor="shopper")
    except bank_details.TooLate:
        asked.refund.refresh_from_db()
        return _page(request, asked, form, status=409)
    messages.success(
        request, _("We have your bank data. We write to you as soon as the money is on its way.")
    )
    return redirect("payments:bank_data", token)


def _page(request: HttpRequest, asked: BankRequest, form: BankForm, *, status: int = 200) -> HttpResponse:
    try:
        answer = bank_details.read(asked)
    except bank_details.NothingThere:
        answer = None
    context = {
        "asked": asked,
        "refund": asked.refund,
        "form": form,
        "answer": answer,
        "keep_days": settings.BANK_DATA_KEEP.days,
    }
    return render(request, "payments/bank_data.html", context, status=status)


def _later(request: HttpRequest) -> HttpResponse:
    return too_many(
        request,
        seconds=WITHIN,
        words=_("Nothing is lost: open the link from the mail again in ten minutes."),
    )
