"""Exchanges: a return whose units come back for other units. Made and moved by `orders.exchanges` alone."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.models.payables import Payable
from orders.models.reimbursements import Reimbursement
from orders.models.return_facts import ReturnDecision
from orders.models.returns import Return
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class Exchange(BaseModel):
    """A return, the units that are sent instead (`units`), and one signed sum that settles the difference.

    requested → released | cancelled. While it is requested its units are reserved and wait for the goods; when it is
    released they become lines of the order that are to be sent. One that was cancelled because its difference was not
    paid in time is requested again when the money comes late and the units are still there. `settlement`, in the
    order's currency: above zero the buyer pays it before, below zero it goes back when it is released.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        RELEASED = "released", _("released")
        CANCELLED = "cancelled", _("cancelled")

    class End(models.TextChoices):
        """Why it was cancelled."""

        BUYER = "buyer", _("by the buyer")
        STAFF = "staff", _("by the staff")
        UNPAID = "unpaid", _("the difference was not paid in time")
        RETURN = "return", _("its return was rejected, cancelled or expired")
        CLOSED = "closed", _("its return was closed without these units")
        # Found when it was to be released: nothing is sent for money that has gone (`orders.fulfilment.holds`).
        REFUNDED = "refunded", _("what was paid for the order has gone back")

    TRANSITIONS: ClassVar[Table] = {
        Status.REQUESTED: {Status.RELEASED, Status.CANCELLED},
        Status.RELEASED: set(),
        Status.CANCELLED: {Status.REQUESTED},
    }

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="exchanges"
    )
    rma = models.ForeignKey(
        Return,
        verbose_name=_("return of goods"),
        on_delete=models.PROTECT,
        related_name="exchanges",
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    settlement = ModelMoneyField(_("difference"), default=Decimal("0.00"), is_recorded=True)
    reserved_until = models.DateTimeField(_("reserved until"))
    attention_since = models.DateTimeField(_("needs attention since"), null=True, blank=True)
    attention_reason = models.CharField(_("why it needs attention"), max_length=300, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    ended_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    end = models.CharField(_("why it was cancelled"), max_length=8, choices=End, blank=True)
    end_reason = models.CharField(_("reason"), max_length=300, blank=True)
    # What the return decided about its units, written with the release.
    decision = models.OneToOneField(
        ReturnDecision,
        verbose_name=_("decision about the return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="exchange",
    )
    # What went back to the buyer: the difference when it was released, or what they had paid when it was cancelled.
    reimbursement = models.OneToOneField(
        Reimbursement,
        verbose_name=_("reimbursement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="exchange",
    )
    # What of that did not go back, since no more was left of what was paid for the order.
    not_paid_back = ModelMoneyField(
        _("not paid back"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True
    )
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="exchange_ordinal_once"),
            models.UniqueConstraint(
                fields=["rma"], condition=Q(status="requested"), name="exchange_one_open_per_return"
            ),
            models.CheckConstraint(
                condition=Q(status="requested", released_at=None, ended_at=None, end="")
                | Q(status="released", released_at__isnull=False, ended_at=None, end="")
                | (Q(status="cancelled", released_at=None, ended_at__isnull=False) & ~Q(end="")),
                name="exchange_dates_fit_status",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="exchange_open", condition=Q(status="requested")),
            models.Index(fields=["status", "-created_at"], name="exchange_status"),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="status_never_goes_back",
                field="status",
                transitions=[
                    ("requested", "released"),
                    ("requested", "cancelled"),
                    ("cancelled", "requested"),
                ],
            ),
            pgtrigger.Protect(
                name="order_never_changes",
                operation=pgtrigger.UpdateOf("order_id", "rma_id", "ordinal", "settlement"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that people use: the order's, and which of its exchanges it is."""
        return f"{self.order.number}-E{self.ordinal}"

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.REQUESTED


class ExchangeCharge(BaseModel):
    """What a buyer pays for an exchange, by a link that opens the page to pay it. Paid once; it ends unpaid after days.

    A payment that comes after the end revives the exchange while its units are there, else it goes back. `lost`: what
    the buyer's bank took back of it.
    """

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
        Payable, verbose_name=_("payable"), on_delete=models.PROTECT, related_name="exchange_charge"
    )
    exchange = models.OneToOneField(
        Exchange, verbose_name=_("exchange"), on_delete=models.PROTECT, related_name="charge"
    )
    token = models.CharField(max_length=43, unique=True, default=token, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    lost = ModelMoneyField(
        _("charged back"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True
    )
    expires_at = models.DateTimeField(_("to be paid by"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("charge of an exchange")
        verbose_name_plural = _("charges of exchanges")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, lost__gte=0), name="exchangecharge_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False) | (~Q(status="paid") & Q(paid_at=None)),
                name="exchangecharge_paid_has_a_date",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                name="exchangecharge_due",
                condition=Q(status__in=["open", "awaiting"]),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="never_changes", operation=pgtrigger.UpdateOf("exchange_id", "amount", "currency")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exchange} · {display(self.amount, self.currency)}"

    @property
    def trail(self) -> UUID:
        return self.exchange.trail

    @property
    def total(self) -> Decimal:
        """What is paid for it, as of everything that has a total and a currency."""
        found: Decimal = self.amount
        return found

    @property
    def is_live(self) -> bool:
        return self.status in {self.Status.OPEN, self.Status.AWAITING}
