"""The ways in which a reimbursement can be paid out. A further one is a class here and a line in `WAYS`.

The first in the list that can pay (a part of) the amount does. Store credit would be another.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Final, Protocol

from django.db import transaction

from orders.installments import plan_state, reductions
from orders.models import Reimbursement, ReimbursementLine
from orders.reimbursements.money import debt_of
from payments import notices
from payments.models import Payment, Refund, RefundLine, ReimbursementPart
from payments.refunds import refund_requests
from payments.refunds.refund_requests import OverRefund
from shop.core.jobs import dispatch


class ReimbursementWay(Protocol):
    """A way to pay out. Called in one transaction, the order's payments and the reimbursement locked."""

    def pay(
        self, owed: Reimbursement, payments: Sequence[Payment], amount: Decimal, *, actor: str
    ) -> list[ReimbursementPart]:
        """Write the rows that pay (a part of) `amount`, and the parts that name them; empty: it cannot pay any.

        `payments` paid the order, the one from which money goes back first being the first.

        Raises:
            OverRefund, LinesTaken, NoMoney, PaymentDisputed: it could pay, but not at this moment.
        """


class LessToPay:
    """Of an order paid in the shop's instalments what is open falls, and waived interest; see `reductions`.

    Locks the order and its plan.
    """

    CODE: Final = "less_to_pay"

    def pay(
        self, owed: Reimbursement, payments: Sequence[Payment], amount: Decimal, *, actor: str
    ) -> list[ReimbursementPart]:
        plan = reductions.plan_of(owed.order_id)
        if plan is None:
            return []
        locked = plan_state.lock(plan.pk)
        debt = debt_of(owed.order_id) or Decimal(0)
        if amount > debt:
            raise OverRefund(amount, debt)
        cause = f"{notices.REIMBURSES}:{owed.pk}"
        found = reductions.reduce(locked, amount, cause=cause, actor=actor, reason=owed.reason)
        if not found.less:
            return []
        transaction.on_commit(partial(dispatch, "payments.tasks.close_stale_bills", str(plan.pk)))
        return [ReimbursementPart.objects.create(reimbursement=owed, way=self.CODE, amount=found.less)]


class BackToThePayment:
    """Refunds of the payments that paid the order, sent by the provider (or by people, where it cannot).

    One refund of all that is owed says by its lines what it gives back. Where it takes several, or instalments fell
    before, the reimbursement's own lines go on counting (`reimbursing`).
    """

    CODE: Final = "refund"

    def pay(
        self, owed: Reimbursement, payments: Sequence[Payment], amount: Decimal, *, actor: str
    ) -> list[ReimbursementPart]:
        if not payments:
            return []
        # One payment alone is asked even for more than it has: it says why it cannot.
        shares = refund_requests.allocate(payments, amount) if len(payments) > 1 else [(payments[0], amount)]
        is_all = len(shares) == 1 and amount == owed.amount and reductions.plan_of(owed.order_id) is None
        found = []
        for payment, share in shares:
            refund = refund_requests.request(
                payment,
                share,
                Refund.Origin(owed.origin),
                owed.reason,
                f"{notices.REIMBURSES}:{owed.pk}:{payment.pk}",
                actor=actor,
                lines=_lines(owed) if is_all else [],
            )
            found.append(
                ReimbursementPart.objects.create(
                    reimbursement=owed, way=self.CODE, amount=refund.amount, refund=refund
                )
            )
        return found


def _lines(owed: Reimbursement) -> list[RefundLine]:
    """Return which units of the order a refund of all that is owed gives back; sums and credits give back none."""
    return [
        RefundLine(
            order_line=line.order_line,
            quantity=line.quantity,
            sent=line.sent,
            amount=line.amount,
            withheld=line.withheld,
        )
        for line in owed.lines.select_related("order_line")
        if line.kind not in (ReimbursementLine.Kind.SUM, ReimbursementLine.Kind.CREDIT)
    ]


WAYS: Final[dict[str, ReimbursementWay]] = {
    LessToPay.CODE: LessToPay(),
    BackToThePayment.CODE: BackToThePayment(),
}
