"""Celery tasks of the reports. Each may run twice, or on two workers at once, without harm."""

from celery import shared_task

from shop.core.jobs import job
from shop.reports import rebuilding


@shared_task(name="shop.reports.tasks.update_reports", ignore_result=True)
@job("update_reports")
def update_reports() -> dict[str, int]:
    """Count what has changed since the last run (every minute)."""
    return rebuilding.catch_up()
