"""Reservations per second, of the verb and of the bare SQL statement: `python -m benchmarks.reserve [--quick]`.

Every client is a process with one connection. Each row is measured alternately (floor, ours, ours, floor …)
on the same tables, so that the ratio holds even where the machine is busy. The *floor* is the least that can reserve
a unit: one guarded UPDATE feeding the INSERT, on a level whose key is known, through a bare psycopg connection; no
drop window, no choice of location, no Django. Like the shop it prepares no statements, because of PgBouncer;
with `--prepared` the floor does.
"""

import argparse
import random
from collections.abc import Sequence
from typing import Any

from benchmarks.environment import emulate_flush, server_settings, servers
from benchmarks.statement import BARE, TTL

UNITS = 100_000_000
VARIANTS = 1000
Level = tuple[Any, Any]  # The keys of a level and of its variant.


def bare(levels: Sequence[Level], address: str, *, is_durable: bool, is_prepared: bool = False) -> Any:
    """Make clients which run the bare statement."""
    import psycopg

    from shop.core.ids import uuid7

    def make(number: int) -> Any:
        connection = psycopg.connect(address, autocommit=True)
        connection.prepare_threshold = 1 if is_prepared else None
        connection.execute(f"SET synchronous_commit = {'on' if is_durable else 'off'}")
        cursor, chance = connection.cursor(), random.Random(number)

        def act() -> bool:
            level, _variant = chance.choice(levels)
            cursor.execute(BARE, {"level": level, "id": uuid7(), "cart": uuid7(), "ttl": TTL})
            return cursor.fetchone() is not None

        return act

    return make


def verb(levels: Sequence[Level], *, is_durable: bool) -> Any:
    """Make clients which call `reservations.reserve`, as a cart does that reserves outside any transaction.

    Each reservation is another visitor's, from a network of its own, and limits apply as in the shop (goods that are
    in a drop are counted for, see `inventory/sql/validate_source.sql`).
    """
    from django.conf import settings

    from inventory import reservations
    from inventory.reservations.source_limits import Terms
    from shop.core.ids import uuid7

    def make(number: int) -> Any:
        settings.DURABLE_RESERVATIONS = is_durable
        chance = random.Random(number)

        def act() -> bool:
            _level, variant = chance.choice(levels)
            somebody = chance.getrandbits(62)
            try:
                reservations.reserve(
                    variant_id=variant,
                    quantity=1,
                    ttl=TTL,
                    cart_id=uuid7(),
                    actor="benchmark",
                    terms=Terms(ip=somebody, network=somebody, is_new_cart=True),
                )
            except reservations.InsufficientStock:
                return False
            return True

        return act

    return make


def bare_cart(levels: Sequence[Level], address: str) -> Any:
    """Make clients which reserve three lines by the bare statement, in one transaction, in the order of the keys."""
    import psycopg

    from shop.core.ids import uuid7

    def make(number: int) -> Any:
        connection = psycopg.connect(address, autocommit=True, prepare_threshold=None)
        connection.execute("SET synchronous_commit = off")
        chance = random.Random(number)

        def act() -> bool:
            with connection.transaction():
                for level, _variant in sorted(chance.sample(levels, 3)):
                    connection.execute(BARE, {"level": level, "id": uuid7(), "cart": uuid7(), "ttl": TTL})
            return True

        return act

    return make


def cart(levels: Sequence[Level], *, is_durable: bool = False) -> Any:
    """Make clients which reserve three lines in random order by `reserve_many`."""
    from django.conf import settings

    from inventory import reservations
    from shop.core.ids import uuid7

    def make(number: int) -> Any:
        settings.DURABLE_RESERVATIONS = is_durable
        chance = random.Random(number)

        def act() -> bool:
            wanted = {variant: 1 for _level, variant in chance.sample(levels, 3)}
            reservations.reserve_many(wanted=wanted, ttl=TTL, cart_id=uuid7(), actor="benchmark")
            return True

        return act

    return make


def make_levels(count: int, *, units: int = UNITS) -> list[Level]:
    """Make so many variants on sale with a level each; return the keys. The units are entered through the ledger."""
    from inventory.models import Location
    from inventory.tests.factories import make_variant, stocked

    place, _made = Location.objects.get_or_create(code="bench", defaults={"name": "Benchmark"})
    product = make_variant().product
    made = [stocked(units, location=place, variant=make_variant(product=product)) for _n in range(count)]
    return [(level.pk, level.variant_id) for level in made]


def put_in_a_drop(levels: Sequence[Level]) -> None:
    """Put the variants of these levels into a drop that is open."""
    from catalog.models import Variant
    from inventory.tests.factories import make_drop

    for _level, variant in levels:
        make_drop(Variant.objects.get(pk=variant).product, starts_at=None, ends_at=None)


def oversold() -> int:
    """Return how many units more are reserved than are on hand, by the rows of the reservations themselves."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(held.units - level.on_hand, 0)), 0) FROM inventory_stocklevel AS level "
            "JOIN (SELECT level_id, sum(quantity) AS units FROM inventory_reservation WHERE status = 'active' "
            "GROUP BY level_id) AS held ON held.level_id = level.id"
        )
        (units,) = cursor.fetchone()
    connection.close()
    return int(units)


def row(label: str, floor: Any, ours: Any, *, clients: int, options: argparse.Namespace) -> float:
    """Measure one row of the table and print it."""
    from benchmarks.clients import against

    least, mine, ratio = against(floor, ours, clients=clients, seconds=options.seconds, rounds=options.rounds)
    wrong = f"  ERRORS {mine.errors}" if mine.errors else ""
    print(f"{label:<40} {clients:>3} {mine}   floor {least.per_second:>8,.0f}/s   ratio {ratio:.2f}{wrong}")
    return ratio


def scarce(address: str, *, clients: int, options: argparse.Namespace) -> None:
    """Let more buyers than units reserve at once: exactly the units there are must be sold."""
    from benchmarks.clients import run_clients

    units = 200
    levels = make_levels(1, units=units)
    seen = run_clients(
        verb(levels, is_durable=False), clients=clients, seconds=max(5.0, options.seconds), warm=0
    )
    print(
        f"{f'sold out: {units} units of one variant':<40} {clients:>3} held {seen.done}, refused {seen.refused:,}"
    )
    if seen.done != units and seen.refused:
        raise SystemExit(f"{seen.done} of {units} units were held")


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from inventory.checks import runner

        hot, many, of_a_drop = make_levels(1), make_levels(VARIANTS), make_levels(1)
        put_in_a_drop(of_a_drop)
        print(server_settings(address))
        print(f"{'holds':<40} {'clients':>3}")
        for flush in (0, 1000):
            emulate_flush(address, microseconds=flush)
            disk = "1 ms flush" if flush else "this disk"
            for name, levels in (
                ("one variant", hot),
                ("one of a drop", of_a_drop),
                (f"{VARIANTS:,} variants", many),
            ):
                for is_durable in (False, True):
                    label = f"{name}, {'durable' if is_durable else 'asynchronous'}, {disk}"
                    for clients in options.clients:
                        floor = bare(levels, address, is_durable=is_durable, is_prepared=options.prepared)
                        row(
                            label,
                            floor,
                            verb(levels, is_durable=is_durable),
                            clients=clients,
                            options=options,
                        )
        emulate_flush(address, microseconds=0)
        for clients in options.clients:
            few = many[:20]
            row(
                "carts of 3 lines, 20 variants",
                bare_cart(few, address),
                cart(few),
                clients=clients,
                options=options,
            )
        scarce(address, clients=32, options=options)
        print(f"oversold: {oversold()}")
        print(runner.check() or "the stock agrees with its ledger and its holds")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Holds a second, against the bare statement.")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each measurement lasts")
    parser.add_argument("--rounds", type=int, default=3, help="how often floor and verb take turns")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--prepared", action="store_true", help="let the floor prepare its statement")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
