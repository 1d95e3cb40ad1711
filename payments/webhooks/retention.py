"""Retention of the inbox, and its dead letters, which wait for people.

A dead letter is an event whose every try has failed. The staff is notified once; it is shown until somebody replays it,
and kept longer than processed events.
"""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest, Now
from django.urls import reverse

from payments import gateways
from payments.models import WebhookEvent
from shop.core.due import locked
from shop.core.ids import uuid7
from shop.core.mail import outbox

Status = WebhookEvent.Status
_BATCH: Final = 1000
# More are given as a number: the list in the back office has them all.
_NAMED: Final = 10
_AT_ONCE: Final = 500
_BETWEEN: Final = timedelta(minutes=30)


def purge(*, batch: int = _BATCH) -> dict[str, int]:
    """Delete what is done `WEBHOOK_KEEP_DAYS` after the last thing that happened to it, and dead letters after
    `WEBHOOK_KEEP_FAILED_DAYS`; return how many of each.

    In batches, each its own transaction, by the database's clock; twice at once share the work, twice in a row the
    second finds none. What is still to be done stays however old it is. A provider that sends a deleted event once more
    is asked once more, which changes nothing.
    """
    done = Q(status__in=[Status.PROCESSED, Status.IGNORED])
    dead = Q(status=Status.FAILED, next_try_at=None)
    return {
        "done": _delete(done, timedelta(days=settings.WEBHOOK_KEEP_DAYS), batch),
        "dead": _delete(dead, timedelta(days=settings.WEBHOOK_KEEP_FAILED_DAYS), batch),
    }


def _delete(which: Q, kept: timedelta, batch: int) -> int:
    last = Greatest("received_at", "processed_at", "reported_at")  # PostgreSQL's passes over what is null.
    old = WebhookEvent.objects.alias(last=last).filter(
        which, received_at__lt=Now() - kept, last__lt=Now() - kept
    )
    return locked.in_batches(
        old.order_by("received_at"),
        lambda keys: WebhookEvent.objects.filter(pk__in=keys).delete()[0],
        size=batch,
    )


def report_dead() -> int:
    """Notify the staff of the dead letters that were not reported yet, all in one mail; return how many.

    Mail and mark are one transaction: each dead letter is reported once, also by two workers at once. Replayed and dead
    again, it is reported again. After a mail the next one waits `_BETWEEN`: a long outage is a handful of mails.
    """
    letters = WebhookEvent.objects.dead()
    if letters.filter(reported_at__gt=Now() - _BETWEEN).exists():
        return 0
    with transaction.atomic():
        dead = letters.filter(reported_at=None).order_by("received_at")
        events = list(locked.free(dead).defer("payload")[:_AT_ONCE])
        if not events:
            return 0
        outbox.queue(
            kind="webhooks_dead",
            to=settings.SHOP_EMAIL,
            template="webhooks_dead",
            context={
                "events": [_named(event) for event in events[:_NAMED]],
                "number": len(events),
                "more": max(len(events) - _NAMED, 0),
                "admin_url": f"{settings.SITE_URL}{reverse('admin:payments_webhookevent_changelist')}?dead=yes",
            },
            dedupe_key=f"webhooks-dead:{uuid7()}",
            language=settings.LANGUAGE_CODE,
        )
        WebhookEvent.objects.filter(pk__in=[event.pk for event in events]).update(reported_at=Now())
    return len(events)


def _named(event: WebhookEvent) -> dict[str, str]:
    """Return what the mail says of an event; no word of the error, which may name people."""
    known = event.provider in gateways.GATEWAYS
    provider = str(gateways.get(event.provider).label) if known else event.provider
    return {"provider": provider, "topic": event.topic, "subject": event.subject}


def health() -> dict[str, Any]:
    """Return the inbox's part of `/healthz/`: dead letters make the shop degraded."""
    dead = WebhookEvent.objects.dead().count()
    return {"dead_letters": dead, "is_degraded": dead > 0}
