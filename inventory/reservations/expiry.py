"""Expiry: release expired reservations.

Run by a job every minute, and by a request that finds too few units.
"""

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from inventory.models import Reservation
from inventory.sql import load

RELEASE = load("release")
EXPIRED = "reservation.expires_at <= statement_timestamp()"
INCONSISTENT = """
SELECT level.id
  FROM inventory_stocklevel AS level
  JOIN inventory_reservation AS reservation ON reservation.level_id = level.id
 WHERE reservation.status = 'active' AND reservation.expires_at <= statement_timestamp()
   AND level.id <> ALL (%s::uuid[])
 GROUP BY level.id
HAVING sum(reservation.quantity) > level.reserved
"""
log = logging.getLogger(__name__)


def expire_due(*, limit: int = 100, actor: str = "job:expire_holds") -> int:
    """Release every expired reservation, `limit` at a time; return how many reservations ended.

    Each batch is one statement and one transaction. A level that somebody has locked is passed over (SKIP LOCKED) as
    long as there is other work, so that two workers share it and none waits for a busy drop; what is left in the end is
    waited for, so that a busy level does not keep its expired reservations for ever. Batches are small, and commit
    without waiting for the disk: a buyer who wants the same level waits for one of them (benchmarks/expiry.py).

    A level whose `reserved` is less than its expired reservations (somebody changed the row by hand) makes its batch
    fail. It is skipped and logged, so that only its own reservations stay; the stock check explains it.
    """
    total, inconsistent = 0, list[UUID]()
    while True:
        try:
            ended = _end_some(inconsistent, limit, "SKIP LOCKED", actor) or _end_some(
                inconsistent, limit, "", actor
            )
        except IntegrityError:
            found = _inconsistent(inconsistent)
            if not found:
                raise
            log.error(
                "Lapsed holds are kept: the reserved figure is inconsistent at %s", ", ".join(map(str, found))
            )
            inconsistent += found
            continue
        if not ended:
            return total
        total += ended


def _end_some(inconsistent: Collection[UUID], limit: int, busy: str, actor: str) -> int:
    if not inconsistent:
        return _end_expired("TRUE", {}, limit=limit, busy=busy, actor=actor)
    condition = "reservation.level_id <> ALL (%(inconsistent)s::uuid[])"
    return _end_expired(condition, {"inconsistent": list(inconsistent)}, limit=limit, busy=busy, actor=actor)


def _inconsistent(known: Collection[UUID]) -> list[UUID]:
    """Return the levels whose expired reservations exceed their `reserved`."""
    with connection.cursor() as cursor:
        cursor.execute(INCONSISTENT, [list(known)])
        return [level_id for (level_id,) in cursor.fetchall()]


def release_expired(
    *, variant_ids: Collection[UUID], limit: int, actor: str, excluded: Collection[Reservation] = ()
) -> int:
    """Release at most `limit` expired reservations of these variants; return how many ended.

    Waits for a locked level: the buyer needs these units, and the lock is short. `spared` are reservations that are
    being paid for.
    """
    params = {"variant_ids": list(variant_ids), "spared": [reservation.pk for reservation in excluded]}
    condition = (
        "reservation.variant_id = ANY (%(variant_ids)s) AND reservation.id <> ALL (%(spared)s::uuid[])"
    )
    return _end_expired(condition, params, limit=limit, busy="", actor=actor)


def _end_expired(condition: str, params: dict[str, Any], *, limit: int, busy: str, actor: str) -> int:
    statement = RELEASE.format(
        condition=f"{EXPIRED} AND {condition}",
        limit="ORDER BY reservation.expires_at, reservation.id LIMIT %(limit)s",
        busy=busy,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            params
            | {"limit": limit, "reason": "expired", "actor": actor[:150]}
            | {"asynchronous": not connection.in_atomic_block},
        )
        (ended, *_rest) = cursor.fetchone()
    return int(ended)
