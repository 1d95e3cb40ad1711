"""Stripe's disputes, read (docs/providers/stripe.md#disputes)."""

from collections.abc import Mapping
from typing import Final

from payments.gateways.base import DisputeReason, DisputeSnapshot, DisputeState
from payments.gateways.stripe.mapping import from_minor, instant
from shop.core.json_types import JsonMapping

# Unknown words are not here: they map to None, which changes nothing.
STATUS_MAP: Final[Mapping[str, DisputeState]] = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.UNDER_REVIEW,
    # An inquiry that ran out without becoming a dispute; one that a refund headed off.
    "warning_closed": DisputeState.WITHDRAWN,
    "prevented": DisputeState.WITHDRAWN,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "appeal_needs_response": DisputeState.NEEDS_RESPONSE,
    "appeal_under_review": DisputeState.UNDER_REVIEW,
}
REASON_MAP: Final[Mapping[str, DisputeReason]] = {
    "fraudulent": DisputeReason.FRAUD,
    "unrecognized": DisputeReason.UNRECOGNIZED,
    "product_not_received": DisputeReason.NOT_RECEIVED,
    "product_unacceptable": DisputeReason.NOT_AS_DESCRIBED,
    "duplicate": DisputeReason.DUPLICATE,
    "credit_not_processed": DisputeReason.CREDIT_NOT_PROCESSED,
    "subscription_canceled": DisputeReason.CANCELLED,
}
# Which evidence has a field of its own (`DisputeUpdateParamsEvidence`), and how much text one takes.
_FIELDS: Final[Mapping[str, str]] = {
    "product": "product_description",
    "billing_address": "billing_address",
    "shipping_address": "shipping_address",
    "tracking": "shipping_tracking_number",
    "refund_policy": "refund_policy_disclosure",
    "duplicate": "duplicate_charge_explanation",
}
_LONGEST: Final = 20_000
PREFIXES: Final = ("du_", "dp_")
_PANEL: Final = "https://dashboard.stripe.com"
_KEPT: Final = (
    "id",
    "status",
    "reason",
    "network_reason_code",
    "amount",
    "currency",
    "created",
    "charge",
    "payment_intent",
    "is_charge_refundable",
    "livemode",
)
_KEPT_DETAILS: Final = ("due_by", "has_evidence", "past_due", "submission_count")


def is_dispute(subject: str) -> bool:
    """Say whether a hint names a dispute."""
    return subject.startswith(PREFIXES)


def read_dispute(dispute: JsonMapping) -> DisputeSnapshot:
    """Read one dispute; its evidence stays at Stripe (it holds persons and addresses)."""
    status, currency = str(dispute.get("status") or ""), str(dispute.get("currency") or "").upper()
    details = dispute.get("evidence_details") or {}
    reason = str(dispute.get("reason") or "")
    mode = "" if dispute.get("livemode") else "/test"
    return DisputeSnapshot(
        external_id=str(dispute["id"]),
        state=STATUS_MAP.get(status),
        status=status,
        reason=REASON_MAP.get(reason, DisputeReason.OTHER),
        reason_code=reason,
        amount=from_minor(dispute.get("amount"), currency),
        currency=currency,
        opened_at=instant(dispute.get("created")),
        respond_by=instant(details.get("due_by")),
        is_refundable=bool(dispute.get("is_charge_refundable")),
        is_answered=bool(details.get("submission_count")),
        # While nothing was withdrawn yet the charge need not say that it is disputed, so the dispute is asked about.
        subject=str(dispute["id"]),
        panel_url=f"{_PANEL}{mode}/disputes/{dispute['id']}",
        raw={
            **{key: dispute.get(key) for key in _KEPT},
            "evidence_details": {key: details.get(key) for key in _KEPT_DETAILS},
        },
    )


def evidence_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the evidence's fields; what has none of its own goes into the free text, under its name.

    Stripe takes 20,000 characters a field and 150,000 together; files are added in its dashboard.
    """
    fields = {_FIELDS[kind]: text[:_LONGEST] for kind, text in texts.items() if kind in _FIELDS}
    rest = [
        f"{kind.replace('_', ' ').upper()}\n{text}" for kind, text in texts.items() if kind not in _FIELDS
    ]
    return {**fields, **({"uncategorized_text": "\n\n".join(rest)[:_LONGEST]} if rest else {})}
