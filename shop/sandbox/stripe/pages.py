"""Stripe's hosted checkout: the page where the shopper pays, is declined, gets a cash voucher or leaves."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from shop.sandbox import templating
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import checkout, intents, options, pricing, sessions
from shop.sandbox.templating import bars, spanish_day

page = partial(templating.page, folder=Path(__file__).parent / "templates")

NAMES = {
    "card": ("Tarjeta", "Crédito o débito"),
    "oxxo": ("OXXO", "Paga en efectivo con un comprobante"),
    "boleto": ("Boleto", "Vence em 3 dias"),
    "pix": ("Pix", "Aprovação imediata"),
}


def routes(router: Router) -> None:
    """Register the hosted pages."""
    router.add("GET", "/stripe/pay/{session}", show)
    router.add("POST", "/stripe/pay/{session}", submit)
    router.add("GET", "/stripe/voucher/{intent}", voucher)


def _message(title: str, text: str, back: str = "", status: int = 200) -> Response:
    return page("stripe/message.html", {"title": title, "text": text, "back": back}, status)


def show(sandbox: Sandbox, request: Request, session: str) -> Response:
    """Show the checkout of a session."""
    record = sandbox.store.get(sessions.KIND, session)
    if record is None:
        return _message("No encontramos este pago", "El enlace está incompleto o ya no existe.", status=404)
    if record.status == "complete":
        text = "Este pago ya se completó. Puedes volver a la tienda."
        return _message("Todo listo", text, checkout.return_url(record))
    if record.status == "expired" and not _tolerated(sandbox, record):
        text = "El tiempo para pagar terminó. Vuelve a la tienda para intentarlo de nuevo."
        return _message("Este enlace venció", text, record.body["cancel_url"] or "", 410)
    return _checkout(sandbox, record, _last_error(sandbox, record))


def _tolerated(sandbox: Sandbox, session: Record) -> bool:
    return any(
        fault["name"] == "late_approval"
        and fault["provider"] in ("any", "stripe")
        and fault["target"] in ("", *sessions.targets_of(session))
        for fault in sandbox.faults.armed()
    )


def _last_error(sandbox: Sandbox, session: Record) -> str:
    if not session.body["payment_intent"]:
        return ""
    intent = intents.fetch(sandbox, session.body["payment_intent"])
    return str((intent.body["last_payment_error"] or {}).get("message", ""))


def _checkout(sandbox: Sandbox, session: Record, error: str, status: int = 200) -> Response:
    body = session.body
    currency, shipping = body["currency"], body["total_details"]["amount_shipping"]
    context = {
        "session": body,
        "total": pricing.display(body["amount_total"], currency),
        "shipping": pricing.display(shipping, currency) if shipping else "",
        "lines": [
            {
                "name": line["description"],
                "quantity": line["quantity"],
                "amount": pricing.display(line["amount_total"], currency),
            }
            for line in session.internal["lines"]
        ],
        "methods": [(name, *NAMES[name]) for name in body["payment_method_types"]],
        "declines": intents.DECLINES.items(),
        "error": error,
    }
    return page("stripe/checkout.html", context, status)


def submit(sandbox: Sandbox, request: Request, session: str) -> Response:
    """Apply the shopper's choice (``action``: pay, decline) and redirect."""
    record, form = sandbox.store.get(sessions.KIND, session), request.form
    if record is None:
        return show(sandbox, request, session)
    email, name = form.get("email", "")[:200], form.get("name", "")[:200]
    method = form.get("method") or record.body["payment_method_types"][0]
    try:
        if form.get("action") == "decline":
            checkout.decline(sandbox, session, form.get("decline_code", "generic_decline"))
            return Response.redirect(f"/stripe/pay/{session}")
        if method == "card":
            paid = checkout.approve(sandbox, session, email=email, name=name)
            target = checkout.return_url(paid)
        else:
            paid = checkout.leave_voucher(sandbox, session, method, email=email, name=name)
            target = f"/stripe/voucher/{paid.body['payment_intent']}"
    except checkout.PaymentRefused as refused:
        record = sessions.fetch(sandbox, session)
        if record.status != "open":
            return show(sandbox, request, session)
        return _checkout(sandbox, record, str(refused), 409)
    if sandbox.faults.take("webhook_before_redirect", options.CODE, targets=sessions.targets_of(paid)):
        sandbox.outbox.rush((paid.id, paid.body["payment_intent"]))
    return Response.redirect(target)


def voucher(sandbox: Sandbox, request: Request, intent: str) -> Response:
    """Show a voucher: number, bars, deadline, and the link back to the shop."""
    record = sandbox.store.get(intents.KIND, intent)
    if record is None or "method" not in record.internal:
        return _message("No encontramos este comprobante", "El enlace está incompleto.", status=404)
    session = sessions.fetch(sandbox, record.parent)
    action = record.body["next_action"] or {}
    details: JsonDict = next((value for name, value in action.items() if name != "type"), {})
    number = str(details.get("number") or details.get("data") or "")
    deadline = details.get("expires_after") or details.get("expires_at")
    context = {
        "method": NAMES[record.internal["method"]][0],
        "number": number,
        "bars": bars(number),
        "width": bars(number)[-1][0] + 4 if number else 10,
        "amount": pricing.display(record.body["amount"], record.body["currency"]),
        "deadline": spanish_day(deadline) if deadline else "",
        "status": record.status,
        "back": checkout.return_url(session),
    }
    return page("stripe/voucher.html", context)
