"""Conekta's statuses, amounts and dates, mapped to ours."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from payments.gateways.base import (
    CheckoutState,
    GatewayError,
    PaymentSnapshot,
    PaymentState,
    Reason,
    RefundSnapshot,
    RefundState,
)
from payments.gateways.cards import last4
from shop.core.json_types import Json, JsonMapping

# From docs/providers/conekta.md#statuses. Unknown words are not here: they map to None, which changes nothing.
ORDER_STATUS_MAP: Final[Mapping[str, CheckoutState]] = {
    "": CheckoutState.OPEN,  # Nothing has been tried yet.
    "pending_payment": CheckoutState.OPEN,
    "declined": CheckoutState.OPEN,
    "paid": CheckoutState.COMPLETE,
    "pre_authorized": CheckoutState.COMPLETE,
    "partially_refunded": CheckoutState.COMPLETE,
    "refunded": CheckoutState.COMPLETE,
    "charged_back": CheckoutState.COMPLETE,
    "expired": CheckoutState.EXPIRED,
    "canceled": CheckoutState.EXPIRED,
}
STATUS_MAP: Final[Mapping[str, PaymentState]] = {
    "pending_payment": PaymentState.PENDING,
    "pre_authorized": PaymentState.AUTHORIZED,
    "paid": PaymentState.APPROVED,
    "partially_refunded": PaymentState.APPROVED,
    "refunded": PaymentState.REFUNDED,
    "declined": PaymentState.REJECTED,
    "expired": PaymentState.CANCELLED,
    "canceled": PaymentState.CANCELLED,
    "charged_back": PaymentState.DISPUTED,
}
# The states of a chargeback (`ChargebackResponse`); a covered one is paid by Conekta.
DISPUTE_MAP: Final[Mapping[str, PaymentState]] = {
    "won": PaymentState.APPROVED,
    "covered": PaymentState.APPROVED,
    "lost": PaymentState.CHARGED_BACK,
    "action_required": PaymentState.DISPUTED,
    "pending_review": PaymentState.DISPUTED,
    "under_review": PaymentState.DISPUTED,
    "rt": PaymentState.DISPUTED,
    "rt_sent": PaymentState.DISPUTED,
    "represented": PaymentState.DISPUTED,
}
REFUND_STATUS_MAP: Final[Mapping[str, RefundState]] = {
    "": RefundState.SUCCEEDED,  # Older answers carry no status: what is listed was done.
    "succeeded": RefundState.SUCCEEDED,
    "refunded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "declined": RefundState.FAILED,
    "canceled": RefundState.FAILED,
    "expired": RefundState.FAILED,
}
_CENT: Final = Decimal("0.01")
SEPARATOR: Final = ":"


def to_minor(amount: Decimal, currency: str) -> int:
    """Write an amount in centavos.

    Raises:
        GatewayError: more than two decimals.
    """
    minor = amount * 100
    if minor != minor.to_integral_value():
        message = f"{amount} {currency} has too many decimals for Conekta"
        raise GatewayError(message, permanent=True, reason=Reason.AMOUNT)
    return int(minor)


def from_minor(minor: Json) -> Decimal:
    """Read centavos as an amount with two places."""
    return (Decimal(int(minor or 0)) / 100).quantize(_CENT)


def instant(seconds: Json) -> datetime | None:
    """Read unix seconds."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def payment_id(order_id: str, charge_id: str) -> str:
    """Return how we name a charge: refunds are asked of its order, and a charge cannot be fetched by its own number."""
    return f"{order_id}{SEPARATOR}{charge_id}"


def reference_of(order: JsonMapping) -> str:
    """Return our own reference, which the order's metadata carry."""
    metadata = order.get("metadata")
    return str(metadata.get("attempt") or "") if isinstance(metadata, Mapping) else ""


def rows_of(listed: object) -> Sequence[Mapping[str, object]]:
    """Return the rows of one of Conekta's lists."""
    data = listed.get("data") if isinstance(listed, Mapping) else None
    return [row for row in data or [] if isinstance(row, Mapping) and row.get("id")]


def state_of(charge: Mapping[str, object]) -> PaymentState | None:
    """Map a charge's status; where it was disputed, the chargeback's own state decides."""
    chargeback = charge.get("chargeback")
    if isinstance(chargeback, Mapping) and chargeback.get("status"):
        state = DISPUTE_MAP.get(str(chargeback["status"]))
        if state != PaymentState.APPROVED:
            return state
        # Won: the money is here, unless it went back since.
        status = str(charge.get("status"))
        return PaymentState.APPROVED if status == "charged_back" else STATUS_MAP.get(status)
    return STATUS_MAP.get(str(charge.get("status")))


def read_refund(refund: JsonMapping) -> RefundSnapshot:
    """Read one refund, whose amount is listed as negative; an unknown status counts as on its way, never as done."""
    return RefundSnapshot(
        external_id=str(refund["id"]),
        amount=abs(from_minor(refund.get("amount"))),
        state=REFUND_STATUS_MAP.get(str(refund.get("status") or ""), RefundState.PENDING),
        created_at=instant(refund.get("created_at")),
    )


def read_charge(order: JsonMapping, charge: JsonMapping, *, livemode: bool) -> PaymentSnapshot:
    """Read one charge of an order."""
    refunds = tuple(read_refund(row) for row in rows_of(charge.get("refunds")))
    done = (one.amount for one in refunds if one.state == RefundState.SUCCEEDED)
    method = charge.get("payment_method")
    method = method if isinstance(method, Mapping) else {}
    is_waiting = str(charge.get("status")) == "pending_payment"
    checkout = order.get("checkout") or {}
    state = state_of(charge)
    return PaymentSnapshot(
        external_id=payment_id(str(order["id"]), str(charge["id"])),
        reference=reference_of(order),
        state=state,
        status=str(charge.get("status") or ""),
        status_detail=_detail(charge),
        amount=from_minor(charge.get("amount")),
        currency=str(charge.get("currency") or "").upper(),
        refunded_amount=sum(done, Decimal("0.00")),
        refunds=refunds,
        method=str(method.get("brand") or method.get("object") or "").removesuffix("_payment"),
        installments=int(charge.get("monthly_installments") or 1),
        approved_at=instant(charge.get("paid_at")),
        updated_at=None,  # A charge has none: the time of the request decides (`CheckoutSnapshot.fetched_at`).
        # The hosted page shows the reference or the CLABE again.
        voucher_url=str(checkout.get("url") or "") if is_waiting else "",
        voucher_expires_at=instant(method.get("expires_at")) if is_waiting else None,
        # Test and live objects never mix.
        is_ours=bool(order.get("livemode")) == livemode,
        raw=masked(order, charge, refunds),
        card_last4=last4(method.get("last4")),
    )


def _detail(charge: JsonMapping) -> str:
    chargeback = charge.get("chargeback")
    if isinstance(chargeback, Mapping) and chargeback.get("status"):
        return f"{chargeback['status']}: {chargeback.get('reason') or 'chargeback'}"
    return str(charge.get("failure_code") or "")


def masked(
    order: Mapping[str, object], charge: Mapping[str, object], refunds: Sequence[RefundSnapshot]
) -> dict[str, object]:
    """Keep what a clerk needs to understand the payment: no card, no buyer, no address."""
    method = charge.get("payment_method")
    method = method if isinstance(method, Mapping) else {}
    chargeback = charge.get("chargeback")
    chargeback = chargeback if isinstance(chargeback, Mapping) else {}
    data = ("id", "payment_status", "amount", "amount_refunded", "currency", "created_at", "livemode")
    kept = (
        "id",
        "status",
        "amount",
        "currency",
        "created_at",
        "paid_at",
        "failure_code",
        "monthly_installments",
    )
    return {
        "order": {key: order.get(key) for key in data} | {"reference": reference_of(order)},
        "charge": {key: charge.get(key) for key in kept},
        "payment_method": {key: method.get(key) for key in ("object", "brand", "service_name", "expires_at")},
        "chargeback": {key: chargeback.get(key) for key in ("id", "status", "reason", "evidence_due_by")},
        "refunds": [
            {"id": one.external_id, "amount": str(one.amount), "state": one.state.value} for one in refunds
        ],
    }
