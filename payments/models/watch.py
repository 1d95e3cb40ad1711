"""The state of each provider's list reading and webhooks, and unmatched payments."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class ProviderWatch(BaseModel):
    """Until when a provider's own list was read, and whether its webhooks arrive.

    `high_water_mark` moves only when every page of a window was read and acted upon. A window that was begun stands in
    the row (`window_*`, `cursor`: where its next page begins), so that a killed job goes on there. The job that reads
    holds the lease.
    """

    gateway = models.CharField(_("provider"), max_length=20, unique=True)
    high_water_mark = models.DateTimeField(
        _("list read until"), null=True, blank=True, db_column="swept_until"
    )
    window_from = models.DateTimeField(_("window from"), null=True, blank=True)
    window_until = models.DateTimeField(_("window until"), null=True, blank=True)
    cursor = models.CharField(_("next page"), max_length=2000, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    list_read_at = models.DateTimeField(_("last sweep"), null=True, blank=True, db_column="swept_at")
    tally = models.JSONField(_("last sweep's outcome"), default=dict, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    # Stored here, since rows of the inbox are deleted after a while.
    last_webhook_at = models.DateTimeField(_("last webhook"), null=True, blank=True)
    silent_since = models.DateTimeField(_("webhooks silent since"), null=True, blank=True)

    class Meta:
        verbose_name = _("provider's list and webhooks")
        verbose_name_plural = _("providers' lists and webhooks")
        ordering = ["gateway"]

    def __str__(self) -> str:
        return self.gateway


class StrayPayment(BaseModel):
    """A payment that the provider lists and no attempt of ours has: another shop's on the same account, one taken in
    the provider's panel, or one whose row is still to come (then it closes itself, see
    `payments.unmatched.unmatched_payments`).

    It holds no money of an order; people decide what it is.
    """

    class Decision(models.TextChoices):
        OPEN = "open", _("to be looked at")
        ANOTHER_SHOP = "another_shop", _("belongs to another shop")
        EXPLAINED = "explained", _("explained")
        KNOWN = "known", _("known since")

    DECISION_TRANSITIONS: ClassVar[Table] = {
        Decision.OPEN: {Decision.ANOTHER_SHOP, Decision.EXPLAINED, Decision.KNOWN},
        Decision.ANOTHER_SHOP: {Decision.OPEN, Decision.EXPLAINED, Decision.KNOWN},
        Decision.EXPLAINED: {Decision.OPEN, Decision.ANOTHER_SHOP, Decision.KNOWN},
        Decision.KNOWN: set(),
    }

    gateway = models.CharField(_("provider"), max_length=20)
    external_id = models.CharField(_("provider's number"), max_length=200)
    reference = models.CharField(_("reference"), max_length=256, blank=True)
    status = models.CharField(_("status"), max_length=14, choices=Payment.Status)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    refunded_amount = ModelMoneyField(_("refunded"), default=Decimal("0.00"), is_recorded=True)
    made_at = models.DateTimeField(_("made at the provider"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"))
    decision = models.CharField(_("decision"), max_length=12, choices=Decision, default=Decision.OPEN)
    note = models.CharField(_("note"), max_length=300, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment without a purchase")
        verbose_name_plural = _("payments without a purchase")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["gateway", "external_id"], name="stray_unique")]
        indexes = [
            models.Index(fields=["-created_at"], name="stray_open", condition=Q(decision="open")),
            models.Index(fields=["-created_at"], name="stray_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id}"

    @property
    def has_money(self) -> bool:
        """Say whether money came that has not gone back."""
        return self.status == Payment.Status.APPROVED and self.refunded_amount < self.amount
