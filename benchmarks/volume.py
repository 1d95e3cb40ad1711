"""No growth of cost with a million closed reservations and five million movements: `python -m benchmarks.volume`.

The same acts are measured on fresh tables and again after the old rows are there; a tenth of them belong to the hot
variant itself. Each is measured alternately with the bare statement on a table of its own that never grows, so that
other load on the machine cancels out: *growth* is what the ratio lost. Beside it stands a figure that load cannot
change, the blocks of tables and indexes that one act touches. The old rows are written with triggers off, in pairs that
cancel out, so that the ledger's sums stay right.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.environment import run_sql, server_settings, servers
from benchmarks.reserve import Level, make_levels, oversold, verb
from benchmarks.statement import BARE, TTL
from shop.core.ids import uuid7

WARM = 20
TABLES = (
    "inventory_stocklevel",
    "inventory_reservation",
    "inventory_stockmovement",
    "bench_level",
    "bench_hold",
)

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
    """Make clients which reserve a unit for a checkout and sell it: the act that writes the ledger."""
    from django.db import transaction

    from inventory import reservations

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


def untouched(address: str, level: object) -> Any:
    """Make clients which reserve by the bare statement on copies of the two tables that get no old rows: the floor."""
    bare = BARE.replace("inventory_stocklevel", "bench_level").replace("inventory_reservation", "bench_hold")
    run_sql(
        address,
        "CREATE TABLE bench_level (LIKE inventory_stocklevel INCLUDING ALL)",
        "CREATE TABLE bench_hold (LIKE inventory_reservation INCLUDING ALL)",
        f"INSERT INTO bench_level SELECT * FROM inventory_stocklevel WHERE id = '{level}'",
    )

    def make(number: int) -> Any:
        connection = psycopg.connect(address, autocommit=True, prepare_threshold=None)
        connection.execute("SET synchronous_commit = off")
        values = {"level": level, "ttl": TTL}

        def act() -> bool:
            return connection.execute(bare, {**values, "id": uuid7(), "cart": uuid7()}).fetchone() is not None

        return act

    return make


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from inventory.checks import runner

        levels = sorted(make_levels(1000))
        acts = {
            "hold, hot variant": verb(levels[:1], is_durable=False),
            "hold, 1,000 variants": verb(levels, is_durable=False),
            "hold and sale": sale(levels),
        }
        print(server_settings(address))
        floor = untouched(address, levels[0][0])
        # Autovacuum's reads would be counted among the blocks; every measurement begins with a VACUUM of our own.
        run_sql(address, *(f"ALTER TABLE {table} SET (autovacuum_enabled = off)" for table in TABLES))
        before = measure(address, floor, acts, options)
        fill(address, levels, options)
        print(f"now with {options.reservations:,} closed holds and {options.movements:,} movements more")
        after = measure(address, floor, acts, options)
        for name in acts:
            growth = before[name].ratio / after[name].ratio
            print(f"{name:<22} before {before[name]}   after {after[name]}   growth {growth:.2f}")
        print(f"oversold: {oversold()}")
        print(runner.check() or "the stock agrees with its ledger and its holds")


@dataclass(frozen=True)
class Cost:
    """What an act costs: how many a second, the share of the floor's in the same turns, the blocks that one touches."""

    per_second: float
    ratio: float
    blocks: float

    def __str__(self) -> str:
        return f"{self.per_second:>6,.0f}/s ({self.ratio:.2f} of the floor, {self.blocks:>5.1f} blocks)"


def measure(address: str, floor: Any, acts: dict[str, Any], options: argparse.Namespace) -> dict[str, Cost]:
    """Measure each act, with 8 clients in turns with the floor; then the blocks it touches, with one client."""
    from benchmarks.clients import against

    run_sql(address, "VACUUM ANALYZE", "CHECKPOINT")
    costs = {}
    for name, act in acts.items():
        _floor, ours, ratio = against(floor, act, clients=8, seconds=options.seconds, rounds=options.rounds)
        if ours.errors:
            raise SystemExit(f"{name}: {ours.errors}")
        costs[name] = Cost(ours.per_second, ratio, blocks(address, act))
    return costs


def blocks(address: str, act: Any) -> float:
    """Return how many blocks of our tables and their indexes one act touches, whether cached or read."""
    from benchmarks.clients import run_clients

    run_sql(address, "VACUUM")
    counted = (
        "SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))"
        " FROM pg_statio_user_tables"
    )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        begun = connection.execute(counted).fetchone()
        seen = run_clients(
            act, clients=1, seconds=1.0, warm=WARM
        )  # Its end writes the statistics that its connection has counted.
        connection.execute("SELECT pg_stat_clear_snapshot()")
        ended = connection.execute(counted).fetchone()
    assert begun
    assert ended
    return float(ended[0] - begun[0]) / (seen.done + WARM)


def fill(address: str, levels: Sequence[Level], options: argparse.Namespace) -> None:
    """Write the old rows as a superuser without triggers; with triggers five million would take too long."""
    choice = CHOICE.format(levels=",".join(str(level) for level, _variant in levels), count=len(levels))
    run_sql(
        address,
        "ALTER TABLE inventory_stockmovement DISABLE TRIGGER ALL",
        "ALTER TABLE inventory_reservation DISABLE TRIGGER ALL",
        HOLDS.format(rows=options.reservations) + choice,
        # In pairs, one after another: each movement follows from the one before it.
        MOVEMENTS.format(rows=options.movements) + choice + " ORDER BY number, sign DESC",
        "ALTER TABLE inventory_stockmovement ENABLE TRIGGER ALL",
        "ALTER TABLE inventory_reservation ENABLE TRIGGER ALL",
        "VACUUM ANALYZE",
        "CHECKPOINT",
    )


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The same acts on fresh and on old tables.")
    parser.add_argument("--holds", type=int, default=1_000_000)
    parser.add_argument("--movements", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
