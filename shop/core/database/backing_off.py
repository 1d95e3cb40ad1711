"""Celery tasks that retry when the database is busy. Needs no settings: `shop.celery` imports it."""

import random
from typing import Any

from celery import Task

from shop.core.database import timeouts


class BackingOff(Task[Any, Any]):
    """A Celery task that retries, later each time, when the database is busy.

    Every task may run twice. After the last try it fails, and the next beat run does what is left.
    """

    abstract = True
    busy_tries = 4

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Run the task. Raises: celery.exceptions.Retry, which puts the task back into the queue."""
        try:
            return self.run(*args, **kwargs)
        except Exception as error:
            if self.request.called_directly or not timeouts.is_busy(error):
                raise
            timeouts.drop_lost_connection()
            raise self.retry(
                exc=error, countdown=_wait(self.request.retries), max_retries=self.busy_tries
            ) from error


def _wait(tries: int) -> float:
    """Return the seconds before the next try: 5, 10, 20, 40, and up to half as many more, so that jobs spread."""
    return 5 * float(2**tries) * random.uniform(1, 1.5)  # noqa: S311  (not for a secret)
