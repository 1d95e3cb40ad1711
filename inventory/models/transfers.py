"""Transfers: units sent from one location to another, perhaps arriving days later or in part."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from inventory.models.levels import Location
from shop.core.models import BaseModel
from shop.core.states import Table


class Transfer(BaseModel):
    """Two movements for each line: out at the source, in at the destination.

    Between the two the units are at no location: they belong to the shop, are counted as in transit, and cannot be
    sold.
    """

    class Status(models.TextChoices):
        SENT = "sent", _("on the way")
        PARTLY = "partly", _("partly received")
        CLOSED = "closed", _("closed")

    TRANSITIONS: ClassVar[Table] = {
        Status.SENT: {Status.PARTLY, Status.CLOSED},
        Status.PARTLY: {Status.CLOSED},
        Status.CLOSED: set(),
    }
    OPEN: ClassVar[tuple[str, ...]] = (Status.SENT, Status.PARTLY)

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    source = models.ForeignKey(
        Location, verbose_name=_("from"), on_delete=models.PROTECT, related_name="transfers_out"
    )
    destination = models.ForeignKey(
        Location, verbose_name=_("to"), on_delete=models.PROTECT, related_name="transfers_in"
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.SENT)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor = models.CharField(_("actor"), max_length=150)
    sent_at = models.DateTimeField(_("sent"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("destination")), name="transfer_between_two_places"),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | ~Q(status="closed") & Q(closed_at__isnull=True),
                name="transfer_closed_at_when_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["sent_at"], name="transfer_open", condition=~Q(status="closed")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Return whether units are still in transit."""
        return self.status in self.OPEN


class TransferLine(BaseModel):
    """The units of a variant that were sent, and how many arrived, were lost or came back."""

    transfer = models.ForeignKey(
        Transfer, verbose_name=_("transfer"), on_delete=models.PROTECT, related_name="lines"
    )
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="transfer_lines"
    )
    sent = models.PositiveIntegerField(_("sent"))
    received = models.PositiveIntegerField(_("received"), default=0)
    lost = models.PositiveIntegerField(_("lost on the way"), default=0)
    returned = models.PositiveIntegerField(_("sent back"), default=0)

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["variant__sku"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transferline_unique"),
            models.CheckConstraint(condition=Q(sent__gt=0), name="transferline_sent_positive"),
            models.CheckConstraint(
                condition=Q(sent__gte=F("received") + F("lost") + F("returned")),
                name="transferline_arrives_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant"],
                name="transferline_on_the_way",
                condition=Q(sent__gt=F("received") + F("lost") + F("returned")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sent} × {self.variant}"

    @property
    def in_transit(self) -> int:
        """Units that are still in transit."""
        return self.sent - self.received - self.lost - self.returned
