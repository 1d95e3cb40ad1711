"""Reservations: units promised to somebody for a while. They never change `on_hand`; they count into `reserved`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from inventory.models.levels import Location, StockLevel
from shop.core.models import BaseModel
from shop.core.states import Table


class Reservation(BaseModel):
    """A reservation of units at one stock level: active → converted | released.

    A reservation of purpose `voucher` is a checkout's that lasts for days, until its cash voucher is paid
    (`cash_vouchers`). One of purpose `exchange` is of an exchange or a claim, whose key is its `checkout_id`
    (`replacements`). `cart_id` and `checkout_id` name rows of the orders app by key only: the import arrow points
    the other way.
    """

    # The note of an offer to the waiting list: its `cart_id` is the entry's key until it is claimed.
    OFFERED = "set aside for the waiting list"

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        CONVERTED = "converted", _("sold")
        RELEASED = "released", _("released")

    class Purpose(models.TextChoices):
        CART = "cart", _("cart")
        CHECKOUT = "checkout", _("checkout")
        VOUCHER = "voucher", _("voucher")
        MANUAL = "manual", _("manual hold")
        EXCHANGE = "exchange", _("exchange")

    TRANSITIONS: ClassVar[Table] = {
        Status.ACTIVE: {Status.CONVERTED, Status.RELEASED},
        Status.CONVERTED: set(),
        Status.RELEASED: set(),
    }

    # The fields that identify the source of a reservation: emptied when it ends.
    SOURCE: ClassVar[tuple[str, ...]] = ("source_ip", "source_network", "source_email", "source_account")

    level = models.ForeignKey(
        StockLevel, verbose_name=_("stock level"), on_delete=models.PROTECT, related_name="reservations"
    )
    # `reservation_variant` is the index of it.
    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        on_delete=models.PROTECT,
        related_name="reservations",
        db_index=False,
    )
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="reservations"
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, default=Purpose.CART)
    cart_id = models.UUIDField(_("cart"), null=True, blank=True)
    checkout_id = models.UUIDField(_("checkout"), null=True, blank=True)
    first_reserved_at = models.DateTimeField(_("first held"), auto_now_add=True, db_column="first_held_at")
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("reason of the end"), max_length=40, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # For whom a manual reservation is. The SQL statements of carts leave it out, hence the database default.
    owner = models.CharField(_("for whom"), max_length=150, blank=True, default="", db_default="")
    actor = models.CharField(_("actor"), max_length=150, blank=True)

    # Who reserved goods of a drop (`inventory/reservations/source_limits.py`): keyed digests of the address, its
    # network and the confirmed e-mail, and the account. Personal data: only while the reservation is active, and only
    # where limits are counted.
    source_ip = models.BigIntegerField(null=True, blank=True, editable=False)
    source_network = models.BigIntegerField(null=True, blank=True, editable=False)
    source_email = models.BigIntegerField(null=True, blank=True, editable=False)
    source_account = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive"),
            models.CheckConstraint(
                condition=Q(purpose="manual") | Q(cart_id__isnull=False) | Q(checkout_id__isnull=False),
                name="reservation_has_owner",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="reservation_due", condition=Q(status="active")),
            models.Index(fields=["cart_id"], name="reservation_cart", condition=Q(status="active")),
            models.Index(
                fields=["checkout_id"], name="reservation_checkout", condition=Q(checkout_id__isnull=False)
            ),
            models.Index(fields=["level"], name="reservation_level", condition=Q(status="active")),
            models.Index(fields=["variant", "-created_at"], name="reservation_variant"),
            # What one source has reserved is counted at every reservation of goods in a drop
            # (`sql/validate_source.sql`).
            models.Index(
                fields=["source_network", "source_ip"],
                name="reservation_source",
                condition=Q(status="active", source_network__isnull=False),
            ),
            models.Index(
                fields=["source_account"],
                name="reservation_source_account",
                condition=Q(status="active", source_account__isnull=False),
            ),
            models.Index(
                fields=["source_email"],
                name="reservation_source_email",
                condition=Q(status="active", source_email__isnull=False),
            ),
            # A cart that releases and reserves again keeps the age of its reservation.
            models.Index(
                fields=["cart_id", "variant_id", "ended_at"],
                name="reservation_ended",
                condition=Q(status="released"),
            ),
            models.Index(
                fields=["expires_at"],
                name="reservation_manual",
                condition=Q(status="active", purpose="manual"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant} ({self.get_status_display()})"
