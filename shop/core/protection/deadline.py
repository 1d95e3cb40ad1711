"""The time left for one call outside, however many requests it is made of.

A call of ours may be several of the provider's (Mercado Pago: the preference, a search, each payment), each with a
time-out of its own. The guard opens the clock, and each client asks here how long its next request may take.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from shop.core.protection.errors import CallError

# With less than this left no answer would come in time: a request would only have effects that nobody waits for.
_WORTH_ASKING: Final = 0.05
_CONNECT_SECONDS: Final = 3.05

# What every call gets, though those before it have spent the time budget: with nothing at all it would fail by our
# own fault.
_AT_LEAST: Final = 1.0

_ends: ContextVar[float | None] = ContextVar("percha_provider_call_ends", default=None)
_budget: ContextVar[list[float] | None] = ContextVar("percha_provider_purse", default=None)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one caller waits: seconds for an answer, and how often a read may be repeated.

    `total`: seconds for one call of ours, however many requests it takes.
    """

    timeout: float
    retries: int
    total: float = 60.0


@contextmanager
def sharing(seconds: float) -> Iterator[None]:
    """Let the calls made inside share so many seconds of waiting for providers; our own work in between is free."""
    token = _budget.set([seconds])
    try:
        yield
    finally:
        _budget.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give all requests made inside together so many seconds, or the rest of the shared budget (`sharing`)."""
    begun, budget, outer = time.monotonic(), _budget.get(), _ends.get()
    if budget is not None:
        seconds = min(seconds, max(budget[0], _AT_LEAST))
    end = begun + seconds
    token = _ends.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _ends.reset(token)
        if budget is not None:
            budget[0] -= time.monotonic() - begun


def seconds_left(at_most: float) -> float:
    """Return how long the next request may take: `at_most`, or what is left of the call.

    Raises:
        CallError: nothing is left. An earlier request of the same call may have had its effect.
    """
    end = _ends.get()
    if end is None:
        return at_most
    left = end - time.monotonic()
    if left < _WORTH_ASKING:
        raise CallError(
            "the time for this call is over", permanent=False, maybe_done=True, code=CallError.TIMEOUT
        )
    return min(at_most, left)


def timeouts(at_most: float) -> tuple[float, float]:
    """Return the next request's time-outs for connecting and for answering.

    Raises:
        CallError: as `seconds_left`.
    """
    left = seconds_left(at_most)
    return min(_CONNECT_SECONDS, left), left
