"""Whose turn it is when a job comes by: what is due, by provider (or by another kind), so that each gets its share.

What a silent provider leaves due stands at the head of the line for as long as it is silent; taken together, it would
leave no room for the others. So each kind has a line of its own, the lines take turns one row at a time, and one that
fails several times in a row is left alone until the next run.
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

# The words of a tally for rows that were not tried, and for those whose act raised what nobody foresaw.
LATER: Final = "left for later"
CRASHED: Final = "crashed"
MOST_FAILURES: Final = 3


@dataclass(slots=True)
class Patience:
    """How often in a row each kind has failed in this run; after `most` it is left alone."""

    most: int = MOST_FAILURES
    _failures: Counter[str] = field(default_factory=Counter)

    def is_over(self, kind: str) -> bool:
        return self._failures[kind] >= self.most

    def note(self, kind: str, *, failed: bool) -> None:
        self._failures[kind] = self._failures[kind] + 1 if failed else 0


def take_turns(lines: Mapping[str, Sequence[K]]) -> Iterator[tuple[K, str]]:
    """Yield the members of several lines, each with its line's name: the first of each, then the second of each, …"""
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

    A kind that answers with a word of `failures` several times in a row, or that `is_away` says is away, is left alone
    until the next run (`LATER`). What else one row raises is logged, counted (`CRASHED`) and keeps no other waiting.
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
    """Call `act` with one key after another; return a tally of its words. One that raises keeps no other waiting."""
    return Counter(_guarded(act, key) for key in keys)


def _guarded(act: Callable[[K], str], key: K) -> str:
    try:
        return act(key)
    except SoftTimeLimitExceeded:
        raise  # The run as a whole has no time left.
    except Exception:
        log.exception("%s stopped half-way; it is due again later", key)
        timeouts.drop_lost_connection()
        return CRASHED
