"""A buyer's return: its page by the order's secret link."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from orders.models import Order, Return
from orders.models.returns import order_of_gift
from shop.core.web.methods import require_safe


@never_cache
@require_safe
def by_secret(request: HttpRequest, secret: str, ordinal: int) -> HttpResponse:
    """Show a return to whoever holds the order's secret link."""
    return _page(request, Order.objects.filter(secret=secret).first(), ordinal)


@never_cache
@require_safe
def by_gift(request: HttpRequest, token: str, ordinal: int) -> HttpResponse:
    """Show a return to whoever asked for it as a gift, without prices."""
    return _page(request, order_of_gift(token), ordinal, is_gift=True)


def _page(request: HttpRequest, order: Order | None, ordinal: int, *, is_gift: bool = False) -> HttpResponse:
    rows = Return.objects.filter(order=order, ordinal=ordinal) if order else Return.objects.none()
    rma = rows.filter(is_gift=True).first() if is_gift else rows.first()
    if rma is None:
        raise Http404
    return render(request, "orders/return.html", {"rma": rma, "order": order, "is_gift": is_gift})
