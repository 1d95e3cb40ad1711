"""No growth of cost with a million closed holds and five million movements: `python -m benchmarks.volume`.

The same acts are measured on fresh tables and again after the old rows are there; a tenth of them belong to the hot
variant itself. The old rows are written with triggers off, in pairs that cancel out, so that the ledger stays true.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks.ground import ground, run_sql, server_settings
from benchmarks.reserve import Level, make_levels, oversold, verb

CHOICE = """
  JOIN (SELECT stock.*, row_number() OVER (ORDER BY id) - 1 AS place FROM inventory_stocklevel AS stock
         WHERE id = ANY ('{{{levels}}}')) AS level
    ON level.place = CASE WHEN number % 10 = 0 THEN 0 ELSE number % {count} END
"""
HOLDS = """
INSERT INTO inventory_reservation
       (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id, checkout_id,
        first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor)
SELECT gen_random_uuid(), moment, moment, level.id, level.variant_id, level.location_id, 1,
       CASE WHEN number % 3 = 0 THEN 'converted' ELSE 'released' END, 'cart', gen_random_uuid(), gen_random_uuid(),
       moment, moment, moment, 'expired', 'job:expire_holds', '', 'benchmark'
  FROM generate_series(1, {rows}) AS number
 CROSS JOIN LATERAL (SELECT now() - number * interval '20 seconds' AS moment) AS clock
"""
MOVEMENTS = """
INSERT INTO inventory_stockmovement
       (level_id, variant_id, location_id, kind, quantity, reference, cause_type, note, actor, occurred_at,
        on_hand_after)
SELECT level.id, level.variant_id, level.location_id, 'adjustment', sign, '', '', 'old', 'benchmark',
       now() - number * interval '4 seconds', level.on_hand + greatest(sign, 0)
  FROM generate_series(1, {rows} / 2) AS number
 CROSS JOIN (VALUES (1), (-1)) AS pair (sign)
"""


def sale(levels: Sequence[Level]) -> Any:
    """Make clients which hold a unit for a checkout and sell it: the act that writes the ledger."""
    from django.db import transaction

    from benchmarks.statement import TTL
    from inventory import reservations
    from shop.core.ids import uuid7

    def make(number: int) -> Any:
        def act() -> bool:
            variant, checkout = levels[number % len(levels)][1], uuid7()
            reservations.reserve(
                variant_id=variant,
                quantity=1,
                ttl=TTL,
                checkout_id=checkout,
                purpose="checkout",
                actor="benchmark",
            )
            with transaction.atomic():
                reservations.convert(
                    checkout_id=checkout,
                    wanted={variant: 1},
                    order_id=uuid7(),
                    reference="bench",
                    actor="benchmark",
                )
            return True

        return act

    return make


def main(options: argparse.Namespace) -> None:
    with ground() as address:
        from django.db import connections

        from benchmarks.crowd import crowd
        from inventory import invariants

        levels = sorted(make_levels(1000))
        acts = {
            "hold, hot variant": verb(levels[:1], is_durable=False),
            "hold, 1,000 variants": verb(levels, is_durable=False),
            "hold and sale": sale(levels),
        }
        print(server_settings(address))
        measure = partial(crowd, clients=8, seconds=options.seconds)
        run_sql(address, "VACUUM ANALYZE")
        before = {name: max((measure(act) for _n in range(3)), key=_pace) for name, act in acts.items()}
        connections.close_all()
        fill(address, levels, options)
        print(f"now with {options.holds:,} closed holds and {options.movements:,} movements more")
        for name, act in acts.items():
            after = max((measure(act) for _n in range(3)), key=_pace)
            print(
                f"{name:<22} before {before[name]}   after {after}   ratio {_pace(after) / _pace(before[name]):.2f}"
            )
        print(f"oversold: {oversold()}")
        print(invariants.check() or "the stock agrees with its ledger and its holds")


def fill(address: str, levels: Sequence[Level], options: argparse.Namespace) -> None:
    """Write the old rows: as a superuser without triggers, which is what makes five million of them bearable."""
    choice = CHOICE.format(levels=",".join(str(level) for level, _variant in levels), count=len(levels))
    run_sql(
        address,
        "ALTER TABLE inventory_stockmovement DISABLE TRIGGER ALL",
        "ALTER TABLE inventory_reservation DISABLE TRIGGER ALL",
        HOLDS.format(rows=options.holds) + choice,
        MOVEMENTS.format(rows=options.movements) + choice,
        "ALTER TABLE inventory_stockmovement ENABLE TRIGGER ALL",
        "ALTER TABLE inventory_reservation ENABLE TRIGGER ALL",
        "VACUUM ANALYZE",
        "CHECKPOINT",
    )


def _pace(figures: Any) -> float:
    pace: float = figures.per_second
    return pace


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The same acts on fresh and on old tables.")
    parser.add_argument("--holds", type=int, default=1_000_000)
    parser.add_argument("--movements", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
