"""Disputes: what the buyer's bank claims about a payment, until when the shop may answer, and with what."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class Dispute(BaseModel):
    """One dispute, chargeback or claim at a provider, as last fetched.

    A dispute may begin as a bank's question, become a dispute, be decided, and be taken up again on appeal. `round`
    counts its openings: mails and holds made once per opening carry it in their key.
    """

    class Status(models.TextChoices):
        INQUIRY = "inquiry", _("the bank asks")
        NEEDS_RESPONSE = "needs_response", _("needs our answer")
        UNDER_REVIEW = "under_review", _("under review")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Reason(models.TextChoices):
        FRAUD = "fraud", _("the buyer says they did not pay")
        UNRECOGNIZED = "unrecognized", _("the buyer does not recognise the charge")
        NOT_RECEIVED = "not_received", _("not received")
        NOT_AS_DESCRIBED = "not_as_described", _("not as described or damaged")
        DUPLICATE = "duplicate", _("charged twice")
        CREDIT_NOT_PROCESSED = "credit_not_processed", _("a promised refund did not arrive")
        CANCELLED = "cancelled", _("the buyer had cancelled")
        WRONG_AMOUNT = "wrong_amount", _("another amount")
        OTHER = "other", _("another reason")

    OPEN = frozenset({Status.INQUIRY, Status.NEEDS_RESPONSE, Status.UNDER_REVIEW})
    # Its deadline counts until it is answered.
    WAITING = frozenset({Status.INQUIRY, Status.NEEDS_RESPONSE})
    # A bank may reverse a decision (appeal, second chargeback); an inquiry never follows a dispute.
    _ANY: ClassVar[frozenset[str]] = frozenset(
        {Status.NEEDS_RESPONSE, Status.UNDER_REVIEW, Status.WON, Status.LOST, Status.WITHDRAWN}
    )
    TRANSITIONS: ClassVar[Table] = {
        Status.INQUIRY: _ANY,
        Status.NEEDS_RESPONSE: _ANY - {Status.NEEDS_RESPONSE},
        # A bank's inquiry may be opened again while it is under review.
        Status.UNDER_REVIEW: (_ANY | {Status.INQUIRY}) - {Status.UNDER_REVIEW},
        Status.WON: _ANY - {Status.WON},
        Status.LOST: _ANY - {Status.LOST},
        Status.WITHDRAWN: (_ANY | {Status.INQUIRY}) - {Status.WITHDRAWN},
    }

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="disputes"
    )
    gateway = models.CharField(_("provider"), max_length=20)
    external_id = models.CharField(_("provider's number"), max_length=200)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    provider_status = models.CharField(_("provider's word"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=24, choices=Reason, default=Reason.OTHER)
    reason_code = models.CharField(_("provider's reason"), max_length=80, blank=True)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    opened_at = models.DateTimeField(_("opened"))
    respond_by = models.DateTimeField(_("answer until"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    # Whether the provider lets us refund the payment meanwhile.
    is_refundable = models.BooleanField(_("may be refunded"), default=False)
    # No object of its own at the provider: it ends with the payment's status.
    follows_payment = models.BooleanField(default=False, editable=False)
    # What to ask the provider about to read it again.
    subject = models.CharField(max_length=200, blank=True, editable=False)
    panel_url = models.URLField(_("provider's panel"), max_length=300, blank=True)
    # Our clock when the stored state was asked for.
    fetched_at = models.DateTimeField(_("asked"))
    # When the job asks about it again.
    next_fetch_at = models.DateTimeField(_("next look"), null=True, blank=True, db_column="next_look_at")
    snapshot = models.JSONField(_("as the provider tells it"), default=dict, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="dispute_external_unique"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="dispute_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(status__in=["won", "lost", "withdrawn"], closed_at__isnull=False)
                | Q(status__in=["inquiry", "needs_response", "under_review"], closed_at=None),
                name="dispute_ended_has_a_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["respond_by"],
                name="dispute_due",
                condition=Q(status__in=["inquiry", "needs_response"]),
            ),
            models.Index(fields=["next_fetch_at"], name="dispute_next_look", condition=Q(closed_at=None)),
            models.Index(fields=["status", "-opened_at"], name="dispute_status"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id}"

    @property
    def trail(self) -> UUID | None:
        return self.payment.trail

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def waits_for_us(self) -> bool:
        return self.status in self.WAITING

    @property
    def hold_source(self) -> str:
        """Return the `source` of the order's hold for this opening."""
        return f"dispute:{self.pk}:{self.round}"


class DisputeEvidence(BaseModel):
    """One line of a dispute's checklist: something that the provider asks for, and whether the shop has it at hand."""

    class Kind(models.TextChoices):
        ORDER = "order", _("the order: lines, prices, date")
        PRODUCT = "product", _("what was sold, as it was described")
        CUSTOMER = "customer", _("who bought: name, e-mail, document")
        CUSTOMER_IP = "customer_ip", _("the buyer's internet address")
        BILLING_ADDRESS = "billing_address", _("billing address")
        SHIPPING_ADDRESS = "shipping_address", _("delivery address")
        TRACKING = "tracking", _("carrier and tracking number")
        DELIVERY = "delivery", _("proof of delivery")
        COMMUNICATION = "communication", _("what was written with the buyer")
        TERMS = "terms", _("terms accepted at the checkout")
        REFUND_POLICY = "refund_policy", _("returns and refunds as they were shown")
        REFUND = "refund", _("refunds already made")
        DUPLICATE = "duplicate", _("the other purchases of this buyer")
        INVOICE = "invoice", _("invoice or receipt")

    dispute = models.ForeignKey(
        Dispute, verbose_name=_("dispute"), on_delete=models.CASCADE, related_name="evidence"
    )
    kind = models.CharField(_("evidence"), max_length=20, choices=Kind)
    is_ready = models.BooleanField(_("at hand"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    marked_by = models.CharField(_("marked by"), max_length=150, blank=True)
    marked_at = models.DateTimeField(_("marked"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["dispute", "kind"], name="disputeevidence_unique")]

    def __str__(self) -> str:
        return self.get_kind_display()


class DisputeNote(BaseModel):
    """A note of the staff about a dispute; append-only."""

    dispute = models.ForeignKey(
        Dispute, verbose_name=_("dispute"), on_delete=models.CASCADE, related_name="notes"
    )
    author = models.CharField(_("author"), max_length=150)
    text = models.TextField(_("text"), max_length=4000)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
