"""Storage of the circuits: Redis, shared by all processes; while Redis does not answer, this process alone.

A change is read, computed in Python and written only if nobody wrote meanwhile (WATCH, MULTI, EXEC), so that two
processes never both get the probe. Who loses reads again.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

import redis
from django.conf import settings
from redis.exceptions import RedisError, WatchError

from shop.core.json_types import Json
from shop.core.protection.circuit import Circuit
from shop.core.redis_packets import at_once

log = logging.getLogger(__name__)
Change = Callable[[Circuit, float], Circuit]

# A Redis that hangs must not make pages hang as a party outside would.
_SECONDS: Final = 0.25
_LEFT_ALONE: Final = 5.0
_TURNS: Final = 50
# After so long without a call the stored state is of no use.
_KEPT_SECONDS: Final = 3600

_lock = threading.Lock()
_mine: dict[str, Circuit] = {}
_away = {"until": 0.0}


def clock() -> float:
    """Return the seconds since the epoch, comparable between processes as far as their machines' clocks agree."""
    return time.time()


def get(party: str) -> Circuit:
    """Return a party's circuit: one read from Redis, or from this process while Redis does not answer."""
    answers = ask(lambda server: at_once(server.connection_pool, ("GET", _key(party))))
    if answers is AWAY:
        with _lock:
            return _mine.get(party, Circuit())
    found = _read(answers[0])
    with _lock:
        _mine[party] = found
    return found


def change(party: str, change: Change) -> tuple[Circuit, Circuit]:
    """Change a circuit by a pure function of it and the time, exactly once; return it before and after."""
    answer = ask(lambda server: _exchanged(server, party, change))
    if answer is AWAY:
        with _lock:
            before = _mine.get(party, Circuit())
            _mine[party] = change(before, clock())
            return before, _mine[party]
    with _lock:
        _mine[party] = answer[1]
    before, after = answer
    return before, after


def forget(*parties: str) -> None:
    """Delete the state of parties, everywhere (tests, rotated credentials)."""
    with _lock:
        for party in parties:
            _mine.pop(party, None)
    ask(lambda server: server.delete(*map(_key, parties)))


class Away:
    """Redis did not answer."""


AWAY: Final = Away()


def ask(question: Callable[[Any], Any]) -> Any:
    """Call Redis for what all processes should know of the parties; `AWAY`: it did not answer.

    After a failure it is not even tried for some seconds.
    """
    if time.monotonic() < _away["until"]:
        return AWAY
    try:
        return question(_server(settings.REDIS_URL))
    except (RedisError, OSError) as error:
        _away["until"] = time.monotonic() + _LEFT_ALONE
        log.warning("Circuits are kept in this process alone: Redis did not answer: %s", error)
        return AWAY


def _exchanged(server: Any, party: str, change: Change) -> tuple[Circuit, Circuit]:
    key = _key(party)
    with server.pipeline() as pipe:
        for _turn in range(_TURNS):
            try:
                pipe.watch(key)
                before = _read(pipe.get(key))
                after = change(before, clock())
                if after == before:
                    return before, after
                pipe.multi()
                if after == Circuit():
                    pipe.delete(key)
                else:
                    pipe.set(key, json.dumps(asdict(after)), ex=_KEPT_SECONDS)
                pipe.execute()
                return before, after
            except WatchError:
                continue
    raise RedisError(f"{_TURNS} others were quicker at {key}")


def _read(raw: Json) -> Circuit:
    """Parse what is stored in Redis; nothing, or another version's format, is a closed circuit."""
    if raw is None:
        return Circuit()
    try:
        return Circuit(**json.loads(raw))
    except (TypeError, ValueError):
        return Circuit()


def _key(party: str) -> str:
    return f"percha:circuit:{party}"


@lru_cache(maxsize=4)
def _server(address: str) -> Any:
    return redis.Redis.from_url(
        address, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, health_check_interval=30
    )
