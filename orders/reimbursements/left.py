"""What of an order may still go back, by line and unit, and the lines of a reimbursement that gives it back.

Sums are what was paid, with the shares of discounts, fees and taxes (`orders.pricing.refundable`): nothing is
shared out again. What has gone back follows from the refunds' lines and from reimbursements that no refund's lines
speak for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from orders.fulfilment.remaining import lines as remaining_lines
from orders.models import (
    Installment,
    InstallmentPlan,
    Order,
    OrderLine,
    Reimbursement,
    ReimbursementLine,
    Replacement,
)
from orders.models.money import LIVE_REFUNDS
from orders.pricing.purchases import totals_of
from orders.pricing.refundable import RefundableLine, refundable_of
from orders.pricing.totals import Target
from shop.core.money import ZERO

_Kind = ReimbursementLine.Kind


class TooMany(Exception):
    """More units of a line were chosen than may still go back (`left`)."""

    def __init__(self, line: OrderLine, left: int) -> None:
        super().__init__(f"{left} of {line.sku} may still go back")
        self.line = line
        self.left = left


class SentUnclear(Exception):
    """Of the units of a line that go back it is not said, or not truly, how many had been sent.

    They are at least `least`, at most `most`. To say it helps.
    """

    def __init__(self, line: OrderLine, least: int, most: int) -> None:
        super().__init__(f"of these units of {line.sku} {least} to {most} were sent")
        self.line = line
        self.least = least
        self.most = most


@dataclass(frozen=True, slots=True)
class LineLeft:
    """One line of an order: how many units were ordered (`line.quantity`), have gone back, and may still do so.

    `line` is one of `orders.fulfilment.remaining.lines`, `paid` what was paid for each of its units, `back_amount` what
    went back for the units that have gone back, `credited` what went back of the price of units that stayed.
    """

    line: OrderLine
    back: int
    paid: RefundableLine
    back_amount: Decimal
    credited: Decimal = ZERO

    @property
    def left(self) -> int:
        return max(self.line.quantity - self.back, 0)

    @property
    def sent_left(self) -> int:
        """Return how many of those that may still go back were sent, by the rows that say it."""
        line: Any = self.line
        away: int = line.sent - line.came_back - line.paid_by_returns - line.replaced - line.refunded_sent
        return min(max(away, 0), self.left)

    @property
    def is_partly_sent(self) -> bool:
        """Say whether some of those that may still go back were sent, and others not."""
        return 0 < self.sent_left < self.left

    def sent_among(self, units: int, stated: int | None = None) -> int:
        """Return how many of so many `units` that go back were sent: as `stated`, or what alone is possible.

        Raises:
            SentUnclear: nobody said it and it may be several numbers, or what was said is none of them.
        """
        least, most = max(units - (self.left - self.sent_left), 0), min(units, self.sent_left)
        found = least if stated is None and least == most else stated
        if found is None or not least <= found <= most:
            raise SentUnclear(self.line, least, most)
        return found

    def owed(self, units: int) -> Decimal:
        """Return what goes back for so many units more. Raises: TooManyUnits: fewer are left.

        Units of which a part of the price went back count as the last of their line: the others bring what was paid
        for them, and all of them what was paid less that part, in whatever order and split they go back.
        """
        amount = self.paid.next(units, gone=self.back, gone_amount=self.back_amount).amount
        return min(amount, max(self.paid.paid - self.back_amount - self.credited, ZERO))

    @property
    def unit_price(self) -> Decimal:
        """What goes back for the next unit; for a line that has gone back, its price."""
        return self.owed(1) if self.left else self.line.unit_price

    @property
    def out(self) -> int:
        """Return how many units are not back in stock; of a deleted variant, none can come back."""
        restocked: int = self.line.restocked
        return max(self.line.quantity - restocked, 0) if self.line.variant_id else 0

    @property
    def is_in_stock(self) -> bool:
        """Say whether units that may go back are in their bin: none was picked, by the picks recorded, nor all sent.

        Who packs without the pick list records no picks.
        """
        return not self.line.picked and (not self.sent_left or self.is_partly_sent)


@dataclass(frozen=True, slots=True)
class OrderLeft:
    """What of an order may still go back: its lines, and of its shipping and other charges a sum in its currency.

    `others` names the charges of the order besides the shipping.
    """

    lines: list[LineLeft]
    shipping: Decimal
    others: list[str] = field(default_factory=list)


def left_of(order: Order) -> OrderLeft:
    """Return what of an order may still go back (six queries, however many lines)."""
    lines = list(remaining_lines().filter(order=order))
    totals = totals_of(order, lines)
    paid = refundable_of(totals)
    back, credited = _gone(order), _credited(order)
    return OrderLeft(
        [
            LineLeft(
                line,
                line.refunded + line.replaced,
                paid.lines[str(line.pk)],
                back.get(line.pk, ZERO),
                credited.get(line.pk, ZERO),
            )
            for line in lines
        ],
        max(paid.charges - back.get(None, ZERO), ZERO),
        [charge.label for charge in totals.charges if charge.target == Target.ORDER],
    )


def _gone(order: Order) -> dict[UUID | None, Decimal]:
    """Return what has gone back by line, fees that were kept included; None: of the shipping and the other charges."""
    refund = "payments__refunds"
    refunded = Order.objects.filter(
        pk=order.pk, **{f"{refund}__status__in": LIVE_REFUNDS, f"{refund}__lines__isnull": False}
    )
    owed = _counting(order).filter(kind__in=(_Kind.LINE, _Kind.SHIPPING))
    # What was paid for a unit that is replaced is with the unit that replaces it.
    replaced = Replacement.objects.filter(replaced__order=order, dropped_at=None).order_by()
    by_refunds = refunded.order_by().values_list(f"{refund}__lines__order_line")
    by_owed = owed.order_by().values_list("order_line")
    gone: dict[UUID | None, Decimal] = {}
    for line, amount in [
        *by_refunds.annotate(sum=Sum(F(f"{refund}__lines__amount") + F(f"{refund}__lines__withheld"))),
        *by_owed.annotate(sum=Sum(F("amount") + F("withheld"))),
        *replaced.values_list("replaced").annotate(sum=Sum("credit")),
    ]:
        gone[line] = gone.get(line, ZERO) + amount
    return gone


def _counting(order: Order) -> "QuerySet[ReimbursementLine]":
    return ReimbursementLine.objects.filter(
        reimbursement__in=Reimbursement.objects.filter(Reimbursement.COUNTS, order=order)
    )


def _credited(order: Order) -> dict[UUID | None, Decimal]:
    """Return by line what went back of the price of units that stayed with the buyer."""
    rows = _counting(order).filter(kind=_Kind.CREDIT).order_by().values_list("order_line")
    return dict(rows.annotate(sum=Sum("amount")))


def for_units(
    left: OrderLeft,
    units: Mapping[UUID, int],
    *,
    shipping: bool = False,
    sent: Mapping[UUID, int | None] | None = None,
) -> list[ReimbursementLine]:
    """Return the lines, not saved, that give back so many `units` of the order's lines more.

    With the `shipping` goes what is left of it and of the other charges of the order. `sent`, for what people give back
    without a return or a claim, which say it themselves: how many of them had been sent, where both is possible.

    Raises:
        TooMany: not as many units of a line may go back.
        SentUnclear: see `LineLeft.sent_among`; with `sent` alone.
    """
    found = []
    for one in left.lines:
        wanted = units.get(one.line.pk, 0)
        if wanted > one.left:
            raise TooMany(one.line, one.left)
        if wanted > 0:
            found.append(
                ReimbursementLine(
                    kind=_Kind.LINE,
                    order_line=one.line,
                    quantity=wanted,
                    sent=0 if sent is None else one.sent_among(wanted, sent.get(one.line.pk)),
                    amount=one.owed(wanted),
                )
            )
    if shipping and left.shipping:
        found.append(ReimbursementLine(kind=_Kind.SHIPPING, amount=left.shipping))
    return found


def check_sent(left: OrderLeft, lines: Iterable[ReimbursementLine]) -> None:
    """Make sure that of the units of these lines, not saved yet, as many were sent as they say; the order is locked.

    Raises:
        SentUnclear: units were sent, or came back, since somebody said it.
    """
    by_key = {one.line.pk: one for one in left.lines}
    for line in lines:
        if line.kind == _Kind.LINE and line.order_line_id in by_key:
            by_key[line.order_line_id].sent_among(line.quantity, line.sent)


def closes_otherwise(left: OrderLeft, lines: Iterable[ReimbursementLine]) -> list[ReimbursementLine]:
    """Return those of the lines, not saved yet, that take a line's last units for another sum than is left for them.

    What was decided some time ago may differ by a cent by now: other units of the line went back meanwhile.
    """
    by_key: dict[UUID | None, LineLeft] = {one.line.pk: one for one in left.lines}
    return [
        line
        for line in lines
        if line.kind == _Kind.LINE
        and (one := by_key.get(line.order_line_id)) is not None
        and one.left == line.quantity
        and one.owed(line.quantity) != line.amount + line.withheld
    ]


def for_credits(amounts: Mapping[UUID, Decimal]) -> list[ReimbursementLine]:
    """Return the lines, not saved, that give back parts of what was paid for order lines (by key), and no unit."""
    return [
        ReimbursementLine(kind=_Kind.CREDIT, order_line_id=key, quantity=0, amount=amount)
        for key, amount in amounts.items()
        if amount
    ]


def for_sum(amount: Decimal) -> list[ReimbursementLine]:
    """Return the line, not saved, that gives back a mere sum."""
    return [ReimbursementLine(kind=_Kind.SUM, amount=amount)]


def owed_whole_of(order_id: UUID) -> Decimal:
    """Return what an order's buyer is owed and nobody has begun to pay, in money or by instalments that fall."""
    owed = Reimbursement.objects.filter(order_id=order_id, status=Reimbursement.Status.OWED)
    return owed.aggregate(sum=Sum("amount"))["sum"] or ZERO


def owed_of(order_id: UUID) -> Decimal:
    """Return what money an order's buyer is owed and nobody has begun to pay.

    Of an order with open instalments those fall first: only the rest is money.
    """
    amount = owed_whole_of(order_id)
    if not amount:
        return ZERO
    opened = Installment.objects.filter(plan__order_id=order_id, plan__status__in=InstallmentPlan.LIVE)
    due: Decimal = opened.aggregate(sum=Sum("open_amount"))["sum"] or ZERO
    return max(amount - due, ZERO)
