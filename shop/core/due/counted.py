"""Long work whose tries are counted before they begin: a job that ends three workers without a result is given up.

A worker locks the row of its job: a job whose row can be locked is not being worked on. A killed worker's transaction
is rolled back by the database and its row unlocked: the next run starts again.

Between counting a try and locking the row, the row is unlocked for a moment. A job is given up only when its row is
still unlocked a second later: else several concurrent workers would fail a job that crashed none of them.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Model
from django.utils import translation

from shop.core.due.locked import free

log = logging.getLogger(__name__)

MOST_TRIES: Final = 3
TO_LOCK_IT: Final = 1.0  # Seconds in which a worker that has counted a try must lock the row.


class _Counted(Protocol):
    status: str
    attempts: int
    language: str

    @property
    def is_working(self) -> bool:
        """Return whether it is queued or being processed."""


Job = TypeVar("Job", bound=Model)


def run(
    model: type[Job], job_id: UUID | str, *, work: Callable[[Job], None], give_up: Callable[[Job], Any]
) -> str:
    """Let `work` do what is due of one job, in one transaction; return the state the job is in afterwards.

    The model has `status`, `attempts`, `language` and `is_working`. Both callables are called in the job's own
    language. Two workers at once are harmless: the second finds the row locked and returns an empty text. After an
    exception nothing is written, it is raised again, and the job is due again.
    """
    if not _try(model, job_id, give_up):
        return ""
    try:
        with transaction.atomic():
            job = free(model._default_manager.filter(pk=job_id)).first()
            if job is None:
                return ""
            found_text = _described(job)
            if found_text.is_working:
                with translation.override(found_text.language):
                    work(job)
    except Exception:
        log.exception("%s %s stopped; nothing was written, it is tried again.", model.__name__, job_id)
        raise
    return str(found_text.status)


def _described(job: Any) -> _Counted:
    """Return the row typed as a counted job."""
    counted: _Counted = job
    return counted


def _try(model: type[Job], job_id: UUID | str, give_up: Callable[[Job], object]) -> bool:
    """Count a try, committed before the work so that a killed worker's counts; False: not due, or one too many."""
    if (due := _count(model, job_id)) is None:
        time.sleep(TO_LOCK_IT)
        _count(model, job_id, or_else=give_up)
    return bool(due)


def _count(
    model: type[Job], job_id: UUID | str, or_else: Callable[[Job], object] | None = None
) -> bool | None:
    """Count a try; False: the job is not due, or is locked; None: no tries left, and `or_else` was called."""
    with transaction.atomic():
        rows = model._default_manager.filter(pk=job_id).only("status", "attempts", "language")
        job = free(rows).first()
        if job is None or not (found_text := _described(job)).is_working:
            return False
        if found_text.attempts < MOST_TRIES:
            model._default_manager.filter(pk=job.pk).update(attempts=F("attempts") + 1)
            return True
        if or_else is not None:
            with translation.override(found_text.language):
                or_else(job)
    return None
