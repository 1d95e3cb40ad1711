"""Bills of instalments as payables: nothing in stock waits for them, and each is paid once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from orders.checkout.free import NotFree
from orders.checkout.issues import CheckoutIssue, NotReady
from orders.installments import bills, issues, money, paying, plan_state
from orders.models import InstallmentBill, Order, Payable
from orders.models.payables import Received
from orders.payables.protocol import Bill, BillLine, Buyer, Priced, State
from shop.core.money import ZERO
from shop.core.states import IllegalTransition, move

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

Status = InstallmentBill.Status
# People have so long to decide about money that does not fit before the plan that waits for it is cancelled.
_REVIEW: Final = timedelta(days=7)
_STATES: Final = {
    Status.OPEN: State.OPEN,
    Status.AWAITING: State.AWAITING,
    Status.PAID: State.PAID,
    Status.ENDED: State.ENDED,
}


class InstallmentsKind:
    """Instalments of a plan: a payment books them. Its token opens it, whoever has it, like the order's secret link.

    Locks: the order, the plan, then the bill; after attempts and their payments.
    """

    def by_token(self, token: str) -> Payable | None:
        bill = InstallmentBill.objects.select_related("payable").filter(token=token).first()
        return bill.payable if bill else None

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        return True

    def priced(self, payable: Payable) -> Priced:
        return _bill(payable)

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        """Return the other bills of the plan: a buyer pays one of them at a time."""
        plan = _bill(payable).plan_id
        return Payable.objects.filter(bill__plan=plan).exclude(pk=payable.pk)

    def bill(self, payable: Payable) -> Bill:
        return _offer(_bill(payable))

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        bill = _bill(payable)
        plan = plan_state.lock(bill.plan_id)
        bill = _locked(payable)
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
        plan_state.lock(_bill(payable).plan_id)
        return _STATES[Status(_locked(payable).status)]

    def set_way(self, payable: Payable, way: str) -> None:
        """The price of an instalment depends on no way to pay."""

    def await_payment(
        self, payable: Payable, *, reserve_until: datetime, expires_at: datetime, actor: str
    ) -> None:
        bill = _locked(payable)
        until = max(bill.expires_at, expires_at)
        if bill.status == Status.AWAITING:
            InstallmentBill.objects.filter(pk=bill.pk).update(expires_at=until)
        elif bill.status == Status.OPEN:
            move(bill, Status.AWAITING, actor=actor, expires_at=until)
        else:
            raise IllegalTransition(bill, bill.status, Status.AWAITING)

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        bill = _locked(payable)
        if bill.status == Status.AWAITING:
            move(bill, Status.OPEN, actor=actor, reason=reason)

    def keep_for_review(self, payable: Payable) -> None:
        """Keep a live bill longer: a plan whose first instalment came a little short is not cancelled meanwhile."""
        self.lock(payable)
        bill = _locked(payable)
        if bill.is_live:
            until = max(bill.expires_at, timezone.now() + _REVIEW)
            InstallmentBill.objects.filter(pk=bill.pk).update(expires_at=until)

    def renew(self, payable: Payable, *, actor: str) -> None:
        """Nothing is reserved for it."""

    def reserved_until(self, payable: Payable) -> datetime | None:
        return None

    def may_offer_vouchers(self, payable: Payable) -> bool:
        return True

    def keep_for_voucher(self, payable: Payable) -> bool:
        return True

    def order(self, payable: Payable) -> Order | None:
        bill = _bill(payable)
        return bill.plan.order if bill.status == Status.PAID else None

    def fulfil(self, payable: Payable, received: Received, *, actor: str) -> Order:
        return paying.book(_bill(payable), received, actor=actor)

    def money_changed(
        self, payable: Payable, *, payment_id: UUID, kept: Decimal, charged_back: Decimal, actor: str
    ) -> Decimal:
        plan = _bill(payable).plan_id
        return money.follow(plan, payment_id=payment_id, kept=kept, charged_back=charged_back, actor=actor)

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        raise NotFree(str(payable))


def _bill(payable: Payable) -> InstallmentBill:
    return InstallmentBill.objects.select_related("plan__order").get(payable=payable)


def _locked(payable: Payable) -> InstallmentBill:
    rows = InstallmentBill.objects.select_for_update(of=("self",), no_key=True).select_related("plan__order")
    return rows.get(payable=payable)


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
    return Bill(
        token=bill.token,
        page=reverse("orders:installments_bill", args=[bill.token]),
        contact_page="",
        state=_STATES[Status(bill.status)],
        currency=bill.currency,
        lines=lines,
        shipping_name="",
        shipping=ZERO,
        total=bill.amount,
        buyer=Buyer(
            email=order.email,
            first_name=order.first_name,
            last_name=order.last_name,
            phone=order.phone,
            document_type=order.document_type,
            document_number=order.document_number,
        ),
        language=order.language,
    )
