"""Payment attempts: one hosted checkout at a provider for one payable."""

from typing import ClassVar, Final
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models import Payable, Purchase
from payments.gateways.errors import Reason
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField

REFUSED_FOR: Final = {
    Reason.NAME: _("the name"),
    Reason.EMAIL: _("the e-mail address"),
    Reason.PHONE: _("the telephone number"),
    Reason.DOCUMENT: _("the document number"),
    Reason.BUYER: _("the buyer's data"),
    Reason.AMOUNT: _("the amount"),
    Reason.TOO_SMALL: _("the amount is too small"),
    Reason.TOO_LARGE: _("the amount is too large"),
    Reason.CURRENCY: _("the currency"),
    Reason.ITEMS: _("the products"),
    Reason.RETURN_ADDRESS: _("the shop's address"),
    Reason.ACCOUNT: _("the shop's credentials"),
    Reason.RIGHTS: _("the rights of the shop's account"),
    Reason.OTHER: _("another reason"),
}


class PaymentAttempt(BaseModel):
    """A provider's hosted checkout, or an intent that an app confirms. Committed before the provider is called.

    `reference` is what the provider keeps for us (`external_reference`, `client_reference_id`): this row's key
    without dashes, 32 characters of [0-9a-f] (docs/providers/mercadopago.md#limits).
    `external_id` may be set once. `fingerprint` is what was offered: the same live attempt is re-used while the
    purchase has the same one. `token` is the opaque part of the return address.
    """

    class Status(models.TextChoices):
        CREATED = "created", _("created")
        REDIRECTED = "redirected", _("sent to pay")
        PENDING = "pending", _("waiting for the money")
        PAID = "paid", _("paid")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    _ENDS: ClassVar[set[str]] = {Status.PAID, Status.FAILED, Status.CANCELLED, Status.EXPIRED}
    TRANSITIONS: ClassVar[Table] = {
        Status.CREATED: {Status.REDIRECTED, Status.PENDING, *_ENDS},
        Status.REDIRECTED: {Status.PENDING, *_ENDS},
        Status.PENDING: {Status.REDIRECTED, *_ENDS},
        # A payment overrides every expiry: a late approval is still a payment.
        Status.FAILED: {Status.PAID, Status.PENDING},
        Status.CANCELLED: {Status.PAID, Status.PENDING},
        Status.EXPIRED: {Status.PAID, Status.PENDING},
        Status.PAID: set(),
    }
    LIVE: ClassVar[set[str]] = {Status.CREATED, Status.REDIRECTED, Status.PENDING}

    class Flow(models.TextChoices):
        HOSTED = "hosted", _("on the provider's page")
        INTENT = "intent", _("in an app")

    payable = models.ForeignKey(
        Payable, verbose_name=_("payable"), on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    # Copied from the payable: whose it is, and the trail of its events.
    purchase = models.ForeignKey(
        Purchase,
        verbose_name=_("purchase"),
        on_delete=models.PROTECT,
        related_name="attempts",
        db_column="checkout_id",
    )
    gateway = models.CharField(_("provider"), max_length=20)
    flow = models.CharField(
        _("where it is paid"), max_length=6, choices=Flow, default=Flow.HOSTED, db_default=Flow.HOSTED
    )
    token = models.CharField(max_length=43, unique=True, default=token, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.CREATED)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    fingerprint = models.CharField(max_length=64)
    # The purchase as offered (`provider_requests.snapshot`), for the decision about a payment that no longer fits.
    offer = models.JSONField(default=dict, blank=True, editable=False)
    external_id = models.CharField(_("provider's number"), max_length=200, blank=True)
    redirect_url = models.URLField(max_length=2000, blank=True)
    expires_at = models.DateTimeField(_("payable until"))
    voucher_url = models.URLField(max_length=2000, blank=True)
    voucher_until = models.DateTimeField(_("voucher payable until"), null=True, blank=True)
    voucher_method = models.CharField(_("voucher's method"), max_length=60, blank=True)
    # What the page was asked to offer; frozen, since a request may not change between two tries with the same key.
    offers_vouchers = models.BooleanField(_("vouchers were offered"), default=True)
    # False: vouchers have reserved their share of a variant already. This one ends when the page would.
    is_reserved_for_cash_voucher = models.BooleanField(
        _("held for the voucher"), default=True, db_column="is_held_for_voucher"
    )
    closed_at = models.DateTimeField(_("closed at the provider"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    # What the provider refused it for (`Reason`), "": it was not; and a digest of the buyer's data that were sent, so
    # that the same question is not put again.
    refused_for = models.CharField(
        _("refused for"), max_length=20, blank=True, choices=list(REFUSED_FOR.items())
    )
    buyer_digest = models.CharField(max_length=64, blank=True, editable=False)
    # The request that is opening this checkout at the provider has this lease, so that two tabs open one.
    opening_until = models.DateTimeField(null=True, blank=True, editable=False)
    openings = models.PositiveSmallIntegerField(_("tries to open"), default=0)
    checks = models.PositiveIntegerField(_("checks"), default=0)
    next_check_at = models.DateTimeField(_("next check"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "external_id"],
                condition=~Q(external_id=""),
                name="attempt_external_unique",
            ),
            # One hosted payment at a time may be live for a payable: before a new one, the old one must be unpayable.
            models.UniqueConstraint(
                fields=["payable"],
                condition=Q(status__in=["created", "redirected", "pending"]),
                name="attempt_one_live",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="attempt_amount_positive"),
        ]
        triggers = [
            # A process of the version before this column writes no payable: its attempts are for the checkout.
            pgtrigger.Trigger(
                name="for_the_purchase",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                IF NEW.payable_id IS NULL THEN
                    INSERT INTO orders_payable (id, created_at, updated_at, kind, purchase_id)
                    VALUES (NEW.checkout_id, now(), now(), 'checkout', NEW.checkout_id) ON CONFLICT DO NOTHING;
                    NEW.payable_id := NEW.checkout_id;
                END IF;
                RETURN NEW;
                """,
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"], name="attempt_check_due", condition=Q(next_check_at__isnull=False)
            ),
            models.Index(fields=["purchase", "-created_at"], name="attempt_checkout"),
            models.Index(fields=["payable"], name="attempt_payable"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id or self.reference}"

    @property
    def reference(self) -> str:
        return self.id.hex

    @property
    def trail(self) -> UUID:
        return self.purchase_id

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE
