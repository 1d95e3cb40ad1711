"""How many messages the worker's queue was given and how many are done, counted by the sender and by the worker.

Reading the queue would not do: from taking a message until it is acknowledged, a worker has it and the queue does not
show it. The worker imports this module, too.
"""

from functools import lru_cache
from typing import Any

import redis
from celery.signals import before_task_publish, task_postrun
from django.conf import settings

PREFIX = "edge-cases-"


@lru_cache(maxsize=1)
def _redis() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL)


def is_even(queue: str) -> bool:
    """Say whether as many messages are done as were sent."""
    done, sent = (int(number or 0) for number in _redis().mget(f"{queue}:done", f"{queue}:sent"))
    return done >= sent


def forget(queue: str) -> None:
    """Reset both counters."""
    _redis().delete(f"{queue}:done", f"{queue}:sent")


@before_task_publish.connect
def _sent(routing_key: str = "", **_options: Any) -> None:
    if routing_key.startswith(PREFIX):
        _redis().incr(f"{routing_key}:sent")


@task_postrun.connect
def _done(task: Any = None, **_options: Any) -> None:
    queue = (task.request.delivery_info or {}).get("routing_key") or ""
    if queue.startswith(PREFIX):
        _redis().incr(f"{queue}:done")
