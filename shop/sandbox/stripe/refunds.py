"""Refunds."""

from __future__ import annotations

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import disputes, events, intents, options
from shop.sandbox.stripe.errors import ApiError, missing

KIND = "st_refund"
COUNTED = ("succeeded", "pending", "requires_action")
VOUCHERS = ("oxxo", "boleto")


def create(sandbox: Sandbox, params: JsonDict) -> Record:
    """Refund a charge, wholly (no amount) or in part (minor units), and announce it.

    Raises:
        ApiError: unknown or unpaid intent, more than remains, disputed, or a voucher (only refundable by hand).
    """
    with sandbox.store.transaction():
        charge = _charge_of(sandbox, params)
        intent = intents.fetch(sandbox, charge.parent)
        amount = _amount(sandbox, charge, params.get("amount"))
        targets = (*intents.targets_of(intent), charge.id)
        refund = _record(sandbox, charge, amount, params)
        slow = sandbox.faults.take("refund_in_process", options.CODE, targets=targets)
        failing = sandbox.faults.take("refund_failed", options.CODE, targets=targets)
        if slow:
            refund.status = refund.body["status"] = "pending"
            refund.body["pending_reason"] = "processing"
            refund.due_at = sandbox.clock.due_now() + slow["seconds"] if slow["seconds"] else None
        if failing:
            refund.internal["will_fail"] = True
            refund.due_at = sandbox.clock.due_now() + failing["seconds"]
        sandbox.store.add(refund)
        recount(sandbox, charge)
        facts = [("refund.created", refund.body), ("charge.refunded", charge.body)]
        events.emit(sandbox, facts, targets)
    return refund


def _charge_of(sandbox: Sandbox, params: JsonDict) -> Record:
    if params.get("charge"):
        charge = sandbox.store.get(intents.CHARGE, params["charge"])
        if charge is None:
            raise missing("charge", params["charge"], "charge")
        return charge
    if not params.get("payment_intent"):
        message = "One of the following params should be provided: payment_intent or charge."
        raise ApiError(message, code="parameter_missing", param="payment_intent")
    intent = sandbox.store.get(intents.KIND, params["payment_intent"])
    if intent is None:
        raise missing("payment_intent", params["payment_intent"], "payment_intent")
    latest = intent.body["latest_charge"]
    charge = sandbox.store.get(intents.CHARGE, latest) if latest else None
    if charge is None:
        raise ApiError(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            code="charge_not_refundable",
            param="payment_intent",
        )
    return charge


def _amount(sandbox: Sandbox, charge: Record, wanted: int | None) -> int:
    if charge.internal.get("method") in VOUCHERS:
        message = f"Payments made with {charge.internal['method']} cannot be refunded through the API."
        raise ApiError(message, code="charge_not_refundable")
    if not disputes.leave_refundable(sandbox, charge):
        raise ApiError(
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="refund_disputed_payment",
        )
    remaining: int = charge.body["amount"] - _refunded(sandbox, charge)
    if remaining <= 0:
        raise ApiError(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if wanted is None:
        return remaining
    if wanted < 1:
        raise ApiError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if wanted > remaining:
        message = f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({remaining})"
        raise ApiError(message, code="amount_too_large", param="amount")
    return wanted


def _refunded(sandbox: Sandbox, charge: Record) -> int:
    found = sandbox.store.find(KIND, parent=charge.id)
    return sum(refund.body["amount"] for refund in found if refund.status in COUNTED)


def _record(sandbox: Sandbox, charge: Record, amount: int, params: JsonDict) -> Record:
    refund_id = sandbox.ids.token("re_3Q", 22)
    body = {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": sandbox.ids.token("txn_3Q", 22),
        "charge": charge.id,
        "created": int(sandbox.clock.now()),
        "currency": charge.body["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {
                "type": "refund",
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
            },
            "type": "card",
        },
        "metadata": params.get("metadata") or {},
        "payment_intent": charge.parent,
        "payment_method": charge.body["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    return Record(KIND, refund_id, body, parent=charge.id, ref=charge.ref, status="succeeded")


def recount(sandbox: Sandbox, charge: Record) -> None:
    """Recompute a charge's refunded amount from its refunds."""
    done = _refunded(sandbox, charge)
    charge.body.update(amount_refunded=done, refunded=done >= charge.body["amount"])
    sandbox.store.save(charge)


def settle(sandbox: Sandbox, refund: Record, status: str) -> Record:
    """Finish a refund: ``succeeded``, or ``failed`` (also after it had succeeded), and announce it.

    Raises:
        ApiError: the refund has already failed, or is not pending.
    """
    if refund.status == "failed" or (status == "succeeded" and refund.status != "pending"):
        raise ApiError("This refund is already finished.")
    with sandbox.store.transaction():
        refund.status = refund.body["status"] = status
        refund.due_at = None
        refund.body.pop("pending_reason", None)
        if status == "failed":
            refund.body["failure_reason"] = "expired_or_canceled_card"
        sandbox.store.save(refund)
        charge = _charge_of(sandbox, {"charge": refund.parent})
        recount(sandbox, charge)
        facts = [("refund.updated", refund.body)]
        if status == "failed":
            facts.append(("refund.failed", refund.body))
        events.emit(sandbox, facts, (refund.id, refund.ref, charge.parent))
    return refund


def settle_due(sandbox: Sandbox, refund: Record) -> None:
    """Finish a refund whose deadline has passed."""
    if refund.internal.get("will_fail"):
        settle(sandbox, refund, "failed")
    elif refund.status == "pending":
        settle(sandbox, refund, "succeeded")
