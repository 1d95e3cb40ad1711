"""`/api/v1/orders`: an account's own orders; an order's secret opens it to a guest. `/api/v1/withdrawals`."""

from functools import partial
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders.api import problems
from orders.api.bodies import invoice_bodies, order_body
from orders.api.schemas.orders import OrderBody, OrderSummary, WithdrawalBody, WithdrawalInput
from orders.fulfilment import remaining
from orders.installments import shown
from orders.models import InstallmentPlan, Invoice, Order
from orders.returns import withdrawals
from orders.returns.forms import WithdrawalForm
from orders.returns.limits import may_ask
from orders.timeline import timeline
from shop.accounts.api.auth import bearer, visitor
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND, TOO_MANY
from shop.core.audit import actors

_BIGGEST = 2**63 - 1

router = Router(tags=["orders"], auth=bearer)
withdrawal_router = Router(tags=["orders"], auth=visitor)


@router.get("", response={200: paging.Page[OrderSummary]})
def list_orders(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> object:
    """List the account's orders, the newest first."""
    own: QuerySet[Order] = (
        Order.objects.with_money()
        .filter(user_id=str(request.user.pk))
        .select_related("plan")
        .annotate(units=Sum("lines__quantity", filter=Q(lines__replaces=None)))
    )
    found = paging.read(own, order=("-placed_at", "-number"), cursor=cursor, limit=limit)
    return paging.page(request, found, [_summary(order) for order in found.rows])


@router.get("/{int:number}", response={200: OrderBody, **refusals(404)})
def read_order(request: HttpRequest, number: int) -> object:
    """Show one of the account's orders."""
    if number > _BIGGEST:
        raise NOT_FOUND(_("There is no such order."))
    return _read(Order.objects.with_money().filter(number=number, user_id=str(request.user.pk)))


@router.get("/by-secret/{secret}", response={200: OrderBody, **refusals(404)}, auth=visitor)
def read_order_by_secret(request: HttpRequest, secret: str) -> object:
    """Show an order to whoever has its secret, which is in the confirmation's link."""
    return _read(Order.objects.with_money().filter(secret=secret))


@withdrawal_router.post("", response={201: WithdrawalBody})
@once_per_key()
def withdraw(request: HttpRequest, asked: WithdrawalInput) -> object:
    """Declare the withdrawal from a purchase. Confirmed by mail at once; whether there is such an order is not told."""
    form = WithdrawalForm(asked.dict())
    if not form.is_valid():
        raise problems.of_form(form, form.error_list())
    if not may_ask(request, form.cleaned_data["email"]):
        raise TOO_MANY(
            _("Too many requests from here. Try again in an hour, or write to us."),
            headers={"Retry-After": "3600"},
        )
    kept = withdrawals.request(
        **form.cleaned_data, language=get_language() or "es", actor=actors.of_visitor(request)
    )
    return Status(201, kept)


def _summary(order: Any) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "status_text": order.status_text,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "total": order.total,
        "units": order.units or 0,
        "has_plan": hasattr(order, "plan"),
    }


def _read(orders: QuerySet[Order]) -> dict[str, Any]:
    lines = Prefetch("lines", queryset=remaining.sold())
    related = ("shipping_address", "billing_address", "plan")
    order = orders.select_related(*related).prefetch_related(lines).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    plan: InstallmentPlan | None = getattr(order, "plan", None)
    return {
        **order_body(order),
        "secret": order.secret,
        "plan": plan_summary(plan) if plan else None,
        "invoices": invoice_bodies(order, partial(_invoice_paths, order)),
        "timeline": timeline(order),
    }


def _invoice_paths(order: Order, invoice: Invoice) -> tuple[str, str]:
    keys = [order.secret, invoice.pk]
    return reverse("orders:invoice", args=keys), reverse("orders:invoice_pdf", args=keys)


def plan_summary(plan: InstallmentPlan) -> dict[str, Any]:
    """Return how far a plan is. `plan.installments` may be prefetched."""
    progress = shown.progress(sorted(plan.installments.all(), key=lambda row: row.number))
    return {
        "order": plan.order.number,
        "status": plan.status,
        "count": plan.count,
        "settled": progress.settled,
        "open": progress.open,
        "next_due": progress.next.due_date if progress.next else None,
        "currency": plan.currency,
    }
