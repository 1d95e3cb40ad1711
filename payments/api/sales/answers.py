"""Sales as the sales contract shows them: checkout sessions, with the word that their state and attempts come to."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from orders.models import AddressSnapshot, CheckoutLine, Order, Purchase
from payments.models import Payment, PaymentAttempt
from shop.accounts.models import User

Answer = dict[str, Any]
Status = Purchase.Status
_GATEWAY: Final = "mercadopago"
# What was begun there and ended without money.
_ENDED: Final = {PaymentAttempt.Status.FAILED}


def sales_of(user: User) -> "QuerySet[Purchase]":
    """Return an account's purchases with all that is shown of them; four statements however many."""
    attempts = PaymentAttempt.objects.order_by("created_at").prefetch_related(
        Prefetch("payments", Payment.objects.order_by("created_at"))
    )
    return (
        Purchase.objects.filter(user=user)
        .select_related("order", "shipping_address", "billing_address")
        .prefetch_related(
            Prefetch("lines", CheckoutLine.objects.select_related("variant")),
            Prefetch("attempts", attempts),
        )
    )


def status_of(session: Purchase) -> str:
    """Return pending, paid, cancelled or failed (docs/api.md has the table)."""
    order: Order | None = getattr(session, "order", None)
    if order is not None:
        return "cancelled" if order.status == Order.Status.CANCELLED else "paid"
    if not session.is_live:
        return "cancelled"
    last = next(reversed(list(session.attempts.all())), None)
    return "failed" if session.status == Status.OPEN and last and last.status in _ENDED else "pending"


def sale(session: Purchase, user: User) -> Answer:
    """Return a sale with its lines."""
    order: Order | None = getattr(session, "order", None)
    mine = [attempt for attempt in session.attempts.all() if attempt.gateway == _GATEWAY]
    payments = [payment for attempt in mine for payment in attempt.payments.all()]
    paid = [payment for payment in payments if payment.role == Payment.Role.ORDER] or payments
    return {
        "id": session.pk,
        "userId": user.public_number,
        "status": status_of(session),
        "totalAmount": session.total,
        "currency": session.currency,
        "shippingAddress": _address(session.shipping_address),
        "billingData": _billing(session),
        "mercadoPagoPaymentId": paid[-1].external_id if paid else None,
        "mercadoPagoPreferenceId": (mine[-1].external_id or None) if mine else None,
        "orderNumber": order.number if order else None,
        "createdAt": session.created_at,
        "updatedAt": session.updated_at,
        "expiresAt": session.expires_at if session.is_live else None,
        "items": items(session),
    }


def items(session: Purchase) -> Sequence[Answer]:
    """Return the lines of a sale."""
    return [
        {
            "id": line.pk,
            "saleId": session.pk,
            "productVariantId": line.variant.public_number if line.variant else None,
            "name": line.name,
            "quantity": line.quantity,
            "unitPrice": line.unit_price,
            "totalPrice": line.total,
        }
        for line in session.lines.all()
    ]


def _billing(session: Purchase) -> Answer | None:
    if not session.email:
        return None
    return {
        "customerName": session.full_name,
        "email": session.email,
        "phone": session.phone,
        "address": _address(session.billing_address),
    }


def _address(address: AddressSnapshot | None) -> Answer | None:
    if address is None:
        return None
    return {
        "street": address.street,
        "city": address.city,
        "postalCode": address.postal_code,
        "state": address.state,
    }
