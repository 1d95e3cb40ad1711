"""Celery tasks of the stock. Each may run twice, or on two workers at once, without harm."""

import logging
from typing import Any

from celery import shared_task

from inventory import alerts, reservations
from inventory.checks import runner
from inventory.exchange import export_jobs, jobs
from inventory.reservations import waiting_list
from shop.core.jobs import job

log = logging.getLogger(__name__)


@shared_task(name="inventory.tasks.expire_holds", ignore_result=True)
@job("expire_holds")
def expire_holds() -> dict[str, int]:
    """Release expired reservations (every minute), and set freed units aside for the waiting lists."""
    released = reservations.expire_due()
    return {"released": released, "notified": waiting_list.serve() if released else 0}


@shared_task(name="inventory.tasks.serve_waiting", ignore_result=True)
@job("serve_waiting")
def serve_waiting() -> dict[str, int]:
    """Set units that came back aside for the first in line, and mail them."""
    return {"notified": waiting_list.serve()}


@shared_task(name="inventory.tasks.check_invariants", ignore_result=True)
@job("check_invariants")
def check_invariants() -> dict[str, Any]:
    """Run the stock check (every quarter of an hour) and keep its findings; nothing is repaired.

    The run's own row says how many violations there are and the first of them in words: `/healthz/` and the first
    page of the back office read it there.
    """
    kept = runner.run(actor="job:check_invariants")
    found = [str(violation) for violation in kept.violations.all()[:20]]
    for words in found:
        log.error("Stock: %s", words)
    return {"violations": kept.violation_count, "details": "\n".join(found)}


@shared_task(name="inventory.tasks.run_import", ignore_result=True)
def run_import(job_id: str) -> str:
    """Check or import one uploaded file."""
    return jobs.run(job_id)


@shared_task(name="inventory.tasks.run_imports", ignore_result=True)
@job("run_imports")
def run_imports() -> dict[str, int]:
    """Run the imports whose task was lost or whose worker died (every minute)."""
    return {"imports": jobs.run_due()}


@shared_task(name="inventory.tasks.run_export", ignore_result=True)
def run_export(job_id: str) -> str:
    """Make one file for staff."""
    return export_jobs.run(job_id)


@shared_task(name="inventory.tasks.run_exports", ignore_result=True)
@job("run_exports")
def run_exports() -> dict[str, int]:
    """Make the exports whose task was lost or whose worker died, and delete old files (every minute)."""
    return export_jobs.run_due()


@shared_task(name="inventory.tasks.check_alerts", ignore_result=True)
@job("check_alerts")
def check_alerts() -> dict[str, int]:
    """Mail what is newly low, out or overstocked (every five minutes)."""
    done = alerts.check()
    return {"triggered": done.triggered, "recovered": done.recovered, "mails": done.mails}
