"""The guard of every call outside: a slot, a circuit that is not open, and one time budget for all its requests.

A party is whom the shop calls: a payment provider (its code), or a carrier (`carrier:<code>`). `Guarded` puts the guard
around every method of an adapter, also one that its protocol gets later, except those that begin with `parse_`; the
adapters' own modules do not use it. A call that is refused here was certainly not made (`NotAsked`).
"""

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from uuid import uuid4

from shop.core.protection import circuits
from shop.core.protection.bulkhead import slot
from shop.core.protection.circuit import Circuit, Phase, after_failure, after_success, limits, without_probe
from shop.core.protection.deadline import Patience, within
from shop.core.protection.errors import CallError, NotAsked, Trouble
from shop.core.protection.groups import group_of
from shop.core.protection.pool import away

log = logging.getLogger(__name__)
_ASKS_NOBODY: Final = ("parse_", "_")
_NO_ANSWER: Final = {CallError.TIMEOUT, CallError.UNREACHABLE, CallError.SERVER_ERROR}
_MARGIN: Final = 5.0


class Watcher(Protocol):
    """Notified that a party fell silent, once, by the process that noticed."""

    def __call__(self, party: str, detail: str, /, *, at: float) -> None: ...


class RefusalWatcher(Protocol):
    """Notified, at every such call, that a party refuses the shop itself."""

    def __call__(self, party: str, error: CallError, /, *, call: str) -> None: ...


_watchers: list[tuple[str, Watcher]] = []
_refusal_watchers: list[tuple[str, RefusalWatcher]] = []


def on_outage(watcher: Watcher, *, group: str = "") -> None:
    """Register who is notified of outages in a group of parties ("": payment providers).

    Adapters write no rows, so an app that does registers here at the start.
    """
    if (group, watcher) not in _watchers:
        _watchers.append((group, watcher))


def on_refused_key(watcher: RefusalWatcher, *, group: str = "") -> None:
    """Register who is notified of calls that a party refuses because of the shop's key or rights."""
    if (group, watcher) not in _refusal_watchers:
        _refusal_watchers.append((group, watcher))


class Adapter(Protocol):
    """What can be guarded: an object that says whom its methods call."""

    @property
    def code(self) -> str: ...


class Guarded:
    """A party whose every call is guarded; everything else is the party's own."""

    def __init__(self, party: Adapter, patience: Patience) -> None:
        self._party = party
        self._patience = patience

    def __getattr__(self, name: str) -> object:
        found = getattr(self._party, name)
        # Most of what is asked for is a word or a number.
        if not callable(found) or not inspect.isroutine(found) or name.startswith(_ASKS_NOBODY):
            return found
        guarded = self._paged if inspect.isgeneratorfunction(found) else self._once
        return functools.wraps(found)(functools.partial(guarded, found))

    def _once(self, call: Callable[..., object], *args: object, **kwargs: object) -> object:
        with guarded(self._party.code, self._patience, name=getattr(call, "__name__", "")):
            return call(*args, **kwargs)

    def _paged(
        self, call: Callable[..., Iterator[object]], *args: object, **kwargs: object
    ) -> Iterator[object]:
        """Guard each step of a list that is fetched while it is read."""
        steps = call(*args, **kwargs)
        end = object()
        while True:
            with guarded(self._party.code, self._patience, name=getattr(call, "__name__", "")):
                step = next(steps, end)
            if step is end:
                return
            yield step


@contextmanager
def guarded(party: str, patience: Patience, *, name: str = "") -> Iterator[None]:
    """Let one call (`name`: its method) pass, or refuse it at once; report its end to the circuit.

    Raises:
        NotAsked: no free slot, or the circuit is open.
    """
    with slot(party):
        probe = _admitted(party, patience)
        try:
            with away(), within(patience.total):
                yield
        except CallError as error:
            (_failed if _is_silent(error) else _answered)(party, probe, error)
            if error.trouble == Trouble.MISCONFIGURED:
                _refused(party, error, name)
            raise
        except BaseException:
            # An error of our own says nothing about the provider, but another call must be able to be the probe.
            circuits.change(party, lambda circuit, now: without_probe(circuit, name=probe))
            raise
        _answered(party, probe)


def _refused(party: str, error: CallError, call: str) -> None:
    for group, watcher in _refusal_watchers:
        if group != group_of(party):
            continue
        try:
            watcher(party, error, call=call)
        except Exception:  # in the middle of somebody's call
            log.exception("The refusal of %s could not be told", party)


def refusal(party: str) -> NotAsked | None:
    """Return why a call would be refused now because of the circuit, without making one; None: it would pass."""
    circuit, now = circuits.get(party), circuits.clock()
    wait = circuit.wait(now)
    return _open(party, wait) if wait else None


def phase(party: str) -> tuple[Phase, Circuit]:
    """Return the phase of a provider's circuit, for display."""
    circuit = circuits.get(party)
    return circuit.phase(circuits.clock()), circuit


def _admitted(party: str, patience: Patience) -> str:
    """Return the name of the call that may pass: a probe's, or any."""
    name = uuid4().hex
    circuit, now = circuits.get(party), circuits.clock()
    if circuit.phase(now) == Phase.CLOSED:
        return name
    lease = patience.total + _MARGIN

    def take(circuit: Circuit, now: float) -> Circuit:
        is_free = circuit.phase(now) == Phase.HALF_OPEN and not circuit.wait(now)
        return circuit.with_probe(name, now=now, lease=lease) if is_free else circuit

    _before, after = circuits.change(party, take)
    now = circuits.clock()
    if after.probe == name or after.phase(now) == Phase.CLOSED:
        return name
    raise _open(party, max(after.wait(now), 1.0))


def _open(party: str, wait: float) -> NotAsked:
    return NotAsked(f"{party} has not been answering", code=NotAsked.OPEN, retry_after=wait)


def _is_silent(error: CallError) -> bool:
    """Say whether the provider gave no answer of its own. A refusal, a 404 and a 429 are answers."""
    return not error.permanent and (error.maybe_done or error.code in _NO_ANSWER)


def _answered(party: str, name: str, error: CallError | None = None) -> None:
    if circuits.get(party) == Circuit():
        return  # Nothing to reset: the common case costs one read.
    before, after = circuits.change(party, lambda circuit, now: after_success(circuit, name=name, now=now))
    if before.opened_at and not after.opened_at:
        seconds = circuits.clock() - before.opened_at
        log.warning("%s answers again, after %d s", party, seconds)


def _failed(party: str, name: str, error: CallError) -> None:
    bounds = limits()
    before, after = circuits.change(
        party, lambda circuit, now: after_failure(circuit, name=name, now=now, limits=bounds)
    )
    if after.opened_at and not before.opened_at:
        log.error(
            "%s does not answer (%d of %d calls): none is made for %d s: %s",
            *(party, after.failures, after.failures + after.successes, after.pause, error),
        )
        for group, watcher in _watchers:
            if group != group_of(party):
                continue
            try:
                watcher(party, str(error), at=after.opened_at)
            except Exception:  # in the middle of somebody's call
                log.exception("The silence of %s could not be told", party)
