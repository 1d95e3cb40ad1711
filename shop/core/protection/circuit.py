"""The circuit breaker of one party as pure values: its state, and the state that follows from a call's end.

Closed: calls pass; failures are counted in a window that begins with the first of them. Open: no call passes until the
pause is over. Then one call alone passes, the probe: when it is answered the circuit closes, when it fails the pause
begins again, twice as long. Pure values: `circuits` keeps them where all processes see them.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from django.conf import settings

WINDOW: Final = 60.0
_LONGEST_PAUSE: Final = 120.0


class Phase(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    # The pause is over: the next call is the probe, or the probe is under way.
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """The state kept of one party; instants are seconds of the clock that is passed in.

    `opened_at` is when the outage was noticed (0: none), `tried_at` when the last call of it failed. `probe` names the
    one call that may pass, `probe_until` when it is given up for lost (its process was killed).
    """

    since: float = 0.0
    failures: int = 0
    successes: int = 0
    opened_at: float = 0.0
    tried_at: float = 0.0
    pause: float = 0.0
    probe: str = ""
    probe_until: float = 0.0

    def phase(self, now: float) -> Phase:
        if not self.opened_at:
            return Phase.CLOSED
        return Phase.OPEN if now < self.tried_at + self.pause else Phase.HALF_OPEN

    def wait(self, now: float) -> float:
        """Return the seconds until a call may pass; 0: now."""
        phase = self.phase(now)
        if phase == Phase.OPEN:
            return self.tried_at + self.pause - now
        if phase == Phase.HALF_OPEN and self.probe and now < self.probe_until:
            return self.probe_until - now
        return 0.0

    def with_probe(self, name: str, *, now: float, lease: float) -> "Circuit":
        """Return the circuit with `name` as its probe. Only where `wait` is 0 in the phase HALF_OPEN."""
        return replace(self, probe=name, probe_until=now + lease)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a circuit opens, and for how long it stays so at first (seconds)."""

    failures: int
    pause: float


def limits() -> Limits:
    return Limits(settings.PAYMENT_BREAKER_FAILURES, float(settings.PAYMENT_BREAKER_PAUSE))


def after_success(circuit: Circuit, *, name: str, now: float) -> Circuit:
    """Return the circuit after the call `name` was answered, be it with a refusal.

    A late answer to a call from before the outage closes nothing: only the probe does.
    """
    if circuit.opened_at:
        return Circuit() if circuit.probe and circuit.probe == name else circuit
    if not circuit.failures:
        return circuit
    if now >= circuit.since + WINDOW:
        return Circuit()
    return replace(circuit, successes=circuit.successes + 1)


def after_failure(circuit: Circuit, *, name: str, now: float, limits: Limits) -> Circuit:
    """Return the circuit after the call `name` got no answer: no end in time, no line, or its own failure.

    It opens when there are enough failures in the window and they are at least half of its calls.
    """
    if circuit.opened_at:
        if not circuit.probe or circuit.probe != name:
            return circuit
        longer = min(circuit.pause * 2, max(_LONGEST_PAUSE, limits.pause))
        return replace(circuit, tried_at=now, pause=longer, probe="", probe_until=0.0)
    if not circuit.failures or now >= circuit.since + WINDOW:
        circuit = Circuit(since=now)
    circuit = replace(circuit, failures=circuit.failures + 1)
    if circuit.failures < limits.failures or circuit.failures < circuit.successes:
        return circuit
    return replace(circuit, opened_at=now, tried_at=now, pause=limits.pause)


def without_probe(circuit: Circuit, *, name: str) -> Circuit:
    """Return the circuit after its probe ended without a result: the next call is the probe."""
    if not circuit.probe or circuit.probe != name:
        return circuit
    return replace(circuit, probe="", probe_until=0.0)
