"""What is known of a return's units: counted, inspected, decided. Rows are added by `orders.returns`, hardly changed.

Each insertion is checked below the order's lock: inspected ≤ received, decided ≤ announced or received,
received ≤ sent.
"""

from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Location, StockMovement
from orders.models.reimbursements import Reimbursement
from orders.models.return_policy import ReturnReason
from orders.models.returns import Return, ReturnLine
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField

_LOCK_ORDER: Final = """
SELECT r.order_id, r.status, l.quantity, l.order_line_id INTO the_order, is_in, announced, the_order_line
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id WHERE l.id = NEW.line_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(quantity), 0) INTO received FROM orders_returnreceiptline WHERE line_id = NEW.line_id;
"""
_DECLARED: Final = [
    ("the_order", "uuid"),
    ("the_order_line", "uuid"),
    ("is_in", "varchar"),
    ("announced", "int"),
    ("received", "int"),
    ("taken", "int"),
]

# What came back of a line by all its returns, less what was sent back to the buyer, was sent before.
_RECEIVED_WITHIN_SENT: Final = """:lock
SELECT coalesce(sum(s.quantity), 0) INTO announced
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = the_order_line AND p.status IN ('shipped', 'delivered');
SELECT coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c JOIN orders_returnline l ON l.id = c.line_id
                  WHERE l.order_line_id = the_order_line AND c.id <> NEW.id), 0)
     - coalesce((SELECT sum(i.quantity) FROM orders_inspection i JOIN orders_returnline l ON l.id = i.line_id
                  WHERE l.order_line_id = the_order_line AND i.disposition = 'send_back'), 0) INTO taken;
IF is_in NOT IN ('approved', 'closed', 'expired', 'cancelled', 'rejected') OR taken + NEW.quantity > announced THEN
    RAISE EXCEPTION 'percha: % units received of % sent (return %)', taken + NEW.quantity, announced, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_received_within_sent';
END IF;
RETURN NEW;
""".replace(":lock", _LOCK_ORDER)

_INSPECTED_WITHIN_RECEIVED: Final = """:lock
SELECT coalesce(sum(quantity), 0) INTO taken FROM orders_inspection WHERE line_id = NEW.line_id AND id <> NEW.id;
IF taken + NEW.quantity > received THEN
    RAISE EXCEPTION 'percha: % units inspected of % received', taken + NEW.quantity, received
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_inspected_within_received';
END IF;
RETURN NEW;
""".replace(":lock", _LOCK_ORDER)

_DECIDED_WITHIN_LINE: Final = """:lock
SELECT coalesce(sum(d.quantity), 0) INTO taken
  FROM orders_returndecisionline d JOIN orders_returndecision m ON m.id = d.decision_id
 WHERE d.line_id = NEW.line_id AND m.withdrawn_at IS NULL AND d.id <> NEW.id;
IF taken + NEW.quantity > greatest(announced, received) THEN
    RAISE EXCEPTION 'percha: % units decided of % announced and % received', taken + NEW.quantity, announced, received
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_decided_within_line';
END IF;
RETURN NEW;
""".replace(":lock", _LOCK_ORDER)


class ReturnReceipt(BaseModel):
    """A parcel of a return, counted at its arrival. It may have fewer units than announced, more, or other things.

    `ordinal` counts the parcels of a return: whoever receives says which one it is, so that two clerks who count the
    same one write it once. `location` is where the units lie until they are inspected, never a place sold from.
    """

    rma = models.ForeignKey(
        Return,
        verbose_name=_("return of goods"),
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    ordinal = models.PositiveSmallIntegerField(_("parcel"))
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField(_("received"))
    received_by = models.CharField(_("by"), max_length=150)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # What is of no line of the order: in words, with how many.
    wrong_items = models.CharField(_("wrong items"), max_length=300, blank=True)
    wrong_units = models.PositiveSmallIntegerField(_("number of wrong items"), default=0)

    class Meta:
        verbose_name = _("receipt of a return")
        verbose_name_plural = _("receipts of returns")
        ordering = ["ordinal"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rma", "ordinal"], name="returnreceipt_once"),
            models.CheckConstraint(
                condition=Q(wrong_units=0, wrong_items="") | Q(wrong_units__gt=0) & ~Q(wrong_items=""),
                name="returnreceipt_wrong_items_named",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="append_only", operation=pgtrigger.Delete | pgtrigger.UpdateOf("rma_id", "ordinal")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rma} · {self.ordinal}"

    @property
    def trail(self) -> UUID:
        return self.rma.trail


class ReturnReceiptLine(BaseModel):
    """Units counted in a parcel; `movement` booked them in (none of a deleted variant)."""

    receipt = models.ForeignKey(
        ReturnReceipt, verbose_name=_("receipt"), on_delete=models.PROTECT, related_name="lines"
    )
    line = models.ForeignKey(
        ReturnLine, verbose_name=_("line"), on_delete=models.PROTECT, related_name="receipt_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))
    movement = models.ForeignKey(
        StockMovement,
        verbose_name=_("movement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("received line")
        verbose_name_plural = _("received lines")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["receipt", "line"], name="returnreceiptline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returnreceiptline_quantity_positive"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="within_sent",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=_DECLARED,
                func=_RECEIVED_WITHIN_SENT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.order_line.sku}"


class Inspection(BaseModel):
    """Units of a line as somebody found them, and what became of them. The disposition may change, by a movement.

    `movement` is the last one: into stock, to the losses, or out to the buyer; none while they stay in quarantine where
    they were received, or of a deleted variant. `location` is where they lie now, None when they are gone.
    """

    class Condition(models.TextChoices):
        NEW = "new", _("as new")
        DAMAGED = "damaged", _("damaged")
        USED = "used", _("used")

    class Disposition(models.TextChoices):
        RESTOCK = "restock", _("back to stock")
        QUARANTINE = "quarantine", _("quarantine")
        WRITE_OFF = "write_off", _("written off")
        SEND_BACK = "send_back", _("sent back to the buyer")

    line = models.ForeignKey(
        ReturnLine, verbose_name=_("line"), on_delete=models.PROTECT, related_name="inspections"
    )
    quantity = models.PositiveIntegerField(_("units"))
    condition = models.CharField(_("condition"), max_length=8, choices=Condition)
    found = models.ForeignKey(
        ReturnReason,
        verbose_name=_("found reason"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    disposition = models.CharField(_("disposition"), max_length=10, choices=Disposition)
    location = models.ForeignKey(
        Location,
        verbose_name=_("location"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    movement = models.ForeignKey(
        StockMovement,
        verbose_name=_("movement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    inspected_at = models.DateTimeField(_("inspected"))
    inspected_by = models.CharField(_("by"), max_length=150)
    # The act that wrote it, and its place among the rows of that act: the same act again writes nothing.
    act = models.CharField(max_length=150, editable=False)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["act", "position"], name="inspection_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inspection_quantity_positive"),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_received",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("quantity"),
                declare=_DECLARED,
                func=_INSPECTED_WITHIN_RECEIVED,
            ),
            pgtrigger.Protect(
                name="line_never_changes", operation=pgtrigger.UpdateOf("line_id") | pgtrigger.Delete
            ),
            # Units that were sent back are with the buyer: they come by another return, or not at all.
            pgtrigger.Protect(
                name="sent_back_is_final",
                operation=pgtrigger.UpdateOf("disposition", "quantity"),
                condition=pgtrigger.Q(old__disposition="send_back"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.order_line.sku}"


class ReturnDecision(BaseModel):
    """What the buyer gets for units of a return: `total` = Σ lines + `freight`; nothing where it is 0.

    It is paid by `reimbursement`, an act of its own, and may be withdrawn before. Units that somebody decided to give
    nothing for are in a decision as well: then the return says why.
    """

    rma = models.ForeignKey(
        Return,
        verbose_name=_("return of goods"),
        on_delete=models.PROTECT,
        related_name="decisions",
    )
    total = ModelMoneyField(_("amount"), is_recorded=True)
    freight = ModelMoneyField(_("of it shipping"), default=Decimal("0.00"), is_recorded=True)
    withheld = ModelMoneyField(_("fees kept"), default=Decimal("0.00"), is_recorded=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    decided_by = models.CharField(_("by"), max_length=150)
    keeps_goods = models.BooleanField(_("the buyer keeps the goods"), default=False)
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    reimbursement = models.OneToOneField(
        Reimbursement,
        verbose_name=_("reimbursement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="return_decision",
    )
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("decision about a return")
        verbose_name_plural = _("decisions about returns")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(freight__gte=0, withheld__gte=0, total__gte=F("freight")),
                name="returndecision_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(reimbursement=None), name="returndecision_paid_stands"
            ),
            models.CheckConstraint(
                condition=Q(reimbursement=None) | Q(total__gt=0), name="returndecision_pays_something"
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0) | ~Q(reason=""), name="returndecision_nothing_has_a_reason"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="amounts_never_change",
                operation=pgtrigger.UpdateOf("total", "freight", "withheld", "rma_id") | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rma} · {self.total}"

    @property
    def trail(self) -> UUID:
        return self.rma.trail


class ReturnDecisionLine(BaseModel):
    """Units of a line that a decision is about: `amount` goes back for them, `withheld` is kept as a fee."""

    decision = models.ForeignKey(
        ReturnDecision, verbose_name=_("decision"), on_delete=models.PROTECT, related_name="lines"
    )
    line = models.ForeignKey(
        ReturnLine, verbose_name=_("line"), on_delete=models.PROTECT, related_name="decision_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    withheld = ModelMoneyField(_("fee kept"), default=Decimal("0.00"), is_recorded=True)

    class Meta:
        verbose_name = _("line of a decision")
        verbose_name_plural = _("lines of decisions")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "line"], name="returndecisionline_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount__gte=0, withheld__gte=0),
                name="returndecisionline_not_negative",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="within_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=_DECLARED,
                func=_DECIDED_WITHIN_LINE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.order_line.sku}"
