"""What the status page says about an attempt: one honest word for every state, read from our own rows only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from inventory import reservations
from orders.models import CheckoutSession, Order
from payments import gateways, notices
from payments.attempts import MAY_OPEN
from payments.gateways import guard
from payments.gateways.base import Gateway
from payments.models import Payment, PaymentAttempt, Refund


class Kind(StrEnum):
    """The words; each has its own fragment `templates/payments/_<kind>.html`."""

    OPENING = "opening"
    SILENT = "silent"
    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    DECLINED = "declined"
    PENDING = "pending"
    PAID = "paid"
    EXPIRED = "expired"
    RETURNED = "returned"
    HELD = "held"


# While it says one of these, the answer may still change by itself: the page goes on asking.
_OPEN = {Kind.OPENING, Kind.CONFIRMING, Kind.UNPAID, Kind.DECLINED, Kind.PENDING}


@dataclass(frozen=True, slots=True)
class Silence:
    """What a shopper is told when a provider does not answer.

    `wanted` is the provider chosen, `others` those that may answer, `held_until` how long the units stay held.
    `old_address`: where a payment waits that must be closed before another one begins; "": there is none.
    """

    session: CheckoutSession
    provider: str
    wanted: str
    others: Sequence[Gateway]
    held_until: datetime | None
    old_address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An attempt in words. `order`: what the purchase became; `payment`: the one that decides the word, if any."""

    kind: Kind
    attempt: PaymentAttempt
    session: CheckoutSession
    provider: str
    order: Order | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    silence: Silence | None = None

    @property
    def is_open(self) -> bool:
        return self.kind in _OPEN

    @property
    def can_retry(self) -> bool:
        """Say whether the purchase can still be paid on the same holds."""
        return self.session.is_live and self.order is None

    @property
    def came_late(self) -> bool:
        """Say whether the money goes back because the units were gone, and not by a person's decision."""
        if self.payment is None:
            return False
        return self.payment.refunds.filter(dedupe_key__startswith=f"{notices.LATE}:").exists()

    @property
    def until(self) -> datetime:
        return self.attempt.voucher_until or self.attempt.expires_at


def describe(attempt: PaymentAttempt, *, has_left: bool = False) -> Standing:
    """Read how an attempt stands. `has_left`: the shopper said (or the provider hinted) that nothing was paid."""
    session = attempt.checkout
    order = Order.objects.filter(checkout=session).first()
    payments = list(attempt.payments.order_by("-created_at"))
    provider = gateways.get(attempt.gateway).label

    def told(kind: Kind, payment: Payment | None = None, refund: Refund | None = None) -> Standing:
        return Standing(kind, attempt, session, provider, order, payment, refund)

    if order is not None:
        return told(Kind.PAID, next((row for row in payments if row.role == Payment.Role.ORDER), None))
    back = next((row for row in payments if row.role == Payment.Role.SURPLUS), None)
    if back is not None:
        return told(Kind.RETURNED, back, back.refunds.exclude(status=Refund.Status.FAILED).first())
    held = next((row for row in payments if row.role == Payment.Role.MISMATCH), None)
    if held is not None:
        return told(Kind.HELD, held)
    if attempt.status == PaymentAttempt.Status.PENDING:
        return told(Kind.PENDING, payments[0] if payments else None)
    if not attempt.is_live:
        return told(Kind.EXPIRED)
    if attempt.status == PaymentAttempt.Status.CREATED:
        if _is_being_opened(attempt):
            return told(Kind.OPENING)
        return replace(told(Kind.SILENT), silence=silence(session, attempt.gateway))
    if payments and payments[0].status == Payment.Status.REJECTED:
        return told(Kind.DECLINED, payments[0])
    return told(Kind.UNPAID if has_left else Kind.CONFIRMING)


def silence(
    session: CheckoutSession, gateway: str, *, wanted: str = "", attempt: PaymentAttempt | None = None
) -> Silence:
    """Say of a purchase that `gateway` does not answer: what is kept, and where else one may pay.

    `wanted`: the provider chosen, when it is another one, whose checkout may not begin before `attempt` is closed.
    """
    holds = reservations.held(cart_id=session.cart_id, checkout_id=None if session.cart_id else session.pk)
    must_close = bool(attempt and attempt.is_live and attempt.redirect_url and wanted not in {"", gateway})
    return Silence(
        session=session,
        provider=gateways.get(gateway).label,
        wanted=wanted or gateway,
        others=[
            other
            for other in gateways.offered()
            if other.code != gateway and not must_close and guard.refusal(other.code) is None
        ],
        held_until=min((hold.expires_at for hold in holds.values()), default=None),
        old_address=attempt.redirect_url if attempt and must_close else "",
    )


def _is_being_opened(attempt: PaymentAttempt) -> bool:
    """Say whether its checkout is being opened, or is about to be."""
    now = timezone.now()
    if attempt.opening_until and attempt.opening_until > now:
        return True
    return not attempt.last_error and attempt.created_at > now - MAY_OPEN
