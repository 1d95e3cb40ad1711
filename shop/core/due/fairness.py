"""The order of due rows in a run: by provider (or another kind) in turns, so that each gets its share.

The rows of a provider that does not answer stay due and come first; in one queue they would delay the others. So each
kind has a queue of its own, the queues take turns one row at a time, and a kind that fails several times in a row is
skipped until the next run.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import QuerySet

from shop.core.database import timeouts

log = logging.getLogger(__name__)
K = TypeVar("K")

# The words of a tally for rows that were not tried, and for those whose act raised an unexpected exception.
LATER: Final = "left for later"
CRASHED: Final = "crashed"
MOST_FAILURES: Final = 3


@dataclass(slots=True)
class Patience:
    """How often in a row each kind has failed in this run; after `most` it is skipped."""

    most: int = MOST_FAILURES
    _failures: Counter[str] = field(default_factory=Counter)

    def is_over(self, kind: str) -> bool:
        return self._failures[kind] >= self.most

    def note(self, kind: str, *, failed: bool) -> None:
        self._failures[kind] = self._failures[kind] + 1 if failed else 0


def take_turns(lines: Mapping[str, Sequence[K]]) -> Iterator[tuple[K, str]]:
    """Yield the members of several queues, each with its queue's name: the first of each, then the second of each, …"""
    for place in range(max(map(len, lines.values()), default=0)):
        for kind, line in lines.items():
            if place < len(line):
                yield line[place], kind


def fair_batch(due: "QuerySet[Any]", *, kind: str, limit: int) -> Iterator[tuple[object, str]]:
    """Yield keys of what is due, each with its kind: at most `limit` of each kind, each kind in the order of `due`.

    `kind` names the field (`payment__gateway`). Only keys are held in memory, `limit` of each kind.
    """
    kinds = sorted(due.order_by().values_list(kind, flat=True).distinct())
    return take_turns(
        {one: list(due.filter(**{kind: one}).values_list("pk", flat=True)[:limit]) for one in kinds}
    )


def run_fairly(
    due: "QuerySet[Any]",
    act: Callable[[Any], str],
    *,
    kind: str,
    limit: int,
    failures: Set[str] = frozenset(),
    is_away: Callable[[str], object] | None = None,
) -> Counter[str]:
    """Call `act` with the keys of what is due, in turns of their kinds (`fair_batch`); return a tally of its words.

    A kind that returns a word of `failures` several times in a row, or for which `is_away` is true, is skipped until
    the next run (`LATER`). Any other exception of a row is logged and counted (`CRASHED`); the others go on.
    """
    tally: Counter[str] = Counter()
    patience = Patience()
    for key, name in fair_batch(due, kind=kind, limit=limit):
        if patience.is_over(name) or (is_away is not None and is_away(name)):
            tally[LATER] += 1
            continue
        word = _guarded(act, key)
        patience.note(name, failed=word == CRASHED or word in failures)
        tally[word] += 1
    return tally


def run_each(keys: Iterable[K], act: Callable[[K], str]) -> Counter[str]:
    """Call `act` with one key after another; return a tally of its words. After an exception the others go on."""
    return Counter(_guarded(act, key) for key in keys)


def _guarded(act: Callable[[K], str], key: K) -> str:
    try:
        return act(key)
    except SoftTimeLimitExceeded:
        raise  # The run's time limit is reached.
    except Exception:
        log.exception("%s stopped half-way; it is due again later", key)
        timeouts.drop_lost_connection()
        return CRASHED
