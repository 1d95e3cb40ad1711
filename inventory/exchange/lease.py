"""Who works on a job of imports or exports holds its row: a job whose row can be locked is not being worked on.

A killed worker's transaction is rolled back by the database and its row comes free: the next run starts afresh. Every
attempt is counted before it begins; a job that ends three workers without a result fails for good, in words.

Between an attempt's count and its hold on the row stands a moment in which the row is free. A job is given up only when
its row is still free a second later: else several who wake up at once would fail a job that ended nobody.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import translation

from inventory.models import ExportJob, ImportJob

log = logging.getLogger(__name__)
Job = TypeVar("Job", ImportJob, ExportJob)

MOST_ATTEMPTS: Final = 3
TO_HOLD_IT: Final = 1.0  # Seconds which whoever has counted an attempt has to hold the row.


def run(
    model: type[Job], job_id: UUID | str, *, work: Callable[[Job], None], give_up: Callable[[Job], Any]
) -> str:
    """Let `work` do what is due of one job, in one transaction; return the state the job is in afterwards.

    Both are called in the job's own language. Two workers at once are harmless: the second finds the row locked and
    returns an empty text. An exception leaves nothing and is raised again; the job is due once more.
    """
    if not _attempt(model, job_id, give_up):
        return ""
    try:
        with transaction.atomic():
            rows = model._default_manager.select_for_update(skip_locked=True, of=("self",))
            job = rows.filter(pk=job_id).first()
            if job is None or not job.is_working:
                return job.status if job else ""
            with translation.override(job.language):
                work(job)
    except Exception:
        log.exception("%s %s stopped; nothing was written, it is tried again.", model.__name__, job_id)
        raise
    return str(job.status)


def run_each(keys: Iterable[UUID], run_one: Callable[[UUID], Any]) -> None:
    """Run jobs one after another; one that stops does not keep the others waiting."""
    for key in keys:
        try:
            run_one(key)
        except Exception:
            log.exception("Job %s waits for its next turn.", key)


def take_turn(key: int) -> None:
    """Wait until nobody else has this turn (an advisory lock); it ends with the transaction.

    Whoever has it may be at a long file: this one wait is as long as the task's own limit, not a lock's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', '0', true)")
        (before, _none) = cursor.fetchone()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def _attempt(model: type[Job], job_id: UUID | str, give_up: Callable[[Job], Any]) -> bool:
    """Count an attempt, committed before the work so that a killed worker's counts; False: not due, or one too many."""
    if (due := _count(model, job_id)) is None:
        time.sleep(TO_HOLD_IT)
        _count(model, job_id, or_else=give_up)
    return bool(due)


def _count(model: type[Job], job_id: UUID | str, or_else: Callable[[Job], Any] | None = None) -> bool | None:
    """Count an attempt; False: the job is not due, or somebody is at it; None: it had them all, so `or_else` is due."""
    with transaction.atomic():
        rows = model._default_manager.select_for_update(skip_locked=True, of=("self",))
        job = rows.filter(pk=job_id).only("status", "attempts", "language").first()
        if job is None or not job.is_working:
            return False
        if job.attempts < MOST_ATTEMPTS:
            model._default_manager.filter(pk=job.pk).update(attempts=F("attempts") + 1)
            return True
        if or_else is not None:
            with translation.override(job.language):
                or_else(job)
    return None
