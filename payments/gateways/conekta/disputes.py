"""Conekta's chargebacks, read: each charge carries its own (the SDK's `ChargebackResponse`)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from payments.gateways.base import (
    DisputeReason,
    DisputeSnapshot,
    DisputeState,
    PaymentSnapshot,
    PaymentState,
)
from payments.gateways.conekta.mapping import instant, rows_of, state_of
from shop.core.json_types import JsonMapping

# Unknown words are not here: they map to None, which changes nothing. A covered chargeback is paid by Conekta.
STATUS_MAP: Final[Mapping[str, DisputeState]] = {
    "action_required": DisputeState.NEEDS_RESPONSE,
    "pending_review": DisputeState.UNDER_REVIEW,
    "under_review": DisputeState.UNDER_REVIEW,
    "represented": DisputeState.UNDER_REVIEW,
    "rt_sent": DisputeState.UNDER_REVIEW,
    # A retrieval: the bank asks for papers and has taken nothing yet.
    "rt": DisputeState.INQUIRY,
    "won": DisputeState.WON,
    "covered": DisputeState.WON,
    "lost": DisputeState.LOST,
}
_FRAUD = (
    "unauthorized",
    "unauthorized_by_client",
    "unrecognized_like_fraud",
    "fraudulent",
    "fraudulent_business",
    "chip_liabiliaty_shift",
)
REASON_MAP: Final[Mapping[str, DisputeReason]] = {
    **dict.fromkeys(_FRAUD, DisputeReason.FRAUD),
    **dict.fromkeys(("unrecognized", "unrecognized_purchase"), DisputeReason.UNRECOGNIZED),
    **dict.fromkeys(("duplicate", "twice_transaction"), DisputeReason.DUPLICATE),
    **dict.fromkeys(("damaged_products", "product_unacceptable"), DisputeReason.NOT_AS_DESCRIBED),
    **dict.fromkeys(("credit_not_processed", "transaction_not_refunded"), DisputeReason.CREDIT_NOT_PROCESSED),
    **dict.fromkeys(
        ("service_canceled", "subscription_canceled", "subscription_not_requested"), DisputeReason.CANCELLED
    ),
    **dict.fromkeys(
        ("incorrect_amount", "differents_amounts", "incorrect_exchange", "billing"),
        DisputeReason.WRONG_AMOUNT,
    ),
    "product_not_received": DisputeReason.NOT_RECEIVED,
}
_ANSWERED: Final = {"pending_review", "under_review", "represented", "rt_sent"}
_KEPT: Final = (
    "id",
    "status",
    "reason",
    "note",
    "followup_status",
    "charge_id",
    "created_at",
    "evidence_due_by",
)
_PANEL: Final = "https://panel.conekta.com"


def added(payment: PaymentSnapshot, charge: JsonMapping) -> PaymentSnapshot:
    """Return a payment with the chargeback of its charge, if it has one."""
    return replace(payment, disputes=_of_charge(payment, charge))


def is_running(order: Mapping[str, object], charge_id: str) -> bool:
    """Say whether a charge of an order is disputed, and not decided yet."""
    charges = [charge for charge in rows_of(order.get("charges")) if str(charge["id"]) == charge_id]
    return any(state_of(charge) == PaymentState.DISPUTED for charge in charges)


def _of_charge(payment: PaymentSnapshot, charge: Mapping[str, object]) -> tuple[DisputeSnapshot, ...]:
    """Read the chargeback. It names no amount: whatever is left of the charge is disputed."""
    chargeback = charge.get("chargeback")
    if not isinstance(chargeback, Mapping) or not chargeback.get("status"):
        return ()
    status, reason = str(chargeback["status"]), str(chargeback.get("reason") or "")
    return (
        DisputeSnapshot(
            external_id=str(chargeback.get("id") or charge["id"]),
            state=STATUS_MAP.get(status),
            status=status,
            reason=REASON_MAP.get(reason, DisputeReason.OTHER),
            reason_code=reason,
            amount=payment.amount - payment.refunded_amount,
            currency=payment.currency,
            opened_at=instant(chargeback.get("created_at")),
            respond_by=instant(chargeback.get("evidence_due_by")),
            is_answered=status in _ANSWERED,
            panel_url=_PANEL,
            raw={key: chargeback[key] for key in _KEPT if key in chargeback},
        ),
    )
