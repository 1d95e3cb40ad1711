"""Refunds."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import options, payments
from shop.sandbox.mercadopago.dates import mp_date
from shop.sandbox.mercadopago.errors import ApiError, not_found
from shop.sandbox.mercadopago.notifications import announce_payment, targets_of
from shop.sandbox.mercadopago.validation import check_body, check_decimals
from shop.sandbox.store import Json, JsonDict, Record

KIND = "mp_refund"
FIRST_REFUND = 3_328_000_000


def create(sandbox: Sandbox, payment_id: str, body: Json, *, source: str = "collector") -> Record:
    """Refund a payment, wholly (no amount) or in part, and announce it.

    Amounts are in major units. ``source`` says who acted: ``collector`` through the API, ``panel`` by hand.

    Raises:
        ApiError: 404; 400 with cause 2063 (state), 2017 (more than remains), 2001 (not an amount).
    """
    wanted = check_body(body or {}, "RefundRequest")
    with sandbox.store.transaction():
        payment = payments.fetch(sandbox, payment_id)
        if payment.status != "approved":
            message = "The action requested is not valid for the current payment state"
            raise ApiError(400, "bad_request", message, 2063)
        left = remaining(sandbox, payment)
        if left <= 0:
            raise ApiError(400, "bad_request", "The payment is already being refunded", 2063)
        amount = left if wanted.get("amount") is None else payments.money(wanted["amount"], "amount")
        check_decimals(float(amount), payment.body["currency_id"], "amount", "bad_request")
        if amount > left:
            raise ApiError(400, "bad_request", "Amount to refund is greater than the remaining amount", 2017)
        status, due = _outcome(sandbox, payment)
        refund = _record(sandbox, payment, amount, status, source)
        refund.due_at = due
        sandbox.store.add(refund)
        apply(sandbox, payment)
    return refund


def remaining(sandbox: Sandbox, payment: Record) -> Decimal:
    """Return what may still be refunded of a payment."""
    counted = [
        Decimal(str(refund.body["amount"]))
        for refund in sandbox.store.find(KIND, parent=payment.id)
        if refund.status in ("approved", "in_process")
    ]
    return Decimal(str(payment.body["transaction_amount"])) - sum(counted, Decimal(0))


def _outcome(sandbox: Sandbox, payment: Record) -> tuple[str, float | None]:
    targets = targets_of(payment)
    if sandbox.faults.take("refund_failed", options.CODE, targets=targets):
        return "rejected", None
    if slow := sandbox.faults.take("refund_in_process", options.CODE, targets=targets):
        return "in_process", sandbox.clock.due_now() + slow["seconds"] if slow["seconds"] else None
    return "approved", None


def _record(sandbox: Sandbox, payment: Record, amount: Decimal, status: str, source: str) -> Record:
    refund_id = sandbox.ids.number("refund", FIRST_REFUND)
    body: JsonDict = {
        "id": refund_id,
        "payment_id": int(payment.id),
        "amount": float(amount),
        "metadata": {},
        "source": {
            "id": str(payment.body["collector_id"]),
            "name": "Percha (sandbox)",
            "type": "collector",
        },
        "date_created": mp_date(sandbox.clock.now()),
        "unique_sequence_number": None,
        "refund_mode": "standard",
        "adjustment_amount": 0,
        "status": status,
        "reason": None,
        "label": [],
        "partition_details": [],
    }
    internal = {"source": source}
    return Record(
        KIND, str(refund_id), body, parent=payment.id, ref=payment.ref, status=status, internal=internal
    )


def apply(sandbox: Sandbox, payment: Record) -> None:
    """Recompute a payment's refunded sum and state from its refunds, and announce the change."""
    refunds = list(reversed(sandbox.store.find(KIND, parent=payment.id)))
    done = sum((Decimal(str(r.body["amount"])) for r in refunds if r.status == "approved"), Decimal(0))
    payment.body["refunds"] = [refund.body for refund in refunds]
    payment.body["transaction_amount_refunded"] = float(done)
    if done >= Decimal(str(payment.body["transaction_amount"])):
        payments.move(sandbox, payment, "refunded", "refunded")
    elif done > 0:
        payments.move(sandbox, payment, "approved", "partially_refunded")
    else:
        payments.move(sandbox, payment, payment.status, payment.body["status_detail"])


def settle(sandbox: Sandbox, refund: Record, status: str = "approved") -> Record:
    """Finish a refund that is in process: ``approved`` or ``rejected``.

    Raises:
        ApiError: the refund is already finished.
    """
    with sandbox.store.transaction():
        if refund.status != "in_process":
            raise ApiError(400, "bad_request", "The refund is not in process", 2063)
        refund.status = refund.body["status"] = status
        refund.due_at = None
        sandbox.store.save(refund)
        apply(sandbox, payments.fetch(sandbox, refund.parent))
    return refund


def fetch(sandbox: Sandbox, payment_id: str, refund_id: str) -> Record:
    """Return one refund of a payment.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, refund_id)
    if record is None or record.parent != payment_id:
        raise not_found("Refund")
    return record


def announce(sandbox: Sandbox, payment: Record) -> None:
    """Announce a payment once more without changing it."""
    announce_payment(sandbox, payment, "payment.updated")
