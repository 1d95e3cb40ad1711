"""Labels that were bought and are not to be used: what became of giving them back to their carriers."""

from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.carriers import LabelPurchase
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class LabelVoid(BaseModel):
    """That a bought label is to be cancelled at its carrier. Committed before the carrier is called.

    due → sent (committed directly before the call) → done | expired (the carrier cancels nothing: an unused label runs
    out) | refused | unknown (no answer came). What is unknown is asked about, and only sent again when the carrier says
    that the label still stands. `refunded`: what the carrier says that it gives back, in `currency`.
    """

    class Status(models.TextChoices):
        DUE = "due", _("to be voided")
        SENT = "sent", _("sent to the carrier")
        DONE = "done", _("voided")
        EXPIRED = "expired", _("runs out unused")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("nobody knows")
        DROPPED = "dropped", _("not wanted any more")

    TRANSITIONS: ClassVar[Table] = {
        Status.DUE: {Status.SENT, Status.DROPPED},
        Status.SENT: {Status.DONE, Status.EXPIRED, Status.REFUSED, Status.UNKNOWN, Status.DUE},
        Status.UNKNOWN: {Status.DONE, Status.REFUSED, Status.DUE},
        Status.REFUSED: {Status.DUE},
        Status.DROPPED: {Status.DUE},
        Status.DONE: set(),
        Status.EXPIRED: set(),
    }
    # Until it is decided its parcel does not leave with the label.
    OPEN: ClassVar = (Status.DUE, Status.SENT, Status.UNKNOWN)

    purchase = models.OneToOneField(
        LabelPurchase, verbose_name=_("label"), on_delete=models.PROTECT, related_name="void"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DUE)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    wanted_by = models.CharField(_("wanted by"), max_length=150)
    detail = models.CharField(_("what the carrier said"), max_length=500, blank=True)
    refunded = ModelMoneyField(_("given back"), null=True, blank=True, is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    next_check_at = models.DateTimeField(_("asked about again"), null=True, blank=True)
    checks = models.PositiveSmallIntegerField(_("times asked"), default=0)

    class Meta:
        verbose_name = _("voided label")
        verbose_name_plural = _("voided labels")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["due", "dropped"]) | Q(sent_at__isnull=False),
                name="labelvoid_sent_has_a_date",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_check_at"], name="labelvoid_due", condition=Q(next_check_at__isnull=False)
            ),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.purchase)

    @property
    def trail(self) -> UUID:
        return self.purchase.trail
