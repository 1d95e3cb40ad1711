"""Stripe's statuses, amounts and dates, mapped to ours."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from payments.gateways.base import (
    CheckoutState,
    DisputeSnapshot,
    DisputeState,
    GatewayError,
    PaymentSnapshot,
    PaymentState,
    Reason,
    RefundSnapshot,
    RefundState,
)
from payments.gateways.cards import last4
from payments.gateways.stripe.limits import factor, places
from shop.core.json_types import Json, JsonMapping, JsonObject

# PaymentIntent statuses (docs/providers/stripe.md#statuses). Unknown words map to None, which changes nothing.
STATUS_MAP: Final[Mapping[str, PaymentState]] = {
    "requires_payment_method": PaymentState.REJECTED,
    "requires_confirmation": PaymentState.PENDING,
    "requires_action": PaymentState.PENDING,
    "processing": PaymentState.PENDING,
    "requires_capture": PaymentState.AUTHORIZED,
    "succeeded": PaymentState.APPROVED,
    "canceled": PaymentState.CANCELLED,
}
REFUND_STATUS_MAP: Final[Mapping[str, RefundState]] = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
SESSION_STATUS_MAP: Final[Mapping[str, CheckoutState]] = {
    "open": CheckoutState.OPEN,
    "complete": CheckoutState.COMPLETE,
    "expired": CheckoutState.EXPIRED,
}
# An intent without a session, as the status that a session around it would have; any other is open.
INTENT_CHECKOUTS: Final[Mapping[str, str]] = {"succeeded": "complete", "canceled": "expired"}
# While the session is open, these only mean that the shopper is still busy on Stripe's page.
_BUSY: Final = {"requires_confirmation", "requires_action", "processing"}
# A dispute that may still take the money; None: a status that we do not know.
_UNDECIDED: Final = {DisputeState.INQUIRY, DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW, None}


def to_minor(amount: Decimal, currency: str) -> int:
    """Write an amount in minor units, by Stripe's factor for the currency (COP: a hundred).

    Raises:
        GatewayError: more decimals than the currency has.
    """
    minor = amount * factor(currency)
    if minor != minor.to_integral_value() or amount != amount.quantize(Decimal(1).scaleb(-places(currency))):
        message = f"{amount} {currency} has too many decimals for Stripe"
        raise GatewayError(message, permanent=True, reason=Reason.AMOUNT)
    return int(minor)


def from_minor(minor: Json, currency: str) -> Decimal:
    """Read minor units as an amount with two places."""
    return (Decimal(int(minor or 0)) / factor(currency)).quantize(Decimal("0.01"))


def instant(seconds: Json) -> datetime | None:
    """Read unix seconds."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def read_refund(refund: JsonMapping) -> RefundSnapshot:
    """Read one refund; an unknown status counts as on its way, never as done."""
    return RefundSnapshot(
        external_id=str(refund["id"]),
        amount=from_minor(refund.get("amount"), str(refund.get("currency") or "")),
        state=REFUND_STATUS_MAP.get(str(refund.get("status")), RefundState.PENDING),
        created_at=instant(refund.get("created")),
        idempotency_reference=str((refund.get("metadata") or {}).get("refund") or ""),
        detail=str(refund.get("failure_reason") or ""),
    )


def read_payment(
    session: JsonMapping,
    intent: JsonMapping,
    refunds: Iterable[JsonMapping],
    *,
    livemode: bool,
    disputes: Sequence[DisputeSnapshot] = (),
) -> PaymentSnapshot | None:
    """Read the session's PaymentIntent; None while there is nothing to report (nothing tried, 3-D Secure running)."""
    status, error = str(intent.get("status")), intent.get("last_payment_error") or {}
    if session.get("status") == "open" and status in _BUSY:
        return None
    if status == "requires_payment_method" and not error:
        return None
    currency = str(intent.get("currency") or "").upper()
    read = tuple(read_refund(refund) for refund in refunds)
    amount = from_minor(intent.get("amount_received") or intent.get("amount"), currency)
    refunded = sum((one.amount for one in read if one.state == RefundState.SUCCEEDED), Decimal("0.00"))
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    voucher_url, voucher_until = _voucher(intent.get("next_action") or {})
    return PaymentSnapshot(
        external_id=str(intent["id"]),
        reference=str(session.get("client_reference_id") or ""),
        state=_state(status, amount, refunded, disputes, is_disputed=bool(charge.get("disputed"))),
        status=status,
        status_detail=_detail(error, disputes),
        amount=amount,
        currency=currency,
        refunded_amount=refunded,
        refunds=read,
        method=_method(charge, intent),
        installments=_installments(charge),
        approved_at=instant(charge.get("created")) if status == "succeeded" else None,
        updated_at=None,  # Stripe gives none: the time of the request decides (`CheckoutSnapshot.fetched_at`).
        voucher_url=voucher_url,
        voucher_expires_at=voucher_until,
        # Test and live objects never mix.
        is_ours=bool(intent.get("livemode")) == livemode,
        raw=masked(session, intent, charge, read),
        card_last4=_last4(charge),
        disputes=tuple(disputes),
    )


def _state(
    status: str,
    amount: Decimal,
    refunded: Decimal,
    disputes: Sequence[DisputeSnapshot],
    *,
    is_disputed: bool,
) -> PaymentState | None:
    """Map the intent's status, its refunds and its disputes.

    The charge's own `disputed` stays true for ever, also after a won dispute, so it counts only while none is listed;
    otherwise the disputes decide whether the money is here (docs/providers/stripe.md#statuses).
    """
    if status != "succeeded":
        return STATUS_MAP.get(status)
    ends = {dispute.state for dispute in disputes}
    if ends & _UNDECIDED or (is_disputed and not ends):
        return PaymentState.DISPUTED
    if DisputeState.LOST in ends:
        return PaymentState.CHARGED_BACK
    return PaymentState.REFUNDED if amount and refunded >= amount else PaymentState.APPROVED


def _detail(error: JsonMapping, disputes: Sequence[DisputeSnapshot]) -> str:
    if disputes:
        newest = max(disputes, key=lambda dispute: dispute.opened_at or datetime.min.replace(tzinfo=UTC))
        return f"{newest.status}: {newest.reason_code or 'dispute'}"
    return str(error.get("decline_code") or error.get("code") or "")


def _voucher(next_action: JsonMapping) -> tuple[str, datetime | None]:
    """Return page and deadline of an OXXO, boleto or Pix voucher, whatever its kind."""
    details = next_action.get(str(next_action.get("type") or ""))
    if not isinstance(details, Mapping):
        return "", None
    page = details.get("hosted_voucher_url") or details.get("hosted_instructions_url") or ""
    return str(page), instant(details.get("expires_after") or details.get("expires_at"))


def _method(charge: JsonMapping, intent: JsonMapping) -> str:
    details = charge.get("payment_method_details")
    if isinstance(details, Mapping) and details.get("type"):
        kind = str(details["type"])
        brand = (details.get(kind) or {}).get("brand") if isinstance(details.get(kind), Mapping) else ""
        return str(brand or kind)
    kind = str((intent.get("next_action") or {}).get("type") or "")
    return kind.removesuffix("_display_details").removesuffix("_display_qr_code")


def _last4(charge: Mapping[str, object]) -> str:
    details = charge.get("payment_method_details")
    card = details.get("card") if isinstance(details, Mapping) else None
    return last4(card.get("last4")) if isinstance(card, Mapping) else ""


def _installments(charge: Mapping[str, object]) -> int:
    details = charge.get("payment_method_details")
    card = details.get("card") if isinstance(details, Mapping) else None
    plan = ((card or {}).get("installments") or {}).get("plan") or {}
    return int(plan.get("count") or 1)


def masked(
    session: JsonMapping,
    intent: JsonMapping,
    charge: JsonMapping,
    refunds: tuple[RefundSnapshot, ...],
) -> JsonObject:
    """Keep what a clerk needs to understand the payment: no card, no customer, no client secret."""
    keep = (
        "id",
        "status",
        "amount",
        "amount_received",
        "currency",
        "created",
        "livemode",
        "cancellation_reason",
    )
    error = intent.get("last_payment_error") or {}
    return {
        "session": {
            key: session.get(key)
            for key in (
                "id",
                "status",
                "payment_status",
                "amount_total",
                "currency",
                "client_reference_id",
                "created",
            )
        },
        "payment_intent": {key: intent.get(key) for key in keep},
        "charge": {
            key: charge.get(key) for key in ("id", "status", "amount_refunded", "disputed", "created")
        },
        "error": {key: error.get(key) for key in ("code", "decline_code", "type")},
        "refunds": [
            {"id": one.external_id, "amount": str(one.amount), "state": one.state.value} for one in refunds
        ],
    }
