"""Concurrent clients, each a process with one connection like a gunicorn worker, and what they measured."""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connections

# An act is made inside the client, once, from the client's number; it is then called repeatedly. It returns whether
# it succeeded.
Act = Callable[[], bool]
MakeAct = Callable[[int], Act]


@dataclass(frozen=True)
class Figures:
    """What the clients measured: successful acts per second, the duration of one act (milliseconds), and the errors."""

    per_second: float
    p50: float
    p99: float
    done: int
    refused: int
    errors: dict[str, int]

    def __str__(self) -> str:
        return f"{self.per_second:>9,.0f}/s  p50 {self.p50:>7.2f} ms  p99 {self.p99:>7.2f} ms"


def run_clients(make_act: MakeAct, *, clients: int, seconds: float, warm: int = 20) -> Figures:
    """Let so many clients act for so long, all starting together, and add up their figures.

    Each acts `warm` times before, unmeasured: the shop keeps its connections, and a new one has yet to make its plans.
    """
    connections.close_all()  # A child must not inherit one.
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(clients)
    answers: Any = fork.Queue()
    crew = [
        fork.Process(target=_client, args=(number, make_act, seconds, warm, start, answers))
        for number in range(clients)
    ]
    for client in crew:
        client.start()
    seen = [answers.get(timeout=seconds + 120) for _client in crew]
    for client in crew:
        client.join()
    times = sorted(time for took, *_rest in seen for time in took)
    errors: dict[str, int] = {}
    for *_others, wrong in seen:
        for name, count in wrong.items():
            errors[name] = errors.get(name, 0) + count
    return Figures(
        per_second=sum(done / lasted for _took, done, _refused, lasted, _wrong in seen),
        p50=_share(times, 0.50),
        p99=_share(times, 0.99),
        done=sum(done for _took, done, *_rest in seen),
        refused=sum(refused for _took, _done, refused, *_rest in seen),
        errors=errors,
    )


def against(
    floor: MakeAct, ours: MakeAct, *, clients: int, seconds: float, rounds: int
) -> tuple[Figures, Figures, float]:
    """Measure ours and a floor alternately, so that both run under the same load; return medians and their ratio."""
    pairs = []
    for number in range(rounds):
        order: Sequence[MakeAct] = (floor, ours) if number % 2 == 0 else (ours, floor)
        measured = {make: run_clients(make, clients=clients, seconds=seconds) for make in order}
        pairs.append((measured[floor], measured[ours]))
    ratio = statistics.median(mine.per_second / max(bare.per_second, 1e-9) for bare, mine in pairs)
    return _median([bare for bare, _mine in pairs]), _median([mine for _bare, mine in pairs]), ratio


def _client(number: int, make_act: MakeAct, seconds: float, warm: int, start: Any, answers: Any) -> None:
    took: list[float] = []
    done = refused = 0
    wrong: dict[str, int] = {}
    act = make_act(number)
    for _turn in range(warm):
        act()
    start.wait(60)
    begun = time.perf_counter()
    end, now = begun + seconds, begun
    while now < end:
        before = now
        try:
            is_done = act()
        except Exception as error:  # noqa: BLE001
            wrong[type(error).__name__] = wrong.get(type(error).__name__, 0) + 1
            is_done = False
        now = time.perf_counter()
        took.append((now - before) * 1000)
        done, refused = done + is_done, refused + (not is_done)
    answers.put((took, done, refused, now - begun, wrong))
    answers.close()
    answers.join_thread()
    connections.close_all()
    os._exit(0)


def _median(measured: Sequence[Figures]) -> Figures:
    middle = partial(sorted, key=lambda figures: figures.per_second)
    return middle(measured)[len(measured) // 2]


def _share(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
