"""What would go back, before anybody confirms it: by a sum, or by units of the order's lines and its shipping.

Sums are the prices paid, line by line: nothing is rounded or shared out. What is confirmed is checked once more under
the payment's lock (`refunds.request`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from orders.models import Order, OrderLine
from payments import gateways, refunds
from payments.models import Payment, Refund, RefundLine

_LIVE = ~Q(refund__status=Refund.Status.FAILED)


@dataclass(frozen=True, slots=True)
class LineLeft:
    """One line of an order: how many units were ordered (`line.quantity`), went back, and may still go back."""

    line: OrderLine
    back: int

    @property
    def left(self) -> int:
        return max(self.line.quantity - self.back, 0)


@dataclass(frozen=True, slots=True)
class OrderLeft:
    """What of an order may still go back: its lines, and of its shipping a sum in the order's currency."""

    lines: list[LineLeft]
    shipping: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What would go back. Sums in the payment's currency, major units.

    `provider` is its name; `by_hand`: nobody but people can send this money back, as far as is known beforehand.
    """

    payment: Payment
    amount: Decimal
    before: Decimal
    provider: str
    by_hand: bool
    is_late: bool
    lines: list[RefundLine] = field(default_factory=list)

    @property
    def after(self) -> Decimal:
        return self.before - self.amount

    @property
    def fits(self) -> bool:
        return Decimal(0) < self.amount <= self.before


class NothingChosen(Exception):
    """Neither a sum nor anything of the order was chosen, or both were. Trying again with one of them helps."""

    retryable = False


class TooMany(Exception):
    """More units of a line were chosen than may still go back (`left`)."""

    retryable = False

    def __init__(self, line: OrderLine, left: int) -> None:
        super().__init__(f"{left} of {line.sku} may still go back")
        self.line = line
        self.left = left


def left_of(order: Order) -> OrderLeft:
    """Return what of an order may still go back (three queries, however many lines)."""
    taken = RefundLine.objects.filter(_LIVE, order_line__order=order).order_by()
    back = dict(taken.values_list("order_line").annotate(sum=Sum("quantity")))
    shipped = RefundLine.objects.filter(_LIVE, order_line=None, refund__payment__order=order)
    shipping = order.shipping_total - (shipped.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
    return OrderLeft(
        [LineLeft(line, back.get(line.pk, 0)) for line in order.lines.all()], max(shipping, Decimal("0.00"))
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
) -> Quote:
    """Return what would go back: `amount`, or so many `units` of the order's lines, with what is left of its shipping.

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
        before=refunds.refundable(payment),
        provider=str(gateway.label) if gateway else payment.gateway,
        by_hand=gateway is None or payment.method in gateway.by_hand,
        is_late=bool(days) and since < timezone.now() - timedelta(days=days),
        lines=lines,
    )


def _lines(left: OrderLeft, units: Mapping[UUID, int], *, shipping: bool) -> list[RefundLine]:
    found = []
    for one in left.lines:
        wanted = units.get(one.line.pk, 0)
        if wanted > one.left:
            raise TooMany(one.line, one.left)
        if wanted > 0:
            found.append(
                RefundLine(order_line=one.line, quantity=wanted, amount=one.line.unit_price * wanted)
            )
    if shipping and left.shipping:
        found.append(RefundLine(amount=left.shipping))
    return found
