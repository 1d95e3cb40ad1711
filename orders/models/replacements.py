"""Replacements: units that take the place of units that were sold, by an exchange or by a claim.

Each is one unit. From the moment it is agreed it counts what was paid for the old unit (`credit`) as gone from the old
unit's line; when it is to be sent it becomes a line of the order of its own, worth `price`. So what may go back of an
order is moved from line to line, and never grows.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from orders.models.claims import Claim, ClaimLine
from orders.models.exchanges import Exchange
from orders.models.order import OrderLine
from orders.models.returns import ReturnLine
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField

# What of a line was replaced, was paid back or is owed back is never more than was ordered and paid. The order's row
# serialises whoever takes units or money of its lines.
_WITHIN_LINE = """
SELECT l.order_id, l.quantity, l.total INTO the_order, ordered, paid
  FROM orders_orderline l WHERE l.id = NEW.replaced_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT paid + coalesce(sum(amount), 0) INTO paid FROM orders_orderadjustment WHERE line_id = NEW.replaced_id;
SELECT coalesce(sum(l.amount + l.withheld), 0), coalesce(sum(l.quantity), 0) INTO back, taken
  FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
 WHERE l.order_line_id = NEW.replaced_id AND r.status <> 'failed';
SELECT coalesce(sum(l.amount + l.withheld), 0) + back, coalesce(sum(l.quantity), 0) + taken INTO back, taken
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE l.order_line_id = NEW.replaced_id AND (r.status = 'owed' OR r.counts_itself);
SELECT coalesce(sum(u.credit), 0) + back, count(*) + taken INTO back, taken
  FROM orders_replacement u
 WHERE u.replaced_id = NEW.replaced_id AND u.dropped_at IS NULL AND u.id <> NEW.id;
IF ordered IS NULL OR taken + 1 > ordered OR back + NEW.credit > paid THEN
    RAISE EXCEPTION 'percha: % units of % would be replaced or back, % of % paid', taken + 1, ordered,
        back + NEW.credit, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'replacement_within_line';
END IF;
RETURN NEW;
"""


class Replacement(BaseModel):
    """One unit that is sent instead of one of `replaced`. `credit` is what was paid for the old unit and is refundable,
    `price` what the new one is worth when it goes back: the same, but in an uneven exchange. `fee` is kept of what
    would go back to the buyer, by the terms of the return.

    Its order line (`line`) is made when it is to be sent. One that is not to be sent any more is dropped, and gives its
    credit back; one that has a line is not dropped: that line may be paid back like any other.
    """

    exchange = models.ForeignKey(
        Exchange,
        verbose_name=_("exchange"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="units",
    )
    return_line = models.ForeignKey(
        ReturnLine,
        verbose_name=_("line of the return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replacements",
    )
    claim = models.ForeignKey(
        Claim,
        verbose_name=_("claim"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="units",
    )
    claim_line = models.ForeignKey(
        ClaimLine,
        verbose_name=_("line of the claim"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replacements",
    )
    replaced = models.ForeignKey(
        OrderLine, verbose_name=_("instead of"), on_delete=models.PROTECT, related_name="replaced_units"
    )
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), null=True, on_delete=models.SET_NULL, related_name="replacements"
    )
    sku = models.CharField("SKU", max_length=60)
    name = models.CharField(_("name"), max_length=260)
    credit = ModelMoneyField(_("credit"), is_recorded=True)
    price = ModelMoneyField(_("price"), is_recorded=True)
    fee = ModelMoneyField(_("fee"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True)
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    dropped_at = models.DateTimeField(_("dropped"), null=True, blank=True)
    line = models.OneToOneField(
        OrderLine,
        verbose_name=_("order line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replacement",
    )

    class Meta:
        verbose_name = _("replacement")
        verbose_name_plural = _("replacements")
        ordering = ["created_at", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(exchange__isnull=False, return_line__isnull=False, claim=None, claim_line=None)
                | Q(exchange=None, return_line=None, claim__isnull=False, claim_line__isnull=False),
                name="replacement_of_one_cause",
            ),
            models.CheckConstraint(condition=Q(credit__gte=0, price__gte=0), name="replacement_not_negative"),
            models.CheckConstraint(
                condition=Q(fee=0) | Q(fee__gt=0, fee__lte=models.F("credit") - models.F("price")),
                name="replacement_fee_of_what_goes_back",
            ),
            models.CheckConstraint(
                condition=Q(dropped_at=None) | Q(line=None), name="replacement_sent_is_not_dropped"
            ),
            models.CheckConstraint(
                condition=Q(claim=None) | Q(price=models.F("credit")), name="replacement_of_claim_is_even"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_order", "uuid"),
                    ("ordered", "int"),
                    ("paid", "numeric"),
                    ("back", "numeric"),
                    ("taken", "int"),
                ],
                func=_WITHIN_LINE,
            ),
            pgtrigger.Protect(
                name="worth_never_changes",
                operation=pgtrigger.UpdateOf(
                    "credit", "price", "fee", "replaced_id", "exchange_id", "claim_id"
                )
                | pgtrigger.Delete,
            ),
            pgtrigger.Protect(
                name="dropped_for_good",
                operation=pgtrigger.UpdateOf("dropped_at"),
                condition=pgtrigger.Q(old__dropped_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="one_line",
                operation=pgtrigger.UpdateOf("line_id"),
                condition=pgtrigger.Q(old__line_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.replaced.sku} → {self.sku}"

    @property
    def trail(self) -> UUID:
        return self.replaced.order.checkout_id

    @property
    def difference(self) -> Decimal:
        """What the new unit costs the buyer more than the old one, with its fee; below zero: less."""
        found: Decimal = self.price - self.credit + self.fee
        return found
