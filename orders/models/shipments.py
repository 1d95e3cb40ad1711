"""Shipments: what of an order is packed together and leaves together, and where it has got to.

Made and moved by `orders.fulfilment.shipments` alone, below the lock of their order.
"""

from typing import ClassVar, Final
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Location
from orders.models.order import Order, OrderLine
from orders.models.shipping import ShippingMethod
from shop.core.models import BaseModel
from shop.core.states import Table

# No unit of a line may be in two shipments, except when the first was cancelled, or came back and was sent again; one
# that is cancelled is in none. The order's row serialises whoever adds lines to its shipments or cancels units: two of
# them cannot count at once.
_WITHIN_LINE: Final = """
SELECT order_id, status INTO the_order, is_in FROM orders_shipment WHERE id = NEW.shipment_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT quantity INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
 WHERE l.order_line_id = NEW.order_line_id AND s.status <> 'cancelled' AND s.sent_again_at IS NULL AND l.id <> NEW.id;
SELECT ordered - coalesce(sum(quantity), 0) INTO ordered
  FROM orders_cancellationline WHERE order_line_id = NEW.order_line_id;
IF is_in <> 'pending' OR ordered IS NULL OR taken + NEW.quantity > ordered THEN
    RAISE EXCEPTION 'percha: % units would be sent of % ordered (shipment %)', taken + NEW.quantity, ordered, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'shipment_line_within_line';
END IF;
RETURN NEW;
"""


class Shipment(BaseModel):
    """Units of an order that leave together: by a carrier, or over the counter of a store.

    pending (being packed) → shipped → delivered | returned; pending → cancelled. A parcel that was delivered may come
    back; nothing else goes back. `attention_since` and `ready_for_pickup_at` are flags, not states: a parcel is on its
    way whether or not its carrier has a problem with it. `sent_again_at`: it came back, and another shipment has its
    units. `ordinal` counts the shipments of an order: people read "1042-1".
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SHIPPED = "shipped", _("shipped")
        DELIVERED = "delivered", _("delivered")
        RETURNED = "returned", _("came back")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.PENDING: {Status.SHIPPED, Status.CANCELLED},
        Status.SHIPPED: {Status.DELIVERED, Status.RETURNED},
        Status.DELIVERED: {Status.RETURNED},
        Status.RETURNED: set(),
        Status.CANCELLED: set(),
    }
    # Whoever was handed over to a carrier or a buyer at some time.
    LEFT: ClassVar = (Status.SHIPPED, Status.DELIVERED, Status.RETURNED)

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="shipments"
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    method = models.ForeignKey(
        ShippingMethod,
        verbose_name=_("shipping method"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # As they were when it was prepared.
    method_name = models.CharField(_("shipping"), max_length=210, blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=ShippingMethod.Kind, default=ShippingMethod.Kind.DELIVERY
    )
    location = models.ForeignKey(
        Location,
        verbose_name=_("packed at"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    packed_at = models.DateTimeField(_("packed"), null=True, blank=True)
    packed_by = models.CharField(_("packed by"), max_length=150, blank=True)
    labelled_at = models.DateTimeField(_("labelled"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    returned_at = models.DateTimeField(_("came back"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    sent_again_at = models.DateTimeField(_("sent again"), null=True, blank=True)
    attention_since = models.DateTimeField(_("needs attention since"), null=True, blank=True)
    attention_reason = models.CharField(_("why it needs attention"), max_length=300, blank=True)
    ready_for_pickup_at = models.DateTimeField(_("ready to be fetched"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    service = models.CharField(_("service"), max_length=100, blank=True)
    branch_code = models.CharField(_("branch"), max_length=60, blank=True)
    branch_name = models.CharField(_("name of the branch"), max_length=200, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    tracking_url = models.URLField(_("tracking page"), max_length=500, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="shipment_ordinal_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "cancelled"], shipped_at=None)
                | Q(status__in=["shipped", "delivered", "returned"], shipped_at__isnull=False),
                name="shipment_left_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(delivered_at__isnull=False),
                name="shipment_delivered_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(status__in=["delivered", "returned"]),
                name="shipment_delivered_was_shipped",
            ),
            models.CheckConstraint(
                condition=Q(status="returned", returned_at__isnull=False)
                | (~Q(status="returned") & Q(returned_at=None, sent_again_at=None)),
                name="shipment_returned_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at=None)),
                name="shipment_cancelled_has_a_date",
            ),
        ]
        # One for each queue of `orders.fulfilment.queues`.
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                name="shipment_to_pack",
                condition=Q(status="pending", packed_at=None),
            ),
            models.Index(
                fields=["packed_at"],
                name="shipment_packed",
                condition=Q(status="pending", packed_at__isnull=False),
            ),
            models.Index(fields=["shipped_at"], name="shipment_on_the_way", condition=Q(status="shipped")),
            models.Index(
                fields=["attention_since"],
                name="shipment_attention",
                condition=Q(attention_since__isnull=False),
            ),
            models.Index(
                fields=["tracking_number"],
                name="shipment_tracking_number",
                condition=~Q(tracking_number=""),
            ),
            models.Index(fields=["status", "-created_at"], name="shipment_status"),
            models.Index(fields=["-created_at", "-id"], name="shipment_newest"),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="status_never_goes_back",
                field="status",
                transitions=[
                    ("pending", "shipped"),
                    ("pending", "cancelled"),
                    ("shipped", "delivered"),
                    ("shipped", "returned"),
                    ("delivered", "returned"),
                ],
            ),
            pgtrigger.Protect(
                name="order_never_changes", operation=pgtrigger.UpdateOf("order_id", "ordinal")
            ),
            pgtrigger.Protect(
                name="sent_again_once",
                operation=pgtrigger.UpdateOf("sent_again_at"),
                condition=pgtrigger.Q(old__sent_again_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that people use: the order's, and which of its shipments it is."""
        return f"{self.order.number}-{self.ordinal}"

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id

    @property
    def is_pickup(self) -> bool:
        """Say whether the buyer fetches it at a store."""
        return self.kind == ShippingMethod.Kind.PICKUP

    @property
    def is_open(self) -> bool:
        """Say whether it is being packed or on its way."""
        return self.status in {self.Status.PENDING, self.Status.SHIPPED}


class ShipmentLine(BaseModel):
    """Units of an order's line in a shipment; `packed` of them are in the parcel already.

    Never more than were ordered, whoever adds them: the database refuses it below the order's lock.
    """

    shipment = models.ForeignKey(
        Shipment, verbose_name=_("shipment"), on_delete=models.PROTECT, related_name="lines"
    )
    order_line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))
    packed = models.PositiveIntegerField(_("packed"), default=0, db_default=0)

    class Meta:
        verbose_name = _("line of a shipment")
        verbose_name_plural = _("lines of shipments")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shipment", "order_line"], name="shipmentline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipmentline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(packed__lte=F("quantity")), name="shipmentline_packed_within_quantity"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_order", "uuid"),
                    ("is_in", "varchar"),
                    ("ordered", "int"),
                    ("taken", "int"),
                ],
                func=_WITHIN_LINE,
            ),
            pgtrigger.Protect(
                name="units_never_change",
                operation=pgtrigger.UpdateOf("quantity", "order_line_id", "shipment_id") | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"

    @property
    def missing(self) -> int:
        """Return how many units are still to be packed."""
        return self.quantity - self.packed


class Parcel(BaseModel):
    """A box of a shipment: grams and millimetres, 0 where nobody measured. A carrier may number each box."""

    shipment = models.ForeignKey(
        Shipment, verbose_name=_("shipment"), on_delete=models.CASCADE, related_name="parcels"
    )
    weight_grams = models.PositiveIntegerField(_("weight (g)"), default=0)
    length_mm = models.PositiveIntegerField(_("length (mm)"), default=0)
    width_mm = models.PositiveIntegerField(_("width (mm)"), default=0)
    height_mm = models.PositiveIntegerField(_("height (mm)"), default=0)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.weight_grams} g"
