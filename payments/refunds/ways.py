"""The ways in which a reimbursement can be paid out. A further one is a class here and a line in `WAYS`.

Today there is one: back to the payment. Store credit, or fewer instalments still to be paid, will be others; the first
in the list that can pay (a part of) the amount does.
"""

from decimal import Decimal
from typing import Final, Protocol

from orders.models import Reimbursement, ReimbursementLine
from payments import notices
from payments.models import Payment, Refund, RefundLine, ReimbursementPart
from payments.refunds import refund_requests


class ReimbursementWay(Protocol):
    """A way to pay out. Called in one transaction, the payment and the reimbursement locked."""

    def pay(
        self, owed: Reimbursement, payment: Payment, amount: Decimal, *, actor: str
    ) -> ReimbursementPart | None:
        """Write the rows that pay (a part of) `amount`, and the part that names them; None: it cannot pay any.

        Raises:
            OverRefund, LinesTaken, NoMoney, PaymentDisputed: it could pay, but not at this moment.
        """


class BackToThePayment:
    """A refund of the payment that paid the order, sent by the provider (or by people, where it cannot)."""

    CODE: Final = "refund"

    def pay(
        self, owed: Reimbursement, payment: Payment, amount: Decimal, *, actor: str
    ) -> ReimbursementPart | None:
        refund = refund_requests.request(
            payment,
            amount,
            Refund.Origin(owed.origin),
            owed.reason,
            f"{notices.REIMBURSES}:{owed.pk}",
            actor=actor,
            lines=_lines(owed) if amount == owed.amount else [],
        )
        return ReimbursementPart.objects.create(
            reimbursement=owed, way=self.CODE, amount=refund.amount, refund=refund
        )


def _lines(owed: Reimbursement) -> list[RefundLine]:
    """Return which units of the order a refund of all that is owed gives back; a mere sum gives back none."""
    return [
        RefundLine(order_line=line.order_line, quantity=line.quantity, amount=line.amount)
        for line in owed.lines.select_related("order_line")
        if line.kind != ReimbursementLine.Kind.SUM
    ]


WAYS: Final[dict[str, ReimbursementWay]] = {BackToThePayment.CODE: BackToThePayment()}
