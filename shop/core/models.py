"""Rows that belong to no app in particular: events of every state machine, the mail outbox, job runs, counters, and
what the shop tells other systems (`shop.core.outgoing`).
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shop.core.ids import uuid7
from shop.core.rows import MadeOfRows


class BaseModel(MadeOfRows):
    """A row with a time-ordered UUIDv7 key, `created_at` and `updated_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True, editable=False)

    class Meta:
        abstract = True


class Event(models.Model):
    """Who did what when: one row for every state change and every other recorded act (append-only).

    `subject_type` is the model label (`orders.order`), `subject_id` its key. For a state change `field`,
    `from_state` and `to_state` are set. `trail` groups the events of one purchase: the checkout session's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_type = models.CharField(_("subject"), max_length=60)
    subject_id = models.UUIDField(_("key of the subject"))
    trail = models.UUIDField(_("trail"), null=True, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    field = models.CharField(_("field"), max_length=40, blank=True)
    from_state = models.CharField(_("from"), max_length=40, blank=True)
    to_state = models.CharField(_("to"), max_length=40, blank=True)
    actor = models.CharField(_("actor"), max_length=150)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["occurred_at", "id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "occurred_at"], name="event_subject"),
            models.Index(
                fields=["trail", "occurred_at"], name="event_trail", condition=models.Q(trail__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        if self.to_state:
            return f"{self.subject_type}: {self.from_state} → {self.to_state}"
        return f"{self.subject_type}: {self.kind}"


class EmailLog(BaseModel):
    """The mail outbox and log: a row is written with the act, a job sends it.

    `dedupe_key` makes a mail that must go out once unique (`order-confirmation:<order id>`). Subject, text and HTML are
    what the staff may read; of a mail with secrets (`shop.core.mail.secrets`) they are masked, and what is sent is in
    `sealed` until it has been sent.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=60)
    dedupe_key = models.CharField(max_length=150, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    sealed = models.TextField(blank=True, editable=False)
    has_secrets = models.BooleanField(default=False, editable=False)
    language = models.CharField(_("language"), max_length=10, default="es")
    trail = models.UUIDField(_("trail"), null=True, blank=True, editable=False, db_index=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Tries whose mail was transmitted, or may have been, with unknown outcome.
    unanswered = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(_("error"), blank=True)
    next_try_at = models.DateTimeField(_("next try"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="email_due", condition=models.Q(status__in=["queued", "sending"])
            ),
            models.Index(fields=["-created_at"], name="email_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class JobRun(models.Model):
    """One run of a job: when, and with what result. Kept for a month."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.CharField(_("job"), max_length=60)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    is_ok = models.BooleanField(_("ok"), null=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["job", "-started_at"], name="jobrun_newest")]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M:%S}"


class Counter(models.Model):
    """A number that only counts, such as refused webhooks; and the last number given out in a gap-free series."""

    name = models.CharField(_("name"), max_length=80, primary_key=True)
    value = models.BigIntegerField(_("value"), default=0)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"

    @classmethod
    def increment(cls, name: str) -> int:
        """Add one and return the new value. Inside a transaction the row stays locked, so a series has no gaps."""
        obj, _created = cls.objects.get_or_create(name=name)
        cls.objects.filter(pk=obj.pk).update(value=F("value") + 1)
        obj.refresh_from_db(fields=["value"])
        return obj.value


class IdempotencyKey(models.Model):
    """A key of one of our own POST forms or endpoints: the same form sent twice acts once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(_("scope"), max_length=50)
    key = models.CharField(_("key"), max_length=150)
    result_id = models.UUIDField(_("key of the result"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotencykey_unique")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return f"{self.scope}:{self.key}"


class StoredAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, for one day (`shop.core.api.idempotency`).

    The body is encrypted: it may hold personal data or the secret of a payment.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.CharField(_("owner"), max_length=60)
    method = models.CharField(_("method"), max_length=7)
    path = models.CharField(_("path"), max_length=300)
    key = models.CharField(_("key"), max_length=255)
    digest = models.CharField(_("digest of the request"), max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("body"), blank=True)
    claimed_at = models.DateTimeField(_("begun"), db_default=Now())
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(fields=["owner", "method", "path", "key"], name="storedanswer_unique")
        ]
        indexes = [models.Index(fields=["created_at"], name="storedanswer_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"


class OutgoingEndpoint(BaseModel):
    """An address of another system (a merchant's bookkeeping, a warehouse) which is told what happens in the shop.

    `sealed` is the encrypted secret that signs what is sent to it; `sealed_before` the one before a rotation, which
    signs as well until `before_until`. Rows are switched off and never deleted: whatever happens is written beside
    them, and must not wait for, or fail because of, somebody who deletes one.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        DISABLED = "disabled", _("switched off")

    class Why(models.TextChoices):
        STAFF = "staff", _("by the staff")
        GONE = "gone", _("it answered 410 (gone)")
        DEAD = "dead", _("too many messages could not be delivered")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.ACTIVE: {Status.DISABLED},
        Status.DISABLED: {Status.ACTIVE},
    }

    url = models.CharField(
        _("URL"), max_length=500, help_text=_("https://…, as your system gives it to you.")
    )
    description = models.CharField(_("description"), max_length=120, blank=True)
    types = ArrayField(models.CharField(max_length=60), verbose_name=_("what it is told"), default=list)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    disabled_why = models.CharField(_("why"), max_length=10, choices=Why, blank=True)
    sealed = models.TextField(editable=False)
    sealed_before = models.TextField(blank=True, editable=False)
    before_until = models.DateTimeField(null=True, editable=False)
    # Messages given up since the last one that was delivered; tries in a row that got no answer at all.
    dead = models.PositiveIntegerField(_("given up in a row"), default=0, editable=False)
    silent = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, editable=False)
    served_until = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(_("last delivered"), null=True, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.url


class OutgoingMessage(models.Model):
    """One fact that endpoints are told: written in the transaction of the fact, only where somebody wants it.

    `data` is thin: keys, public numbers and states, never a person's data. `once` makes facts that a trigger may see
    several times in one transaction one message.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(_("type"), max_length=60)
    data = models.JSONField(_("data"), default=dict)
    occurred_at = models.DateTimeField(_("when"))
    once = models.CharField(max_length=150, null=True, unique=True, editable=False)  # noqa: DJ001  (unique where given)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        ordering = ["-occurred_at", "-id"]
        indexes = [models.Index(fields=["occurred_at"], name="outgoingmessage_age")]

    def __str__(self) -> str:
        return self.type


class OutgoingDelivery(BaseModel):
    """One message on its way to one endpoint.

    `begun_at`, `began_with`: when the tries began, and how many there had been before (not none after a replay).
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("to be sent")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    message = models.ForeignKey(
        OutgoingMessage, verbose_name=_("message"), on_delete=models.CASCADE, related_name="deliveries"
    )
    endpoint = models.ForeignKey(
        OutgoingEndpoint, verbose_name=_("endpoint"), on_delete=models.PROTECT, related_name="deliveries"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True)
    begun_at = models.DateTimeField(_("since"))
    began_with = models.PositiveSmallIntegerField(default=0, editable=False)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="outgoingdelivery_one_each"),
            models.CheckConstraint(
                condition=models.Q(status="pending") ^ models.Q(next_try_at__isnull=True),
                name="outgoingdelivery_due_while_pending",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_try_at"],
                name="outgoingdelivery_due",
                condition=models.Q(status="pending"),
            ),
            models.Index(fields=["-created_at", "-id"], name="outgoingdelivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.message} → {self.endpoint}"


class OutgoingAttempt(models.Model):
    """One try of a delivery: what the endpoint answered, and how fast. Secrets in the answer are masked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(
        OutgoingDelivery, verbose_name=_("delivery"), on_delete=models.CASCADE, related_name="tries"
    )
    tried_at = models.DateTimeField(_("when"), auto_now_add=True)
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    answer = models.TextField(_("beginning of the answer"), blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ["-tried_at", "-id"]

    def __str__(self) -> str:
        return f"{self.status_code or self.error}"
