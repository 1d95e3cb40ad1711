"""A buyer's return: asked for by the order's secret link (or a gift's), shown with what it brings, then followed.

What a gift's link opens shows no price and no name: whoever got the goods may return them, and the money goes back to
the buyer who paid.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inventory.reservations import InsufficientStock
from orders.exchanges import asking as exchanging
from orders.exchanges import offers, quoting
from orders.models import Exchange, Order, Replacement, Return, ReturnFile, ReturnLine
from orders.models.returns import gift_token, order_of_gift
from orders.returns import answering, asking, files, states, steps, units
from orders.returns.request_forms import RequestForm
from orders.returns.rows import NotOpen
from orders.views import kept_files, other_products
from shop.core import countries
from shop.core.audit import actors
from shop.core.states import IllegalTransition
from shop.core.web import throttle
from shop.core.web.methods import require_http_methods, require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.views import too_many

_ASKS: Final = 30
_WITHIN: Final = 3600


def _by_secret(secret: str) -> Order:
    order = Order.objects.filter(secret=secret).first()
    if order is None:
        raise Http404
    return order


def _by_gift(token: str) -> Order:
    order = order_of_gift(token)
    if order is None:
        raise Http404
    return order


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a return of what has arrived of an order."""
    return _ask(request, _by_secret(secret), is_gift=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_gift(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a return of a gift."""
    return _ask(request, _by_gift(token), is_gift=True)


def _ask(request: HttpRequest, order: Order, *, is_gift: bool) -> HttpResponse:
    if request.method != "POST":
        return _form_page(request, order, _form(order, None, is_gift=is_gift), is_gift=is_gift)
    if "send" in request.POST and (
        there := Return.objects.filter(order=order, dedupe_key=_key(request, order, is_gift=is_gift))
    ):
        return redirect(there[0].get_absolute_url())  # The button again.
    form = _form(order, other_products.with_pick(request), is_gift=is_gift)
    if "change" in request.POST or not form.is_valid():
        status = 200 if "change" in request.POST else 422
        return _form_page(request, order, form, is_gift=is_gift, status=status)
    if wanted := form.looked_for():
        line = next(one.line for one in form.lines if one.line.pk == wanted.order_line_id)
        return other_products.page(request, order, line, _kept(form))
    if not throttle.allow("return-request", throttle.address_of(request), limit=_ASKS, seconds=_WITHIN):
        return too_many(
            request, seconds=_WITHIN, words=_("Nothing was sent. Try again later, or write to us.")
        )
    try:
        shown = _quote(order, form, is_gift=is_gift)
    except _CHANGED:
        return _changed(request, order, form, is_gift=is_gift)
    except quoting.OnlyEven:
        form.add_error(
            None, _("This exchange costs something, which cannot be paid here. Choose another one.")
        )
        return _form_page(request, order, form, is_gift=is_gift, status=422)
    if "send" not in request.POST or shown.refused:
        return _preview(request, order, form, shown, is_gift=is_gift)
    return _send(request, order, form, shown, is_gift=is_gift)


_CHANGED: Final = (
    asking.MoreThanSent,
    asking.NotReturnable,
    quoting.NothingChosen,
    quoting.NotOffered,
    quoting.NothingLeft,
    InsufficientStock,
)


def _offers(order: Order) -> dict[UUID, list[tuple[str, str]]]:
    """Return what may be sent instead of each line that has arrived: other sizes and colours that are in stock."""
    keys = [one.line.pk for one in units.returnable(order) if one.left]
    found = offers.of_order(order, keys)
    return {
        key: [(str(one.variant.pk), one.variant.name or one.variant.sku) for one in rows]
        for key, rows in found.items()
    }


def _form(order: Order, data: QueryDict | None, *, is_gift: bool) -> RequestForm:
    """Return the form as it is now. A gift is exchanged for other sizes and colours alone: nobody pays a difference."""
    lines, may_have = units.returnable(order), _offers(order)
    others = None if is_gift else other_products.picked(data or {}, lines, may_have, currency=order.currency)
    return RequestForm(data, lines=lines, offers=may_have, picked=others, asks_email=is_gift)


def _kept(form: RequestForm) -> list[tuple[str, str]]:
    """Return all that was filled in, to be sent again."""
    return [(name, value) for name, value in form.data.items() if name in form.fields]


def _choices(form: RequestForm) -> list[quoting.Choice]:
    return [quoting.Choice(line, variant, number) for line, variant, number in form.instead()]


def _quote(order: Order, form: RequestForm, *, is_gift: bool) -> asking.Quote | quoting.Quote:
    """Return what the return brings; where something is wished instead, with what the exchange costs."""
    if choices := _choices(form):
        return quoting.quote(order, form.wanted(), choices, is_gift=is_gift)
    return asking.quote(order, form.wanted())


def _key(request: HttpRequest, order: Order, *, is_gift: bool) -> str:
    """Return the key of a sent form. A gift's are of their own: the buyer's returns lead to the order's secret."""
    return f"{'gift' if is_gift else 'form'}:{order.pk}:{request.POST.get('token', '')[:64]}"


def _send(
    request: HttpRequest,
    order: Order,
    form: RequestForm,
    shown: asking.Quote | quoting.Quote,
    *,
    is_gift: bool,
) -> HttpResponse:
    given: dict[str, Any] = {
        "key": _key(request, order, is_gift=is_gift),
        "actor": "gift" if is_gift else actors.of_visitor(request),
        "expected": request.POST.get("seen", ""),
        "note": form.cleaned_data["note"],
        "language": get_language() or "",
        "email": form.cleaned_data.get("email", ""),
        "is_gift": is_gift,
    }
    choices = _choices(form)
    try:
        given["photos"] = files.photos(request.FILES.getlist("photos"))
        if choices:
            rma = exchanging.request(order, form.wanted(), choices, **given).rma
        else:
            rma = asking.request(order, form.wanted(), **given)
    except files.FileRefused as refusal:
        return _preview(request, order, form, shown, is_gift=is_gift, error=str(refusal))
    except asking.TermsChanged:
        words = _(
            "What comes back has changed meanwhile. It stands here as it is now; send it again if you like."
        )
        now = _quote(order, form, is_gift=is_gift)
        return _preview(request, order, form, now, is_gift=is_gift, error=words)
    except _CHANGED:
        return _changed(request, order, form, is_gift=is_gift)
    return redirect(rma.get_absolute_url())


def _changed(request: HttpRequest, order: Order, form: RequestForm, *, is_gift: bool) -> HttpResponse:
    form.add_error(
        None, _("Some of it is in another return already, or cannot come back any more. Look again.")
    )
    fresh = _form(order, other_products.with_pick(request), is_gift=is_gift)
    fresh.is_valid()
    return _form_page(
        request, order, fresh, is_gift=is_gift, status=409, error=str(form.non_field_errors()[0])
    )


def _form_page(
    request: HttpRequest,
    order: Order,
    form: RequestForm,
    *,
    is_gift: bool,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    country = countries.current()
    return render(
        request,
        "orders/returns/ask.html",
        {
            "order": order,
            "form": form,
            "is_gift": is_gift,
            "error": error or (form.is_bound and " ".join(map(str, form.non_field_errors()))),
            "withdrawal": country.withdrawal,
            "returns": _of(order, is_gift=is_gift),
        },
        status=status,
    )


def _preview(
    request: HttpRequest,
    order: Order,
    form: RequestForm,
    shown: asking.Quote | quoting.Quote,
    *,
    is_gift: bool,
    error: str = "",
) -> HttpResponse:
    """Show what the return brings and who pays, with all that was filled in; photos are chosen here."""
    return render(
        request,
        "orders/returns/preview.html",
        {
            "order": order,
            "quote": shown,
            "exchange": shown if isinstance(shown, quoting.Quote) else None,
            "kept": _kept(form),
            "token": request.POST.get("token", "")[:64] or uuid4().hex,
            "is_gift": is_gift,
            "error": error,
            "most_photos": files.MOST_PHOTOS,
        },
        status=422 if error or shown.refused else 200,
    )


def _of(order: Order, *, is_gift: bool) -> list[Return]:
    rows = order.returns.order_by("ordinal")
    found = states.with_words(states.with_state(rows.filter(is_gift=is_gift)))
    for rma in found:
        rma.order = order
    return found


@never_cache
@require_safe
def by_secret(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Show a return to whoever holds the order's secret link."""
    return _page(request, _by_secret(secret), ordinal, is_gift=False)


@never_cache
@require_safe
def by_gift(request: HttpRequest, token: str, ordinal: int) -> HttpResponse:
    """Show a return to whoever asked for it as a gift, without prices."""
    return _page(request, _by_gift(token), ordinal, is_gift=True)


def _find(order: Order, ordinal: int, *, is_gift: bool) -> Return:
    # What whoever got a gift returns is not told to its buyer, nor the other way round.
    rma = Return.objects.filter(order=order, ordinal=min(ordinal, 32767), is_gift=is_gift).first()
    if rma is None:
        raise Http404
    rma.order = order
    return rma


def _page(request: HttpRequest, order: Order, ordinal: int, *, is_gift: bool) -> HttpResponse:
    rma = _find(order, ordinal, is_gift=is_gift)
    lines = list(rma.lines.filter(quantity__gt=0).select_related("order_line", "reason"))
    context = {
        "rma": rma,
        "order": order,
        "is_gift": is_gift,
        "lines": lines,
        # No sum goes back for what is exchanged: the difference stands with the exchange.
        "is_for_exchange": all(line.wish == ReturnLine.Wish.EXCHANGE for line in lines),
        "steps": steps.of(rma),
        "has_come": rma.receipts.exists(),
        # What an exchange decided gives no money: it stands with the exchange.
        "decisions": list(
            rma.decisions.filter(withdrawn_at=None, exchange=None).select_related("reimbursement")
        ),
        "files": list(rma.files.filter(purged_at=None).defer("content")),
        "may_cancel": rma.is_open and not answering.has_begun(rma),
        "exchanges": _exchanges(rma),
        **_addresses(order, rma, is_gift=is_gift),
    }
    return render(request, "orders/returns/page.html", context)


def _exchanges(rma: Return) -> list[Exchange]:
    """Return the exchanges of a return, each with its units (two queries)."""
    units_of = Prefetch("units", Replacement.objects.select_related("replaced"))
    return list(rma.exchanges.select_related("charge").prefetch_related(units_of).order_by("ordinal"))


def _addresses(order: Order, rma: Return, *, is_gift: bool) -> dict[str, str]:
    return {f"{name}_url": _address(order, rma, name, is_gift=is_gift) for name in ("cancel", "sent", "page")}


def _address(order: Order, rma: Return, name: str, *, is_gift: bool) -> str:
    token = gift_token(order) if is_gift else order.secret
    names = {"page": ("return_secret", "gift_return_status")}
    plain, gift = names.get(name, (f"return_{name}", f"gift_return_{name}"))
    return reverse(f"orders:{gift if is_gift else plain}", args=[token, rma.ordinal])


@never_cache
@require_POST
def cancel(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Cancel a return that has not arrived."""
    return _act(request, _by_secret(secret), ordinal, _cancel, is_gift=False)


@never_cache
@require_POST
def cancel_gift(request: HttpRequest, token: str, ordinal: int) -> HttpResponse:
    """Cancel a return of a gift that has not arrived."""
    return _act(request, _by_gift(token), ordinal, _cancel, is_gift=True)


@never_cache
@require_POST
def sent(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Note that an approved return was sent."""
    return _act(request, _by_secret(secret), ordinal, _sent, is_gift=False)


@never_cache
@require_POST
def sent_gift(request: HttpRequest, token: str, ordinal: int) -> HttpResponse:
    """Note that an approved return of a gift was sent."""
    return _act(request, _by_gift(token), ordinal, _sent, is_gift=True)


def _cancel(request: HttpRequest, rma: Return, actor: str) -> None:
    answering.cancel(rma, actor=actor)
    messages.success(request, _("The return is cancelled."))


def _sent(request: HttpRequest, rma: Return, actor: str) -> None:
    answering.note_sent(
        rma,
        actor=actor,
        carrier=request.POST.get("carrier", ""),
        tracking_number=request.POST.get("tracking_number", ""),
    )
    messages.success(request, _("Thank you. We write to you when it is here."))


def _act(
    request: HttpRequest,
    order: Order,
    ordinal: int,
    act: Callable[[HttpRequest, Return, str], None],
    *,
    is_gift: bool,
) -> HttpResponse:
    rma = _find(order, ordinal, is_gift=is_gift)
    try:
        act(request, rma, "gift" if is_gift else actors.of_visitor(request))
    except (IllegalTransition, NotOpen):
        messages.warning(request, _("This return has moved on meanwhile: here it is as it is now."))
    return redirect(rma.get_absolute_url() if not is_gift else _address(order, rma, "page", is_gift=True))


@never_cache
@require_safe
def file(request: HttpRequest, secret: str, ordinal: int, key: UUID) -> HttpResponse:
    """Send a file of a return to whoever holds the order's secret link."""
    return serve(_find(_by_secret(secret), ordinal, is_gift=False), key)


@never_cache
@require_safe
def file_gift(request: HttpRequest, token: str, ordinal: int, key: UUID) -> HttpResponse:
    """Send a file of a return to whoever asked for it as a gift."""
    return serve(_find(_by_gift(token), ordinal, is_gift=True), key)


def serve(rma: Return, key: UUID) -> HttpResponse:
    """Return a photo or a label of a return."""
    return kept_files.serve(ReturnFile.objects.filter(rma=rma), key, name=rma.number)
