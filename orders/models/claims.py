"""Claims: units that came damaged, wrong or faulty, or never came. The goods usually stay where they are.

Made and moved by `orders.claims` alone, below the lock of their order.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.kept_files import KeptFile
from orders.models.order import Order, OrderLine
from orders.models.reimbursements import Reimbursement
from orders.models.returns import UNITS_TAKEN, Return
from orders.models.shipments import Shipment
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField

# Of what was sent no unit is in two claims, unless the first was denied or cancelled, and none is claimed that is in a
# return or an exchange, unless a claim asked for it. The order's row serialises whoever adds lines to its claims.
_WITHIN_SENT = """
SELECT order_id, status INTO the_order, is_in FROM orders_claim WHERE id = NEW.claim_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(s.quantity), 0) INTO sent
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = NEW.order_line_id AND p.order_id = the_order AND p.status IN ('shipped', 'delivered');
SELECT coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_claimline l JOIN orders_claim c ON c.id = l.claim_id
 WHERE l.order_line_id = NEW.order_line_id AND c.status IN ('open', 'approved', 'resolved') AND l.id <> NEW.id;
SELECT coalesce(sum(:units_taken), 0) INTO coming
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
 WHERE l.order_line_id = NEW.order_line_id AND NOT EXISTS (SELECT 1 FROM orders_claim c WHERE c.rma_id = r.id);
IF is_in <> 'open' OR greatest(taken, coming) + NEW.quantity > sent THEN
    RAISE EXCEPTION 'percha: % units claimed of % sent, % in returns (claim %)',
        taken + NEW.quantity, sent, coming, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_line_within_sent';
END IF;
RETURN NEW;
""".replace(":units_taken", UNITS_TAKEN)


class Claim(BaseModel):
    """A buyer's complaint about units that were sent: open → approved → resolved; open → denied | cancelled.

    `outcome` is what the shop decides: new units, money, both, or a part of the price. No fee is ever kept, and the
    goods stay with the buyer unless the shop wants them back (`rma`). Their units left the stock when they were sold:
    what is lost is written down with the claim's lines and moves no stock once more.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("claim", "open")
        APPROVED = "approved", _("approved")
        RESOLVED = "resolved", _("resolved")
        DENIED = "denied", _("denied")
        CANCELLED = "cancelled", _("cancelled")

    class Reason(models.TextChoices):
        DAMAGED = "damaged_in_transit", _("damaged on the way")
        WRONG = "wrong_item", _("another item came")
        MISSING = "missing", _("missing in the parcel")
        DEFECTIVE = "defective", _("faulty")
        NEVER_ARRIVED = "never_arrived", _("never arrived")

    class Outcome(models.TextChoices):
        REPLACE = "replace", _("new units")
        REFUND = "refund", _("money back")
        BOTH = "both", _("new units and money back")
        PARTIAL = "partial", _("a part of the price back")

    class Origin(models.TextChoices):
        SHOPPER = "shopper", _("buyer")
        STAFF = "staff", _("staff")

    TRANSITIONS: ClassVar[Table] = {
        Status.OPEN: {Status.APPROVED, Status.DENIED, Status.CANCELLED},
        Status.APPROVED: {Status.RESOLVED, Status.OPEN},
        Status.RESOLVED: set(),
        Status.DENIED: set(),
        Status.CANCELLED: set(),
    }
    LIVE: ClassVar = (Status.OPEN, Status.APPROVED)

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="claims")
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.OPEN)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    wish = models.CharField(_("wish"), max_length=8, choices=Outcome, default=Outcome.REPLACE)
    origin = models.CharField(_("asked by"), max_length=8, choices=Origin, default=Origin.SHOPPER)
    shipment = models.ForeignKey(
        Shipment,
        verbose_name=_("shipment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claims",
    )
    note = models.TextField(_("message"), max_length=1000, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="es")
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True)
    # The part of the price that goes back, where a part does: the sum of what its lines say.
    partial_amount = ModelMoneyField(_("part of the price"), null=True, blank=True, is_recorded=True)
    # When it was carried out nothing was left of what was paid for the order: its new units are not sent.
    sends_nothing = models.BooleanField(_("new units not sent"), default=False, db_default=False)
    answer = models.CharField(_("answer to the buyer"), max_length=300, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    attention_since = models.DateTimeField(_("needs attention since"), null=True, blank=True)
    attention_reason = models.CharField(_("why it needs attention"), max_length=300, blank=True)
    reimbursement = models.OneToOneField(
        Reimbursement,
        verbose_name=_("reimbursement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claim",
    )
    # Where the shop wants the goods back: an approved return of them.
    rma = models.OneToOneField(
        Return,
        verbose_name=_("return of goods"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claim",
    )
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="claim_ordinal_once"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "approved"], ended_at=None)
                | Q(status__in=["resolved", "denied", "cancelled"], ended_at__isnull=False),
                name="claim_ended_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "resolved"], approved_at__isnull=False) & ~Q(outcome="")
                | Q(status__in=["open", "denied", "cancelled"], approved_at=None, outcome=""),
                name="claim_approved_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status="denied") | ~Q(answer=""), name="claim_denied_has_an_answer"
            ),
            models.CheckConstraint(
                condition=Q(outcome="partial", partial_amount__gt=0)
                | (~Q(outcome="partial") & Q(partial_amount=None)),
                name="claim_part_of_the_price",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"], name="claim_to_answer", condition=Q(status__in=["open", "approved"])
            ),
            models.Index(fields=["status", "-created_at"], name="claim_status"),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="status_never_goes_back",
                field="status",
                transitions=[
                    ("open", "approved"),
                    ("open", "denied"),
                    ("open", "cancelled"),
                    ("approved", "resolved"),
                    ("approved", "open"),
                ],
            ),
            pgtrigger.Protect(
                name="order_never_changes", operation=pgtrigger.UpdateOf("order_id", "ordinal", "origin")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that people use: the order's, and which of its claims it is."""
        return f"{self.order.number}-C{self.ordinal}"

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id

    @property
    def is_open(self) -> bool:
        return self.status in self.LIVE

    @property
    def money_back(self) -> Decimal:
        """What was decided to go back, in the order's currency."""
        return sum((one.amount for one in self.lines.all()), Decimal(0))

    def get_absolute_url(self) -> str:
        """Return the page's address for whoever holds the order's secret link."""
        return reverse("orders:claim", args=[self.order.secret, self.ordinal])


class ClaimLine(BaseModel):
    """Units of an order's line in a claim. `refunded` and `replaced` of them are decided with the approval.

    `written_off`: units that are lost, written down when the claim is resolved and the goods do not come back. They
    left the stock with their sale.
    """

    claim = models.ForeignKey(Claim, verbose_name=_("claim"), on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="claim_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))
    refunded = models.PositiveIntegerField(_("paid back"), default=0)
    replaced = models.PositiveIntegerField(_("replaced"), default=0)
    amount = ModelMoneyField(_("amount"), default=Decimal("0.00"), is_recorded=True)
    written_off = models.PositiveIntegerField(_("written off"), default=0)

    class Meta:
        verbose_name = _("line of a claim")
        verbose_name_plural = _("lines of claims")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["claim", "order_line"], name="claimline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="claimline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=F("refunded") + F("replaced"),
                    written_off__lte=F("quantity"),
                    amount__gte=0,
                ),
                name="claimline_within_quantity",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_sent",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_order", "uuid"),
                    ("is_in", "varchar"),
                    ("sent", "int"),
                    ("coming", "int"),
                    ("taken", "int"),
                ],
                func=_WITHIN_SENT,
            ),
            pgtrigger.Protect(
                name="units_never_change",
                operation=pgtrigger.UpdateOf("quantity", "order_line_id", "claim_id") | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"


class ClaimFile(KeptFile):
    """A photo of a claim, written again by the shop."""

    claim = models.ForeignKey(Claim, verbose_name=_("claim"), on_delete=models.PROTECT, related_name="files")

    class Meta(KeptFile.Meta):
        verbose_name = _("photo of a claim")
        verbose_name_plural = _("photos of claims")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["claim", "digest"], name="claimfile_once"),
            *KeptFile.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
