"""The rules of the stock itself. Each query answers (key, expected, found, level's key) for what breaks the rule."""

from django.apps import apps
from django.db import connection

from inventory.invariants import SHOP, Rule, Violation, register
from inventory.models import StockLevel, StockRepair

LEVEL, MOVEMENT, HOLD = "inventory.stocklevel", "inventory.stockmovement", "inventory.reservation"
TRANSFER = "inventory.transfer"

ON_HAND = """
SELECT level.id, coalesce(moved.units, 0) AS expected, level.on_hand AS found, level.id AS level_id
  FROM inventory_stocklevel AS level
  LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_stockmovement GROUP BY level_id) AS moved
    ON moved.level_id = level.id
 WHERE level.on_hand <> coalesce(moved.units, 0)
"""

# Asked only about a level whose sum is wrong: where the chain of its movements breaks first.
BREAK = """
SELECT id, before, quantity, on_hand_after
  FROM (SELECT id, quantity, on_hand_after,
               lag(on_hand_after, 1, 0) OVER (ORDER BY id) AS before
          FROM inventory_stockmovement WHERE level_id = %s) AS chain
 WHERE before + quantity <> on_hand_after
 ORDER BY id
 LIMIT 1
"""

# What lay there after each movement is what time travel, the valuation and "why?" read, row by row. Two rows changed
# against one another keep the sum and break this. Numbers follow the order in which on_hand changed (`apply_to_level`).
CHAIN = """
SELECT id, format('%%s after %%s %%s', before + quantity, before, to_char(quantity, 'FMSG999999999')) AS expected,
       on_hand_after AS found, level_id
  FROM (SELECT id, level_id, quantity, on_hand_after,
               lag(on_hand_after, 1, 0) OVER (PARTITION BY level_id ORDER BY id) AS before
          FROM inventory_stockmovement) AS chain
 WHERE before + quantity <> on_hand_after
"""

RESERVED = """
SELECT level.id, coalesce(holds.units, 0) AS expected, level.reserved AS found, level.id AS level_id
  FROM inventory_stocklevel AS level
  LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_reservation
              WHERE status = 'active' GROUP BY level_id) AS holds
    ON holds.level_id = level.id
 WHERE level.reserved <> coalesce(holds.units, 0)
"""

NEGATIVE = """
SELECT id, '0 ≤ reserved ≤ on hand' AS expected, format('reserved %%s, on hand %%s', reserved, on_hand) AS found,
       id AS level_id
  FROM inventory_stocklevel
 WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand
"""

MISPLACED = """
SELECT row.id, format('%%s @ %%s', level.variant_id, level.location_id) AS expected,
       format('%%s @ %%s', row.variant_id, row.location_id) AS found, level.id AS level_id
  FROM {table} AS row
  JOIN inventory_stocklevel AS level ON level.id = row.level_id
 WHERE (row.variant_id, row.location_id) <> (level.variant_id, level.location_id)
"""

HALF_ENDED = """
SELECT id, CASE WHEN status = 'active' THEN 'no end' ELSE 'an end' END AS expected,
       coalesce(ended_at::text, 'no end') AS found, level_id
  FROM inventory_reservation
 WHERE (status = 'active') <> (ended_at IS NULL)
"""

# The job runs every minute. Holds that lapsed long ago mean that it does not.
OVERDUE = """
SELECT id, 'released' AS expected, format('active, lapsed at %%s', expires_at) AS found, level_id
  FROM inventory_reservation
 WHERE status = 'active' AND expires_at < statement_timestamp() - interval '15 minutes'
"""

# Sales, counts and transfers are made by a row. What a person books needs the person; an adjustment or a loss also
# needs the reason; a job must name what it worked on.
UNEXPLAINED = """
SELECT id, CASE WHEN kind IN ('sale', 'count', 'transfer_in', 'transfer_out') THEN 'the row that caused it'
                ELSE 'a cause, or a person with a reason' END AS expected,
       format('%%s %%s by "%%s", reference "%%s", note "%%s"', kind, quantity, actor, reference, note) AS found,
       level_id
  FROM inventory_stockmovement
 WHERE (cause_id IS NULL OR cause_type = '')
   AND (kind IN ('sale', 'count', 'transfer_in', 'transfer_out')
        OR actor = ''
        OR kind IN ('adjustment', 'loss') AND note = ''
        OR actor NOT LIKE 'staff:%%' AND reference = '' AND note = '')
"""

TRANSFERS = """
SELECT line.transfer_id AS id,
       format('out %%s, in %%s', line.sent, line.received + line.lost + line.returned) AS expected,
       format('out %%s, in %%s', coalesce(moved.sent, 0), coalesce(moved.arrived, 0)) AS found, NULL::uuid AS level_id
  FROM inventory_transferline AS line
  LEFT JOIN (SELECT cause_id, variant_id,
                    -sum(quantity) FILTER (WHERE kind = 'transfer_out') AS sent,
                    sum(quantity) FILTER (WHERE kind = 'transfer_in') AS arrived
               FROM inventory_stockmovement
              WHERE kind IN ('transfer_in', 'transfer_out')
              GROUP BY cause_id, variant_id) AS moved
    ON moved.cause_id = line.transfer_id AND moved.variant_id = line.variant_id
 WHERE line.sent <> coalesce(moved.sent, 0)
    OR line.received + line.lost + line.returned <> coalesce(moved.arrived, 0)
"""


def missing_causes() -> str:
    """Return the query for movements whose cause is gone: one part for each kind of cause that the ledger names.

    Keys and table names come from our own models, never from the row: a kind that no model has is broken as a whole.
    """
    with connection.cursor() as cursor:
        cursor.execute(KINDS)
        kinds = [kind for (kind,) in cursor.fetchall() if kind]
    parts = []
    for kind in kinds:
        table = _table(kind)
        gone = _GONE.format(table=table) if table else "TRUE"
        quoted = kind.replace("'", "''").replace("%", "%%")
        parts.append(_WITHOUT_CAUSE.format(kind=quoted, gone=gone))
    return " UNION ALL ".join(parts)


_WITHOUT_CAUSE = """
SELECT movement.id, 'the row that caused it' AS expected,
       format('%%s %%s, which does not exist', cause_type, cause_id) AS found, level_id
  FROM inventory_stockmovement AS movement
 WHERE cause_id IS NOT NULL AND cause_type = '{kind}' AND {gone}
"""

_GONE = 'NOT EXISTS (SELECT 1 FROM "{table}" AS cause WHERE cause.id = movement.cause_id)'

# Each kind once, by jumps through the index on (cause_type, cause_id), not by reading it whole.
KINDS = """
WITH RECURSIVE kinds (kind) AS (
    (SELECT cause_type FROM inventory_stockmovement ORDER BY cause_type LIMIT 1)
    UNION ALL
    SELECT (SELECT cause_type FROM inventory_stockmovement WHERE cause_type > kinds.kind ORDER BY cause_type LIMIT 1)
      FROM kinds WHERE kinds.kind IS NOT NULL)
SELECT kind FROM kinds WHERE kind IS NOT NULL
"""


def _table(kind: str) -> str:
    try:
        return str(apps.get_model(kind)._meta.db_table)
    except (LookupError, ValueError):
        return ""


def _explain_on_hand(violation: Violation) -> str:
    with connection.cursor() as cursor:
        cursor.execute(BREAK, [violation.level_id])
        broken = cursor.fetchone()
    words = (
        f"{_name(violation)} says {violation.found} on hand, its movements sum up to {violation.expected}. "
    )
    if broken is None:
        return words + (
            "Every movement follows from the one before it, so it is the figure of the level that was changed behind "
            "the ledger's back. Repairing brings it back to the movements; if the shelf says otherwise, count it then."
        )
    key, before, quantity, after = broken
    return words + (
        f"The ledger itself was touched: before movement {key} there were {before}, it is of {quantity:+d}, and says "
        f"that {after} were there after it. Compare it with its cause before you repair; if the shelf says otherwise, "
        "count it then."
    )


def _explain_reserved(violation: Violation) -> str:
    return (
        f"{_name(violation)} says that {violation.found} units are held, its active holds sum up to "
        f"{violation.expected}. Too high keeps units from buyers, too low may sell them twice. Repairing recounts "
        "the holds; a hold whose own units were changed is released by hand first."
    )


def _explain_negative(violation: Violation) -> str:
    return (
        f"{_name(violation)}: {violation.found}. A constraint forbids it, so it was dropped or switched off. Look at "
        "the movements and holds of the level; release holds or book what is missing, then repair."
    )


def _explain_overdue(violation: Violation) -> str:
    return "Lapsed holds are released every minute. Is the worker running (Jobs: expire_holds)?"


def _name(violation: Violation) -> str:
    found = StockLevel.objects.select_related("variant", "location")
    level = found.filter(pk=violation.level_id).first() if violation.level_id else None
    if level is None:
        return f"Level {violation.level_id}"
    last = StockRepair.objects.filter(level=level).first()
    again = f" (repaired before, at {last.created_at:%Y-%m-%d %H:%M})" if last else ""
    return f"{level.variant.sku} at {level.location}{again}"


register(
    Rule("on hand is the sum of the movements", LEVEL, ON_HAND, _explain_on_hand),
    Rule(
        "every movement follows from the one before it",
        MOVEMENT,
        CHAIN,
        lambda violation: (
            "The ledger itself was touched, or a movement was slipped in. What lay there at a moment gone by, and "
            "what it was worth, is read from these figures. Compare the movement with its cause; nothing repairs a "
            "ledger."
        ),
    ),
    Rule("reserved is the sum of the active holds", LEVEL, RESERVED, _explain_reserved),
    Rule("nothing is negative and no more is held than there is", LEVEL, NEGATIVE, _explain_negative),
    Rule(
        "a movement is about its level's variant and location",
        MOVEMENT,
        MISPLACED.format(table="inventory_stockmovement"),
    ),
    Rule(
        "a hold is about its level's variant and location",
        HOLD,
        MISPLACED.format(table="inventory_reservation"),
    ),
    Rule("a hold has an end exactly when it has ended", HOLD, HALF_ENDED),
    Rule("lapsed holds are released within a quarter of an hour", HOLD, OVERDUE, _explain_overdue),
    Rule(
        "no movement without a cause",
        MOVEMENT,
        UNEXPLAINED,
        lambda violation: (
            "Nobody can say why these units came or went. The verbs always write it, so it was not a verb."
        ),
    ),
    Rule(
        "the cause of a movement exists",
        MOVEMENT,
        missing_causes,
        lambda violation: (
            "The row behind this movement was deleted, or never was. The ledger keeps the movement."
        ),
        scope=SHOP,
    ),
    Rule(
        "a transfer's lines are what its movements say",
        TRANSFER,
        TRANSFERS,
        lambda violation: "Units may be counted twice, or nowhere. Compare the transfer with its movements.",
    ),
)
