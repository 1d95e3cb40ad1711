"""What would go back, before anybody confirms it: by a sum, or by units of the order's lines and its shipping.

Sums are what was paid, line by line and unit by unit, with the shares of discounts, fees and taxes
(`orders.pricing.refundable`): nothing is shared out anew. What is confirmed is checked once more under the payment's
lock (`refunds.request`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from orders.fulfilment.remaining import lines as remaining_lines
from orders.models import Order, OrderLine
from orders.pricing.purchases import totals_of
from orders.pricing.refundable import RefundableLine, refundable_of
from orders.pricing.totals import Target
from orders.returns.restocking import Return
from payments import gateways
from payments.models import Payment, Refund, RefundLine
from payments.refunds import refund_requests
from shop.core.money import ZERO

_LIVE = ~Q(refund__status=Refund.Status.FAILED)


@dataclass(frozen=True, slots=True)
class LineLeft:
    """One line of an order: how many units were ordered (`line.quantity`), were refunded, and may still be.

    `line` is one of `orders.fulfilment.remaining.lines`, `paid` what was paid for each of its units, `back_amount` what
    went back for the units that were refunded.
    """

    line: OrderLine
    back: int
    paid: RefundableLine
    back_amount: Decimal

    @property
    def left(self) -> int:
        return max(self.line.quantity - self.back, 0)

    def owed(self, units: int) -> Decimal:
        """Return what goes back for so many units more. Raises: TooManyUnits: fewer are left."""
        return self.paid.next(units, gone=self.back, gone_amount=self.back_amount).amount

    @property
    def unit_price(self) -> Decimal:
        """What goes back for the next unit; for a line that has gone back, its price."""
        return self.owed(1) if self.left else self.line.unit_price

    @property
    def out(self) -> int:
        """Return how many units are not in stock again; of a variant that is gone, none can come back."""
        restocked: int = self.line.restocked
        return max(self.line.quantity - restocked, 0) if self.line.variant_id else 0

    @property
    def is_in_stock(self) -> bool:
        """Say whether nothing of it was picked so far, as far as anybody has told."""
        return not self.line.picked


@dataclass(frozen=True, slots=True)
class OrderLeft:
    """What of an order may still go back: its lines, and of its shipping and other charges a sum in its currency.

    `others` names the charges of the order besides the shipping.
    """

    lines: list[LineLeft]
    shipping: Decimal
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Quote:
    """What would go back. Sums in the payment's currency, major units.

    `returns` are units that come back to stock with it.
    `provider` is its name; `by_hand`: nobody but people can send this money back, as far as is known beforehand.
    """

    payment: Payment
    amount: Decimal
    before: Decimal
    provider: str
    by_hand: bool
    is_late: bool
    lines: list[RefundLine] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)

    @property
    def after(self) -> Decimal:
        return self.before - self.amount

    @property
    def fits(self) -> bool:
        return Decimal(0) < self.amount <= self.before


class NothingChosen(Exception):
    """Neither a sum nor anything of the order was chosen, or both were. Trying again with one of them helps."""


class TooMany(Exception):
    """More units of a line were chosen than may still go back (`left`)."""

    def __init__(self, line: OrderLine, left: int) -> None:
        super().__init__(f"{left} of {line.sku} may still go back")
        self.line = line
        self.left = left


def left_of(order: Order) -> OrderLeft:
    """Return what of an order may still go back (three queries, however many lines)."""
    lines = list(remaining_lines().filter(order=order))
    totals = totals_of(order, lines)
    paid = refundable_of(totals)
    gone = RefundLine.objects.filter(_LIVE, refund__payment__order=order).order_by()
    back: dict[UUID | None, Decimal] = dict(
        gone.values("order_line").annotate(sum=Sum("amount")).values_list("order_line", "sum")
    )
    return OrderLeft(
        [LineLeft(line, line.refunded, paid.lines[str(line.pk)], back.get(line.pk, ZERO)) for line in lines],
        max(paid.charges - back.get(None, ZERO), ZERO),
        [charge.label for charge in totals.charges if charge.target == Target.ORDER],
    )


def remaining(payment: Payment) -> Decimal:
    """Return how much of a payment may still go back, as `refunds.refundable`, of refunds fetched beforehand."""
    live = (refund.amount for refund in payment.refunds.all() if refund.status != Refund.Status.FAILED)
    return max(payment.amount - payment.charged_back_amount - sum(live, Decimal(0)), Decimal("0.00"))


def quote(
    payment: Payment,
    left: OrderLeft | None,
    *,
    amount: Decimal | None = None,
    units: Mapping[UUID, int] | None = None,
    shipping: bool = False,
    places: Mapping[UUID, UUID] | None = None,
) -> Quote:
    """Return what would go back: `amount`, or so many `units` of the order's lines, with what is left of its shipping.

    With the `shipping` go the other charges of the order. `places` says to which location the units of a line come
    back; those of a line without one do not.

    Raises:
        NothingChosen: neither, or both.
        TooMany: not as many units may go back.
    """
    lines = _lines(left, units or {}, shipping=shipping) if left else []
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
        returns=_returns(left, {line.order_line_id: line.quantity for line in lines}, places or {})
        if left
        else [],
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
    all_out: dict[UUID | None, int] = {one.line.pk: one.out for one in left.lines} if left else {}
    return replace(found, returns=_returns(left, all_out, places)) if left else found


def _returns(left: OrderLeft, units: Mapping[UUID | None, int], places: Mapping[UUID, UUID]) -> list[Return]:
    """Return the units that come back, no more of a line than are out."""
    return [
        Return(one.line, places[one.line.pk], number)
        for one in left.lines
        if one.line.pk in places and (number := min(units.get(one.line.pk, 0), one.out))
    ]


def _lines(left: OrderLeft, units: Mapping[UUID, int], *, shipping: bool) -> list[RefundLine]:
    found = []
    for one in left.lines:
        wanted = units.get(one.line.pk, 0)
        if wanted > one.left:
            raise TooMany(one.line, one.left)
        if wanted > 0:
            found.append(RefundLine(order_line=one.line, quantity=wanted, amount=one.owed(wanted)))
    if shipping and left.shipping:
        found.append(RefundLine(amount=left.shipping))
    return found
