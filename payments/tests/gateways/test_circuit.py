"""The circuit of one provider: when it opens, which calls pass, how it closes; one probe among many; without Redis."""

import os
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.conf import settings as django_settings

from payments.gateways.base import GatewayError, NotAsked, NotFoundAtProvider, Patience
from payments.tests.conftest import patient_with_redis
from shop.core.protection import circuits, guard
from shop.core.protection.circuit import (
    WINDOW,
    Circuit,
    Limits,
    Phase,
    after_failure,
    after_success,
    without_probe,
)

NAME = "a-provider-of-the-tests"
LIMITS = Limits(failures=3, pause=10.0)
PATIENCE = Patience(timeout=1.0, retries=0, total=2.0)
SILENT = GatewayError("no answer", permanent=False, maybe_done=True, code=GatewayError.TIMEOUT)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The circuits' clock, moved by the test."""
    now = [1000.0]
    monkeypatch.setattr(circuits, "clock", lambda: now[0])
    return now


@pytest.fixture(autouse=True)
def fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(guard, "_watchers", [])
    settings.PAYMENT_BREAKER_FAILURES, settings.PAYMENT_BREAKER_PAUSE = 3, 10
    settings.PAYMENT_CALLS_PER_PROVIDER = settings.PAYMENT_CALLS_IN_ALL = 100
    patient_with_redis(monkeypatch)
    circuits.forget(NAME)
    yield
    circuits._away["until"] = 0.0
    circuits.forget(NAME)


def failing(circuit: Circuit, times: int, *, now: float = 0.0) -> Circuit:
    for _turn in range(times):
        circuit = after_failure(circuit, name="any", now=now, limits=LIMITS)
    return circuit


def call(error: BaseException | None = None) -> str:
    """Make one guarded call that ends with `error`; return how it went."""
    try:
        with guard.guarded(NAME, PATIENCE):
            if error:
                raise error
    except NotAsked as refusal:
        return refusal.code
    except GatewayError as raised:
        return raised.code
    return "answered"


def test_it_opens_after_enough_failures_and_not_before():
    assert failing(Circuit(), 2, now=5).phase(5) == Phase.CLOSED
    opened = failing(Circuit(), 3, now=5)
    assert (opened.phase(5), opened.phase(14.9), opened.phase(15)) == (
        Phase.OPEN,
        Phase.OPEN,
        Phase.HALF_OPEN,
    )
    assert opened.wait(6) == 9


def test_failures_of_another_minute_and_among_many_answers_do_not_open_it():
    old = failing(Circuit(), 2, now=0)
    assert after_failure(old, name="any", now=WINDOW, limits=LIMITS).failures == 1
    mixed = failing(Circuit(), 1)
    for _turn in range(5):
        mixed = after_success(mixed, name="any", now=1)
    assert failing(mixed, 3, now=2).phase(2) == Phase.CLOSED  # 4 of 9.
    assert failing(mixed, 4, now=2).phase(2) == Phase.OPEN  # 5 of 10.


def test_only_the_probe_decides_and_a_failed_one_doubles_the_pause():
    opened = failing(Circuit(), 3, now=0.5)
    assert after_success(opened, name="from before", now=1) == opened
    assert after_failure(opened, name="from before", now=1, limits=LIMITS) == opened
    probing = opened.with_probe("probe", now=10.5, lease=5)
    assert (probing.wait(11.5), probing.wait(15.5)) == (4, 0)
    assert after_success(probing, name="another", now=11) == probing
    again = after_failure(probing, name="probe", now=11, limits=LIMITS)
    assert (again.opened_at, again.wait(11)) == (opened.opened_at, 20)
    for turn in range(10):
        again = after_failure(again.with_probe("p", now=turn, lease=1), name="p", now=turn, limits=LIMITS)
    assert again.pause == 120
    assert after_success(probing, name="probe", now=11) == Circuit()
    assert without_probe(probing, name="probe").wait(11) == 0


def test_a_silent_provider_is_left_alone_then_tried_once_then_asked_again(clock: list[float]):
    assert [call(SILENT) for _turn in range(4)] == ["timeout", "timeout", "timeout", NotAsked.OPEN]
    refusal = guard.refusal(NAME)
    assert refusal is not None
    assert (refusal.maybe_done, refusal.permanent, refusal.retry_after) == (False, False, 10)
    clock[0] += 10
    assert guard.refusal(NAME) is None
    assert call(SILENT) == "timeout"
    assert call() == NotAsked.OPEN
    clock[0] += 20
    assert call() == "answered"
    assert (guard.phase(NAME)[0], call()) == (Phase.CLOSED, "answered")


@pytest.mark.parametrize(
    "error",
    [
        GatewayError("card", permanent=True, code="card_declined"),
        GatewayError("slowly", permanent=False, code="429"),
        NotFoundAtProvider("nothing"),
    ],
)
def test_an_answer_that_refuses_is_an_answer(clock: list[float], error: GatewayError):
    for _turn in range(10):
        assert call(error) == error.code
    assert guard.phase(NAME)[0] == Phase.CLOSED


def test_a_fault_of_our_own_neither_opens_it_nor_keeps_the_probe(clock: list[float]):
    for _turn in range(5):
        with pytest.raises(ZeroDivisionError):
            call(ZeroDivisionError())
    assert guard.phase(NAME)[0] == Phase.CLOSED
    for _turn in range(3):
        call(SILENT)
    clock[0] += 10
    with pytest.raises(ZeroDivisionError):
        call(ZeroDivisionError())
    assert call() == "answered"


def probes_at_once(width: int) -> int:
    """Make many calls when the pause is over, and block those that pass until all have asked; count them."""
    passed: list[bool] = []
    arrive, leave = threading.Barrier(width), threading.Barrier(width)

    def one() -> None:
        arrive.wait(60)
        try:
            with guard.guarded(NAME, PATIENCE):
                passed.append(True)
                leave.wait(60)
        except NotAsked:
            leave.wait(60)

    threads = [threading.Thread(target=one) for _n in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(passed)


def test_of_many_at_once_one_is_the_probe(clock: list[float]):
    for _round in range(10):
        circuits.forget(NAME)
        for _turn in range(3):
            call(SILENT)
        clock[0] += 10
        assert probes_at_once(12) == 1
        assert guard.phase(NAME)[0] == Phase.CLOSED


def test_without_the_exchange_many_would_be_the_probe(clock: list[float], monkeypatch: pytest.MonkeyPatch):
    """The control: read, compute, write, without the check that nothing changed meanwhile."""
    together = threading.Barrier(12)

    def careless(gateway: str, change: Any) -> tuple[Circuit, Circuit]:
        before = circuits.get(gateway)
        if before.opened_at and not before.probe:
            together.wait(60)
        return before, change(before, circuits.clock())

    for _turn in range(3):
        call(SILENT)
    clock[0] += 10
    monkeypatch.setattr(circuits, "change", careless)
    assert probes_at_once(12) == 12


def test_another_process_sees_it(settings: Any):
    settings.PAYMENT_BREAKER_PAUSE = 600  # It may take its time to start.
    for _turn in range(3):
        call(SILENT)
    script = (
        "import django; django.setup()\n"
        "from shop.core.protection import circuits, guard\n"
        "circuits._SECONDS = 30.0\n"
        f"print(guard.refusal({NAME!r}).code)"
    )
    env = {**os.environ, "REDIS_URL": django_settings.REDIS_URL, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    command, where = [sys.executable, "-c", script], django_settings.BASE_DIR
    snapshot = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=True)
    assert snapshot.stdout.strip() == NotAsked.OPEN


def test_without_redis_each_process_has_its_own(clock: list[float], settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert [call(SILENT) for _turn in range(4)] == ["timeout", "timeout", "timeout", NotAsked.OPEN]
    clock[0] += 10
    assert probes_at_once(12) == 1
    assert guard.phase(NAME)[0] == Phase.CLOSED


def test_what_was_known_when_redis_went_away_is_still_known(clock: list[float], settings: Any):
    for _turn in range(3):
        call(SILENT)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert call() == NotAsked.OPEN


def test_nonsense_in_redis_is_a_closed_circuit():
    circuits._server(django_settings.REDIS_URL).set(circuits._key(NAME), b'{"failures": 1, "colour": "red"}')
    assert (guard.phase(NAME)[0], call()) == (Phase.CLOSED, "answered")
    circuits._server(django_settings.REDIS_URL).set(circuits._key(NAME), b"\xff")
    assert call() == "answered"
