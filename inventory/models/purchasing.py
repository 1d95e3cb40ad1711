"""Purchase orders to suppliers, and the deliveries in which they arrive."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier, Variant
from inventory.models.levels import Location
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class PurchaseOrder(BaseModel):
    """What was ordered from one supplier, for one location. Costs are in the shop's currency."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ORDERED = "ordered", _("ordered")
        PARTLY = "partly", _("partly received")
        RECEIVED = "received", _("received")
        CLOSED = "closed", _("closed short")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.DRAFT: {Status.ORDERED, Status.CANCELLED},
        Status.ORDERED: {Status.PARTLY, Status.RECEIVED, Status.CANCELLED},
        Status.PARTLY: {Status.RECEIVED, Status.CLOSED},
        Status.RECEIVED: set(),
        Status.CLOSED: set(),
        Status.CANCELLED: set(),
    }
    # In these states units may still arrive.
    OPEN: ClassVar[frozenset[str]] = frozenset({Status.ORDERED, Status.PARTLY})

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="purchase_orders"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("deliver to"), on_delete=models.PROTECT, related_name="purchase_orders"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    expected_date = models.DateField(_("expected on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["location"], name="purchaseorder_open", condition=Q(status__in=["ordered", "partly"])
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Return whether units may still arrive."""
        return self.status in self.OPEN

    def total(self) -> Decimal:
        """Return what was ordered at the agreed costs (one query)."""
        found = self.lines.aggregate(total=Sum(F("quantity") * F("unit_cost")))["total"]
        return found or Decimal("0.00")


class PurchaseOrderLine(BaseModel):
    """So many units of a variant at an agreed cost each; `received` counts what came, also beyond `quantity`."""

    order = models.ForeignKey(
        PurchaseOrder, verbose_name=_("purchase order"), on_delete=models.CASCADE, related_name="lines"
    )
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="purchase_lines"
    )
    quantity = models.PositiveIntegerField(_("ordered"))
    unit_cost = ModelMoneyField(
        _("unit cost"), null=True, blank=True, help_text=_("Empty: not known yet; the delivery asks for it.")
    )
    received = models.PositiveIntegerField(_("received"), default=0, editable=False)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["order", "variant__product__name", "variant__sort_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "variant"],
                name="purchaseorderline_unique",
                violation_error_message=_("This variant is in the order already."),
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchaseorderline_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="purchaseorderline_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant}"

    @property
    def outstanding(self) -> int:
        """Units still to come, never below zero."""
        return max(0, self.quantity - self.received)

    @property
    def amount(self) -> Decimal | None:
        """What the ordered units cost together; None while the unit cost is unknown."""
        return None if self.unit_cost is None else self.quantity * self.unit_cost


class PurchaseReceipt(BaseModel):
    """One delivery against a purchase order: the cause of the movements that it made."""

    order = models.ForeignKey(
        PurchaseOrder, verbose_name=_("purchase order"), on_delete=models.PROTECT, related_name="receipts"
    )
    delivery_note = models.CharField(_("delivery note"), max_length=60)
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.CharField(_("actor"), max_length=150)

    class Meta:
        verbose_name = _("delivery received")
        verbose_name_plural = _("deliveries received")
        ordering = ["-created_at"]
        constraints = [
            # A delivery note entered by two people is received once.
            models.UniqueConstraint(fields=["order", "delivery_note"], name="purchasereceipt_note_once"),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.delivery_note}"


class PurchaseReceiptLine(BaseModel):
    """What a delivery brought of one line, at what cost each; `over` of it had not been ordered."""

    receipt = models.ForeignKey(PurchaseReceipt, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="receipt_lines")
    quantity = models.PositiveIntegerField(_("received"))
    over = models.PositiveIntegerField(_("more than ordered"), default=0)
    unit_cost = ModelMoneyField(_("unit cost"), is_recorded=True)

    class Meta:
        verbose_name = _("line received")
        verbose_name_plural = _("lines received")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line"], name="purchasereceiptline_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(over__lte=F("quantity")),
                name="purchasereceiptline_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.variant}"
