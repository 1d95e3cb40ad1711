"""The rules of the stock itself. A query returns (key, expected, found, level's key) for what breaks its rule."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.utils.translation import gettext_noop as _

from inventory import rule_messages
from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.models import StockLevel, StockRepair
from inventory.rule_messages import Part

LEVEL, MOVEMENT, RESERVATION = "inventory.stocklevel", "inventory.stockmovement", "inventory.reservation"
TRANSFER = "inventory.transfer"

ON_HAND = """
SELECT level.id, coalesce(moved.units, 0) AS expected, level.on_hand AS found, level.id AS level_id
  FROM inventory_stocklevel AS level
  LEFT JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_stockmovement GROUP BY level_id) AS moved
    ON moved.level_id = level.id
 WHERE level.on_hand <> coalesce(moved.units, 0)
"""

# Run only for a level whose sum is wrong: where the chain of its movements breaks first.
BREAK = """
SELECT id, before, quantity, on_hand_after
  FROM (SELECT id, quantity, on_hand_after,
               lag(on_hand_after, 1, 0) OVER (ORDER BY id) AS before
          FROM inventory_stockmovement WHERE level_id = %s) AS chain
 WHERE before + quantity <> on_hand_after
 ORDER BY id
 LIMIT 1
"""

# The history, the valuation and "why?" read `on_hand_after` row by row. Two changed rows that cancel out keep the sum
# and break this. Numbers follow the order in which on_hand changed (`apply_to_level`).
CHAIN = """
SELECT id, jsonb_build_array('sum', jsonb_build_object(
                   'sum', before + quantity, 'before', before, 'quantity', to_char(quantity, 'FMSG999999999')
               )) AS expected,
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
SELECT id, jsonb_build_array('bounds', jsonb_build_object()) AS expected,
       jsonb_build_array('figures', jsonb_build_object('reserved', reserved, 'on_hand', on_hand)) AS found,
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
SELECT id, jsonb_build_array(
               CASE WHEN status = 'active' THEN 'no-end' ELSE 'an-end' END, jsonb_build_object()
           ) AS expected,
       coalesce(to_jsonb(ended_at::text), jsonb_build_array('no-end', jsonb_build_object())) AS found, level_id
  FROM inventory_reservation
 WHERE (status = 'active') <> (ended_at IS NULL)
"""

# The job runs every minute. Reservations that expired long ago show that it does not.
OVERDUE = """
SELECT id, jsonb_build_array('released', jsonb_build_object()) AS expected,
       jsonb_build_array('lapsed', jsonb_build_object('at', expires_at::text)) AS found, level_id
  FROM inventory_reservation
 WHERE status = 'active' AND expires_at < statement_timestamp() - interval '15 minutes'
"""

# Sales, counts and transfers are made by a row. What a person books needs the person; an adjustment or a loss also
# needs the reason; a job must name what it worked on.
UNEXPLAINED = """
SELECT id, jsonb_build_array(
               CASE WHEN kind IN ('sale', 'count', 'transfer_in', 'transfer_out') THEN 'row' ELSE 'cause-or-reason' END,
               jsonb_build_object()
           ) AS expected,
       jsonb_build_array('movement', jsonb_build_object(
           'kind', kind, 'quantity', quantity, 'actor', actor, 'reference', reference, 'note', note
       )) AS found,
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
       jsonb_build_array('moved', jsonb_build_object(
           'out', line.sent, 'in', line.received + line.lost + line.returned
       )) AS expected,
       jsonb_build_array('moved', jsonb_build_object(
           'out', coalesce(moved.sent, 0), 'in', coalesce(moved.arrived, 0)
       )) AS found,
       NULL::uuid AS level_id
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

    Keys and table names come from our own models, never from the row: all rows of a kind that no model has are
    reported.
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
SELECT movement.id, jsonb_build_array('row', jsonb_build_object()) AS expected,
       jsonb_build_array('gone', jsonb_build_object('cause', cause_type || ' ' || cause_id)) AS found, level_id
  FROM inventory_stockmovement AS movement
 WHERE cause_id IS NOT NULL AND cause_type = '{kind}' AND {gone}
"""

_GONE = 'NOT EXISTS (SELECT 1 FROM "{table}" AS cause WHERE cause.id = movement.cause_id)'

# Each kind once, by a loose scan of the index on (cause_type, cause_id), not by reading all of it.
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


def _explain_on_hand(violation: Violation) -> Iterator[Part]:
    with connection.cursor() as cursor:
        cursor.execute(BREAK, [violation.level_id])
        broken = cursor.fetchone()
    yield from _named("level", violation)
    if broken is None:
        yield "level-changed", {}
        return
    key, before, quantity, after = broken
    yield "ledger-touched", {"movement": key, "before": before, "quantity": f"{quantity:+d}", "after": after}


def _explain_reserved(violation: Violation) -> Iterator[Part]:
    return _named("reserved", violation)


def _explain_negative(violation: Violation) -> Iterator[Part]:
    row = StockLevel.objects.filter(pk=str(violation.subject_id)).first()
    figures = {"reserved": row.reserved if row else "?", "on_hand": row.on_hand if row else "?"}
    return _named("negative", violation, **figures)


def _named(key: str, violation: Violation, **figures: object) -> Iterator[Part]:
    """Say the words of a key about the violation's level, and whether its figures were repaired before."""
    found = StockLevel.objects.select_related("variant", "location")
    level = found.filter(pk=violation.level_id).first() if violation.level_id else None
    name = f"{level.variant.sku} · {level.location}" if level else str(violation.level_id)
    yield key, {"level": name, "expected": violation.expected, "found": violation.found, **figures}
    last = StockRepair.objects.filter(level=level).first() if level else None
    if last:
        yield "repaired", {"at": f"{last.created_at:%Y-%m-%d %H:%M}"}


_REPAIRED = {"repaired": rule_messages.LEVEL_WORDS["repaired"]}
_A_CAUSE = _("the row that caused it")

register(
    Rule(
        "on-hand",
        _("on hand is the sum of the movements"),
        LEVEL,
        ON_HAND,
        rule_messages.LEVEL_WORDS,
        _explain_on_hand,
    ),
    Rule(
        "chain",
        _("every movement follows from the one before it"),
        MOVEMENT,
        CHAIN,
        rule_messages.CHAIN_WORDS,
        answers={"sum": _("%(sum)s after %(before)s %(quantity)s")},
    ),
    Rule(
        "reserved",
        _("reserved is the sum of the active holds"),
        LEVEL,
        RESERVED,
        rule_messages.RESERVED_WORDS | _REPAIRED,
        _explain_reserved,
    ),
    Rule(
        "negative",
        _("nothing is negative and no more is held than there is"),
        LEVEL,
        NEGATIVE,
        rule_messages.NEGATIVE_WORDS | _REPAIRED,
        _explain_negative,
        answers={
            "bounds": _("0 ≤ reserved ≤ on hand"),
            "figures": _("reserved %(reserved)s, on hand %(on_hand)s"),
        },
    ),
    Rule(
        "movement-misplaced",
        _("a movement is about its level's variant and location"),
        MOVEMENT,
        MISPLACED.format(table="inventory_stockmovement"),
    ),
    Rule(
        "hold-misplaced",
        _("a hold is about its level's variant and location"),
        RESERVATION,
        MISPLACED.format(table="inventory_reservation"),
    ),
    Rule(
        "hold-half-ended",
        _("a hold has an end exactly when it has ended"),
        RESERVATION,
        HALF_ENDED,
        answers={"no-end": _("no end"), "an-end": _("an end")},
    ),
    Rule(
        "hold-overdue",
        _("lapsed holds are released within a quarter of an hour"),
        RESERVATION,
        OVERDUE,
        rule_messages.OVERDUE_WORDS,
        answers={"released": _("released"), "lapsed": _("active, lapsed at %(at)s")},
    ),
    Rule(
        "movement-unexplained",
        _("no movement without a cause"),
        MOVEMENT,
        UNEXPLAINED,
        rule_messages.CAUSE_WORDS,
        answers={
            "row": _A_CAUSE,
            "cause-or-reason": _("a cause, or a person with a reason"),
            "movement": _('%(kind)s %(quantity)s by "%(actor)s", reference "%(reference)s", note "%(note)s"'),
        },
    ),
    Rule(
        "cause-gone",
        _("the cause of a movement exists"),
        MOVEMENT,
        missing_causes,
        rule_messages.GONE_WORDS,
        scope=SHOP,
        answers={"row": _A_CAUSE, "gone": _("%(cause)s, which does not exist")},
    ),
    Rule(
        "transfer",
        _("a transfer's lines are what its movements say"),
        TRANSFER,
        TRANSFERS,
        rule_messages.TRANSFER_WORDS,
        answers={"moved": _("out %(out)s, in %(in)s")},
    ),
)
