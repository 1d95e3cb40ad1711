"""The line before each provider, as all processes of the shop see it: who waits, in which process, how fast it moves.

It stands in Redis and decides nothing. A press of Pay is a job of one process (`payments.checkout.presses`), and the
page that waits may ask any other. Without Redis nobody knows a place, and a press may be made twice, which is harmless.
"""

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

from django.conf import settings

from shop.core.protection.circuits import AWAY, ask
from shop.core.redis_packets import at_once

# The pace of the line is counted over so many seconds.
_PACE: Final = 8
# Nobody stands in line for longer: what is older was left by a process that died.
_FORGOTTEN_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands in the line before a provider.

    `number`: 1 is the first; 0: not in line (the provider is being asked, or nothing is known). `seconds`: how long it
    takes from here at the pace of the last seconds, None: nobody knows. `is_served`: a process that lives has the job.
    """

    number: int = 0
    seconds: int | None = None
    is_served: bool = False


def join(gateway: str, token: str, *, at: float) -> Place:
    """Note that this process has a press of Pay to work off, `at` seconds since the epoch; return its place."""
    line, now = _line(gateway), time.time()

    def write(server: Any) -> Place:
        *_noted, rank, gone = at_once(
            server.connection_pool,
            _lives(),
            ("ZREMRANGEBYSCORE", line, 0, now - _FORGOTTEN_SECONDS),
            ("ZADD", line, "NX", at, token),
            ("EXPIRE", line, _FORGOTTEN_SECONDS),
            ("SET", _owner(gateway, token), _process(os.getpid()), "EX", _FORGOTTEN_SECONDS),
            ("ZRANK", line, token),
            _pace(gateway, int(now)),
        )
        return _place(rank, gone)

    found = ask(write)
    return Place() if found is AWAY else found


def leave(gateway: str, token: str) -> None:
    """Note that the provider is being asked: the next one moves up."""

    gone = _gone(gateway, int(time.time()))
    _note(("ZREM", _line(gateway), token), ("INCR", gone), ("EXPIRE", gone, 2 * _PACE))


def end(gateway: str, token: str) -> None:
    """Note that the press was worked off."""

    _note(("ZREM", _line(gateway), token), ("DEL", _owner(gateway, token)))


def look(gateway: str, token: str) -> Place:
    """Return where a purchase stands in the line before `gateway`."""

    def read(server: Any) -> Place:
        now = int(time.time())
        rank, owner, gone = at_once(
            server.connection_pool,
            ("ZRANK", _line(gateway), token),
            ("GET", _owner(gateway, token)),
            _pace(gateway, now),
        )
        mine = _process(os.getpid()).encode()
        is_served = owner == mine or (bool(owner) and bool(server.exists(_alive(owner.decode()))))
        return _place(rank, gone) if is_served else Place()

    found = ask(read)
    return Place() if found is AWAY else found


def _pace(gateway: str, now: int) -> tuple[object, ...]:
    return ("MGET", *[_gone(gateway, now - back) for back in range(_PACE)])


def _place(rank: int | None, gone: list[bytes | None]) -> Place:
    """Return the place of a press that a living process has."""
    if rank is None:
        return Place(is_served=True)
    passed = sum(int(number or 0) for number in gone)
    seconds = max(1, round((rank + 1) * _PACE / passed)) if passed else None
    return Place(number=rank + 1, seconds=seconds, is_served=True)


def _note(*commands: tuple[object, ...]) -> None:
    """Send commands, and that this process lives."""
    ask(lambda server: at_once(server.connection_pool, *commands, _lives()))


def _lives() -> tuple[object, ...]:
    """Tell that this process lives: a job of it begins, calls or ends before that expires."""
    return ("SET", _alive(_process(os.getpid())), 1, "EX", int(settings.PAYMENT_PAGE_SECONDS) + 6)


@lru_cache(maxsize=1)
def _process(pid: int) -> str:
    """Return the name of this process; another one after a fork."""
    return f"{pid}-{uuid4().hex}"


def _line(gateway: str) -> str:
    return f"percha:pay:{gateway}:line"


def _owner(gateway: str, token: str) -> str:
    return f"percha:pay:{gateway}:of:{token}"


def _gone(gateway: str, second: int) -> str:
    return f"percha:pay:{gateway}:gone:{second}"


def _alive(process: str) -> str:
    return f"percha:pay:process:{process}"
