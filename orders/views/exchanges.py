"""The page on which a buyer pays the difference of an exchange; whoever has its link may pay it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from orders.exchanges import charging, ending
from orders.exchanges.rows import NotOpen, live_units
from orders.models import Exchange, ExchangeCharge, Order
from orders.views import bill_links
from shop.core.audit import actors
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache


@never_cache
@require_safe
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Show the difference and the ways to pay it. The choices come from the payments app, and the form goes there."""
    rows = ExchangeCharge.objects.select_related("exchange__order", "exchange__rma__order")
    charge = get_object_or_404(rows, token=token)
    exchange = charge.exchange
    # The link may have been sent to somebody else, who pays the difference and sees nothing of the order.
    page_url = exchange.rma.get_absolute_url() if bill_links.is_owner(request, exchange.order) else ""
    if not charging.is_owed(charge):
        name = _("Exchange %(number)s") % {"number": exchange.number}
        was_undone = exchange.status == Exchange.Status.CANCELLED
        return bill_links.over(request, charge, name=name, page_url=page_url, was_undone=was_undone)
    context = {
        "charge": charge,
        "exchange": exchange,
        "units": live_units(exchange),
        "is_paying": charge.status == ExchangeCharge.Status.AWAITING,
        "page_url": page_url,
    }
    return render(request, "orders/exchanges/pay.html", context)


@never_cache
@require_POST
def cancel(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Cancel an exchange that was not released: its return goes on for money."""
    order = Order.objects.filter(secret=secret).first()
    rows = Exchange.objects.filter(order=order, ordinal=min(ordinal, 32767), rma__is_gift=False)
    exchange = rows.first() if order else None
    if exchange is None:
        raise Http404
    try:
        ending.cancel(exchange, end=Exchange.End.BUYER, actor=actors.of_visitor(request))
        messages.success(request, _("The exchange is cancelled. For what you send back you get your money."))
    except NotOpen:
        messages.warning(request, _("Your new items are being sent already."))
    return redirect(exchange.rma.get_absolute_url())
