"""Conekta's hosted checkout: the page where the shopper pays, is declined, gets a reference or leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

from shop.sandbox import templating
from shop.sandbox.conekta import charges, notifications, options, orders
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import Record
from shop.sandbox.templating import bars, money

page = partial(templating.page, folder=Path(__file__).parent / "templates")

MEXICO = timezone(timedelta(hours=-6))
METHODS = {
    "card": ("Tarjeta de crédito o débito", "Visa terminada en 4242"),
    "cash": ("Efectivo", "En OXXO y otras tiendas, con una referencia"),
    "bank_transfer": ("Transferencia SPEI", "Desde la app de tu banco, con una CLABE"),
}


def routes(router: Router) -> None:
    """Register the hosted pages."""
    router.add("GET", "/conekta/checkout/{order_id}", show)
    router.add("POST", "/conekta/checkout/{order_id}", submit)


def show(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """Show the checkout of an order, its reference while one is pending, or how it ended."""
    order = sandbox.store.get(orders.KIND, order_id)
    if order is None:
        return _message("No encontramos este pago", "El enlace está incompleto o ya no existe.", 404)
    back = order.body["checkout"]["failure_url"]
    if order.status == orders.PENDING:
        return _voucher(sandbox, order)
    if order.status in (orders.EXPIRED, orders.CANCELED) and not _tolerated(sandbox, order):
        text = "Vuelve a la tienda para generar uno nuevo. No se te cobró nada."
        return _message("Este enlace de pago ya no está vigente", text, 410, back)
    if order.body["checkout"]["paid_payments_count"]:
        return _message("Este pago ya se hizo", "Gracias.", back=back_url(order, "success"))
    return _checkout(sandbox, order, request.query.get("declined", ""))


def _tolerated(sandbox: Sandbox, order: Record) -> bool:
    """Return whether a fault lets an ended order be paid (it is used up by the payment, not by viewing)."""
    return any(
        fault["name"] == "late_approval"
        and fault["provider"] in ("any", "conekta")
        and fault["target"] in ("", order.id, order.ref)
        for fault in sandbox.faults.armed()
    )


def _message(title: str, text: str, status: int = 200, back: str = "") -> Response:
    return page("conekta/message.html", {"title": title, "text": text, "back": back}, status)


def _checkout(
    sandbox: Sandbox, order: Record, declined: str = "", error: str = "", status: int = 200
) -> Response:
    body, checkout = order.body, order.body["checkout"]
    currency, total = body["currency"], Decimal(body["amount"]) / 100
    months = checkout["monthly_installments_options"] if checkout["monthly_installments_enabled"] else []
    context: dict[str, object] = {
        "order": body,
        "lines": [
            {
                "name": line["name"],
                "quantity": line["quantity"],
                "amount": money(Decimal(line["unit_price"] * line["quantity"]) / 100, currency),
            }
            for line in body["line_items"]["data"]
        ],
        "total": money(total, currency),
        "methods": [
            (name, *METHODS[name]) for name in checkout["allowed_payment_methods"] if name in METHODS
        ],
        "months": [(count, money(round(total / count, 2), currency)) for count in months],
        "declines": charges.DECLINES.items(),
        "error": error or charges.DECLINES.get(declined, ""),
        "abandon": checkout["failure_url"],
    }
    return page("conekta/checkout.html", context, status)


def _voucher(sandbox: Sandbox, order: Record) -> Response:
    charge = orders.charges_of(sandbox, order)[-1]
    method = charge.body["payment_method"]
    code = str(method.get("reference") or method.get("clabe"))
    deadline = datetime.fromtimestamp(method["expires_at"], UTC).astimezone(MEXICO)
    context = {
        "cash": charge.internal["method"] == "cash",
        "amount": money(Decimal(charge.body["amount"]) / 100, charge.body["currency"]),
        "code": code,
        "bars": bars(code),
        "width": bars(code)[-1][0] + 4,
        "deadline": deadline.strftime("%d/%m/%Y %H:%M"),
        "back": back_url(order, "success"),
    }
    return page("conekta/voucher.html", context)


def submit(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """Apply the shopper's choice (``action``: pay, decline) and redirect."""
    order, form = sandbox.store.get(orders.KIND, order_id), request.form
    if order is None:
        return show(sandbox, request, order_id)
    is_declined, count = form.get("action") == "decline", form.get("installments", "1")
    method = "card" if is_declined else form.get("method", "card")
    try:
        charge = charges.pay(
            sandbox,
            order,
            method=method,
            decline=form.get("decline_code", "insufficient_funds") if is_declined else "",
            installments=int(count) if count.isdecimal() and method == "card" else 1,
        )
    except charges.PaymentRefused as refused:
        if order.status not in orders.UNPAID:
            return show(sandbox, request, order_id)
        return _checkout(sandbox, order, error=str(refused), status=409)
    if sandbox.faults.take("webhook_before_redirect", options.CODE, targets=notifications.targets_of(order)):
        sandbox.outbox.rush((order.id,))
    own = f"/conekta/checkout/{order.id}"
    if charge.status == "declined":
        return Response.redirect(f"{own}?declined={charge.body['failure_code']}")
    return Response.redirect(back_url(order, "success") if charge.status == "paid" else own)


def back_url(order: Record, kind: str) -> str:
    """Return the shop's address of that kind (``success`` or ``failure``), with what Conekta adds to it."""
    parts = urlsplit(order.body["checkout"][f"{kind}_url"])
    flags = {
        "checkout_id": order.body["checkout"]["id"],
        "order_id": order.id,
        "payment_status": order.body["payment_status"] or "",
    }
    query = "&".join(filter(None, (parts.query, urlencode(flags))))
    return str(urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment)))
