"""Mercado Pago's statuses, amounts and dates, mapped to ours."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from payments.gateways.base import (
    GatewayError,
    PaymentSnapshot,
    PaymentState,
    Reason,
    RefundSnapshot,
    RefundState,
)
from payments.gateways.cards import last4
from payments.gateways.mercadopago.limits import INTEGER_CURRENCIES
from shop.core.json_types import JsonMapping, JsonObject

# From docs/providers/mercadopago.md#payments. Unknown words are not here: they map to None, which changes nothing.
STATUS_MAP: Final[Mapping[str, PaymentState]] = {
    "pending": PaymentState.PENDING,
    "in_process": PaymentState.PENDING,
    "authorized": PaymentState.AUTHORIZED,
    "approved": PaymentState.APPROVED,
    "rejected": PaymentState.REJECTED,
    "cancelled": PaymentState.CANCELLED,
    "refunded": PaymentState.REFUNDED,
    "in_mediation": PaymentState.DISPUTED,
    "charged_back": PaymentState.DISPUTED,
}
# A dispute's end is in the detail.
_DISPUTE_ENDS: Final[Mapping[str, PaymentState]] = {
    "settled": PaymentState.CHARGED_BACK,
    "reimbursed": PaymentState.APPROVED,
}
REFUND_STATUS_MAP: Final[Mapping[str, RefundState]] = {
    "approved": RefundState.SUCCEEDED,
    "in_process": RefundState.PENDING,
    "rejected": RefundState.FAILED,
    "cancelled": RefundState.FAILED,
}
_CENT: Final = Decimal("0.01")
# More than any column of ours holds.
_ABSURD: Final = Decimal(10) ** 11
_KEPT: Final = (
    "id",
    "status",
    "status_detail",
    "date_created",
    "date_approved",
    "date_last_updated",
    "date_of_expiration",
    "money_release_date",
    "payment_method_id",
    "payment_type_id",
    "currency_id",
    "transaction_amount",
    "transaction_amount_refunded",
    "installments",
    "external_reference",
    "collector_id",
    "live_mode",
    "captured",
    "fee_details",
)
_KEPT_DETAILS: Final = (
    "net_received_amount",
    "total_paid_amount",
    "installment_amount",
    "overpaid_amount",
    "external_resource_url",
)


def wire(amount: Decimal, currency: str) -> int | float:
    """Write an amount as JSON can carry it: whole for CLP and COP, else two places (JSON has no decimals).

    The only place where money becomes a float, and only after quantising.

    Raises:
        GatewayError: more decimals than the currency has; silently rounding would charge something else.
    """
    exact = amount.quantize(Decimal(1) if currency in INTEGER_CURRENCIES else _CENT, rounding=ROUND_HALF_UP)
    if exact != amount:
        message = f"{amount} {currency} has too many decimals for Mercado Pago"
        raise GatewayError(message, permanent=True, reason=Reason.AMOUNT)
    return int(exact) if currency in INTEGER_CURRENCIES else float(exact)


def read_amount(value: object) -> Decimal:
    """Read an amount, a number or a string (docs/providers/mercadopago.md#amounts), to two places."""
    try:
        return Decimal(str(value if value is not None else 0)).quantize(_CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise GatewayError(f"Mercado Pago sent no amount: {value!r}", permanent=False) from error


def write_date(moment: datetime) -> str:
    """Write `2026-01-01T01:00:00.000+00:00`: milliseconds and the offset are mandatory."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def read_date(value: object) -> datetime | None:
    """Read a date of theirs; None for null or anything without an offset."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def descriptor(name: str) -> str:
    """Return what the card statement may show: at most 13 plain capitals (docs/providers/mercadopago.md#limits)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9 ]", "", plain.upper())[:13].strip()


def state_of(payment: Mapping[str, object]) -> PaymentState | None:
    """Map status and detail; None for words we do not know, which must change nothing."""
    status, detail = str(payment.get("status")), str(payment.get("status_detail"))
    if status == "charged_back" and detail in _DISPUTE_ENDS:
        return _DISPUTE_ENDS[detail]
    return STATUS_MAP.get(status)


def read_refund(refund: JsonMapping) -> RefundSnapshot:
    """Read one refund; a status we do not know counts as on its way, never as done."""
    return RefundSnapshot(
        external_id=str(refund["id"]),
        amount=read_amount(refund.get("amount")),
        state=REFUND_STATUS_MAP.get(str(refund.get("status") or "approved"), RefundState.PENDING),
        created_at=read_date(refund.get("date_created")),
        detail=str(refund.get("reason") or ""),
    )


def read_payment(payment: JsonMapping, *, collector_id: str, livemode: bool = False) -> PaymentSnapshot:
    """Read a payment. The amount is `transaction_amount`: the total paid contains the buyer's interest.

    `livemode`: one of the test mode is not ours. A test user's payment is marked as a live one, so this finds less than
    all tests, and never takes a live one for a test (docs/providers/mercadopago.md#accounts-and-modes).
    """
    details = payment.get("transaction_details") or {}
    card = payment.get("card")
    return PaymentSnapshot(
        external_id=str(payment["id"]),
        reference=str(payment.get("external_reference") or ""),
        state=state_of(payment),
        status=str(payment.get("status") or ""),
        status_detail=str(payment.get("status_detail") or ""),
        amount=read_amount(payment.get("transaction_amount")),
        currency=str(payment.get("currency_id") or ""),
        refunded_amount=read_amount(payment.get("transaction_amount_refunded")),
        refunds=tuple(read_refund(refund) for refund in payment.get("refunds") or []),
        method=str(payment.get("payment_method_id") or ""),
        installments=int(payment.get("installments") or 1),
        approved_at=read_date(payment.get("date_approved")),
        updated_at=read_date(payment.get("date_last_updated")),
        voucher_url=str(details.get("external_resource_url") or ""),
        voucher_expires_at=read_date(payment.get("date_of_expiration")),
        # The token may read payments of another seller of the same application.
        is_ours=is_of_account(payment, collector_id=collector_id, livemode=livemode),
        raw=masked(payment),
        card_last4=last4(card.get("last_four_digits")) if isinstance(card, Mapping) else "",
        charged_total=_charged(details.get("total_paid_amount")),
        charged_installment=_charged(details.get("installment_amount")),
    )


def _charged(value: object) -> Decimal | None:
    """Read what the buyer's card is charged; None where it is not told: 0 of what is paid otherwise, or no amount.

    It is for the buyer to read: nothing waits for it, and what makes no sense is left out.
    """
    try:
        amount = read_amount(value)
    except GatewayError:
        return None
    return amount if 0 < amount < _ABSURD else None


def is_of_account(payment: Mapping[str, object], *, collector_id: str, livemode: bool) -> bool:
    """Say whether a payment is this account's, and not one of the test mode where only live ones count."""
    is_mine = not collector_id or str(payment.get("collector_id")) == collector_id
    return is_mine and not (livemode and payment.get("live_mode") is False)


def masked(payment: JsonMapping) -> JsonObject:
    """Keep what a clerk needs to understand the payment: no card, no payer, no address."""
    details = payment.get("transaction_details") or {}
    kept = {key: payment[key] for key in _KEPT if key in payment}
    kept["transaction_details"] = {key: details[key] for key in _KEPT_DETAILS if key in details}
    order = payment.get("order")  # Object in one page of their documentation, array in another.
    kept["order_id"] = str(order.get("id") or "") if isinstance(order, dict) else ""
    kept["refunds"] = [
        {key: refund.get(key) for key in ("id", "amount", "status", "date_created")}
        for refund in payment.get("refunds") or []
    ]
    return kept
