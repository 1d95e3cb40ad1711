"""The inbox of webhooks: verified, stored once, answered; then processed by a job.

A notification only says what to fetch. Its row outlives every failure of the processing, with the traceback, and
stays due until it is done: a broker that is down loses nothing.
"""

import json
import logging
import traceback
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from payments import gateways
from payments.gateways.base import (
    BadSignature,
    CheckoutSnapshot,
    GatewayError,
    NotAsked,
    NotFoundAtProvider,
    Notification,
    RawWebhook,
    Trouble,
)
from payments.gateways.bodies import storable
from payments.models import Payment, PaymentAttempt, WebhookEvent
from payments.settlement import adoption, settle
from payments.webhooks import limits
from shop.core.database import kept_queries
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.kept_writes import KeptInsert
from shop.core.due.back_off import BackOff
from shop.core.due.fairness import run_fairly
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.models import Counter
from shop.core.privacy.redaction import mask_secrets
from shop.core.protection import guard
from shop.core.states import move

log = logging.getLogger(__name__)
Status = WebhookEvent.Status
_ATTEMPT: Final = KeptQuery(
    lambda key, provider: PaymentAttempt.objects.filter(pk=key, gateway=provider).order_by(), UUID, str
)
# A payment that was first fetched after the notification about it had arrived, and has paid its order.
_FETCHED_SINCE: Final = KeptQuery(
    lambda provider, subject, received_at: PaymentAttempt.objects.filter(
        payments__gateway=provider,
        payments__external_id=subject,
        payments__role=Payment.Role.ORDER,
        payments__status=Payment.Status.APPROVED,
        payments__refunded_amount=0,
        payments__created_at__gt=received_at,
        payments__fetched_at__gt=received_at,
    ).order_by(),
    str,
    str,
    datetime,
)
_write: Final = KeptInsert(WebhookEvent, unless_there=True)
_WAITING: Final = (Status.RECEIVED, Status.FAILED)

# Right after a notification the payment may not be readable yet (docs/providers/README.md#edge-cases, row 10).
_BACK_OFF: Final = BackOff.seconds(5, 30, 120, 600, 1800, 7200, 21600, 43200, most_tries=9)
# So often a reference is looked for that none of our attempts has: another shop on the same account.
_UNKNOWN_TRIES: Final = 4
_LEASE: Final = Lease("next_try_at", timedelta(minutes=2), tries="attempts")
_CLAIM: Final = _LEASE.claim(
    lambda key: WebhookEvent.objects.filter(pk=key, status__in=_WAITING),
    UUID,
    or_if=Q(status=Status.RECEIVED, attempts=0),
)
# The job is enqueued at once; if the broker loses the message, the row is due by then.
_UNLESS_WOKEN: Final = timedelta(seconds=20)


class UnknownReference(Exception):
    """No attempt of ours has this reference (yet)."""


def receive(provider: str, raw: RawWebhook, *, source: str = "") -> int:
    """Verify a notification, store it once, enqueue the job; return the HTTP status to answer with.

    Forged: 401 or 400 as the provider's own documentation shows, nothing stored but a counter; a flood of them from
    one address (`source`): 429, and not even the counter. What verifies is never counted against its address here, so
    that a forger behind the same proxy keeps no genuine event out.

    Raises:
        UnknownGateway: there is no such provider.
        DatabaseError: it could not be stored; a 500 makes the provider send it again.
    """
    gateway = gateways.get(provider)
    try:
        notification = gateway.parse_webhook(raw)
    except BadSignature as error:
        if not limits.may_be_refused(provider, source):
            return 429
        count = Counter.increment(f"webhooks_refused:{provider}")
        log.warning("Refused a webhook of %s (number %d): %s", provider, count, error)
        return gateway.forged_status
    if not notification.should_store and not notification.ignored:
        return 200
    if not notification.is_signed and not limits.may_claim(provider, source):
        return 429
    _store(provider, notification)
    return 200


def _store(provider: str, notification: Notification) -> None:
    """Write the row, or count one more delivery of the one there is; a failed one becomes due again."""
    with transaction.atomic():
        row = WebhookEvent(
            provider=provider,
            event_id=notification.event_id[:150],
            topic=notification.topic[:80],
            subject=notification.subject[:200],
            reference=notification.reference[:200],
            payload=_payload(notification),
            status=Status.IGNORED if notification.ignored else Status.RECEIVED,
            error=notification.ignored,
            next_try_at=None if notification.ignored else timezone.now() + _UNLESS_WOKEN,
        )
        if _write(row):
            if not notification.ignored:
                _wake(row)
            return
        kept = WebhookEvent.objects.get(provider=provider, event_id=row.event_id)
        is_failed = kept.status == Status.FAILED and not notification.ignored
        changes = {"next_try_at": Now(), "reported_at": None} if is_failed else {}
        WebhookEvent.objects.filter(pk=kept.pk).update(deliveries=F("deliveries") + 1, **changes)
        if is_failed:
            _wake(kept)
        elif kept.status == Status.IGNORED and not kept.attempts and not notification.ignored:
            # It was set aside unread, and this time it is to be processed.
            replay(kept, actor=f"provider:{provider}")


def _payload(notification: Notification) -> object:
    """Return what of the payload can be stored; one that cannot be written at all is left out, the event is not."""
    try:
        kept = storable(notification.payload)
        json.dumps(kept)
    except (ValueError, RecursionError, OverflowError):
        return {}
    return kept


def _wake(event: WebhookEvent) -> None:
    transaction.on_commit(partial(dispatch, "payments.tasks.process_webhook", str(event.pk)))


def process(event_id: UUID | str, *, actor: str = "") -> WebhookEvent:
    """Settle what an event names, as its provider says it is. Twice at once works once; twice in a row is harmless.

    Every failure stays on the row, with its traceback and the next try. A call that the guard refused is no try.
    """
    key = UUID(str(event_id))
    event = _claim(key)
    if event is None:
        return WebhookEvent.objects.get(pk=key)
    actor = actor or f"provider:{event.provider}"
    try:
        attempt = _settled(event, actor=actor)
    except UnknownReference as error:
        _unknown(event, error, actor=actor)
    except NotAsked as refusal:
        _leave(event, refusal)
    except Exception as error:  # noqa: BLE001  (whatever it is, the row keeps it and stays due)
        _failed(event, error, actor=actor)
    else:
        trail = attempt.trail if attempt else None
        with transaction.atomic():
            move(
                event,
                Status.PROCESSED,
                actor=actor,
                trail=trail,
                processed_at=timezone.now(),
                next_try_at=None,
                error="",
            )
            event.trail = trail
            kept_queries.write(kept_queries.update(event, ["trail"]))
    return event


def replay(event: WebhookEvent, *, actor: str) -> bool:
    """Put an event back into the queue, at a person's request: safe, since only what is fetched counts."""
    if event.status == Status.RECEIVED:
        WebhookEvent.objects.filter(pk=event.pk).update(next_try_at=Now())
        _wake(event)
        return True
    with transaction.atomic():
        moved = move(
            event,
            Status.RECEIVED,
            actor=actor,
            reason="replayed",
            next_try_at=timezone.now(),
            attempts=0,
            reported_at=None,
        )
        if moved:
            _wake(event)
    return moved


def _claim(event_id: UUID) -> WebhookEvent | None:
    """Take an event that nobody has tried yet, or that is due, for a while; return it as it is then.

    Its lock is waited for: the provider's next delivery counts itself on the row at the same moment, and an event that
    is passed over then would wait for the job.
    """
    return _CLAIM.first(event_id)


def _settled(event: WebhookEvent, *, actor: str) -> PaymentAttempt | None:
    """Find the attempt by our reference, from the event or from the provider, and settle it.

    A shopper who came back before the job began has settled it: then the provider is not asked once more, unless the
    event was processed before and is to be again.

    None: it was about an unmatched payment that was taken over, whose row says what is true now.

    Raises:
        UnknownReference: nothing of ours.
        GatewayError: the provider did not answer.
    """
    if event.processed_at is None:
        settled = _FETCHED_SINCE.first(event.provider, event.subject, event.received_at)
        if settled is not None:
            return settled
    attempt = _attempt(event.provider, event.reference)
    if attempt is not None:
        return settle.settle(attempt_id=attempt.pk, actor=actor, subject=event.subject).attempt
    snapshot: CheckoutSnapshot = gateways.get(event.provider).fetch(event.subject)
    attempt = _attempt(event.provider, snapshot.reference)
    if attempt is None:
        if adoption.upsert(event.provider, snapshot, actor=actor):
            return None
        raise UnknownReference(f"{event.provider} {event.subject}: no attempt {snapshot.reference!r}")
    if snapshot.state is None:  # Nothing is paid, and only the payments were asked about.
        return settle.settle(attempt_id=attempt.pk, actor=actor, subject=event.subject).attempt
    return settle.apply(attempt.pk, snapshot, actor=actor).attempt


def _attempt(provider: str, reference: str) -> PaymentAttempt | None:
    try:
        key = UUID(hex=reference)
    except ValueError:
        return None
    return _ATTEMPT.first(key, provider)


def _unknown(event: WebhookEvent, error: UnknownReference, *, actor: str) -> None:
    """Keep an event of unknown reference for a while (our own row may not be committed yet), then leave it."""
    if event.attempts >= _UNKNOWN_TRIES:
        move(event, Status.IGNORED, actor=actor, reason=str(error), next_try_at=None, error=str(error))
        return
    _LEASE.put_off(_mine(event), _BACK_OFF.pause(event.attempts), error=str(error))


def _leave(event: WebhookEvent, refusal: NotAsked) -> None:
    """Put an event back as it was before its try: it is due when its provider may be asked again."""
    log.info("Webhook %s waits: %s", event.pk, refusal)
    _LEASE.put_back(_mine(event), timedelta(seconds=refusal.retry_after))


def _failed(event: WebhookEvent, error: Exception, *, actor: str) -> None:
    """Store the traceback and plan the next try; after the last one, or a refusal, the row stays failed for people."""
    text = mask_secrets("".join(traceback.format_exception(error)))[-8000:].replace("\x00", "")
    level = logging.INFO if isinstance(error, NotFoundAtProvider) else logging.WARNING
    log.log(level, "Webhook %s of %s, try %d: %s", event.pk, event.provider, event.attempts, error)
    # A refusal would be repeated: people see it now, and not after a day.
    is_refused = isinstance(error, GatewayError) and error.trouble == Trouble.REFUSED
    pause = None if is_refused else _BACK_OFF.next(event.attempts)
    next_try_at = None if pause is None else Now() + pause
    if event.status == Status.RECEIVED:
        move(event, Status.FAILED, actor=actor, reason=str(error), error=text, next_try_at=next_try_at)
    else:
        _mine(event).update(error=text, next_try_at=next_try_at)


def _mine(event: WebhookEvent) -> "QuerySet[WebhookEvent]":
    """Return the event's row as long as this try is its last one."""
    return _LEASE.mine(WebhookEvent.objects.all(), event)


def retry_due(*, limit: int = 100) -> dict[str, int]:
    """Process the events that are due: those whose message was lost, and those put off; return how each ended.

    At most `limit` of each provider; one that fails again and again, or has not been answering, is left alone until
    the next run.
    """
    due = _LEASE.due(WebhookEvent.objects.filter(status__in=_WAITING))
    return dict(
        run_fairly(
            due,
            lambda event_id: str(process(event_id).status),
            kind="provider",
            limit=limit,
            failures={Status.FAILED},
            is_away=guard.refusal,
        )
    )
