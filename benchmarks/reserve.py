"""How many holds a second one hot variant gives, and many cold ones: `python benchmarks/reserve.py [seconds]`.

Runs against the server in DATABASE_URL, in a database of its own that it makes and drops. Every client is a process
with one connection, as a gunicorn worker is. The server's flush (fsync, synchronous_commit) decides the durable rows of
the table: say with which settings the figures were taken; they are printed above it.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from inventory import invariants, reservations  # noqa: E402
from inventory.tests.factories import LocationFactory, make_variant, stocked  # noqa: E402
from shop.core.ids import uuid7  # noqa: E402

CLIENTS = (1, 8, 32)
UNITS = 10_000_000


def buy(
    variants: Sequence[UUID], seconds: float, is_durable: bool, done: "multiprocessing.Queue[int]"
) -> None:
    """One client: hold one unit after the other, then report how many."""
    settings.DURABLE_HOLDS = is_durable
    count, place, end = 0, os.getpid(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        reservations.reserve(
            variant_id=variants[place % len(variants)], quantity=1, ttl=timedelta(minutes=15), cart_id=uuid7(),
            actor="benchmark",
        )  # fmt: skip
        count, place = count + 1, place + 7
    done.put(count)


def measure(variants: Sequence[UUID], *, clients: int, seconds: float, is_durable: bool) -> float:
    """Return holds a second of so many clients together."""
    connection.close()  # A child must not inherit it.
    fork = multiprocessing.get_context("fork")
    done: multiprocessing.Queue[int] = fork.Queue()
    crowd = [
        fork.Process(target=buy, args=(variants, seconds, is_durable, done)) for _client in range(clients)
    ]
    for client in crowd:
        client.start()
    total = sum(done.get(timeout=seconds + 60) for _client in crowd)
    for client in crowd:
        client.join()
    return total / seconds


def server_settings() -> str:
    names = ("server_version", "fsync", "synchronous_commit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [list(names)])
        return ", ".join(f"{name} {setting}" for name, setting in cursor.fetchall())


def main(seconds: float) -> None:
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        place = LocationFactory.create()
        hot = [stocked(UNITS, location=place).variant_id]
        product = make_variant().product
        cold = [
            stocked(UNITS, location=place, variant=make_variant(product=product)).variant_id
            for _n in range(200)
        ]
        print(server_settings())
        print(f"{'holds a second':<24}" + "".join(f"{clients:>10} clients" for clients in CLIENTS))
        for name, variants in (("one hot variant", hot), ("200 variants", cold)):
            for is_durable in (False, True):
                row = [
                    measure(variants, clients=clients, seconds=seconds, is_durable=is_durable)
                    for clients in CLIENTS
                ]
                label = f"{name}, {'durable' if is_durable else 'soft'}"
                print(f"{label:<24}" + "".join(f"{figure:>18,.0f}" for figure in row))
        violations = invariants.check()
        print(violations or "the stock agrees with its ledger and its holds")
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
