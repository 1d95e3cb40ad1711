"""Cancellations: units of an order that are not sent, and go back to stock and to the buyer's money.

Made by `orders.cancellation.cancelling` alone, below the lock of their order, and never changed.
"""

from typing import ClassVar, Final
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order, OrderLine
from orders.models.reimbursements import Reimbursement
from shop.core.models import BaseModel

# A unit that is cancelled is in no shipment, and one that is in a shipment is not cancelled. Whoever adds lines to a
# shipment locks the order as well (`orders.models.shipments`): the two count one another.
_WITHIN_LINE: Final = """
SELECT order_id INTO the_order FROM orders_cancellation WHERE id = NEW.cancellation_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT quantity INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT coalesce(sum(quantity), 0) INTO taken
  FROM orders_cancellationline WHERE order_line_id = NEW.order_line_id AND id <> NEW.id;
SELECT taken + coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
 WHERE l.order_line_id = NEW.order_line_id AND s.status <> 'cancelled' AND s.sent_again_at IS NULL;
IF ordered IS NULL OR taken + NEW.quantity > ordered THEN
    RAISE EXCEPTION 'percha: % units would be cancelled or in shipments of % ordered', taken + NEW.quantity, ordered
        USING ERRCODE = 'check_violation', CONSTRAINT = 'cancellation_line_within_line';
END IF;
RETURN NEW;
"""


class Cancellation(BaseModel):
    """Units of an order that its buyer or the staff cancelled, in one act that happened as a whole.

    `reimbursement` is what the buyer is owed for them; None: nothing was paid for them, or all of it had gone back.
    `is_whole`: nothing was left of the order, which ended with it. `dedupe_key` makes it once for each form or request.
    """

    class By(models.TextChoices):
        SHOPPER = "shopper", _("by the buyer")
        STAFF = "staff", _("by the shop")

    class Reason(models.TextChoices):
        CHANGED_MIND = "changed_mind", _("not wanted any more")
        MISTAKE = "mistake", _("ordered by mistake")
        OTHER_CHOICE = "other_choice", _("another size, colour or product is wanted")
        TOO_SLOW = "too_slow", _("it takes too long")
        BUYER_ASKED = "buyer_asked", _("the buyer asked for it")
        NOT_FOUND = "not_found", _("not there, or damaged")
        CANNOT_DELIVER = "cannot_deliver", _("cannot be delivered")
        SUSPICIOUS = "suspicious", _("suspicion of fraud")
        WRONG_PRICE = "wrong_price", _("wrong price or description")
        OTHER = "other", _("another reason")

    # What each may choose.
    OF_SHOPPER: ClassVar = (
        Reason.CHANGED_MIND,
        Reason.MISTAKE,
        Reason.OTHER_CHOICE,
        Reason.TOO_SLOW,
        Reason.OTHER,
    )
    OF_STAFF: ClassVar = (
        Reason.BUYER_ASKED,
        Reason.NOT_FOUND,
        Reason.CANNOT_DELIVER,
        Reason.SUSPICIOUS,
        Reason.WRONG_PRICE,
        Reason.OTHER,
    )

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="cancellations"
    )
    by = models.CharField(_("by"), max_length=8, choices=By)
    actor = models.CharField(max_length=150)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    note = models.CharField(_("in words"), max_length=200, blank=True)
    is_whole = models.BooleanField(_("the whole order"), default=False)
    reimbursement = models.OneToOneField(
        Reimbursement,
        verbose_name=_("reimbursement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cancellation",
    )
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("cancellation")
        verbose_name_plural = _("cancellations")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(is_whole=True), name="cancellation_whole_once"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="never_changes",
                operation=pgtrigger.UpdateOf(
                    "order_id", "by", "actor", "reason", "is_whole", "reimbursement_id"
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_reason_display())

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id


class CancellationLine(BaseModel):
    """Units of an order's line that are cancelled. Never one that is in a shipment: the database refuses it."""

    cancellation = models.ForeignKey(
        Cancellation, verbose_name=_("cancellation"), on_delete=models.PROTECT, related_name="lines"
    )
    order_line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="cancellation_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        verbose_name = _("cancelled line")
        verbose_name_plural = _("cancelled lines")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cancellation", "order_line"], name="cancellationline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cancellationline_quantity_positive"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="within_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("the_order", "uuid"), ("ordered", "int"), ("taken", "int")],
                func=_WITHIN_LINE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"
