"""Mercado Pago's hosted checkout: the page where the shopper pays, is declined, gets a cash voucher or leaves."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path

from shop.sandbox import templating
from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import methods, options, payments, preferences
from shop.sandbox.mercadopago.errors import ApiError
from shop.sandbox.mercadopago.notifications import targets_of, with_query
from shop.sandbox.mercadopago.validation import instant
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.templating import bars, money, spanish_day

page = partial(templating.page, folder=Path(__file__).parent / "templates")

REVIEW, REJECT, PAY, ABANDON = "review", "reject", "pay", "abandon"


def routes(router: Router) -> None:
    """Register the hosted pages."""
    router.add("GET", "/mp/checkout/v1/redirect", show)
    router.add("POST", "/mp/checkout/v1/pay", submit)
    router.add("GET", "/mp/checkout/v1/result", result)
    router.add("GET", "/mp/ticket/{payment_id}", ticket)


def _preference(sandbox: Sandbox, request: Request) -> Record | None:
    return sandbox.store.get(preferences.KIND, request.query.get("pref_id", ""))


def _lost() -> Response:
    context = {"title": "No encontramos este pago", "text": "El enlace está incompleto o ya no existe."}
    return page("mercadopago/message.html", context, 404)


def show(sandbox: Sandbox, request: Request) -> Response:
    """Show the checkout of a preference; after a rejected card with the error and another try."""
    preference = _preference(sandbox, request)
    if preference is None:
        return _lost()
    late = {"provider": "mercadopago", "name": "late_approval"}
    tolerated = any(
        fault["name"] == late["name"]
        and fault["provider"] in ("any", late["provider"])
        and fault["target"] in ("", preference.id, preference.ref)
        for fault in sandbox.faults.armed()
    )
    if preferences.is_expired(sandbox, preference) and not tolerated:
        return _expired(preference)
    rejected = sandbox.store.get(payments.KIND, request.query.get("rejected", ""))
    return _checkout(sandbox, preference, rejected=rejected, error="")


def _expired(preference: Record) -> Response:
    back = preference.body["back_urls"].get("failure")
    context = {
        "title": "Este enlace de pago venció",
        "text": "Volvé a la tienda para generar uno nuevo. No se te cobró nada.",
        "back": back_url(preference, None, "failure") if back else "",
    }
    return page("mercadopago/message.html", context, 410)


def _checkout(
    sandbox: Sandbox, preference: Record, *, rejected: Record | None, error: str, status: int = 200
) -> Response:
    body, total = preference.body, preferences.total(preference)
    currency = body["items"][0]["currency_id"]
    paid = [p for p in sandbox.store.find(payments.KIND, parent=preference.id) if p.status == "approved"]
    if rejected is not None and rejected.parent == preference.id:
        error = methods.REASONS.get(rejected.body["status_detail"], "El pago fue rechazado.")
    context: dict[str, object] = {
        "preference": body,
        "items": [
            {
                "title": item["title"],
                "quantity": item["quantity"],
                "amount": money(Decimal(str(item["unit_price"])) * item["quantity"], currency),
            }
            for item in body["items"]
        ],
        "shipping": money(body["shipments"]["cost"], currency) if body["shipments"].get("cost") else "",
        "total": money(total, currency),
        "methods": methods.offered(options.of(sandbox.config).site, body),
        "cuotas": _cuotas(total, currency, body["payment_methods"]),
        "binary": body["binary_mode"],
        "error": error,
        "paid": paid,
        "action": f"/mp/checkout/v1/pay?pref_id={preference.id}",
    }
    return page("mercadopago/checkout.html", context, status)


def _cuotas(total: Decimal, currency: str, wishes: JsonDict) -> list[JsonDict]:
    limit, preset = wishes.get("installments") or 36, wishes.get("default_installments") or 1
    counts = sorted({count for count in methods.CUOTAS if count <= limit} | {limit})
    rows = []
    for count in counts:
        share = Decimal(str(methods.MONTHLY_SURCHARGE)) * (count if count > 1 else 0)
        financed = round(total * (1 + share), 2)
        label = f"{count} × {money(round(financed / count, 2), currency)}"
        note = "sin interés" if count == 1 else f"total {money(financed, currency)}"
        rows.append({"count": count, "label": f"{label} · {note}", "is_preset": count == preset})
    return rows


def submit(sandbox: Sandbox, request: Request) -> Response:
    """Apply the shopper's choice (``action``: pay, reject, review, abandon) and redirect."""
    preference, form = _preference(sandbox, request), request.form
    if preference is None:
        return _lost()
    action = form.get("action", PAY)
    if action == ABANDON:
        return _leave(sandbox, preference)
    outcome = {REJECT: "rejected", REVIEW: "in_process"}.get(action, "approved")
    count = form.get("installments", "1")
    method = form.get("method", "visa")
    if outcome != "approved" and method not in ("visa", "debvisa"):
        method = "visa"
    try:
        payment = payments.pay(
            sandbox,
            preference,
            method_id=method,
            outcome=outcome,
            installments=int(count) if count.isdecimal() and method == "visa" else 1,
            detail=form.get("detail", "")
            if form.get("detail") in methods.REASONS and action == REJECT
            else "",
        )
    except payments.PaymentRefused as refused:
        if preferences.is_expired(sandbox, preference):
            return _expired(preference)
        return _checkout(sandbox, preference, rejected=None, error=str(refused), status=409)
    if sandbox.faults.take("webhook_before_redirect", options.CODE, targets=targets_of(payment)):
        sandbox.outbox.rush((payment.id,))
    return Response.redirect(_after(sandbox, preference, payment))


def _after(sandbox: Sandbox, preference: Record, payment: Record) -> str:
    """Return where the browser goes next: the shop, the voucher, the result, or the checkout again."""
    body, auto = preference.body, preference.body["auto_return"]
    if payment.status == "rejected":
        return f"/mp/checkout/v1/redirect?pref_id={preference.id}&rejected={payment.id}"
    if payment.status == "pending":
        return f"/mp/ticket/{payment.id}"
    if payment.status == "approved" and auto and body["back_urls"]["success"]:
        return back_url(preference, payment, "success", options.of(sandbox.config).site)
    if payment.status == "in_process" and auto == "all" and body["back_urls"]["pending"]:
        return back_url(preference, payment, "pending", options.of(sandbox.config).site)
    return f"/mp/checkout/v1/result?pref_id={preference.id}&payment_id={payment.id}"


def _leave(sandbox: Sandbox, preference: Record) -> Response:
    rejected = sandbox.store.find(payments.KIND, parent=preference.id, status="rejected", limit=1)
    if not preference.body["back_urls"]["failure"]:
        context = {"title": "Cancelaste el pago", "text": "Podés cerrar esta ventana. No se te cobró nada."}
        return page("mercadopago/message.html", context)
    last = rejected[0] if rejected else None
    return Response.redirect(back_url(preference, last, "failure", options.of(sandbox.config).site))


def back_url(preference: Record, payment: Record | None, which: str, site: str = "MLA") -> str:
    """Return the shop's back URL with Mercado Pago's parameters; what is missing is the word ``null``."""
    body = payment.body if payment else {}
    values = {
        "collection_id": body.get("id"),
        "collection_status": body.get("status"),
        "payment_id": body.get("id"),
        "status": body.get("status"),
        "external_reference": preference.body["external_reference"],
        "payment_type": body.get("payment_type_id"),
        "merchant_order_id": (body.get("order") or {}).get("id"),
        "preference_id": preference.id,
        "site_id": site,
        "processing_mode": "aggregator",
        "merchant_account_id": None,
    }
    extra = {name: str(value) if value not in (None, "") else "null" for name, value in values.items()}
    return with_query(preference.body["back_urls"][which], extra)


def _payment_page(sandbox: Sandbox, payment_id: str) -> tuple[Record, Record] | None:
    try:
        payment = payments.fetch(sandbox, payment_id)
    except ApiError:
        return None
    return payment, preferences.fetch(sandbox, payment.parent)


def result(sandbox: Sandbox, request: Request) -> Response:
    """Show the result of a payment, with the link back to the shop."""
    found = _payment_page(sandbox, request.query.get("payment_id", ""))
    if found is None:
        return _lost()
    payment, preference = found
    which = "success" if payment.status == "approved" else "pending"
    amount = money(payment.body["transaction_amount"], payment.body["currency_id"])
    has_back = preference.body["back_urls"][which]
    context = {
        "title": "¡Listo! Se acreditó tu pago" if which == "success" else "Estamos revisando tu pago",
        "text": f"Operación {payment.id} por {amount}.",
        "tone": which,
        "back": back_url(preference, payment, which, options.of(sandbox.config).site) if has_back else "",
    }
    return page("mercadopago/message.html", context)


def ticket(sandbox: Sandbox, request: Request, payment_id: str) -> Response:
    """Show a cash voucher: code, bars, deadline, and the link back to the shop."""
    found = _payment_page(sandbox, payment_id)
    if found is None or not found[0].body["transaction_details"]["external_resource_url"]:
        return _lost()
    payment, preference = found
    code = f"3335{payment.id}{int(payment.body['transaction_amount'] * 100):010d}"
    name = next(m.name for m in methods.METHODS if m.id == payment.body["payment_method_id"])
    deadline = instant(payment.body["date_of_expiration"], "date_of_expiration")
    has_back = preference.body["back_urls"]["pending"]
    context = {
        "method": name,
        "code": " ".join(code[i : i + 4] for i in range(0, len(code), 4)),
        "bars": bars(code),
        "width": bars(code)[-1][0] + 4,
        "amount": money(payment.body["transaction_amount"], payment.body["currency_id"]),
        "deadline": spanish_day(deadline),
        "status": payment.status,
        "payment": payment.body,
        "back": back_url(preference, payment, "pending", options.of(sandbox.config).site) if has_back else "",
    }
    return page("mercadopago/ticket.html", context)
