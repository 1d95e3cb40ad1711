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


def join(gateway: str, token: str, *, at: float) -> None:
    """Note that this process has a press of Pay to work off, pressed `at` (seconds since the epoch)."""

    line, longest = _line(gateway), _FORGOTTEN_SECONDS
    _note(
        ("ZREMRANGEBYSCORE", line, 0, time.time() - longest),
        ("ZADD", line, "NX", at, token),
        ("EXPIRE", line, longest),
        ("SET", _owner(gateway, token), _process(os.getpid()), "EX", longest),
    )


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
            ("MGET", *[_gone(gateway, now - back) for back in range(_PACE)]),
        )
        mine = _process(os.getpid()).encode()
        is_served = owner == mine or (bool(owner) and bool(server.exists(_alive(owner.decode()))))
        if rank is None or not is_served:
            return Place(is_served=is_served)
        passed = sum(int(number or 0) for number in gone)
        seconds = round((rank + 1) * _PACE / passed) if passed else None
        return Place(number=rank + 1, seconds=None if seconds is None else max(1, seconds), is_served=True)

    found = ask(read)
    return Place() if found is AWAY else found


def _note(*commands: tuple[object, ...]) -> None:
    """Send commands, and that this process lives: a job of it begins, calls or ends before that expires."""
    lives = ("SET", _alive(_process(os.getpid())), 1, "EX", int(settings.PAYMENT_PAGE_SECONDS) + 6)
    ask(lambda server: at_once(server.connection_pool, *commands, lives))


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
