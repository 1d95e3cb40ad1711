"""What other systems may be told of payments, refunds and disputes: types, and the data each carries. One line each."""

from django.utils.translation import gettext_lazy as _

from payments.models import Dispute, Payment, PaymentAttempt, Refund
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType, amount

_PAYMENT, _ATTEMPT, _REFUND, _DISPUTE = (
    "payments.payment",
    "payments.paymentattempt",
    "payments.refund",
    "payments.dispute",
)


def _order(payment: Payment) -> JsonObject:
    order = payment.order
    return {"order": str(order.pk) if order else None, "number": order.number if order else None}


def _payment(found: Payment, event: Event) -> JsonObject:
    return {
        "payment": str(found.pk),
        "attempt": str(found.attempt_id) if found.attempt_id else None,
        **_order(found),
        "provider": found.gateway,
        "provider_payment": found.external_id,
        "status": found.status,
        "role": found.role,
        "amount": amount(found.amount),
        "currency": found.currency,
    }


def _attempt(found: PaymentAttempt, event: Event) -> JsonObject:
    return {
        "attempt": str(found.pk),
        "checkout": str(found.purchase_id),
        "provider": found.gateway,
        "status": found.status,
        "amount": amount(found.amount),
        "currency": found.currency,
    }


def _refund(found: Refund, event: Event) -> JsonObject:
    return {
        "refund": str(found.pk),
        "payment": str(found.payment_id),
        **_order(found.payment),
        "provider": found.payment.gateway,
        "status": found.status,
        "amount": amount(found.amount),
        "currency": found.currency,
    }


def _mirrored(found: Refund, event: Event) -> JsonObject | None:
    """Return the data of a refund that was made in the provider's panel, when it is done."""
    return _refund(found, event) if found.status == Refund.Status.SUCCEEDED else None


def _opened(found: Dispute, event: Event) -> JsonObject | None:
    """Return the data of a dispute that begins (again), not of one that only goes on."""
    return None if event.from_state in Dispute.OPEN else _dispute(found, event)


def _dispute(found: Dispute, event: Event) -> JsonObject:
    return {
        "dispute": str(found.pk),
        "payment": str(found.payment_id),
        **_order(found.payment),
        "provider": found.gateway,
        "status": found.status,
        "amount": amount(found.amount),
        "currency": found.currency,
    }


contribute(
    PublicType(
        "payment.succeeded", _("a payment was booked"), _PAYMENT, to="order", field="role", describe=_payment
    ),
    PublicType(
        "payment.surplus",
        _("a payment goes back because it pays nothing"),
        _PAYMENT,
        to="surplus",
        field="role",
        describe=_payment,
    ),
    PublicType(
        "payment.review",
        _("a payment does not fit and waits for the staff"),
        _PAYMENT,
        to="mismatch",
        field="role",
        describe=_payment,
    ),
    PublicType("payment.pending", _("a payment is waited for"), _ATTEMPT, to="pending", describe=_attempt),
    PublicType("payment.failed", _("a payment failed"), _ATTEMPT, to="failed", describe=_attempt),
    PublicType("payment.expired", _("the time to pay is over"), _ATTEMPT, to="expired", describe=_attempt),
    PublicType("refund.requested", _("a refund was asked for"), _REFUND, kind="requested", describe=_refund),
    PublicType("refund.succeeded", _("a refund is done"), _REFUND, to="succeeded", describe=_refund),
    PublicType("refund.succeeded", _("a refund is done"), _REFUND, kind="mirrored", describe=_mirrored),
    PublicType("refund.failed", _("a refund failed"), _REFUND, to="failed", describe=_refund),
    PublicType("refund.manual", _("a refund is to be done by hand"), _REFUND, to="manual", describe=_refund),
    *(
        PublicType("dispute.opened", _("a payment is disputed"), _DISPUTE, to=state, describe=_opened)
        for state in sorted(Dispute.OPEN)
    ),
    PublicType("dispute.won", _("a dispute was won"), _DISPUTE, to="won", describe=_dispute),
    PublicType("dispute.lost", _("a dispute was lost"), _DISPUTE, to="lost", describe=_dispute),
    PublicType(
        "dispute.withdrawn", _("a dispute was withdrawn"), _DISPUTE, to="withdrawn", describe=_dispute
    ),
)
