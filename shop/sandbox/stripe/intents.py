"""PaymentIntents and their charges."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Final

from shop.sandbox.engine import Sandbox
from shop.sandbox.schema import shape
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import events, options, pricing
from shop.sandbox.stripe.errors import ApiError, missing

KIND = "st_intent"
_SHAPE = Path(__file__).with_name("payment_intent.json")
CHARGE = "st_charge"
CANCELLABLE = frozenset(
    {"requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing"}
)
DECLINED_METHODS = frozenset({"pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"})
DECLINES = {
    "generic_decline": "Tu tarjeta fue rechazada.",
    "insufficient_funds": "Tu tarjeta no tiene fondos suficientes.",
    "expired_card": "Tu tarjeta está vencida.",
}


def build(
    sandbox: Sandbox,
    *,
    amount: int,
    currency: str,
    metadata: JsonDict,
    methods: list[str],
    details: JsonDict,
    parent: str = "",
    ref: str = "",
) -> Record:
    """Store a new intent that waits for a way to pay. ``parent`` is its session; ``details`` the optional fields."""
    intent_id = sandbox.ids.token("pi_3Q", 22)
    body = shape(_SHAPE)
    body.update(
        id=intent_id,
        amount=amount,
        amount_received=0,
        capture_method=details.get("capture_method") or "automatic_async",
        client_secret=f"{intent_id}_secret_{sandbox.ids.token('', 24)}",
        created=int(sandbox.clock.now()),
        currency=currency,
        description=details.get("description"),
        latest_charge=None,
        livemode=options.of(sandbox.config).livemode,
        metadata=metadata,
        payment_method=None,
        payment_method_types=methods,
        receipt_email=details.get("receipt_email"),
        statement_descriptor_suffix=details.get("statement_descriptor_suffix"),
        status="requires_payment_method",
    )
    record = Record(KIND, intent_id, body, parent=parent, ref=ref, status=body["status"])
    return sandbox.store.add(record)


def create(sandbox: Sandbox, params: JsonDict) -> Record:
    """Create an intent of its own (mobile checkout), confirming it at once when asked to.

    Raises:
        ApiError: a rule about amount, currency or methods is broken; 402 when the confirmation is declined.
    """
    currency = pricing.check_currency(params["currency"], "currency")
    pricing.check_amount(params["amount"], currency, "amount")
    if params.get("customer"):
        raise missing("customer", params["customer"], "customer")
    metadata = params.get("metadata") or {}
    with sandbox.store.transaction():
        intent = build(
            sandbox,
            amount=params["amount"],
            currency=currency,
            metadata=metadata,
            methods=pricing.offered(currency, params),
            details=params,
            ref=str(metadata.get("order") or metadata.get("attempt") or ""),
        )
        events.emit(sandbox, [("payment_intent.created", intent.body)], targets_of(intent))
    if params.get("confirm"):
        return confirm(sandbox, intent, params.get("payment_method"))
    return intent


def confirm(sandbox: Sandbox, intent: Record, payment_method: str | None) -> Record:
    """Pay an intent of its own with a test card.

    Raises:
        ApiError: wrong state, no payment method, or 402 ``card_declined``.
    """
    if intent.status not in ("requires_payment_method", "requires_confirmation"):
        raise unexpected_state(intent, "confirm")
    if not payment_method:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise ApiError(message, code="payment_intent_unexpected_state", param="payment_method")
    if payment_method in DECLINED_METHODS:
        decline(sandbox, intent, "generic_decline")
        extra = {"decline_code": "generic_decline", "payment_intent": intent.body}
        raise ApiError(
            "Your card was declined.",
            status=402,
            code="card_declined",
            kind="card_error",
            extra=extra,
            executed=True,
        )
    with sandbox.store.transaction():
        facts = succeed(sandbox, intent, "card")
        events.emit(sandbox, facts, targets_of(intent))
    return intent


def unexpected_state(intent: Record, verb: str) -> ApiError:
    """Return the error for an act that the intent's state forbids."""
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent.status}."
    return ApiError(message, code="payment_intent_unexpected_state", extra={"payment_intent": intent.body})


def succeed(sandbox: Sandbox, intent: Record, method: str) -> list[tuple[str, JsonDict]]:
    """Charge an intent and return the facts to announce; ``method`` is card, oxxo, boleto or pix."""
    charge = _charge(sandbox, intent, method)
    intent.body.update(
        amount_received=intent.body["amount"],
        last_payment_error=None,
        latest_charge=charge.id,
        next_action=None,
        payment_method=intent.body["payment_method"] or sandbox.ids.token("pm_1Q", 22),
        status="succeeded",
    )
    intent.status, intent.due_at = "succeeded", None
    sandbox.store.save(intent)
    return [("payment_intent.succeeded", intent.body), ("charge.succeeded", charge.body)]


def decline(sandbox: Sandbox, intent: Record, code: str) -> list[tuple[str, JsonDict]]:
    """Let the card be declined; the intent waits for another way to pay. Announces by itself."""
    message = DECLINES.get(code, DECLINES["generic_decline"])
    intent.body.update(
        last_payment_error={
            "code": "card_declined",
            "decline_code": code,
            "message": message,
            "type": "card_error",
        },
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    intent.status = "requires_payment_method"
    with sandbox.store.transaction():
        sandbox.store.save(intent)
        facts = [("payment_intent.payment_failed", intent.body)]
        events.emit(sandbox, facts, targets_of(intent))
    return facts


def cancel(sandbox: Sandbox, intent: Record, reason: str | None) -> Record:
    """Cancel an intent that is not paid.

    Raises:
        ApiError: it belongs to a session, or its state forbids it.
    """
    if intent.parent:
        raise ApiError("This PaymentIntent belongs to a Checkout Session; expire the session instead.")
    if intent.status not in CANCELLABLE:
        raise unexpected_state(intent, "cancel")
    intent.body.update(
        status="canceled",
        canceled_at=int(sandbox.clock.now()),
        cancellation_reason=reason,
        next_action=None,
    )
    intent.status, intent.due_at = "canceled", None
    with sandbox.store.transaction():
        sandbox.store.save(intent)
        events.emit(sandbox, [("payment_intent.canceled", intent.body)], targets_of(intent))
    return intent


def fetch(sandbox: Sandbox, intent_id: str) -> Record:
    """Return an intent.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, intent_id)
    if record is None:
        raise missing("payment_intent", intent_id, "intent")
    return record


def targets_of(intent: Record) -> tuple[str, ...]:
    """Return the names an armed fault may call this intent by."""
    return tuple(filter(None, (intent.id, intent.ref, intent.parent)))


def card_details(amount: int) -> JsonDict:
    """Return the card details of a charge: all keys that Stripe always returns."""
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    return {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": "visa",
        "checks": checks,
        "country": "MX",
        "electronic_commerce_indicator": None,
        "exp_month": 11,
        "exp_year": 2030,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": "sandbox0cardAAAA",
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": "4242",
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": "100200300400500",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


# What is the same for every charge (https://docs.stripe.com/api/charges/object).
_CHARGE: Final[JsonDict] = {
    "object": "charge",
    "amount_refunded": 0,
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "calculated_statement_descriptor": "PERCHA",
    "captured": True,
    "customer": None,
    "disputed": False,
    "failure_balance_transaction": None,
    "failure_code": None,
    "failure_message": None,
    "on_behalf_of": None,
    "outcome": {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "seller_message": "Payment complete.",
        "type": "authorized",
    },
    "paid": True,
    "receipt_number": None,
    "receipt_url": None,
    "refunded": False,
    "refunds": None,
    "review": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "status": "succeeded",
    "transfer_data": None,
    "transfer_group": None,
}


def _charge(sandbox: Sandbox, intent: Record, method: str) -> Record:
    charge_id, body = sandbox.ids.token("ch_3Q", 22), intent.body
    details: JsonDict = {"type": method, method: {"tax_id": "00000000000"} if method == "boleto" else {}}
    if method == "card":
        details["card"] = card_details(body["amount"])
    charge = {
        **copy.deepcopy(_CHARGE),
        "id": charge_id,
        "amount": body["amount"],
        "amount_captured": body["amount"],
        "balance_transaction": sandbox.ids.token("txn_3Q", 22),
        "billing_details": {
            "address": None,
            "email": body["receipt_email"],
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "created": int(sandbox.clock.now()),
        "currency": body["currency"],
        "description": body["description"],
        "fraud_details": {},
        "livemode": body["livemode"],
        "metadata": body["metadata"],
        "payment_intent": intent.id,
        "payment_method": body["payment_method"],
        "payment_method_details": details,
        "receipt_email": body["receipt_email"],
        "shipping": body["shipping"],
        "statement_descriptor_suffix": body["statement_descriptor_suffix"],
    }
    record = Record(CHARGE, charge_id, charge, parent=intent.id, ref=intent.ref, status="succeeded")
    record.internal["method"] = method
    return sandbox.store.add(record)


_CLAUSE = re.compile(
    r"""^\s*(?P<minus>-)?(?P<field>metadata\[(?P<q>["'])(?P<key>.+?)(?P=q)\]|\w+)\s*"""
    r"""(?P<op>:|~|>=|<=|>|<)\s*(?P<value>"[^"]*"|'[^']*'|[\w.\-]+)\s*"""
)


def search(sandbox: Sandbox, query: str) -> list[Record]:
    """Return the intents that fit a search query (``metadata['order']:'A' AND status:'succeeded'``), newest first.

    Raises:
        ApiError: a query that cannot be read.
    """
    tests = [_clause(part) for part in re.split(r"\s+AND\s+", query.strip())]
    return [intent for intent in sandbox.store.find(KIND) if all(_fits(intent.body, test) for test in tests)]


def _clause(text: str) -> re.Match[str]:
    found = _CLAUSE.fullmatch(text)
    if not found or (
        found["key"] is None and found["field"] not in ("status", "amount", "currency", "created")
    ):
        raise ApiError(f"We were unable to parse your search query: {text}", param="query")
    return found


def _fits(body: JsonDict, clause: re.Match[str]) -> bool:
    value = clause["value"].strip("\"'")
    actual = body["metadata"].get(clause["key"]) if clause["key"] else body[clause["field"]]
    op = clause["op"]
    if op == ":":
        fits = str(actual) == value
    elif op == "~":
        fits = value.lower() in str(actual or "").lower()
    else:
        if not value.isdecimal() or not isinstance(actual, int):
            raise ApiError("Comparison needs a number.", param="query")
        number = int(value)
        fits = {">": actual > number, "<": actual < number, ">=": actual >= number, "<=": actual <= number}[
            op
        ]
    return fits != bool(clause["minus"])
