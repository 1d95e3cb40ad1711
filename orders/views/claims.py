"""A buyer's claim: opened by the order's secret link, and followed there. Only the staff sees its photos besides."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.claims import opening, refusals
from orders.claims.claimable import claimable
from orders.claims.forms import ClaimForm
from orders.claims.rows import NotOpen
from orders.models import Claim, ClaimFile, Order
from orders.returns import files
from orders.views import kept_files
from shop.core.audit import actors
from shop.core.web import throttle
from shop.core.web.methods import require_http_methods, require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.views import too_many

# Claims of an address in an hour; forms whose photos are looked at, which costs as much whether they are taken or not.
_ASKS: Final = 20
_FORMS: Final = 60
_WITHIN: Final = 3600


def _order(secret: str) -> Order:
    order = Order.objects.filter(secret=secret).first()
    if order is None:
        raise Http404
    return order


def _claim(secret: str, ordinal: int) -> Claim:
    order = _order(secret)
    claim = Claim.objects.filter(order=order, ordinal=min(ordinal, 32767)).first()
    if claim is None:
        raise Http404
    claim.order = order
    return claim


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, secret: str) -> HttpResponse:
    """Open a claim about what was sent of an order."""
    order = _order(secret)
    lines = claimable(order)
    if request.method != "POST":
        return _form_page(request, order, ClaimForm(lines=lines))
    key = f"form:{order.pk}:{request.POST.get('token', '')[:64]}"
    if there := Claim.objects.filter(order=order, dedupe_key=key).first():
        there.order = order
        return redirect(there.get_absolute_url())
    form = ClaimForm(request.POST, lines=lines)
    if not form.is_valid():
        return _form_page(request, order, form, status=422)
    if not _allow(request, "claim-form", _FORMS):
        return _too_many(request)
    try:
        photos = files.photos(request.FILES.getlist("photos"))
    except files.FileRefused as refusal:
        return _form_page(request, order, form, status=422, error=str(refusal))
    if not _allow(request, "claim", _ASKS):
        return _too_many(request)
    return _open(request, order, form, photos, key=key)


def _allow(request: HttpRequest, scope: str, limit: int) -> bool:
    return throttle.allow(scope, throttle.address_of(request), limit=limit, seconds=_WITHIN)


def _too_many(request: HttpRequest) -> HttpResponse:
    return too_many(request, seconds=_WITHIN, words=_("Nothing was sent. Try again later, or write to us."))


def _open(
    request: HttpRequest, order: Order, form: ClaimForm, photos: Sequence[files.Readable], *, key: str
) -> HttpResponse:
    try:
        claim = opening.open_claim(
            order,
            form.units(),
            reason=form.cleaned_data["reason"],
            wish=form.cleaned_data["wish"],
            note=form.cleaned_data["note"],
            photos=photos,
            key=key,
            language=get_language() or "",
            actor=actors.of_visitor(request),
        )
    except opening.ComingBack as refusal:
        fresh = ClaimForm(request.POST, lines=claimable(order))
        return _form_page(request, order, fresh, status=409, error=refusals.words(refusal))
    except (opening.MoreThanSent, opening.TooLate):
        fresh = ClaimForm(request.POST, lines=claimable(order))
        words = _("Some of it is in another claim already. Look again.")
        return _form_page(request, order, fresh, status=409, error=words)
    return redirect(claim.get_absolute_url())


def _form_page(
    request: HttpRequest, order: Order, form: ClaimForm, *, status: int = 200, error: str = ""
) -> HttpResponse:
    context = {
        "order": order,
        "form": form,
        "error": error or (form.is_bound and " ".join(map(str, form.non_field_errors()))),
        "token": request.POST.get("token", "")[:64] or uuid4().hex,
        "most_photos": files.MOST_PHOTOS,
        "claims": of_order(order),
        "coming_back": [one for one in form.every if one.is_coming_back],
        "late": [one for one in form.every if one.is_too_late],
    }
    return render(request, "orders/claims/ask.html", context, status=status)


def of_order(order: Order) -> list[Claim]:
    """Return the claims of an order as its pages list them (one query)."""
    found = list(order.claims.order_by("ordinal"))
    for claim in found:
        claim.order = order
    return found


@never_cache
@require_safe
def page(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Show a claim to whoever holds the order's secret link."""
    claim = _claim(secret, ordinal)
    context = {
        "claim": claim,
        "order": claim.order,
        "lines": list(claim.lines.select_related("order_line")),
        "units": list(claim.units.filter(dropped_at=None).order_by("position")),
        "files": list(claim.files.filter(purged_at=None).defer("content")),
        "may_cancel": claim.status == Claim.Status.OPEN,
        "is_resolved": claim.status == Claim.Status.RESOLVED,
    }
    return render(request, "orders/claims/page.html", context)


@never_cache
@require_POST
def cancel(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Cancel a claim that nobody has answered yet."""
    claim = _claim(secret, ordinal)
    try:
        opening.cancel(claim, actor=actors.of_visitor(request))
        messages.success(request, _("The claim is cancelled."))
    except NotOpen:
        messages.warning(request, _("This claim has moved on meanwhile: here it is as it is now."))
    return redirect(claim.get_absolute_url())


@never_cache
@require_safe
def file(request: HttpRequest, secret: str, ordinal: int, key: UUID) -> HttpResponse:
    """Send a photo of a claim to whoever holds the order's secret link."""
    return serve(_claim(secret, ordinal), key)


def serve(claim: Claim, key: UUID) -> HttpResponse:
    """Return a photo of a claim."""
    return kept_files.serve(ClaimFile.objects.filter(claim=claim), key, name=claim.number)
