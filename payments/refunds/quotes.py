"""Quotes of a refund before it is confirmed: by a sum, or by units of the order's lines and its shipping.

`orders.reimbursements.left` computes what was paid for each unit and what of it has gone back. What is confirmed is
checked once more below the payment's lock (`reimbursing.ask`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from orders.models import ReimbursementLine
from orders.reimbursements.left import OrderLeft, for_units
from orders.returns.restocking import UnitsBack
from payments import gateways
from payments.models import Payment, Refund
from payments.refunds import refund_requests


@dataclass(frozen=True, slots=True)
class Quote:
    """What would be refunded. Sums in the payment's currency, major units.

    `returns` are units that come back to stock with it.
    `provider` is its name; `by_hand`: nobody but people can send this money back, as far as is known beforehand.
    """

    payment: Payment
    amount: Decimal
    before: Decimal
    provider: str
    by_hand: bool
    is_late: bool
    lines: list[ReimbursementLine] = field(default_factory=list)
    returns: list[UnitsBack] = field(default_factory=list)

    @property
    def after(self) -> Decimal:
        return self.before - self.amount

    @property
    def fits(self) -> bool:
        return Decimal(0) < self.amount <= self.before


class NothingChosen(Exception):
    """Neither a sum nor anything of the order was chosen, or both were. Trying again with one of them helps."""


def remaining(payment: Payment, owed: Mapping[UUID, Decimal] | None = None) -> Decimal:
    """Return how much of a payment may still go back, as `refundable` does, of refunds fetched beforehand.

    `owed`: what each payment of its order is to pay back (`refund_requests.owed_shares`), where several are asked for.
    """
    live = (refund.amount for refund in payment.refunds.all() if refund.status != Refund.Status.FAILED)
    mine = refund_requests.owed_by(payment) if owed is None else owed.get(payment.pk, Decimal(0))
    gone = payment.charged_back_amount + sum(live, Decimal(0)) + mine
    return max(payment.amount - gone, Decimal("0.00"))


def quote(
    payment: Payment,
    left: OrderLeft | None,
    *,
    amount: Decimal | None = None,
    units: Mapping[UUID, int] | None = None,
    shipping: bool = False,
    places: Mapping[UUID, UUID] | None = None,
    sent: Mapping[UUID, int | None] | None = None,
) -> Quote:
    """Return what would go back: `amount`, or so many `units` of the order's lines, with what is left of its shipping.

    With the `shipping` go the other charges of the order. `places` says to which location the units of a line come
    back; those of a line without one do not. `sent`: how many of the units of a line had been sent.

    Raises:
        NothingChosen: neither, or both.
        TooMany: not as many units may go back.
        SentUnclear: of a line of which some units were sent and others not it is not said how many of each go back.
    """
    lines = for_units(left, units or {}, shipping=shipping, sent=sent or {}) if left else []
    if bool(lines) == (amount is not None):
        raise NothingChosen
    wanted = amount if amount is not None else sum((line.amount for line in lines), Decimal("0.00"))
    known = payment.gateway in gateways.GATEWAYS
    gateway = gateways.get(payment.gateway) if known else None
    days = gateway.refund_days if gateway else 0
    since = payment.approved_at or payment.created_at
    return Quote(
        payment=payment,
        amount=wanted,
        before=refund_requests.refundable(payment),
        provider=str(gateway.label) if gateway else payment.gateway,
        by_hand=gateway is None or payment.method in gateway.by_hand,
        is_late=bool(days) and since < timezone.now() - timedelta(days=days),
        lines=lines,
        returns=returns_of(left, coming_with(left, lines), places or {}) if left else [],
    )


def everything(payment: Payment, left: OrderLeft | None, *, places: Mapping[UUID, UUID]) -> Quote:
    """Quote all that is left of a payment: by line where that is the same sum, else as a mere sum.

    Either way the units that are not in stock again come back to their `places`.
    """
    sum_left = refund_requests.refundable(payment)
    if left:
        units = {one.line.pk: one.left for one in left.lines}
        try:
            by_line = quote(payment, left, units=units, shipping=True, places=places)
        except NothingChosen:
            pass
        else:
            if by_line.amount == sum_left:
                return by_line
    found = quote(payment, None, amount=sum_left)
    return replace(found, returns=returns_of(left, all_coming(left), places)) if left else found


def coming_with(left: OrderLeft, lines: Iterable[ReimbursementLine]) -> dict[UUID | None, int]:
    """Return how many units of each order line may come back to stock with what is given back.

    Where some units of a line were sent and others not, those that were not: the buyer's come by their return.
    """
    partly = {one.line.pk for one in left.lines if one.is_partly_sent}
    return {
        line.order_line_id: line.quantity - (line.sent if line.order_line_id in partly else 0)
        for line in lines
    }


def all_coming(left: OrderLeft) -> dict[UUID | None, int]:
    """Return how many units of each order line may come back to stock when everything is given back."""
    return {one.line.pk: one.out - (one.sent_left if one.is_partly_sent else 0) for one in left.lines}


def returns_of(
    left: OrderLeft, units: Mapping[UUID | None, int], places: Mapping[UUID, UUID]
) -> list[UnitsBack]:
    """Return the units that come back, no more of a line than are out."""
    return [
        UnitsBack(one.line, places[one.line.pk], number)
        for one in left.lines
        if one.line.pk in places and (number := min(units.get(one.line.pk, 0), one.out))
    ]
