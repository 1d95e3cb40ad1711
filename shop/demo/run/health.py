"""Check that every process works, before the shop's address is printed."""

import http.client
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from celery import Celery
from celery.utils.nodenames import gethostname
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

Check = Callable[[], bool]


def answers_ok(url: str, *, timeout: float = 5) -> bool:
    """Return whether GET answers 200; redirects and errors do not count."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_pings(broker: str, name: str) -> bool:
    """Return whether this machine's Celery worker of this name answers a ping through the broker."""
    with Celery(broker=broker, set_as_current=False) as app:
        app.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}
        try:
            return bool(app.control.ping(destination=[f"{name}@{gethostname()}"], timeout=1.0, limit=1))
        except (OSError, OperationalError, RedisError):
            return False


def wait_healthy(
    checks: Mapping[str, Check],
    *,
    limit: float,
    gave_up: Callable[[], bool] = lambda: False,
    on_ready: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Repeat the checks until all pass; return the names that did not within `limit` seconds (empty: all passed).

    `gave_up` ends the wait early (a process has died); `on_ready` is called with each name as it passes.
    """
    waiting = dict(checks)
    deadline = time.monotonic() + limit
    while waiting and time.monotonic() < deadline and not gave_up():
        for name, check in list(waiting.items()):
            if check():
                del waiting[name]
                on_ready(name)
        if waiting:
            time.sleep(0.2)
    return list(waiting)
