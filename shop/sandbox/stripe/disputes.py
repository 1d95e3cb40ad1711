"""Disputes: what the shopper's bank does, and the evidence that the shop gives (https://docs.stripe.com/disputes)."""

from __future__ import annotations

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import events
from shop.sandbox.stripe.errors import ApiError, missing

KIND = "st_dispute"
DAY = 86_400
REASONS = (
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
INQUIRY = ("warning_needs_response", "warning_under_review")
OPEN = (*INQUIRY, "needs_response", "under_review")
# Evidence may be given in these, and is final once it is submitted.
ANSWERABLE = ("warning_needs_response", "needs_response")


def fetch(sandbox: Sandbox, dispute_id: str) -> Record:
    """Return a dispute.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, dispute_id)
    if record is None:
        raise missing("dispute", dispute_id, "dispute")
    return record


def of_charge(sandbox: Sandbox, charge: Record) -> list[Record]:
    """Return a charge's disputes, newest first."""
    return sandbox.store.find(KIND, parent=charge.id)


def leave_refundable(sandbox: Sandbox, charge: Record) -> bool:
    """Return whether its disputes let a charge be refunded: while the bank only asks, and after the shop won."""
    return all(
        dispute.body["is_charge_refundable"] or dispute.status in ("won", "warning_closed")
        for dispute in of_charge(sandbox, charge)
    )


def create(
    sandbox: Sandbox,
    charge: Record,
    *,
    reason: str = "fraudulent",
    amount: int | None = None,
    is_inquiry: bool = False,
    days: float = 10,
) -> Record:
    """Let the shopper's bank dispute a charge (minor units; the whole by default), or only ask about it.

    Raises:
        ApiError: it is disputed already, or by a word or an amount that does not exist.
    """
    if any(dispute.status != "warning_closed" for dispute in of_charge(sandbox, charge)):
        raise ApiError("This charge is already disputed.")
    if reason not in REASONS:
        raise ApiError(f"Invalid reason: {reason}", param="reason")
    if amount is not None and not 0 < amount <= charge.body["amount"]:
        raise ApiError("Invalid amount", param="amount")
    status = "warning_needs_response" if is_inquiry else "needs_response"
    body = _body(sandbox, charge, status, reason, amount or charge.body["amount"], days)
    with sandbox.store.transaction():
        record = Record(KIND, body["id"], body, parent=charge.id, ref=charge.ref, status=status)
        sandbox.store.add(record)
        if not is_inquiry:
            _take(sandbox, charge)
        facts = [("charge.dispute.created", body)]
        if not is_inquiry:
            facts.append(("charge.dispute.funds_withdrawn", body))
        events.emit(sandbox, facts, _targets(charge))
    return record


def _body(sandbox: Sandbox, charge: Record, status: str, reason: str, amount: int, days: float) -> JsonDict:
    now = int(sandbox.clock.now())
    return {
        "id": sandbox.ids.token("du_1Q", 22),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge.id,
        "created": now,
        "currency": charge.body["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + int(days * DAY),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": days < 0,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        # While the bank only asks, refunding is how one answers it.
        "is_charge_refundable": status in INQUIRY,
        "livemode": charge.body["livemode"],
        "metadata": {},
        "payment_intent": charge.parent,
        "reason": reason,
        "status": status,
    }


def _take(sandbox: Sandbox, charge: Record) -> None:
    """Mark the charge as disputed: the mark stays for ever, whatever the outcome."""
    charge.body["disputed"] = True
    sandbox.store.save(charge)


def _targets(charge: Record) -> tuple[str, ...]:
    return (charge.id, charge.ref, charge.parent)


def open_of(sandbox: Sandbox, charge: Record) -> Record:
    """Return a charge's undecided dispute.

    Raises:
        ApiError: there is none.
    """
    for dispute in of_charge(sandbox, charge):
        if dispute.status in OPEN:
            return dispute
    raise ApiError("This charge has no open dispute.")


def escalate(sandbox: Sandbox, charge: Record) -> Record:
    """Turn an inquiry into a dispute: the money is taken now.

    Raises:
        ApiError: there is no inquiry.
    """
    dispute = open_of(sandbox, charge)
    if dispute.status not in INQUIRY:
        raise ApiError("This dispute is no inquiry.")
    with sandbox.store.transaction():
        dispute.body["is_charge_refundable"] = False
        _take(sandbox, charge)
        _set(sandbox, dispute, "needs_response")
        facts = [("charge.dispute.updated", dispute.body), ("charge.dispute.funds_withdrawn", dispute.body)]
        events.emit(sandbox, facts, _targets(charge))
    return dispute


def decide(sandbox: Sandbox, charge: Record, outcome: str) -> Record:
    """End a dispute: ``won``, ``lost``, or ``withdrawn`` by the shopper (which reads as won; an inquiry is closed).

    Raises:
        ApiError: there is no open dispute, or an inquiry shall be won or lost.
    """
    dispute = open_of(sandbox, charge)
    asks = dispute.status in INQUIRY
    if asks and outcome != "withdrawn":
        raise ApiError("An inquiry is neither won nor lost: it is closed, or becomes a dispute.")
    status = "warning_closed" if asks else "lost" if outcome == "lost" else "won"
    with sandbox.store.transaction():
        _set(sandbox, dispute, status)
        facts = [("charge.dispute.closed", dispute.body)]
        if status == "won":
            facts.append(("charge.dispute.funds_reinstated", dispute.body))
        events.emit(sandbox, facts, _targets(charge))
    return dispute


def review(sandbox: Sandbox, charge: Record) -> Record:
    """Let the bank begin to look at the evidence.

    Raises:
        ApiError: there is no dispute that waits for any.
    """
    dispute = open_of(sandbox, charge)
    if dispute.status not in ANSWERABLE:
        raise ApiError("This dispute is under review already.")
    return _submit(sandbox, dispute)


def update(sandbox: Sandbox, dispute_id: str, params: JsonDict) -> Record:
    """``POST /v1/disputes/{dispute}``: keep evidence with the dispute, and send it to the bank with ``submit``.

    Raises:
        ApiError: 404; the evidence is too long together; the dispute takes none (any more).
    """
    with sandbox.store.transaction():
        dispute = fetch(sandbox, dispute_id)
        evidence = params.get("evidence") or {}
        if (evidence or params.get("submit")) and dispute.status not in ANSWERABLE:
            raise ApiError("This dispute is already closed or under review.", code="dispute_not_updatable")
        kept = {**dispute.body["evidence"], **{name: value or None for name, value in evidence.items()}}
        if sum(len(value) for value in kept.values() if isinstance(value, str)) > 150_000:
            raise ApiError(
                "The combined character count of all fields is more than 150,000.", param="evidence"
            )
        dispute.body["evidence"] = kept
        dispute.body["metadata"] |= params.get("metadata") or {}
        dispute.body["evidence_details"]["has_evidence"] = any(
            isinstance(value, str) for value in kept.values()
        )
        sandbox.store.save(dispute)
        # The default is true: to keep a draft, send false.
        if evidence and params.get("submit", True):
            return _submit(sandbox, dispute)
        events.emit(sandbox, [("charge.dispute.updated", dispute.body)], (dispute.parent, dispute.ref))
    return dispute


def _submit(sandbox: Sandbox, dispute: Record) -> Record:
    with sandbox.store.transaction():
        details = dispute.body["evidence_details"]
        details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
        _set(sandbox, dispute, "warning_under_review" if dispute.status in INQUIRY else "under_review")
        targets = (dispute.parent, dispute.ref, dispute.body["payment_intent"])
        events.emit(sandbox, [("charge.dispute.updated", dispute.body)], targets)
    return dispute


def _set(sandbox: Sandbox, dispute: Record, status: str) -> None:
    dispute.status = dispute.body["status"] = status
    sandbox.store.save(dispute)


def listed(sandbox: Sandbox, params: JsonDict) -> list[Record]:
    """Return the disputes that ``GET /v1/disputes`` filters by charge or PaymentIntent, newest first."""
    found = sandbox.store.find(KIND, parent=params.get("charge"))
    if params.get("payment_intent"):
        found = [row for row in found if row.body["payment_intent"] == params["payment_intent"]]
    return found
