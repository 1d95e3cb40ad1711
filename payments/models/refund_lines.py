"""What a refund gives back of an order: units of its lines, and its shipping."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models import OrderLine
from payments.models.payments import Refund
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField

# What was paid for a line is its total with its adjustments; what belongs to no line is the shipping and the charges of
# the order. Units bring what was paid for them, and a line's last unit closes it at exactly that; less only where no
# more is left of the order's money: sums were given back before, or a bank took some.
_WITHIN_ORDER = """
SELECT p.order_id INTO the_order
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE r.id = NEW.refund_id;
SELECT shipping_total INTO paid FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
IF NEW.order_line_id IS NULL THEN
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';
    SELECT coalesce(sum(l.amount), 0) INTO back FROM payments_refundline l
      JOIN payments_refund r ON r.id = l.refund_id JOIN payments_payment p ON p.id = r.payment_id
     WHERE l.order_line_id IS NULL AND p.order_id = the_order AND r.status <> 'failed' AND l.id <> NEW.id;
    SELECT back + coalesce(sum(l.amount), 0) INTO back FROM orders_reimbursementline l
      JOIN orders_reimbursement r ON r.id = l.reimbursement_id
     WHERE l.kind = 'shipping' AND r.order_id = the_order AND r.counts_itself;
    IF paid IS NULL OR back + NEW.amount > paid THEN
        RAISE EXCEPTION 'percha: shipping of % would go back of %', back + NEW.amount, paid
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
    END IF;
    RETURN NEW;
END IF;
SELECT quantity, unit_price, total INTO ordered, price, paid
  FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT paid + coalesce(sum(amount), 0), coalesce(bool_or(amount <> 0), false) INTO paid, is_adjusted
  FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;
SELECT coalesce(sum(l.quantity), 0), coalesce(sum(l.amount + l.withheld), 0) INTO taken, back
  FROM payments_refundline l
  JOIN payments_refund r ON r.id = l.refund_id
 WHERE l.order_line_id = NEW.order_line_id AND r.status <> 'failed' AND l.id <> NEW.id;
SELECT taken + coalesce(sum(l.quantity), 0), back + coalesce(sum(l.amount + l.withheld), 0) INTO taken, back
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE l.order_line_id = NEW.order_line_id AND r.counts_itself;
-- A unit that is replaced has gone from its line with what was paid for it (`orders.models.replacements`).
SELECT taken + count(*), back + coalesce(sum(u.credit), 0) INTO taken, back
  FROM orders_replacement u WHERE u.replaced_id = NEW.order_line_id AND u.dropped_at IS NULL;
-- Of a line of which a part of the price was given back (a credit) that much less goes back with its units.
SELECT exists(SELECT 1 FROM orders_reimbursementline l WHERE l.order_line_id = NEW.order_line_id AND l.kind = 'credit')
  INTO is_credited;
short := CASE WHEN is_credited THEN 0
              WHEN NOT is_adjusted THEN NEW.quantity * price - NEW.amount - NEW.withheld
              WHEN taken + NEW.quantity = ordered THEN paid - back - NEW.amount - NEW.withheld
              ELSE 0 END;
IF short > 0 THEN
    SELECT coalesce(sum(p.amount - p.charged_back_amount), 0) INTO money
      FROM payments_payment p WHERE p.order_id = the_order AND p.role = 'order';
    SELECT money - coalesce(sum(r.amount), 0) INTO money
      FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
     WHERE p.order_id = the_order AND p.role = 'order' AND r.status <> 'failed';
    SELECT money - coalesce(sum(b.amount), 0) INTO money
      FROM orders_reimbursement b WHERE b.order_id = the_order AND b.status = 'owed';
END IF;
IF ordered IS NULL OR taken + NEW.quantity > ordered OR back + NEW.amount + NEW.withheld > paid
   OR short < 0 OR (short > 0 AND money >= short) THEN
    RAISE EXCEPTION 'percha: % units would go back of %', taken + NEW.quantity, ordered
        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
END IF;
RETURN NEW;
"""


class RefundLine(BaseModel):
    """So many units of one order line that a refund gives back, at what was paid for them.

    Without a line: the shipping and what else was charged for the order as a whole.

    Written with its refund and never changed. Units that go back are never more than were ordered, counting every
    refund of the order that has not failed and the reimbursements that count by themselves; the database refuses it
    below the order's lock.
    """

    refund = models.ForeignKey(
        Refund, verbose_name=_("refund"), on_delete=models.PROTECT, related_name="lines"
    )
    order_line = models.ForeignKey(
        OrderLine,
        verbose_name=_("order line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refund_lines",
    )
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    # Those of the units that had been sent (`ReimbursementLine.sent`, which bounds it).
    sent = models.PositiveIntegerField(_("of these, sent"), default=0, db_default=0)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    # What was paid for the units besides, and is kept as a fee (`ReimbursementLine.withheld`).
    withheld = ModelMoneyField(
        _("fee kept"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True
    )

    class Meta:
        verbose_name = _("refunded line")
        verbose_name_plural = _("refunded lines")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["refund", "order_line"], name="refund_line_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(sent=0) | Q(order_line__isnull=False, sent__lte=F("quantity")),
                name="refund_line_sent_within_quantity",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_line_amount_not_negative"),
            models.CheckConstraint(condition=Q(withheld__gte=0), name="refund_line_withheld_not_negative"),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False) | Q(quantity=1), name="refund_line_shipping_is_one"
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
                    ("ordered", "int"),
                    ("price", "numeric"),
                    ("taken", "int"),
                    ("paid", "numeric"),
                    ("back", "numeric"),
                    ("is_adjusted", "bool"),
                    ("is_credited", "bool"),
                    ("short", "numeric"),
                    ("money", "numeric"),
                ],
                func=_WITHIN_ORDER,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.name}" if self.order_line else str(_("shipping"))
