"""Acts of money: instalments, goodwill, refunds by the shop and in the panel, banks, and the jobs that pay."""

from decimal import Decimal

from django.db import transaction

from inventory.reservations import expire_due
from orders.exchanges import ending, releasing
from orders.invoices import preparing
from orders.invoices.preparing import InvoiceNotIssued, NothingToCredit
from orders.models import InstallmentPlan, Invoice
from orders.reimbursements.left import for_units, left_of
from orders.returns import answering
from orders.returns.restocking import at_their_places
from orders.tests.installments.factories import parts
from payments.disputes import money as dispute_money
from payments.models import Payment, Refund
from payments.refunds import plan_returns, refund_requests, reimbursing
from payments.refunds.refund_state import move_refund
from payments.tests.plans import pay_part
from shop.core.money import ZERO
from shop.core.states import move
from tests.histories.after_sale.base import STAFF, History, let_pass
from tests.histories.after_sale.refusals import NothingThere


class Paying(History):
    plan: InstallmentPlan | None = None

    def pay_installment(self, number: int) -> None:
        """Pay one instalment, or all that is open: then the last one's interest is spared."""
        plan = self._live_plan()
        rows = [row for row in parts(plan) if row.open_amount]
        if number % 4:
            pay_part(plan, rows[number % len(rows)].number)
            return
        less = min(rows[-1].interest, rows[-1].open_amount - Decimal("0.01"))
        waived = ["0"] * (len(rows) - 1) + [str(max(less, ZERO))]
        pay_part(plan, *(row.number for row in rows), waived=waived)

    def _live_plan(self) -> InstallmentPlan:
        if self.plan is None:
            raise NothingThere
        plan = InstallmentPlan.objects.get(pk=self.plan.pk)
        if not plan.is_live or not any(row.open_amount for row in parts(plan)):
            raise NothingThere
        return plan

    def refund_units(self, number: int) -> None:
        """Pay a unit back by the refund page, sent or not, with or without taking it back to stock."""
        line, left = self.line(), left_of(self.order)
        one = next(row for row in left.lines if row.line.pk == line.pk)
        stated = {line.pk: number % 2 if one.is_partly_sent else None}
        back = at_their_places(self.order, {line: 1}) if number % 3 == 0 else []
        key = self.key()
        if self.plan is not None:
            places = {one.line.pk: one.location_id for one in back}
            choice = plan_returns.Choice(
                units={line.pk: 1}, shipping=number % 5 == 0, places=places, sent=stated
            )
            shown = plan_returns.quote(self.order, choice)
            back = list(shown.returns)
            self.once(lambda: self._give(choice, key, shown.seen))
            self.owes(shown.amount)
        else:
            lines = for_units(left, {line.pk: 1}, shipping=number % 5 == 0, sent=stated)
            back = [] if one.is_partly_sent and stated[line.pk] else back
            amount = sum((one.amount for one in lines), ZERO)
            reimbursing.ask(
                self._payment(),
                lines,
                reason="x",
                dedupe_key=key,
                expected=None,
                actor=STAFF,
                returns=back,
            )
            self.owes(amount)
        self.moves(line, sum(one.quantity for one in back))

    def _give(self, choice: plan_returns.Choice, key: str, expected: str) -> None:
        plan_returns.give_back(self.order, choice, reason="x", dedupe_key=key, expected=expected, actor=STAFF)

    def goodwill(self, number: int) -> None:
        """Give a mere sum back, which belongs to no unit."""
        amount, key = Decimal(1 + number % 900) + Decimal("0.37"), self.key()
        if self.plan is not None:
            choice = plan_returns.Choice(amount=amount)
            shown = plan_returns.quote(self.order, choice)
            self.once(lambda: self._give(choice, key, shown.seen))
            self.owes(amount)
        else:
            payment = self._payment()
            self.once(lambda: refund_requests.request(payment, amount, "staff", "goodwill", key, actor=STAFF))
        self.is_short = True

    def panel_refund(self, number: int) -> None:
        """Somebody refunds a part of a payment at the provider, whatever is promised here."""
        payment = self._payment()
        amount = min(refund_requests.refundable(payment), Decimal(1 + number % 500))
        refund_requests.request(
            payment, amount, Refund.Origin.PROVIDER, "panel", self.key(), actor="provider"
        )
        self.is_short = True

    def refund_ends(self, number: int) -> None:
        live = list(Refund.objects.filter(payment__order=self.order, status="requested").order_by("pk"))
        if not live:
            raise NothingThere
        end = "failed" if number % 4 == 0 else "succeeded"
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=live[0].payment_id)
            move_refund(live[number % len(live)], end, actor=STAFF)

    def refund_is_tried_again(self, number: int) -> None:
        failed = list(Refund.objects.filter(payment__order=self.order, status="failed").order_by("pk"))
        if not failed:
            raise NothingThere
        refund_requests.retry(failed[number % len(failed)], actor=STAFF)

    def bank_takes(self, _number: int) -> None:
        self._decided("charged_back")
        self.is_short = self.is_disputed = True

    def bank_gives_back(self, _number: int) -> None:
        self._decided("approved")

    def _decided(self, status: str) -> None:
        payment = Payment.objects.select_for_update().get(pk=self._payment().pk)
        gone = payment.refunds.filter(status="succeeded")
        payment.refunded_amount = sum((one.amount for one in gone), ZERO)
        payment.status = status
        payment.save()
        if dispute_money.recount(payment, actor=STAFF):
            dispute_money.drop(payment, actor=STAFF)
        else:
            dispute_money.resume(payment, actor=STAFF)

    def _payment(self) -> Payment:
        rows = self.payments()
        if not rows:
            raise NothingThere
        return rows[self.number // 3 % len(rows)]

    # -- Jobs ---------------------------------------------------------------------------------------------------------

    def jobs_run(self, number: int) -> None:
        """Some jobs run, in whatever order; none of their rows crashes."""
        jobs = (
            lambda: reimbursing.pay_due(),
            lambda: releasing.release_due(),
            lambda: ending.end_unpaid(),
            lambda: answering.expire_due(),
        )
        for at in range(len(jobs)):
            tally = jobs[(at + number) % len(jobs)]()
            assert "crashed" not in tally, tally
        self.documents(number)

    def documents(self, _number: int) -> None:
        """Issue the documents that are due: receipts, debit notes to them, credit notes."""
        for kind in ("receipt", "debit_note", "credit_note"):
            for row in Invoice.objects.filter(status="draft", kind=kind).order_by("created_at"):
                try:
                    with transaction.atomic():
                        preparing.issue_own(row, actor=STAFF)
                except NothingToCredit:
                    move(row, "void", actor=STAFF, reason="nothing to credit", next_try_at=None)
                except InvoiceNotIssued:
                    pass

    def days_pass(self, number: int) -> None:
        """Days pass, after which reservations over their time are released, as every minute."""
        let_pass((1, 4, 12, 25)[number % 4])
        expire_due(actor="job:expire")
