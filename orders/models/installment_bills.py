"""Bills: what is asked for now of a plan of instalments, and what a payment of it books."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.installments import Installment, InstallmentPlan
from orders.models.payables import Payable
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class InstallmentBill(BaseModel):
    """What is asked for now of a plan: chosen instalments, or all that is left with less interest (a payoff).

    Its lines never change. Only one payment is booked for a bill, and none where one of its instalments is not owed any
    more as it was.
    """

    class Kind(models.TextChoices):
        CHOSEN = "chosen", _("chosen instalments")
        PAYOFF = "payoff", _("paid off early")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        AWAITING = "awaiting", _("awaiting payment")
        PAID = "paid", _("paid")
        ENDED = "ended", _("ended")

    TRANSITIONS: ClassVar[Table] = {
        Status.OPEN: {Status.AWAITING, Status.PAID, Status.ENDED},
        Status.AWAITING: {Status.OPEN, Status.PAID, Status.ENDED},
        Status.ENDED: {Status.PAID},
        Status.PAID: set(),
    }

    payable = models.OneToOneField(
        Payable, verbose_name=_("payable"), on_delete=models.PROTECT, related_name="bill"
    )
    plan = models.ForeignKey(
        InstallmentPlan, verbose_name=_("plan"), on_delete=models.PROTECT, related_name="bills"
    )
    token = models.CharField(max_length=43, unique=True, default=token, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.CHOSEN)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    # What was chosen, so that the same choice finds the same bill.
    choice = models.CharField(max_length=64, editable=False)
    priced_on = models.DateField(_("as of"))
    expires_at = models.DateTimeField(_("valid until"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("bill of instalments")
        verbose_name_plural = _("bills of instalments")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="installmentbill_amount_positive"),
            models.UniqueConstraint(
                fields=["plan", "choice"],
                condition=Q(status__in=["open", "awaiting"]),
                name="installmentbill_one_live_choice",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="never_changes",
                operation=pgtrigger.UpdateOf("plan_id", "kind", "amount", "currency", "choice", "priced_on"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.order} · {display(self.amount, self.currency)}"

    @property
    def trail(self) -> UUID:
        return self.plan.trail

    @property
    def total(self) -> Decimal:
        """What is paid for it, as of everything that has a total and a currency."""
        found: Decimal = self.amount
        return found

    @property
    def is_live(self) -> bool:
        return self.status in {self.Status.OPEN, self.Status.AWAITING}


class InstallmentBillLine(BaseModel):
    """How much of an instalment a bill pays, and how much of it is waived when it does."""

    bill = models.ForeignKey(InstallmentBill, on_delete=models.PROTECT, related_name="lines")
    installment = models.ForeignKey(
        Installment, verbose_name=_("instalment"), on_delete=models.PROTECT, related_name="bill_lines"
    )
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    waived = ModelMoneyField(_("waived"), default=Decimal("0.00"), is_recorded=True)

    class Meta:
        verbose_name = _("line of a bill")
        verbose_name_plural = _("lines of bills")
        ordering = ["installment__number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bill", "installment"], name="installmentbillline_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, waived__gte=0), name="installmentbillline_sane"
            ),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.installment} {self.amount}"
