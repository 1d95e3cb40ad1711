"""Jobs: every run is a row (`JobRun`), and every job is registered by name.

A job is a plain function without arguments that may run twice, or on two workers at once, without harm. It is
declared in its app's `tasks.py`, the decorator below Celery's:

    @shared_task
    @job("expire_holds")
    def expire_holds() -> int: ...

The admin's "run now" buttons and the management commands find it in `registry()`.
"""

import functools
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import TypeVar

from celery import current_app
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from shop.core.database import timeouts
from shop.core.models import JobRun
from shop.core.privacy.redaction import mask

log = logging.getLogger(__name__)
R = TypeVar("R")

_registry: dict[str, Callable[[], object]] = {}


class UnknownJob(LookupError):
    """No `tasks.py` declares a job of this name. Trying again does not help."""


def run_job(name: str, function: Callable[[], R]) -> R:
    """Call `function` and keep a `JobRun` row of it: when, how it ended, and what it returned.

    A dictionary or a number that the function returns is kept as the result. An exception is kept with its
    traceback and raised again, so that the caller (Celery, a command) sees it too.
    """
    run = JobRun.objects.create(job=name)
    try:
        outcome = function()
    except BaseException:
        timeouts.drop_lost_connection()
        JobRun.objects.filter(pk=run.pk).update(
            finished_at=timezone.now(), is_ok=False, error=mask(traceback.format_exc())[-8000:]
        )
        raise
    JobRun.objects.filter(pk=run.pk).update(
        finished_at=timezone.now(), is_ok=True, result=_as_result(outcome)
    )
    return outcome


def job(name: str) -> Callable[[Callable[[], R]], Callable[[], R]]:
    """Declare a job: the decorated function keeps a `JobRun` row of each run and is listed in `registry()`."""

    def decorate(function: Callable[[], R]) -> Callable[[], R]:
        @functools.wraps(function)
        def run() -> R:
            return run_job(name, function)

        _registry[name] = run
        return run

    return decorate


def registry() -> Mapping[str, Callable[[], object]]:
    """Return every declared job by name, sorted (imports the `tasks` module of every app first)."""
    autodiscover_modules("tasks")
    return dict(sorted(_registry.items()))


def last_runs() -> dict[str, JobRun]:
    """Return the newest run of every declared job that has one: one query, one index look-up for each job."""
    newest = [JobRun.objects.filter(job=name).order_by("-started_at")[:1] for name in registry()]
    return {run.job: run for run in newest[0].union(*newest[1:], all=True)}


def run_by_name(name: str) -> object:
    """Run a declared job.

    Raises:
        UnknownJob: nobody declared it.
    """
    try:
        function = registry()[name]
    except KeyError:
        raise UnknownJob(name) from None
    return function()


def dispatch(name: str, *args: object) -> bool:
    """Send the Celery task `name` ("payments.tasks.send_refund") to the broker; return whether it was accepted.

    Named and not imported: `tasks.py` imports the modules whose functions it calls, so these may not import it. An
    unavailable broker raises nothing: what must not be lost is a row, which the beat job of the same kind finds later.
    To be called after commit: `transaction.on_commit(partial(dispatch, name, str(id)))`.

    Raises:
        celery.exceptions.NotRegistered: no `tasks.py` declares it (tests/architecture checks every name written here).
    """
    if name not in current_app.tasks:
        autodiscover_modules("tasks")
    task = current_app.tasks[name]
    try:
        task.apply_async(args=args, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("Broker did not take %s%r, the beat job will find the row: %s", name, args, error)
        return False
    return True


def _as_result(outcome: object) -> dict[str, object]:
    """Return a job's result as the JSON object which its row stores."""
    if isinstance(outcome, Mapping):
        return {str(key): value if _is_plain(value) else str(value) for key, value in outcome.items()}
    if isinstance(outcome, (int, str)):
        return {"result": outcome}
    if isinstance(outcome, (list, tuple, set, frozenset)):
        return {"count": len(outcome), "items": [str(item)[:300] for item in list(outcome)[:20]]}
    return {} if outcome is None else {"result": str(outcome)[:1000]}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, str))
