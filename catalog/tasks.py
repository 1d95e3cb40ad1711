"""Celery's entrances to the catalogue's jobs. Each may run twice, or on two workers at once, without harm."""

from celery import shared_task

from catalog import waiting
from catalog.drops import access
from shop.core.jobs import job


@shared_task(ignore_result=True)
@job("remind_drops")
def remind_drops() -> dict[str, int]:
    """Mail those who asked to be reminded of a drop that is about to open."""
    return {"notified": waiting.remind_due()}


@shared_task(ignore_result=True)
@job("purge_waiting")
def purge_waiting() -> dict[str, int]:
    """End waiting that went unconfirmed or on for too long; forget who waited, and who was let in early, long ago."""
    return {"expired": waiting.expire_due(), "purged": waiting.purge(), "accesses": access.purge()}
