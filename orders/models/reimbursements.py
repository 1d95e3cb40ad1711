"""What the shop owes a buyer back: how much, for which units of the order, and why.

Orders write it, in the transaction of what causes it; payments pay it (`payments.refunds.reimbursing`). Where a trigger
below counts what has gone back by refunds it names tables of payments, as `orders.models.money` does by the reverse
relations: the money of an order is there and nowhere else.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderLine
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField

_WITHIN_ORDER = """
PERFORM 1 FROM orders_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
SELECT coalesce(sum(amount), (SELECT total FROM orders_order WHERE id = NEW.order_id)) INTO paid
  FROM payments_payment WHERE order_id = NEW.order_id AND role = 'order';
SELECT coalesce(sum(r.amount), 0) INTO back
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
 WHERE p.order_id = NEW.order_id AND p.role = 'order' AND r.status <> 'failed';
-- Of an order paid in instalments its whole debt may go back, paid or not; what has gone back is in `reduced`.
SELECT sum(i.amount + i.late - i.reduced) INTO debt
  FROM orders_installment i JOIN orders_installmentplan p ON p.id = i.plan_id WHERE p.order_id = NEW.order_id;
IF debt IS NOT NULL THEN
    SELECT debt, 0 INTO paid, back;
END IF;
SELECT coalesce(sum(amount), 0) INTO owed FROM orders_reimbursement
 WHERE order_id = NEW.order_id AND status = 'owed' AND id <> NEW.id;
IF back + owed + NEW.amount > paid THEN
    RAISE EXCEPTION 'percha: % would go back of % paid', back + owed + NEW.amount, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_within_order';
END IF;
RETURN NEW;
"""

# What was paid for a line is its total with its adjustments; what belongs to no line is the shipping and the charges of
# the order.
_LINE_WITHIN_ORDER = """
SELECT order_id INTO the_order FROM orders_reimbursement WHERE id = NEW.reimbursement_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
IF NEW.kind = 'sum' THEN
    RETURN NEW;
END IF;
IF NEW.kind = 'shipping' THEN
    SELECT shipping_total, 1 INTO paid, ordered FROM orders_order WHERE id = the_order;
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';
ELSE
    SELECT total, quantity INTO paid, ordered FROM orders_orderline
     WHERE id = NEW.order_line_id AND order_id = the_order;
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;
END IF;
SELECT coalesce(sum(l.amount + l.withheld), 0), coalesce(sum(l.quantity), 0) INTO back, taken
  FROM payments_refundline l
  JOIN payments_refund r ON r.id = l.refund_id
  JOIN payments_payment p ON p.id = r.payment_id
 WHERE p.order_id = the_order AND r.status <> 'failed' AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;
SELECT coalesce(sum(l.amount + l.withheld), 0) + back, coalesce(sum(l.quantity), 0) + taken INTO back, taken
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE r.order_id = the_order AND (r.status = 'owed' OR r.counts_itself) AND l.kind <> 'sum' AND l.id <> NEW.id
   AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;
-- A unit that is replaced has gone from its line with what was paid for it (`orders.models.replacements`).
SELECT coalesce(sum(u.credit), 0) + back, count(*) + taken INTO back, taken
  FROM orders_replacement u WHERE u.replaced_id = NEW.order_line_id AND u.dropped_at IS NULL;
IF NEW.sent > 0 AND NEW.sent > (
    SELECT coalesce(sum(s.quantity), 0) FROM orders_shipmentline s JOIN orders_shipment box ON box.id = s.shipment_id
     WHERE s.order_line_id = NEW.order_line_id AND box.status IN ('shipped', 'delivered', 'returned')
) - (
    SELECT coalesce(sum(l.sent), 0) FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
     WHERE l.order_line_id = NEW.order_line_id AND r.status <> 'failed'
) - (
    SELECT coalesce(sum(l.sent), 0)
      FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
     WHERE l.order_line_id = NEW.order_line_id AND (r.status = 'owed' OR r.counts_itself) AND l.id <> NEW.id
) THEN
    RAISE EXCEPTION 'percha: % units would go back as sent, which were not', NEW.sent
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_line_within_order';
END IF;
IF paid IS NULL OR back + NEW.amount + NEW.withheld > paid
    OR (NEW.kind = 'line' AND taken + NEW.quantity > ordered) THEN
    RAISE EXCEPTION 'percha: % for % units would go back of % paid', back + NEW.amount, taken + NEW.quantity, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_line_within_order';
END IF;
RETURN NEW;
"""


class Reimbursement(BaseModel):
    """What a buyer is owed for an order, in the order's currency.

    While it is `owed` nobody has begun to pay it: a job does (`next_try_at`). From then on its rows in payments say
    where the money is, and the status follows them. What it gives back counts against the order while it is owed, and
    as its refunds do afterwards; one that failed gives nothing back. Where no refund's lines say it (`counts_itself`)
    its own lines go on counting. `dedupe_key` makes it once for each cause.
    """

    class Status(models.TextChoices):
        OWED = "owed", _("owed")
        PAYING = "paying", _("being paid")
        PAID = "paid", _("paid back")
        FAILED = "failed", _("not paid back")

    class Origin(models.TextChoices):
        STAFF = "staff", _("staff")
        AUTOMATIC = "automatic", _("automatic")

    TRANSITIONS: ClassVar[Table] = {
        Status.OWED: {Status.PAYING, Status.FAILED},
        Status.PAYING: {Status.PAID, Status.FAILED},
        # A refund that succeeded may fail days later, and one that failed may be sent again.
        Status.PAID: {Status.PAYING, Status.FAILED},
        Status.FAILED: {Status.PAYING, Status.PAID},
    }

    # Whose lines count against their order.
    COUNTS: ClassVar[Q] = Q(status=Status.OWED) | Q(counts_itself=True)

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="reimbursements"
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OWED)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.STAFF)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=150, unique=True)
    # No one refund's lines say what it gives back (several refunds, or instalments that fall): its own lines count
    # against the order, once its payment has begun. They do so though a refund of it fails, which is tried again.
    counts_itself = models.BooleanField(default=False, db_default=False, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("reimbursement")
        verbose_name_plural = _("reimbursements")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="reimbursement_amount_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], name="reimbursement_due", condition=Q(status="owed")),
            models.Index(fields=["status", "-created_at"], name="reimbursement_status"),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("paid", "numeric"), ("back", "numeric"), ("owed", "numeric"), ("debt", "numeric")],
                func=_WITHIN_ORDER,
            ),
            pgtrigger.Protect(
                name="amount_never_changes", operation=pgtrigger.UpdateOf("amount", "currency", "order_id")
            ),
        ]

    def __str__(self) -> str:
        return display(self.amount, self.currency)

    @property
    def trail(self) -> UUID:
        return self.order.trail


class ReimbursementLine(BaseModel):
    """What of an order is paid back: units of a line, the shipping (with other charges), or a sum of no unit.

    A credit is a part of what was paid for a line whose units stay with the buyer: it gives back no unit, and as much
    less goes back with them later.

    Written with its reimbursement and never changed. Neither the units nor the amount of a line (or of the shipping)
    are ever more than was paid for it; the database refuses it below the order's lock.
    """

    class Kind(models.TextChoices):
        LINE = "line", _("units of a line")
        SHIPPING = "shipping", _("shipping")
        SUM = "sum", _("a sum")
        CREDIT = "credit", _("a part of the price of a line")

    reimbursement = models.ForeignKey(
        Reimbursement, verbose_name=_("reimbursement"), on_delete=models.PROTECT, related_name="lines"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    order_line = models.ForeignKey(
        OrderLine,
        verbose_name=_("order line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reimbursement_lines",
    )
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    # Those of the units that had been sent, of what people give back without a return or a claim: no other unit stays
    # in the house for them. What returns, claims and cancellations give back says it by their own rows.
    sent = models.PositiveIntegerField(_("of these, sent"), default=0, db_default=0)
    amount = ModelMoneyField(_("amount"), default=Decimal("0.00"), is_recorded=True)
    # What was paid for the units besides, and is kept as a fee: it does not go back with the units that come later.
    withheld = ModelMoneyField(
        _("fee kept"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True
    )

    class Meta:
        verbose_name = _("reimbursed line")
        verbose_name_plural = _("reimbursed lines")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reimbursement", "kind", "order_line"],
                name="reimbursement_line_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) | Q(kind="credit", quantity=0),
                name="reimbursement_line_quantity_positive",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="reimbursement_line_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(withheld__gte=0), name="reimbursement_line_withheld_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(sent=0) | Q(kind="line", sent__lte=F("quantity")),
                name="reimbursement_line_sent_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(kind="line", order_line__isnull=False)
                | Q(kind="credit", order_line__isnull=False, quantity=0)
                | (Q(order_line=None, quantity=1) & ~Q(kind__in=["line", "credit"])),
                name="reimbursement_line_fits_kind",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="within_order",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_order", "uuid"),
                    ("paid", "numeric"),
                    ("back", "numeric"),
                    ("ordered", "int"),
                    ("taken", "int"),
                ],
                func=_LINE_WITHIN_ORDER,
            ),
        ]

    def __str__(self) -> str:
        if self.order_line and self.kind == self.Kind.CREDIT:
            return f"{self.get_kind_display()}: {self.order_line.name}"
        if self.order_line:
            return f"{self.quantity} × {self.order_line.name}"
        return str(self.get_kind_display())
