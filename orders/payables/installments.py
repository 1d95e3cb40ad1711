"""Bills of instalments as payables: nothing in stock waits for them, and each is paid once."""

from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from orders.checkout.issues import CheckoutIssue, NotReady
from orders.installments import bills, issues, money, paying, plan_state
from orders.models import InstallmentBill, Order, Payable
from orders.models.payables import Received
from orders.payables.bills import BillKind, offer
from orders.payables.protocol import Bill, BillLine, State

# People have so long to decide about money that does not fit before the plan that waits for it is cancelled.
_REVIEW: Final = timedelta(days=7)


class InstallmentsKind(BillKind[InstallmentBill]):
    """Instalments of a plan: a payment books them. Its token opens it, whoever has it, like the order's secret link.

    Locks: the order, the plan, then the bill; after attempts and their payments.
    """

    rows = InstallmentBill

    def row(self, payable: Payable) -> InstallmentBill:
        return InstallmentBill.objects.select_related("plan__order").get(payable=payable)

    def locked_row(self, payable: Payable) -> InstallmentBill:
        rows = InstallmentBill.objects.select_for_update(of=("self",), no_key=True)
        return rows.select_related("plan__order").get(payable=payable)

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        """Return the other bills of the plan: a buyer pays one of them at a time."""
        plan = self.row(payable).plan_id
        return Payable.objects.filter(bill__plan=plan).exclude(pk=payable.pk)

    def bill(self, payable: Payable) -> Bill:
        return _offer(self.row(payable))

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        plan = plan_state.lock(self.row(payable).plan_id)
        bill = self.locked_row(payable)
        found: list[CheckoutIssue] = []
        if not plan.is_live or not bill.is_live or not bills.is_still_owed(bill):
            found = [issues.NOT_OWED]
        elif plan_state.is_first_too_late(plan):
            found = [issues.FIRST_TOO_LATE]
        elif not bills.is_of_today(bill):
            found = [issues.ANOTHER_DAY]
        if found:
            raise NotReady(found)
        return _offer(bill)

    def lock(self, payable: Payable) -> State:
        plan_state.lock(self.row(payable).plan_id)
        return State(self.locked_row(payable).status)

    def keep_for_review(self, payable: Payable) -> None:
        """Keep a live bill longer: a plan whose first instalment came a little short is not cancelled meanwhile."""
        self.lock(payable)
        bill = self.locked_row(payable)
        if bill.is_live:
            until = max(bill.expires_at, timezone.now() + _REVIEW)
            InstallmentBill.objects.filter(pk=bill.pk).update(expires_at=until)

    def order(self, payable: Payable) -> Order | None:
        bill = self.row(payable)
        return bill.plan.order if bill.status == State.PAID else None

    def fulfil(self, payable: Payable, received: Received, *, actor: str, as_read: bool = False) -> Order:
        return paying.book(self.row(payable), received, actor=actor)

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        plan = self.row(payable).plan_id
        return money.follow(plan, payment_id=payment_id, kept=kept, charged_back=charged_back, actor=actor)


def _offer(bill: InstallmentBill) -> Bill:
    """Return what is offered to the provider: a line for each instalment."""
    order = bill.plan.order
    with translation.override(order.language):
        lines = [
            BillLine(
                sku=f"{order.number}-{line.installment.number}",
                name=bills.name_of(bill, line),
                quantity=1,
                unit_price=line.amount,
                total=line.amount,
            )
            for line in bill.lines.select_related("installment")
            if line.amount
        ]
    return offer(bill, order, lines, page=reverse("orders:installments_bill", args=[bill.token]))
