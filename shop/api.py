"""The API at `/api/`: the routers of the apps, the document and its page (docs/api.md)."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import Router

from catalog.api import collections, products
from inventory.api import stock, waiting_lists
from inventory.api.staff import counts as staff_counts
from inventory.api.staff import reservations as staff_reservations
from inventory.api.staff import stock as staff_stock
from orders.api import (
    cancellations,
    carts,
    checkouts,
    claims,
    exchanges,
    installments,
    order_sessions,
    orders,
    plans,
    returns,
)
from orders.api.staff import claims as staff_claims
from orders.api.staff import exchanges as staff_exchanges
from orders.api.staff import orders as staff_orders
from orders.api.staff import plans as staff_plans
from orders.api.staff import returns as staff_returns
from orders.api.staff import shipments as staff_shipments
from payments.api import payables
from payments.api.sales import routes as sales
from payments.api.ventas import routes as ventas
from shop.accounts.api import account, addresses, devices, privacy, staff_webhooks
from shop.core.api import handlers, problems
from shop.core.api.document import DocumentedApi, refusals
from shop.core.api.parsing import StrictParser
from shop.core.api.schemas import Schema
from shop.core.api.throttles import Limit
from shop.reports.api import reports

api = DocumentedApi(
    title="Percha",
    version="1.0.0",
    description="The shop's API: docs/api.md tells how to use it.",
    docs_url="/docs",
    openapi_url="/openapi.json",
    urls_namespace="api",
    parser=StrictParser(),
    throttle=[Limit("default", "API_REQUESTS_PER_MINUTE")],
)
handlers.install(api)

problem_pages = Router(tags=["problems"])


class ProblemMeaning(Schema):
    """What a kind of refusal means."""

    code: str
    status: int
    meaning: str


@problem_pages.get("/{code}", response={200: ProblemMeaning, **refusals(404)}, auth=None)
def explain(request: HttpRequest, code: str) -> Any:
    """Say what the `code` of a refusal means: where its `type` leads."""
    kind = problems.KINDS.get(code)
    if kind is None:
        raise problems.NOT_FOUND(_("There is no such kind of problem."))
    return {"code": kind.code, "status": kind.status, "meaning": kind.meaning}


ROUTERS: Final[tuple[tuple[str, Router], ...]] = (
    ("/problems", problem_pages),
    ("/admin/order-sessions", order_sessions.router),
    ("/stock", stock.router),
    ("/v1", collections.router),
    ("/v1", products.router),
    ("/v1/account", account.router),
    ("/v1/account/addresses", addresses.router),
    ("/v1/account/devices", devices.router),
    ("/v1/account/privacy", privacy.router),
    ("/v1/cart", carts.router),
    ("/v1/checkouts", checkouts.router),
    ("/v1/claims", claims.router),
    ("/v1/country", account.country_router),
    ("/v1/exchanges", exchanges.router),
    ("/v1/installment-offers", installments.router),
    ("/v1/orders", orders.router),
    ("/v1/orders", cancellations.router),
    ("/v1/payables", payables.router),
    ("/v1/payments", payables.payment_router),
    ("/v1/plans", plans.router),
    ("/v1/returns", returns.router),
    ("/v1/staff", staff_claims.router),
    ("/v1/staff", staff_counts.router),
    ("/v1/staff", staff_exchanges.router),
    ("/v1/staff", staff_orders.router),
    ("/v1/staff", cancellations.staff_router),
    ("/v1/staff", staff_plans.router),
    ("/v1/staff", staff_reservations.router),
    ("/v1/staff", staff_shipments.router),
    ("/v1/staff", staff_returns.router),
    ("/v1/staff", staff_stock.router),
    ("/v1/staff", staff_webhooks.router),
    ("/v1/staff/reports", reports.router),
    ("/v1/waiting-list", waiting_lists.router),
    ("/v1/withdrawals", orders.withdrawal_router),
    ("/sales", sales.router),
    ("/users", sales.users),
    ("/ventas", ventas.router),
)
for prefix, router in ROUTERS:
    api.add_router(prefix, router)


@csrf_exempt
def unknown(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer 404 below `/api/` where there is nothing."""
    return problems.respond(request, problems.NOT_FOUND(_("There is nothing at this address.")))
