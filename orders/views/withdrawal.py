"""The withdrawal form: number and e-mail, no account, a code at once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.models import Order, WithdrawalRequest
from orders.returns import limits, withdrawals
from orders.returns.forms import WithdrawalForm
from shop.core import countries
from shop.core.audit import actors
from shop.core.web.methods import require_http_methods, require_safe
from shop.core.web.never_cached import never_cache

_CODE = "withdrawal"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form, and keep what it says."""
    if request.method != "POST":
        return _show(request, WithdrawalForm(initial=_known(request)))
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    if not limits.may_ask(request, form.cleaned_data["email"]):
        form.add_error(None, _("Too many requests from here. Try again in an hour, or write to us."))
        return _show(request, form, status=429)
    asked = withdrawals.request(
        **form.cleaned_data, language=get_language() or "es", actor=actors.of_visitor(request)
    )
    request.session[_CODE] = str(asked.pk)
    return redirect("orders:withdrawal_done")


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Show the code of the request that this browser has just made."""
    asked = WithdrawalRequest.objects.filter(
        pk__in=[request.session[_CODE]] if _CODE in request.session else []
    ).first()
    if asked is None:
        return redirect("orders:withdrawal")
    return render(request, "orders/withdrawal_done.html", {"asked": asked})


def _known(request: HttpRequest) -> dict[str, object]:
    """Return the form's initial values: the order that a link of ours names, and a signed-in buyer's address.

    The number alone says nothing of an order. Of an account that did not buy it, the link is not its own.
    """
    number = request.GET.get("pedido", "")[:20]
    number = number if number.isascii() and number.isdecimal() else ""
    if not request.user.is_authenticated:
        return {"order_number": number}
    owned = number and Order.objects.filter(user=request.user, number=number[:9]).exists()
    return {"email": request.user.email, "order_number": number if owned else ""}


def _show(request: HttpRequest, form: WithdrawalForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "errors": form.error_list() if form.is_bound else [],
        "withdrawal": countries.current().withdrawal,
    }
    return render(request, "orders/withdrawal.html", context, status=status)
