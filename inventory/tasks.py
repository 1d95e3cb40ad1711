"""Celery's entrances to the stock's jobs. Each may run twice, or on two workers at once, without harm."""

import logging
from typing import Any

from celery import shared_task

from inventory import invariants, reservations
from shop.core.jobs import job

log = logging.getLogger(__name__)


@shared_task(name="inventory.tasks.expire_holds", ignore_result=True)
@job("expire_holds")
def expire_holds() -> dict[str, int]:
    """Release lapsed holds (every minute)."""
    return {"released": reservations.expire_due()}


@shared_task(name="inventory.tasks.check_invariants", ignore_result=True)
@job("check_invariants")
def check_invariants() -> dict[str, Any]:
    """Check what must be true of the stock; the run's row says how many violations there are, and which."""
    found = invariants.check()
    for violation in found:
        log.error("Stock: %s", violation)
    return {"violations": len(found), "details": "\n".join(str(violation) for violation in found[:20])}
