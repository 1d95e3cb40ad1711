"""An order's page, by its secret link or by login, and the account's history."""

from typing import Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from orders.checkout.documents import display_document
from orders.exchanges import replacing
from orders.fulfilment import remaining
from orders.installments import shown
from orders.models import Invoice, Order, OrderAdjustment, Return
from orders.models.returns import gift_token
from orders.pricing.purchases import charges_of
from orders.returns import states, units
from orders.timeline import ahead, timeline
from orders.views import buyer_acts, claims
from shop.core import countries
from shop.core.database.kept_queries import KeptQuery, remember
from shop.core.database.read_ahead import of, read_ahead
from shop.core.web.methods import require_safe
from shop.core.web.never_cached import never_cache

PAGE_SIZE = 10
_RELATED: Final = ("shipping_address", "billing_address", "plan")


def _of_secret(secret: str) -> "QuerySet[Order]":
    return Order.objects.with_money().filter(secret=secret).select_related(*_RELATED).order_by()


def _issued(order_id: UUID) -> "QuerySet[Invoice]":
    issued = Invoice.objects.filter(order_id=order_id, status=Invoice.Status.AUTHORISED, erased_at=None)
    return issued.order_by("issued_at")


_ORDER: Final = KeptQuery(_of_secret, str)
_SOLD: Final = KeptQuery(lambda order_id: remaining.sold().filter(order_id=order_id), UUID)
_ADJUSTMENTS: Final = KeptQuery(lambda order_id: OrderAdjustment.objects.filter(order_id=order_id), UUID)
_ISSUED: Final = KeptQuery(_issued, UUID)


@never_cache
@require_safe
def by_secret(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an order to whoever holds its secret link."""
    return _page(request, _ORDER.first(secret))


@never_cache
@require_safe
@login_required
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """Show an order to the account that bought it; 404 to any other."""
    if number > 2**63 - 1:
        raise Http404
    orders = Order.objects.with_money().filter(number=number, user_id=str(request.user.pk))
    return _page(request, orders.select_related(*_RELATED).first(), is_account=True)


@never_cache
@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """List the account's own orders, newest first."""
    orders = (
        Order.objects.with_money()
        .filter(user_id=str(request.user.pk))
        .select_related("plan")
        .annotate(units=Sum("lines__quantity", filter=Q(lines__replaces=None)))
        .order_by("-placed_at", "-number")
    )
    page = Paginator(orders, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "orders/history.html", {"page": page})


def _page(request: HttpRequest, order: Order | None, *, is_account: bool = False) -> HttpResponse:
    if order is None:
        raise Http404
    own = [(query, order.pk) for query in (_SOLD, _ADJUSTMENTS, _ISSUED)]
    read_ahead(order, [*own, *ahead(order)])
    adjustments = of(order, _ADJUSTMENTS, order.pk)
    remember(order, "lines", of(order, _SOLD, order.pk))
    remember(order, "adjustments", adjustments)
    country = countries.current()
    plan = getattr(order, "plan", None)
    rows = list(plan.installments.order_by("number")) if plan else []
    lines = list(order.lines.all())
    replacing.note_stages(lines)
    has_left = any(line.sent for line in lines)
    may_return = has_left and any(one.left for one in units.returnable(order))
    return render(
        request,
        "orders/order.html",
        {
            "order": order,
            "lines": lines,
            "charges": charges_of(order),
            "timeline": timeline(order),
            "plan": plan,
            "progress": shown.progress(rows) if plan else None,
            "document": display_document(country, order.document_type, order.document_number),
            "withdrawal": country.withdrawal,
            "returns": _returns(order) if has_left else [],
            # Only what was sent is claimed: no query for an order of which nothing has left.
            "claims": claims.of_order(order) if has_left else [],
            "may_return": may_return,
            "gift_url": reverse("orders:gift_return_ask", args=[gift_token(order)]),
            "is_account": is_account,
            "acts": buyer_acts.offered(order, lines, is_account=is_account, may_return=may_return),
            "invoices": of(order, _ISSUED, order.pk),
        },
    )


def _returns(order: Order) -> list[Return]:
    """Return the returns of an order in words; of those of a gift the buyer is not told."""
    found = states.with_words(states.with_state(order.returns.filter(is_gift=False).order_by("ordinal")))
    for rma in found:
        rma.order = order
    return found
