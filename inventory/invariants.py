"""What must always be true of the stock, re-checked while the shop runs.

Constraints and triggers make most of it impossible; this finds what a hand in the database, a restored dump or our own
mistake did all the same. Each check is one statement, hence one snapshot: a sale that goes on meanwhile is seen whole
or not at all. Nothing is locked and nothing is repaired: a person decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Violation:
    """One thing that is not true: which rule, about which row, what was expected and what was found."""

    rule: str
    subject_type: str
    subject_id: UUID | int
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject_type} {self.subject_id}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class _Rule:
    name: str
    subject_type: str
    sql: str  # answers (key, expected, found), one row for each violation


RULES = (
    _Rule(
        "on hand is the sum of the movements",
        "inventory.stocklevel",
        """
        SELECT level.id, coalesce(moved.units, 0), level.on_hand
          FROM inventory_stocklevel AS level
          LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_stockmovement GROUP BY level_id) AS moved
            ON moved.level_id = level.id
         WHERE level.on_hand <> coalesce(moved.units, 0)
        """,
    ),
    _Rule(
        "reserved is the sum of the active holds",
        "inventory.stocklevel",
        """
        SELECT level.id, coalesce(holds.units, 0), level.reserved
          FROM inventory_stocklevel AS level
          LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_reservation
                      WHERE status = 'active' GROUP BY level_id) AS holds
            ON holds.level_id = level.id
         WHERE level.reserved <> coalesce(holds.units, 0)
        """,
    ),
    _Rule(
        "nothing is negative and no more is held than there is",
        "inventory.stocklevel",
        """
        SELECT id, '0 ≤ reserved ≤ on hand', format('reserved %%s, on hand %%s', reserved, on_hand)
          FROM inventory_stocklevel
         WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand
        """,
    ),
    _Rule(
        "a movement is about its level's variant and location",
        "inventory.stockmovement",
        """
        SELECT movement.id, format('%%s @ %%s', level.variant_id, level.location_id),
               format('%%s @ %%s', movement.variant_id, movement.location_id)
          FROM inventory_stockmovement AS movement
          JOIN inventory_stocklevel AS level ON level.id = movement.level_id
         WHERE (movement.variant_id, movement.location_id) <> (level.variant_id, level.location_id)
        """,
    ),
    _Rule(
        "a hold is about its level's variant and location",
        "inventory.reservation",
        """
        SELECT hold.id, format('%%s @ %%s', level.variant_id, level.location_id),
               format('%%s @ %%s', hold.variant_id, hold.location_id)
          FROM inventory_reservation AS hold
          JOIN inventory_stocklevel AS level ON level.id = hold.level_id
         WHERE (hold.variant_id, hold.location_id) <> (level.variant_id, level.location_id)
        """,
    ),
    _Rule(
        "a hold has an end exactly when it has ended",
        "inventory.reservation",
        """
        SELECT id, CASE WHEN status = 'active' THEN 'no end' ELSE 'an end' END, coalesce(ended_at::text, 'no end')
          FROM inventory_reservation
         WHERE (status = 'active') <> (ended_at IS NULL)
        """,
    ),
    # The job runs every minute. Holds that lapsed long ago mean that it does not.
    _Rule(
        "lapsed holds are released within a quarter of an hour",
        "inventory.reservation",
        """
        SELECT id, 'released', format('active, lapsed at %%s', expires_at)
          FROM inventory_reservation
         WHERE status = 'active' AND expires_at < statement_timestamp() - interval '15 minutes'
        """,
    ),
)


def check(*, limit: int = 100) -> list[Violation]:
    """Return what is not as it must be, at most `limit` violations of each rule; an empty list is good news."""
    return [violation for rule in RULES for violation in _broken(rule, limit)]


def _broken(rule: _Rule, limit: int) -> Iterator[Violation]:
    with connection.cursor() as cursor:
        cursor.execute(f"{rule.sql} ORDER BY 1 LIMIT %s", [limit])
        for key, expected, found in cursor.fetchall():
            yield Violation(rule.name, rule.subject_type, key, str(expected), str(found))
