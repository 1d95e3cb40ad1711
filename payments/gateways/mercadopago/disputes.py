"""Mercado Pago's chargebacks and mediations, read (docs/providers/mercadopago.md#disputes).

Documentation is always worth sending, so `documentation_required` is not asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from payments.gateways.base import (
    DisputeReason,
    DisputeSnapshot,
    DisputeState,
    GatewayError,
    PaymentSnapshot,
    PaymentState,
)
from payments.gateways.errors import DISPUTED, NOT_REFUNDABLE
from payments.gateways.mercadopago.client import Call, Client
from payments.gateways.mercadopago.mapping import read_amount, read_date
from shop.core.json_types import JsonMapping, JsonObject

CHARGEBACK: Final = "chargeback:"
# The payment's detail has the end of its (last) chargeback.
_ENDS: Final[Mapping[str, DisputeState]] = {
    "settled": DisputeState.LOST,
    "reimbursed": DisputeState.WON,
}
# The papers were sent, or none are wanted: the bank decides.
_SENT: Final = {"review_pending", "valid", "invalid"}
_NOTHING_TO_SEND: Final = {"not_applicable"}
REASON_MAP: Final[Mapping[str, DisputeReason]] = {
    "fraud": DisputeReason.FRAUD,
    "unrecognized": DisputeReason.UNRECOGNIZED,
    "not_received": DisputeReason.NOT_RECEIVED,
    "not_as_described": DisputeReason.NOT_AS_DESCRIBED,
    "duplicated": DisputeReason.DUPLICATE,
    "credit_not_processed": DisputeReason.CREDIT_NOT_PROCESSED,
    "cancelled": DisputeReason.CANCELLED,
}
_COUNTRIES: Final = {
    "ARS": "com.ar",
    "BRL": "com.br",
    "MXN": "com.mx",
    "CLP": "cl",
    "COP": "com.co",
    "PEN": "com.pe",
    "UYU": "com.uy",
}
_KEPT: Final = (
    "id",
    "payments",
    "currency",
    "amount",
    "reason",
    "coverage_applied",
    "coverage_elegible",
    "documentation_required",
    "documentation_status",
    "date_documentation_deadline",
    "date_created",
    "date_last_updated",
    "live_mode",
)
_LISTED: Final = 50


def added(client: Client, payment: PaymentSnapshot) -> PaymentSnapshot:
    """Return a payment with its disputes, which are asked about only where its status speaks of one.

    The search names the chargebacks, and each is read by its own number: what it leaves out would be missing else.

    Raises:
        GatewayError: Mercado Pago did not answer.
    """
    if payment.status == "in_mediation":
        return replace(payment, disputes=(_mediation(payment),))
    if payment.status != "charged_back":
        return payment
    page = client.read(_searching({"payment_id": payment.external_id, "limit": _LISTED, "offset": 0})) or {}
    listed = [
        row
        for row in page.get("results") or []
        if isinstance(row, Mapping) and row.get("id") and payment.external_id in payments_of(row)
    ]
    found = [client.read(_getting(str(row["id"]))) or row for row in listed]
    found.sort(key=lambda chargeback: str(chargeback.get("date_created") or ""))
    return replace(payment, disputes=tuple(_read(payment, found)))


def why_not_refunded(payment: PaymentSnapshot, error: GatewayError) -> GatewayError:
    """Return what the refusal "not valid for the current payment state" means for a payment that was disputed.

    A payment that was disputed stays `charged_back` also when the shop won (`reimbursed`): the API refunds it no more.
    """
    if payment.state == PaymentState.DISPUTED:
        return GatewayError(str(error), permanent=True, code=DISPUTED)
    if payment.status == "charged_back" and payment.state == PaymentState.APPROVED:
        return GatewayError(str(error), permanent=True, code=NOT_REFUNDABLE)
    return error


def payments_of(chargeback: JsonMapping) -> list[str]:
    """Return the payments of a chargeback: numbers in the documentation, objects in the OpenAPI file."""
    listed = chargeback.get("payments") or []
    return [str(found.get("id") if isinstance(found, Mapping) else found) for found in listed]


def _read(payment: PaymentSnapshot, chargebacks: Sequence[JsonMapping]) -> list[DisputeSnapshot]:
    """Read the chargebacks of a payment, oldest first; the payment's own detail speaks of the last."""
    last = len(chargebacks) - 1
    return [
        read_chargeback(chargeback, payment, end=_ENDS.get(payment.status_detail) if index == last else None)
        for index, chargeback in enumerate(chargebacks)
    ]


def read_chargeback(
    chargeback: Mapping[str, object], payment: PaymentSnapshot, *, end: DisputeState | None
) -> DisputeSnapshot:
    """Read one chargeback. `end`: how it ended by the payment's detail, None while it runs."""
    documents = str(chargeback.get("documentation_status") or "")
    deadline = read_date(chargeback.get("date_documentation_deadline"))
    currency = str(chargeback.get("currency") or payment.currency)
    reason = str(chargeback.get("reason") or "")
    state = end or _running(chargeback, documents, deadline)
    is_over = state in {DisputeState.WON, DisputeState.LOST}
    return DisputeSnapshot(
        external_id=str(chargeback["id"]),
        state=state,
        status=documents or payment.status_detail,
        reason=REASON_MAP.get(reason, DisputeReason.OTHER),
        reason_code=reason,
        amount=read_amount(chargeback.get("amount")),
        currency=currency,
        opened_at=read_date(chargeback.get("date_created")),
        respond_by=deadline,
        closed_at=read_date(chargeback.get("date_last_updated")) if is_over else None,
        is_answered=documents in _SENT,
        panel_url=_panel(currency),
        raw={key: chargeback[key] for key in _KEPT if key in chargeback},
    )


def _running(chargeback: Mapping[str, object], documents: str, deadline: datetime | None) -> DisputeState:
    """Return the state of a chargeback whose payment does not show its end."""
    # True only ever means that the money was given back; false stands there from the beginning, too.
    if chargeback.get("coverage_applied") is True:
        return DisputeState.WON
    is_late = deadline is not None and deadline <= timezone.now()
    if documents in _SENT | _NOTHING_TO_SEND or chargeback.get("coverage_elegible") is False or is_late:
        return DisputeState.UNDER_REVIEW
    return DisputeState.NEEDS_RESPONSE


def _mediation(payment: PaymentSnapshot) -> DisputeSnapshot:
    """Return a buyer's claim at Mercado Pago: the payments API shows it by the payment's status alone."""
    return DisputeSnapshot(
        external_id=f"mediation-{payment.external_id}",
        state=DisputeState.NEEDS_RESPONSE,
        status=payment.status,
        reason=DisputeReason.OTHER,
        reason_code="claim",
        amount=payment.amount - payment.refunded_amount,
        currency=payment.currency,
        opened_at=payment.updated_at,
        respond_by=None,
        follows_payment=True,
        panel_url=_panel(payment.currency),
    )


def _panel(currency: str) -> str:
    return f"https://www.mercadopago.{_COUNTRIES.get(currency, 'com')}/activities"


def _searching(filters: JsonObject) -> Call:
    return lambda sdk, options: sdk.chargeback().search(filters, options)


def _getting(chargeback_id: str) -> Call:
    return lambda sdk, options: sdk.chargeback().get(chargeback_id, options)
