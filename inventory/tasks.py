"""Celery's entrances to the stock's jobs. Each may run twice, or on two workers at once, without harm."""

import logging
from typing import Any

from celery import shared_task

from inventory import invariants, reservations, waiting
from inventory.exchange import jobs
from shop.core.jobs import job

log = logging.getLogger(__name__)


@shared_task(name="inventory.tasks.expire_holds", ignore_result=True)
@job("expire_holds")
def expire_holds() -> dict[str, int]:
    """Release lapsed holds (every minute), and set what came back aside for those who wait for it."""
    released = reservations.expire_due()
    return {"released": released, "told": waiting.serve() if released else 0}


@shared_task(name="inventory.tasks.serve_waiting", ignore_result=True)
@job("serve_waiting")
def serve_waiting() -> dict[str, int]:
    """Set units that came back aside for the first in line, and tell them."""
    return {"told": waiting.serve()}


@shared_task(name="inventory.tasks.check_invariants", ignore_result=True)
@job("check_invariants")
def check_invariants() -> dict[str, Any]:
    """Check what must be true of the stock; the run's row says how many violations there are, and which."""
    found = invariants.check()
    for violation in found:
        log.error("Stock: %s", violation)
    return {"violations": len(found), "details": "\n".join(str(violation) for violation in found[:20])}


@shared_task(name="inventory.tasks.run_import", ignore_result=True)
def run_import(job_id: str) -> str:
    """Check or import one uploaded file."""
    return jobs.run(job_id)


@shared_task(name="inventory.tasks.run_imports", ignore_result=True)
@job("run_imports")
def run_imports() -> dict[str, int]:
    """Run the imports whose wake-up was lost or whose worker died (every minute)."""
    return {"imports": jobs.run_due()}
