"""Chargebacks: what the shopper's bank does to a charge, which carries the chargeback (`ChargebackResponse`)."""

from __future__ import annotations

from shop.sandbox.conekta import charges, notifications, orders
from shop.sandbox.conekta.errors import ApiError
from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record

OPEN = ("action_required", "under_review", "represented")
REASONS = (
    "unrecognized",
    "unauthorized",
    "unauthorized_by_client",
    "unrecognized_like_fraud",
    "insufficient_evidence",
    "illegible_evidence",
    "general",
    "late_evidence",
    "incorrect_exchange",
    "fraudulent_business",
    "billing",
    "twice_transaction",
    "transaction_not_refunded",
    "bank_doc_request",
    "unrecognized_purchase",
    "subscription_canceled",
    "copy_of_purchase",
    "differents_amounts",
    "subscription_not_requested",
    "damaged_products",
    "show_documents",
    "duplicate",
    "fraudulent",
    "service_canceled",
    "product_unacceptable",
    "product_not_received",
    "incorrect_amount",
    "chip_liabiliaty_shift",
    "credit_not_processed",
)


def create(sandbox: Sandbox, charge: Record, *, reason: str = "unrecognized", days: float = 5) -> Record:
    """Let the shopper's bank dispute a paid charge.

    Raises:
        ApiError: it is not paid, or the word does not exist.
    """
    if charge.status not in charges.REFUNDABLE:
        raise ApiError(422, "processing.chargeback.status", "Only paid charges can be disputed.")
    if reason not in REASONS:
        raise ApiError(422, "parameter_validation.reason", "The reason is unknown.")
    now = int(sandbox.clock.now())
    chargeback = {
        "id": sandbox.ids.token("chbk_2", 16),
        "object": "chargeback",
        "charge_id": charge.id,
        "status": "action_required",
        "reason": reason,
        "created_at": now,
        "evidence_due_by": now + int(days * 86_400),
    }
    return _put(sandbox, charge, chargeback, "charged_back", "charge.chargeback.created")


def review(sandbox: Sandbox, charge: Record) -> Record:
    """Accept the evidence that the shop gave in its panel.

    Raises:
        ApiError: there is no chargeback that waits for evidence.
    """
    running = _open_of(charge)
    if running["status"] != "action_required":
        raise ApiError(422, "processing.chargeback.status", "It is under review already.")
    return _put(
        sandbox,
        charge,
        {**running, "status": "under_review"},
        "charged_back",
        "charge.chargeback.under_review",
    )


def decide(sandbox: Sandbox, charge: Record, outcome: str) -> Record:
    """Decide a chargeback: ``won`` means that the shop keeps the money; ``covered`` that Conekta pays it.

    Raises:
        ApiError: there is no open one.
    """
    running = _open_of(charge)
    done = orders.refunded_of(charge)
    kept = "partially_refunded" if done else "paid"
    status = "charged_back" if outcome == "lost" else kept
    return _put(sandbox, charge, {**running, "status": outcome}, status, f"charge.chargeback.{outcome}")


def _open_of(charge: Record) -> JsonDict:
    running: JsonDict | None = charge.body["chargeback"]
    if charge.status != "charged_back" or not running or running["status"] not in OPEN:
        raise ApiError(422, "processing.chargeback.status", "There is no open chargeback.")
    return running


def _put(sandbox: Sandbox, charge: Record, chargeback: JsonDict, status: str, event: str) -> Record:
    with sandbox.store.transaction():
        charge.body["chargeback"] = chargeback
        charges.put(sandbox, charge, status)
        order = orders.refresh(sandbox, orders.fetch(sandbox, charge.parent), status)
        notifications.emit(sandbox, order, [(event, charge.body)])
    return charge
