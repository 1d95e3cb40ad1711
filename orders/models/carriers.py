"""What carriers said and did: prices that were quoted, labels that were bought, events of tracking."""

from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.shipments import Shipment
from orders.models.shipping import ShippingMethod
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class ShippingQuote(BaseModel):
    """A carrier's answer to a question about prices, kept for a while (`orders.shipping.quoting`); never changed.

    All rows of one answer have one `answered_at`. The answer that it does not go there is a row without price.

    `key` is the digest of all that the price depends on: method, contract, origin, destination, parcels, value,
    currency. `service` names it again when the label is bought.
    """

    key = models.CharField(max_length=64)
    method = models.ForeignKey(
        ShippingMethod, verbose_name=_("shipping method"), on_delete=models.CASCADE, related_name="quotes"
    )
    carrier = models.CharField(_("carrier"), max_length=20)
    service = models.CharField(_("service"), max_length=100)
    name = models.CharField(_("name"), max_length=100)
    is_available = models.BooleanField(_("goes there"), default=True)
    price = ModelMoneyField(_("price"), null=True, blank=True, is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    days_min = models.PositiveSmallIntegerField(_("days, at least"), null=True, blank=True)
    days_max = models.PositiveSmallIntegerField(_("days, at most"), null=True, blank=True)
    contract = models.CharField(_("contract"), max_length=60, blank=True)
    raw = models.JSONField(_("answer"), default=dict, blank=True)
    answered_at = models.DateTimeField(_("answered"))
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("carrier's price")
        verbose_name_plural = _("carriers' prices")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            # An error of a carrier is never a price of 0.
            models.CheckConstraint(
                condition=Q(is_available=True, price__gt=0) | Q(is_available=False, price=None),
                name="shippingquote_price_positive",
            ),
            models.UniqueConstraint(fields=["key", "answered_at", "service"], name="shippingquote_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="shippingquote_expiry")]

    def __str__(self) -> str:
        return f"{self.name} · {self.price}"


class LabelPurchase(BaseModel):
    """One try to buy the label of a shipment. The row is committed before the carrier is called.

    reserved → sent (committed directly before the call) → bought | accepted (the carrier decides later) | refused |
    unknown (no answer came: nobody knows). `unknown` and `accepted` are asked about; only what is refused,
    cancelled, or decided by a person lets another attempt begin. `quoted_cost` is what was shown, `bought_cost`
    what the purchase cost, `adjusted_cost` what was billed on top afterwards; in `currency`.
    """

    class Status(models.TextChoices):
        RESERVED = "reserved", _("being asked for")
        SENT = "sent", _("sent to the carrier")
        ACCEPTED = "accepted", _("taken by the carrier, not made yet")
        BOUGHT = "bought", _("bought")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("nobody knows")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.RESERVED: {Status.SENT, Status.REFUSED},
        Status.SENT: {Status.ACCEPTED, Status.BOUGHT, Status.REFUSED, Status.UNKNOWN, Status.RESERVED},
        Status.ACCEPTED: {Status.BOUGHT, Status.REFUSED},
        Status.UNKNOWN: {Status.ACCEPTED, Status.BOUGHT, Status.REFUSED},
        Status.BOUGHT: {Status.CANCELLED, Status.REFUSED},
        Status.REFUSED: set(),
        Status.CANCELLED: set(),
    }
    # While one of these stands, no other attempt begins.
    LIVE: ClassVar = (Status.RESERVED, Status.SENT, Status.ACCEPTED, Status.BOUGHT, Status.UNKNOWN)

    shipment = models.ForeignKey(
        Shipment, verbose_name=_("shipment"), on_delete=models.PROTECT, related_name="labels"
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RESERVED)
    carrier = models.CharField(_("carrier"), max_length=20)
    service = models.CharField(_("service"), max_length=100, blank=True)
    contract = models.CharField(_("contract"), max_length=60, blank=True)
    reference = models.CharField(_("our reference"), max_length=60, unique=True)
    request_hash = models.CharField(max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    quoted_cost = ModelMoneyField(_("quoted"), null=True, blank=True, is_recorded=True)
    bought_cost = ModelMoneyField(_("bought for"), null=True, blank=True, is_recorded=True)
    adjusted_cost = ModelMoneyField(_("billed on top"), null=True, blank=True, is_recorded=True)
    external_id = models.CharField(_("carrier's number"), max_length=100, blank=True)
    numbers = ArrayField(
        models.CharField(max_length=60), verbose_name=_("tracking numbers"), default=list, blank=True
    )
    ids = models.JSONField(default=dict, blank=True)
    tracking_url = models.URLField(_("tracking page"), max_length=500, blank=True)
    raw = models.JSONField(_("answer"), default=dict, blank=True)
    detail = models.CharField(_("what the carrier said"), max_length=500, blank=True)
    # Addresses of labels expire, so the label itself is kept.
    pdf = models.BinaryField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    next_check_at = models.DateTimeField(_("asked about again"), null=True, blank=True)
    checks = models.PositiveSmallIntegerField(_("times asked"), default=0)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shipment", "attempt"], name="labelpurchase_attempt_once"),
            # Two clerks at once: the database lets one of them begin.
            models.UniqueConstraint(
                fields=["shipment"],
                condition=Q(status__in=["reserved", "sent", "accepted", "bought", "unknown"]),
                name="labelpurchase_one_live",
            ),
            models.CheckConstraint(
                condition=Q(status="reserved") | Q(status="refused") | Q(sent_at__isnull=False),
                name="labelpurchase_sent_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["bought", "accepted"]) | ~Q(external_id=""),
                name="labelpurchase_bought_has_a_number",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_check_at"],
                name="labelpurchase_due",
                condition=Q(next_check_at__isnull=False),
            ),
            models.Index(fields=["status", "-created_at"], name="labelpurchase_status"),
        ]
        triggers: ClassVar = [
            # What was asked for, and its number at the carrier, stay: a second purchase is another row.
            pgtrigger.Protect(
                name="asked_for_never_changes",
                operation=pgtrigger.UpdateOf("shipment_id", "attempt", "reference", "carrier"),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def trail(self) -> UUID:
        return self.shipment.trail

    @property
    def has_pdf(self) -> bool:
        return bool(self.pdf)

    @property
    def cost_differs(self) -> bool:
        """Say whether the label cost something else than was quoted."""
        if self.quoted_cost is None or self.bought_cost is None:
            return False
        return bool(self.quoted_cost != self.bought_cost)


class TrackingEvent(BaseModel):
    """Something that a carrier said happened to a shipment. Only ever added; the same event again adds nothing.

    `state` is the shop's neutral word (`orders.shipping.carriers.values.TrackedState`), empty for words nobody knows.
    """

    shipment = models.ForeignKey(
        Shipment, verbose_name=_("shipment"), on_delete=models.PROTECT, related_name="tracking_events"
    )
    carrier = models.CharField(_("carrier"), max_length=20)
    number = models.CharField(_("tracking number"), max_length=60)
    digest = models.CharField(max_length=64)
    code = models.CharField(_("code"), max_length=20, blank=True)
    text = models.CharField(_("what the carrier said"), max_length=260)
    state = models.CharField(_("means"), max_length=20, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    at = models.DateTimeField(_("when"), null=True, blank=True)

    class Meta:
        verbose_name = _("tracking event")
        verbose_name_plural = _("tracking events")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shipment", "carrier", "digest"], name="trackingevent_once"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="only_added", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.text


class ShipmentFollowUp(BaseModel):
    """When a carrier is asked next where a shipment is, and how often it was asked without news."""

    shipment = models.OneToOneField(
        Shipment, verbose_name=_("shipment"), on_delete=models.CASCADE, related_name="follow_up"
    )
    carrier = models.CharField(_("carrier"), max_length=20)
    numbers = ArrayField(models.CharField(max_length=60), verbose_name=_("tracking numbers"), default=list)
    next_at = models.DateTimeField(_("asked next"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times asked without news"), default=0)
    asked_at = models.DateTimeField(_("asked last"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("tracked shipment")
        verbose_name_plural = _("tracked shipments")
        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="followup_due", condition=Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.shipment_id)


class CarrierBranch(BaseModel):
    """A carrier's branch as it was answered for a postal code; refreshed by a job, so that the checkout need not
    wait.
    """

    carrier = models.CharField(_("carrier"), max_length=20)
    country = models.CharField(_("country"), max_length=2)
    asked_code = models.CharField(_("postal code asked for"), max_length=12)
    code = models.CharField(_("branch"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    address = models.CharField(_("address"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    hours = models.CharField(_("opening hours"), max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    refreshed_at = models.DateTimeField(_("refreshed"))

    class Meta:
        verbose_name = _("carrier's branch")
        verbose_name_plural = _("carriers' branches")
        ordering = ["carrier", "asked_code", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["carrier", "country", "asked_code", "code"], name="carrierbranch_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["refreshed_at"], name="carrierbranch_refreshed")]

    def __str__(self) -> str:
        return self.name
