"""What keeps a paid order from being sent."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from shop.core.models import BaseModel
from shop.core.states import Table


class OrderHold(BaseModel):
    """A reason why an order must not be sent. While one of its holds is active, nothing of the order is sent.

    `source` is what placed it, once: `dispute:<its key>:<which opening>`, `plan:<its key>` (until the first instalment
    is paid), or the form of a member of the staff.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("held")
        RELEASED = "released", _("released")

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("disputed payment")
        STAFF = "staff", _("by the staff")
        INSTALLMENT = "installment", _("first instalment unpaid")

    TRANSITIONS: ClassVar[Table] = {Status.ACTIVE: {Status.RELEASED}, Status.RELEASED: set()}

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="holds")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    source = models.CharField(max_length=150, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=300)
    placed_by = models.CharField(_("placed by"), max_length=150)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.CharField(_("released by"), max_length=150, blank=True)
    release_reason = models.CharField(_("why it was released"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("fulfilment hold")
        verbose_name_plural = _("fulfilment holds")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="active", released_at=None)
                | Q(status="released", released_at__isnull=False),
                name="orderhold_released_has_a_date",
            ),
        ]
        indexes = [models.Index(fields=["order"], name="orderhold_active", condition=Q(status="active"))]

    def __str__(self) -> str:
        return self.reason

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id
