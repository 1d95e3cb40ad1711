"""Celery tasks of the core: each loads by id and calls one function; twice is harmless."""

from celery import shared_task

from shop.core import retention
from shop.core.jobs import job, run_by_name
from shop.core.mail import outbox
from shop.core.outgoing import deliveries
from shop.core.outgoing import retention as sent_webhooks
from shop.core.pictures import files, rendering

# Sending to a slow mail server may take longer than other jobs; it ends within its lease.
_SOFT_LIMIT = int(outbox.LEASE.total_seconds()) + 60
_HARD_LIMIT = _SOFT_LIMIT + 30


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
def send_email(email_id: str) -> str:
    """Send one mail of the outbox, if it is still due; then those which had to wait while it was sent."""
    outcome = outbox.send_one(email_id)
    if outcome == "sent":
        outbox.send_due(limit=20)
    return outcome


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
@job("send_outbox")
def send_outbox() -> dict[str, int]:
    """Send the mails that are due: new ones whose task was lost, and those put off."""
    return outbox.send_due(limit=200)


@shared_task(ignore_result=True)
def push_webhooks() -> dict[str, int]:
    """Send the webhooks that have just been written, and all others that are due."""
    return deliveries.send_due()


@shared_task(ignore_result=True)
@job("send_webhooks")
def send_webhooks() -> dict[str, int]:
    """Send the webhooks that are due: those whose task was lost, and those put off."""
    return deliveries.send_due()


@shared_task(ignore_result=True)
@job("purge_sent_webhooks")
def purge_sent_webhooks() -> dict[str, int]:
    """Delete old messages of outgoing webhooks with their log, and former secrets."""
    return sent_webhooks.purge()


@shared_task(ignore_result=True)
@job("purge")
def purge() -> dict[str, int]:
    """Delete old job runs, idempotency keys and expired sessions."""
    return retention.purge()


@shared_task(ignore_result=True)
@job("sweep_pictures")
def sweep_pictures() -> dict[str, int]:
    """Delete the files of pictures that no row names any more."""
    return files.delete_orphans()


@shared_task(ignore_result=True)
def render_picture(name: str) -> int:
    """Make the renditions of the picture that was just stored under this name."""
    return rendering.render(name)


@shared_task(ignore_result=True)
@job("render_pictures")
def render_pictures() -> dict[str, int]:
    """Make the renditions of pictures whose task was lost, or that are there from before."""
    return rendering.render_missing()


@shared_task(ignore_result=True)
def run_now(name: str) -> object:
    """Run the job of this name, requested in the admin."""
    return run_by_name(name)
