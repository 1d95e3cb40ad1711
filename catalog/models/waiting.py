"""Waiting lists: who asked to be mailed when a unit comes back, or when a drop is about to open."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models.collections import Collection
from catalog.models.products import Variant
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.states import Table


class WaitingEntry(BaseModel):
    """One address waiting for one thing: a variant (back in stock) or a drop (a reminder).

    pending (asked, the address not proven) → confirmed (in the line, at `confirmed_at`) → notified (mailed once; of a
    variant with a unit set aside until `offered_until`, claimed at `claimed_at`) | cancelled | expired. One mailbox
    stands once in a line, however its address is varied (`a+1@`, `a+2@`): `mailbox` says which it is. It is empty in
    entries from before it was kept that stood in a line with another one of theirs. `token` opens the pages of
    confirming, claiming and leaving; nobody else sees it.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("not confirmed")
        CONFIRMED = "confirmed", _("waiting")
        NOTIFIED = "notified", _("told")
        CANCELLED = "cancelled", _("left")
        EXPIRED = "expired", _("expired")

    TRANSITIONS: ClassVar[Table] = {
        Status.PENDING: {Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED},
        Status.CONFIRMED: {Status.NOTIFIED, Status.CANCELLED, Status.EXPIRED},
        Status.NOTIFIED: {Status.CANCELLED},
        Status.CANCELLED: set(),
        Status.EXPIRED: set(),
    }

    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="waiting",
    )
    collection = models.ForeignKey(
        Collection,
        verbose_name=_("drop"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="waiting",
    )
    email = models.EmailField(_("e-mail"))
    mailbox = models.CharField(max_length=254, default="", db_default="", blank=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="waiting",
    )
    language = models.CharField(_("language"), max_length=10, default="es")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    token = models.CharField(max_length=43, unique=True, default=token, editable=False)
    confirmed_at = models.DateTimeField(_("in the line since"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    notified_at = models.DateTimeField(_("told"), null=True, blank=True)
    offered_until = models.DateTimeField(_("set aside until"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)

    class Meta:
        verbose_name = _("person waiting")
        verbose_name_plural = _("waiting lists")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant__isnull=False, collection__isnull=True)
                | Q(variant__isnull=True, collection__isnull=False),
                name="waitingentry_one_subject",
            ),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(confirmed_at__isnull=False),
                name="waitingentry_place_in_line",
            ),
            models.UniqueConstraint(
                fields=["email", "variant"],
                condition=Q(status__in=["pending", "confirmed"], variant__isnull=False),
                name="waitingentry_once_per_variant",
            ),
            models.UniqueConstraint(
                fields=["email", "collection"],
                condition=Q(status__in=["pending", "confirmed"], collection__isnull=False),
                name="waitingentry_once_per_drop",
            ),
            models.UniqueConstraint(
                fields=["mailbox", "variant"],
                condition=Q(status__in=["pending", "confirmed"], variant__isnull=False) & ~Q(mailbox=""),
                name="waitingentry_mailbox_variant",
            ),
            models.UniqueConstraint(
                fields=["mailbox", "collection"],
                condition=Q(status__in=["pending", "confirmed"], collection__isnull=False) & ~Q(mailbox=""),
                name="waitingentry_mailbox_drop",
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "confirmed_at", "id"],
                name="waitingentry_line",
                condition=Q(status="confirmed", variant__isnull=False),
            ),
            models.Index(
                fields=["collection", "confirmed_at"],
                name="waitingentry_drop",
                condition=Q(status="confirmed", collection__isnull=False),
            ),
            models.Index(
                fields=["expires_at"],
                name="waitingentry_due",
                condition=Q(status__in=["pending", "confirmed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.variant_id or self.collection_id}"

    def get_absolute_url(self) -> str:
        """Return the page of this entry, whose words depend on its state."""
        return reverse("catalog:waiting", args=[self.token])
