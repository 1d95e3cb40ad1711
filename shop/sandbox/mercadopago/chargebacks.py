"""Chargebacks and mediations: what the shopper's bank, or the shopper at Mercado Pago, does to a payment.

Source: docs/providers/mercadopago.md#disputes.
"""

from __future__ import annotations

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import payments, refunds
from shop.sandbox.mercadopago.dates import mp_date
from shop.sandbox.mercadopago.errors import ApiError, not_found
from shop.sandbox.mercadopago.notifications import announce_chargeback
from shop.sandbox.store import JsonDict, Record

KIND = "mp_chargeback"
DAY = 86_400
REASONS = (
    "general",
    "fraud",
    "unrecognized",
    "not_received",
    "not_as_described",
    "duplicated",
    "credit_not_processed",
    "cancelled",
)
DECIDED = {
    "won": ("valid", "reimbursed"),
    "lost": ("invalid", "settled"),
    "withdrawn": ("not_applicable", "reimbursed"),
}


def create(
    sandbox: Sandbox,
    payment: Record,
    *,
    reason: str = "general",
    amount: float | None = None,
    days: float = 10,
) -> Record:
    """Let the shopper's bank dispute an approved payment, whatever is left of it by default.

    Raises:
        ApiError: the payment is not approved, or the word or amount does not exist.
    """
    with sandbox.store.transaction():
        if payment.status not in ("approved", "in_mediation"):
            raise ApiError(400, "bad_request", "Only approved payments can be disputed", 2063)
        if reason not in REASONS:
            raise ApiError(400, "bad_request", "Unknown reason", 1000)
        left = float(refunds.remaining(sandbox, payment))
        if amount is not None and not 0 < amount <= left:
            raise ApiError(400, "bad_request", "Unknown amount", 2001)
        now = sandbox.clock.now()
        chargeback_id = str(sandbox.ids.number("chargeback", 217_000_000_000_000))
        body: JsonDict = {
            "id": chargeback_id,
            "payments": [int(payment.id)],
            "currency": payment.body["currency_id"],
            "amount": amount or left,
            "reason": reason,
            "coverage_applied": None,
            "coverage_elegible": True,
            "documentation_required": True,
            "documentation_status": "pending",
            "documentation": [],
            "date_documentation_deadline": mp_date(now + days * DAY),
            "date_created": mp_date(now),
            "date_last_updated": mp_date(now),
            "live_mode": payment.body["live_mode"],
        }
        record = Record(KIND, chargeback_id, body, parent=payment.id, ref=payment.ref, status="open")
        sandbox.store.add(record)
        announce_chargeback(sandbox, payment, chargeback_id)
        payments.move(sandbox, payment, "charged_back", "in_process")
    return record


def _open_of(sandbox: Sandbox, payment: Record) -> Record:
    found = sandbox.store.find(KIND, parent=payment.id, status="open")
    if not found:
        raise ApiError(400, "bad_request", "The payment has no open chargeback", 2063)
    return found[0]


def review(sandbox: Sandbox, payment: Record) -> Record:
    """Accept the evidence that the shop gave in its panel.

    Raises:
        ApiError: there is no open chargeback.
    """
    with sandbox.store.transaction():
        chargeback = _open_of(sandbox, payment)
        chargeback.body.update(
            documentation_status="review_pending", date_last_updated=mp_date(sandbox.clock.now())
        )
        sandbox.store.save(chargeback)
        announce_chargeback(sandbox, payment, chargeback.id)
    return chargeback


def decide(sandbox: Sandbox, payment: Record, outcome: str) -> Record:
    """End a chargeback: ``won`` and ``withdrawn`` leave the money with the shop (``reimbursed``), ``lost`` debits it.

    Raises:
        ApiError: there is no open chargeback.
    """
    documents, detail = DECIDED[outcome]
    with sandbox.store.transaction():
        chargeback = _open_of(sandbox, payment)
        chargeback.status = outcome
        chargeback.body.update(
            coverage_applied=outcome != "lost",
            documentation_status=documents,
            date_last_updated=mp_date(sandbox.clock.now()),
        )
        sandbox.store.save(chargeback)
        announce_chargeback(sandbox, payment, chargeback.id)
        payments.move(sandbox, payment, "charged_back", detail)
    return chargeback


def mediate(sandbox: Sandbox, payment: Record) -> Record:
    """Let the shopper open a claim at Mercado Pago: the money is held.

    Raises:
        ApiError: the payment is not approved.
    """
    if payment.status != "approved":
        raise ApiError(400, "bad_request", "Only approved payments can be claimed", 2063)
    return payments.move(sandbox, payment, "in_mediation", "pending")


def end_mediation(sandbox: Sandbox, payment: Record, *, refunded: bool) -> Record:
    """End a claim: the shop keeps the money, or all that is left goes back to the shopper.

    Raises:
        ApiError: there is no claim.
    """
    if payment.status != "in_mediation":
        raise ApiError(400, "bad_request", "The payment has no open claim", 2063)
    with sandbox.store.transaction():
        part = payment.body["transaction_amount_refunded"] > 0
        payments.move(sandbox, payment, "approved", "partially_refunded" if part else "accredited")
        if refunded:
            refunds.create(sandbox, payment.id, {}, source="panel")
    return payments.fetch(sandbox, payment.id)


def fetch(sandbox: Sandbox, chargeback_id: str) -> Record:
    """Return a chargeback.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, chargeback_id)
    if record is None:
        raise not_found("Chargeback")
    return record
