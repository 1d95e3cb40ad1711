"""Goods of an order paid in instalments come back, or a sum is given: previewed, then done exactly so.

What is open falls first and the rest is money, by whichever payments can pay it (`orders.installments.reductions`,
`refund_requests.allocate`). What staff confirm is what the preview showed: below the locks it is computed once more and
compared.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.installments import plan_state, reductions
from orders.installments.reductions import Reduction
from orders.models import InstallmentPlan, Order, Reimbursement, ReimbursementLine
from orders.reimbursements import owing
from orders.reimbursements.left import OrderLeft, for_sum, for_units, left_of, owed_whole_of
from orders.reimbursements.money import debt_of
from orders.returns.restocking import UnitsBack, put_back
from payments.models import Payment
from payments.refunds import refund_requests, reimbursing
from payments.refunds.quotes import NothingChosen, all_coming, coming_with, returns_of
from payments.refunds.refund_requests import LinesTaken, OverRefund
from shop.core.money import ZERO


class Changed(Exception):
    """The plan, or the money of its payments, is not as it was shown. Nothing was done: look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What comes back: `units` by order line and the `shipping`, or a mere `amount`; or everything that is left.

    `places` says to which location the units of a line come back; those of a line without one do not. `sent`: how many
    of the units of a line had been sent.
    """

    amount: Decimal | None = None
    units: Mapping[UUID, int] = field(default_factory=dict)
    shipping: bool = False
    places: Mapping[UUID, UUID] = field(default_factory=dict)
    sent: Mapping[UUID, int | None] = field(default_factory=dict)
    is_everything: bool = False


@dataclass(frozen=True, slots=True)
class PlanQuote:
    """What would happen: the instalments that fall, the money that goes back by which payment, the units in stock."""

    plan: InstallmentPlan
    reduction: Reduction
    payments: Sequence[tuple[Payment, Decimal]]
    lines: Sequence[ReimbursementLine]
    returns: Sequence[UnitsBack]

    @property
    def amount(self) -> Decimal:
        return self.reduction.amount

    @property
    def seen(self) -> str:
        """Return a digest of all that is shown."""
        shown = [
            *(
                (row.installment.number, row.installment.open_amount, row.falls, row.waiver)
                for row in self.reduction.rows
            ),
            *((payment.pk, amount) for payment, amount in self.payments),
            *((line.kind, line.order_line_id, line.quantity, line.sent, line.amount) for line in self.lines),
            *((one.line.pk, one.location_id, one.quantity) for one in self.returns),
        ]
        return hashlib.sha256(repr(shown).encode()).hexdigest()


def quote(order: Order, choice: Choice, left: OrderLeft | None = None) -> PlanQuote:
    """Return what a choice would do at this moment; no lock.

    Raises:
        NothingChosen: neither a sum nor anything of the order was chosen, or both; or the order has no plan.
        TooMany: not as many units of a line may go back.
        SentUnclear: it is not said how many of them had been sent, where both is possible.
        OverRefund: more than is still owed and paid, or than its payments have left.
        PaymentDisputed: a payment that would pay money back is disputed.
    """
    plan = reductions.plan_of(order.pk)
    if plan is None:
        raise NothingChosen
    left = left or left_of(order)
    rest = (debt_of(order.pk) or ZERO) - owed_whole_of(order.pk)
    lines, units = _lines(order, choice, left, rest)
    amount = sum((line.amount for line in lines), ZERO)
    if not ZERO < amount <= rest:
        raise OverRefund(amount, rest)
    found = reductions.quote(plan, amount)
    payments = list(refund_requests.paying(order.pk)) if found.money else []
    shares = refund_requests.allocate(payments, found.money) if found.money else []
    for payment, _amount in shares:
        refund_requests.check_money(payment)
    return PlanQuote(plan, found, shares, lines, returns_of(left, units, choice.places))


def _lines(
    order: Order, choice: Choice, left: OrderLeft, rest: Decimal
) -> tuple[list[ReimbursementLine], dict[UUID | None, int]]:
    """Return the lines of what goes back, and how many units of each order line come with it."""
    if choice.is_everything:
        lines = for_units(left, {one.line.pk: one.left for one in left.lines}, shipping=True, sent={})
        missing = rest - sum((line.amount for line in lines), ZERO)
        if missing > 0:  # Late interest that was paid goes back as well.
            lines += for_sum(missing)
        elif missing < 0:  # Sums were given before: by units more would go back than is left.
            lines = for_sum(rest) if rest > 0 else []
        return lines, all_coming(left)
    lines = for_units(left, choice.units, shipping=choice.shipping, sent=choice.sent)
    if bool(lines) == (choice.amount is not None):
        raise NothingChosen
    return lines if choice.amount is None else for_sum(choice.amount), coming_with(left, lines)


def give_back(
    order: Order, choice: Choice, *, reason: str, dedupe_key: str, expected: str | None, actor: str
) -> Reimbursement:
    """Do what `quote` shows, by a person's decision: what falls falls at once, money is sent after commit.

    `expected` is the `seen` of what was shown. The same `dedupe_key` again returns the reimbursement there is. One
    transaction: locks all payments of the order by primary key, the order, its plan, the reimbursement, then the levels
    of the variants that come back.

    Raises:
        Changed: it is not as it was shown any more.
        LinesTaken: some of these units have gone back otherwise.
        MoreThanSold: of the units that come back to stock some are there already.
        NothingChosen, TooMany, SentUnclear, OverRefund, PaymentDisputed: see `quote`.
    """
    with transaction.atomic():
        payments = refund_requests.lock_paying(order.pk)
        plan = reductions.plan_of(order.pk)
        if plan is None:
            raise NothingChosen
        locked = plan_state.lock(plan.pk).order
        there = Reimbursement.objects.filter(dedupe_key=dedupe_key).first()
        if there:
            return there
        now = quote(locked, choice)
        if expected is not None and expected != now.seen:
            raise Changed(str(order))
        try:
            owed = owing.owe(
                locked,
                now.lines,
                reason=reason,
                dedupe_key=dedupe_key,
                actor=actor,
                origin=Reimbursement.Origin.STAFF,
            )
        except owing.MoreThanPaid as error:
            raise LinesTaken(str(error)) from error
        reimbursing.pay_locked(owed, payments, actor=actor)
        if now.returns:
            put_back(locked, now.returns, note=reason or "return", actor=actor)
        owed.refresh_from_db()
    return owed
