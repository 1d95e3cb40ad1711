"""What a shopper does on Stripe's hosted page, and the later states of a cash voucher."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import events, intents, options, pricing, sessions

VOUCHER_DAYS = {"oxxo": 5, "boleto": 3}
PIX_SECONDS = 14_400


class PaymentRefused(Exception):
    """The hosted page cannot take this payment; the message is for the shopper (Spanish)."""


def _open(sandbox: Sandbox, session_id: str) -> Record:
    session = sessions.fetch(sandbox, session_id)
    late = session.due_at is not None and session.due_at <= sandbox.clock.due_now()
    if session.status == "open" and not late:
        return session
    lapsed = session.status == "expired" or late
    if lapsed and sandbox.faults.take("late_approval", options.CODE, targets=sessions.targets_of(session)):
        return session
    if session.status == "complete":
        raise PaymentRefused("Este pago ya se completó.")
    raise PaymentRefused("Este enlace de pago venció.")


def _intent(sandbox: Sandbox, session: Record) -> Record:
    """Return the session's intent, making it on the first confirmation as Stripe does."""
    if session.body["payment_intent"]:
        return intents.fetch(sandbox, session.body["payment_intent"])
    wanted = session.internal["intent"]
    intent = intents.build(
        sandbox,
        amount=session.body["amount_total"],
        currency=session.body["currency"],
        metadata=wanted.get("metadata") or {},
        methods=session.body["payment_method_types"],
        details=wanted,
        parent=session.id,
        ref=session.ref,
    )
    session.body["payment_intent"] = intent.id
    sandbox.store.save(session)
    return intent


def _tamper(sandbox: Sandbox, session: Record, intent: Record) -> None:
    targets = (*sessions.targets_of(session), intent.id)
    if fault := sandbox.faults.take("amount_delta", options.CODE, targets=targets):
        places = 0 if session.body["currency"] in pricing.ZERO_DECIMAL else 2
        delta = int(Decimal(fault["delta"]) * 10**places)
        session.body["amount_total"] += delta
        intent.body["amount"] += delta
    if fault := sandbox.faults.take("other_currency", options.CODE, targets=targets):
        session.body["currency"] = intent.body["currency"] = fault["currency"].lower()
    if sandbox.faults.take("other_account", options.CODE, targets=targets):
        flipped = not session.body["livemode"]
        session.body["livemode"] = intent.body["livemode"] = flipped


def _complete(session: Record, email: str, name: str) -> None:
    empty = dict.fromkeys(("city", "line1", "line2", "postal_code", "state"))
    session.body["customer_details"] = {
        "address": {**empty, "country": "MX" if session.body["currency"] == "mxn" else "AR"},
        "business_name": None,
        "email": email or session.body["customer_email"] or "comprador@example.com",
        "individual_name": None,
        "name": name or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def approve(sandbox: Sandbox, session_id: str, *, email: str = "", name: str = "") -> Record:
    """Pay a session by card.

    Raises:
        PaymentRefused: expired or already complete.
    """
    with sandbox.store.transaction():
        session = _open(sandbox, session_id)
        if "card" not in session.body["payment_method_types"]:
            raise PaymentRefused("Ese medio de pago no está disponible.")
        intent = _intent(sandbox, session)
        _tamper(sandbox, session, intent)
        facts = intents.succeed(sandbox, intent, "card")
        _complete(session, email, name)
        session.body["payment_status"] = "paid"
        sessions.close(sandbox, session, "complete")
        sandbox.store.save(session)
        facts.append(("checkout.session.completed", session.body))
        events.emit(sandbox, facts, sessions.targets_of(session))
    return session


def decline(sandbox: Sandbox, session_id: str, code: str = "generic_decline") -> Record:
    """Have the card declined; the session stays open.

    Raises:
        PaymentRefused: expired or already complete.
    """
    with sandbox.store.transaction():
        session = _open(sandbox, session_id)
        intents.decline(sandbox, _intent(sandbox, session), code)
    return session


def leave_voucher(
    sandbox: Sandbox, session_id: str, method: str, *, email: str = "", name: str = ""
) -> Record:
    """Choose a voucher method: the session completes unpaid, the intent waits.

    Raises:
        PaymentRefused: expired, already complete, or a method that is not offered.
    """
    with sandbox.store.transaction():
        session = _open(sandbox, session_id)
        if method not in session.body["payment_method_types"] or method == "card":
            raise PaymentRefused("Ese medio de pago no está disponible.")
        intent = _intent(sandbox, session)
        _tamper(sandbox, session, intent)
        deadline = int(sandbox.clock.now()) + _lifetime(session, method)
        intent.body.update(
            next_action=_next_action(sandbox, intent, method, deadline),
            payment_method=sandbox.ids.token("pm_1Q", 22),
            status="requires_action",
        )
        intent.internal["method"] = method
        intent.status, intent.due_at = "requires_action", sandbox.clock.deadline(deadline)
        sandbox.store.save(intent)
        _complete(session, email, name)
        sessions.close(sandbox, session, "complete")
        sandbox.store.save(session)
        facts = [
            ("checkout.session.completed", session.body),
            ("payment_intent.requires_action", intent.body),
        ]
        events.emit(sandbox, facts, sessions.targets_of(session))
    return session


def _lifetime(session: Record, method: str) -> int:
    options = session.body["payment_method_options"].get(method) or {}
    if method == "pix":
        return int(options.get("expires_after_seconds") or PIX_SECONDS)
    return int(options.get("expires_after_days") or VOUCHER_DAYS[method]) * 86_400


def _next_action(sandbox: Sandbox, intent: Record, method: str, deadline: int) -> JsonDict:
    page, number = f"{sandbox.base_url}/stripe/voucher/{intent.id}", sandbox.ids.digits(14)
    if method == "pix":
        data = f"00020126580014br.gov.bcb.pix0136{number}"
        details = {"data": data, "expires_at": deadline, "hosted_instructions_url": page}
        return {"type": "pix_display_qr_code", "pix_display_qr_code": details}
    expiry = {"oxxo": "expires_after", "boleto": "expires_at"}[method]
    details = {expiry: deadline, "hosted_voucher_url": page, "number": number}
    return {"type": f"{method}_display_details", f"{method}_display_details": details}


def pay_voucher(sandbox: Sandbox, intent: Record) -> Record:
    """Let the shopper pay a voucher (also an expired one: late money).

    Raises:
        PaymentRefused: there is no unpaid voucher.
    """
    with sandbox.store.transaction():
        if not intent.parent or "method" not in intent.internal or intent.status == "succeeded":
            raise PaymentRefused("No hay un comprobante por pagar.")
        session = sessions.fetch(sandbox, intent.parent)
        _tamper(sandbox, session, intent)
        facts = intents.succeed(sandbox, intent, intent.internal["method"])
        session.body["payment_status"] = "paid"
        sandbox.store.save(session)
        facts.append(("checkout.session.async_payment_succeeded", session.body))
        events.emit(sandbox, facts, sessions.targets_of(session))
    return session


def fail_voucher(sandbox: Sandbox, intent: Record) -> Record:
    """Let an unpaid voucher expire.

    Raises:
        PaymentRefused: there is no unpaid voucher.
    """
    with sandbox.store.transaction():
        if not intent.parent or intent.status != "requires_action":
            raise PaymentRefused("No hay un comprobante por vencer.")
        session = sessions.fetch(sandbox, intent.parent)
        intent.body.update(
            next_action=None,
            payment_method=None,
            status="requires_payment_method",
            last_payment_error={
                "code": "payment_intent_payment_attempt_expired",
                "message": "The voucher expired before it was paid.",
                "type": "invalid_request_error",
            },
        )
        intent.status, intent.due_at = "requires_payment_method", None
        sandbox.store.save(intent)
        facts = [
            ("payment_intent.payment_failed", intent.body),
            ("checkout.session.async_payment_failed", session.body),
        ]
        events.emit(sandbox, facts, sessions.targets_of(session))
    return session


def lapse(sandbox: Sandbox, intent: Record) -> None:
    """Let a voucher expire when its time has passed, if it is still unpaid."""
    if intent.status == "requires_action" and intent.parent:
        fail_voucher(sandbox, intent)


def return_url(session: Record) -> str:
    """Return the shop's success URL with the session's id in its place."""
    url = str(session.body["success_url"])
    return url.replace("{CHECKOUT_SESSION_ID}", quote(session.id))
