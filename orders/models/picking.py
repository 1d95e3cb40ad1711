"""What was taken from the bins of a warehouse for an order."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Location
from orders.models.order import OrderLine
from shop.core.models import BaseModel


class OrderPick(BaseModel):
    """Units of an order's line that somebody took from the bins of a location, to be packed.

    Made and taken back by `orders.fulfilment.picking`, below the order's lock. It moves no stock: the sale has done so.
    """

    line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="picks"
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("units"))
    picked_at = models.DateTimeField(_("picked"))
    picked_by = models.CharField(_("by"), max_length=150)

    class Meta:
        verbose_name = _("picked line")
        verbose_name_plural = _("picked lines")
        ordering = ["-picked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orderpick_quantity_positive"),
        ]
        indexes: ClassVar = [models.Index(fields=["-picked_at"], name="orderpick_newest")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.sku}"

    @property
    def trail(self) -> UUID:
        return self.line.order.checkout_id
