"""The page on which a buyer cancels an order, or units of it: by the secret link, or by the account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from orders.cancellation import quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.cancellation.forms import CancellationForm
from orders.cancellation.quotes import CannotCancel, Quote, WrongUnits
from orders.fulfilment import remaining
from orders.models import Cancellation, Order
from shop.core.audit import actors
from shop.core.web.methods import require_http_methods
from shop.core.web.never_cached import never_cache

_BY = Cancellation.By.SHOPPER
_BIGGEST = 2**63 - 1


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_secret(request: HttpRequest, secret: str) -> HttpResponse:
    """Cancel an order of which somebody holds the secret link."""
    return _page(request, Order.objects.filter(secret=secret), is_account=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own(request: HttpRequest, number: int) -> HttpResponse:
    """Cancel an order of the account; 404 to any other."""
    if number > _BIGGEST:
        raise Http404
    found = Order.objects.filter(number=number, user_id=str(request.user.pk))
    return _page(request, found, is_account=True)


def _page(request: HttpRequest, orders: QuerySet[Order], *, is_account: bool) -> HttpResponse:
    """Show what cancelling would do, and do it: only as it was shown, and once, however often it is sent."""
    order = orders.first()
    if order is None:
        raise Http404
    here = ("orders:order_detail", order.number) if is_account else ("orders:order_secret", order.secret)
    form = CancellationForm(request.POST or None, lines=list(remaining.lines().filter(order=order)))
    if request.POST.get("step") != "confirm":
        form.fields["reason"].required = False
    if form.is_bound and (made := _there(form, order)):
        return _done(request, made, here)
    try:
        quote = quotes.quote(order, form.units() if form.is_valid() or form.is_bound else None, by=_BY)
    except CannotCancel as error:
        messages.warning(request, error.words)
        return redirect(*here)
    except WrongUnits:
        form.add_error(None, _("Choose at least one unit."))
        return _show(request, form, order, None, is_account=is_account)
    if request.POST.get("step") == "confirm" and form.is_valid():
        try:
            made = _cancel(request, form, order)
        except Changed as error:
            quote = error.quote
            form.add_error(None, _("Nothing is cancelled yet: look at what comes back now, and confirm it."))
        except (CannotCancel, WrongUnits):
            messages.warning(request, _("The order has changed meanwhile. Look at it again."))
            return redirect(*here)
        else:
            return _done(request, made, here)
    return _show(request, form, order, quote, is_account=is_account)


def _there(form: CancellationForm, order: Order) -> Cancellation | None:
    """Return what this form did before: it was sent twice."""
    return Cancellation.objects.filter(dedupe_key=_key(form, order)).first()


def _key(form: CancellationForm, order: Order) -> str:
    return f"buyer:{order.pk.hex}:{form.data.get('token', '')[:64]}"


def _cancel(request: HttpRequest, form: CancellationForm, order: Order) -> Cancellation:
    return cancel(
        order,
        units=form.units(),
        by=_BY,
        reason=form.cleaned_data["reason"],
        note=form.cleaned_data["note"],
        expected=form.cleaned_data["seen"],
        key=_key(form, order),
        actor=actors.of_visitor(request),
    )


def _done(request: HttpRequest, made: Cancellation, here: tuple[str, object]) -> HttpResponse:
    words = (
        _("Your order is cancelled. You get a mail that says what comes back.")
        if made.is_whole
        else _("It is cancelled. The rest of your order goes on as it was.")
    )
    messages.success(request, words)
    return redirect(*here)


def _show(
    request: HttpRequest, form: CancellationForm, order: Order, quote: Quote | None, *, is_account: bool
) -> HttpResponse:
    is_wrong = form.is_bound and bool(form.errors) and request.POST.get("step") == "confirm"
    context = {
        "form": form,
        "order": order,
        "quote": quote,
        "is_account": is_account,
        "errors": form.error_list() if is_wrong else [],
        "is_wrong": is_wrong,
    }
    return render(request, "orders/cancel.html", context, status=422 if is_wrong else 200)
