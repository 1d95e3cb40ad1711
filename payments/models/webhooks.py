"""The inbox of webhooks: verified, stored once, processed by a job."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.core.models import BaseModel
from shop.core.states import Table


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """Queries of the inbox."""

    def dead(self) -> "WebhookEventQuerySet":
        """Return the dead letters: every try has failed, and only a person can put them back into the queue."""
        return self.filter(status=WebhookEvent.Status.FAILED, next_try_at=None)


class WebhookEvent(BaseModel):
    """One verified notification. It only says *what to ask about*: `subject` is the provider's
    payment, session or refund id, which is fetched; the payload is kept for people."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        IGNORED = "ignored", _("ignored")
        FAILED = "failed", _("failed")

    TRANSITIONS: ClassVar[Table] = {
        Status.RECEIVED: {Status.PROCESSED, Status.IGNORED, Status.FAILED},
        Status.FAILED: {Status.RECEIVED, Status.PROCESSED, Status.IGNORED},
        Status.PROCESSED: {Status.RECEIVED},
        Status.IGNORED: {Status.RECEIVED},
    }

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=150)
    topic = models.CharField(_("topic"), max_length=80)
    subject = models.CharField(_("about"), max_length=200)
    reference = models.CharField(_("our reference"), max_length=200, blank=True)
    payload = models.JSONField(_("payload"), default=dict)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    deliveries = models.PositiveIntegerField(_("deliveries"), default=1)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    # When the staff was notified that this one is not tried any more (`dead`).
    reported_at = models.DateTimeField(_("told the staff"), null=True, blank=True, editable=False)
    trail = models.UUIDField(null=True, blank=True, editable=False, db_index=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_unique")]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="webhook_due", condition=Q(status__in=["received", "failed"])
            ),
            models.Index(fields=["status", "-received_at"], name="webhook_status"),
            models.Index(
                fields=["reported_at"], name="webhook_dead", condition=Q(status="failed", next_try_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.topic} {self.subject}"

    @property
    def is_dead(self) -> bool:
        return self.status == self.Status.FAILED and self.next_try_at is None
