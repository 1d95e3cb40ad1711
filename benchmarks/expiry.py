"""Hundreds of thousands of expired reservations are released while people buy: `python -m benchmarks.expiry`.

Eight buyers reserve units of the same variants, the hot one among them, first alone and then while the job of the
beat schedule (`reservations.expire_due`) releases everything. Printed: the job's pace, and the buyers' latencies.
"""

import argparse
import multiprocessing
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.environment import server_settings, servers
from benchmarks.reserve import make_levels, oversold, verb

EXPIRE = """
INSERT INTO inventory_reservation
       (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
        first_held_at, expires_at, end_reason, ended_by, note, actor)
SELECT gen_random_uuid(), now() - interval '1 hour', now() - interval '1 hour', level.id, level.variant_id,
       level.location_id, 1, 'active', 'cart', gen_random_uuid(), now() - interval '1 hour',
       now() - random() * interval '40 minutes', '', '', '', 'benchmark'
  FROM generate_series(1, %(holds)s) AS number
  JOIN (SELECT stock.*, row_number() OVER (ORDER BY id) - 1 AS place FROM inventory_stocklevel AS stock
         WHERE id = ANY (%(levels)s)) AS level
    -- Every tenth hold is of the hot variant, the rest are spread over all.
    ON level.place = CASE WHEN number %% 10 = 0 THEN 0 ELSE number %% %(count)s END
"""
COUNT = """
UPDATE inventory_stocklevel AS level SET reserved = held.units
  FROM (SELECT level_id, sum(quantity) AS units FROM inventory_reservation
         WHERE status = 'active' AND level_id = ANY (%(levels)s) GROUP BY level_id) AS held
 WHERE held.level_id = level.id
"""


def release_all(answers: Any) -> None:
    """Release everything that is due, as a worker of the job does; return how many and how long it took."""
    from inventory import reservations

    begun = time.perf_counter()
    ended = reservations.expire_due()
    answers.put((ended, time.perf_counter() - begun))


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.db import connection, connections

        from benchmarks.clients import run_clients
        from inventory.checks import runner

        levels = sorted(make_levels(1000))
        with connection.cursor() as cursor:
            params = {"levels": [level for level, _variant in levels], "count": len(levels)}
            cursor.execute(EXPIRE, params | {"holds": options.reservations})
            cursor.execute(COUNT, params)
            cursor.execute("ANALYZE inventory_reservation")
        print(server_settings(address))
        buyers = verb([levels[0], *levels[:9]], is_durable=False)
        before = run_clients(buyers, clients=8, seconds=options.seconds)
        print(f"8 buyers, nothing else running     {before}")
        connections.close_all()
        fork = multiprocessing.get_context("fork")
        answers: Any = fork.Queue()
        job = fork.Process(target=release_all, args=(answers,))
        job.start()
        during = run_clients(buyers, clients=8, seconds=options.seconds)
        was_running = job.is_alive()
        ended, seconds = answers.get(timeout=600)
        job.join()
        print(f"8 buyers, while the job releases   {during}   errors {during.errors or 'none'}")
        print(
            f"the job: {ended:,} lapsed holds in {seconds:.1f} s, {ended / seconds:,.0f}/s, beside the buyers"
        )
        print("" if was_running else "(the job ended before the buyers did: take more --holds)", end="")
        print(f"oversold: {oversold()}")
        print(runner.check() or "the stock agrees with its ledger and its holds")
        if ended != options.reservations or during.errors:
            raise SystemExit(f"{ended} of {options.reservations} were released; errors {during.errors}")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lapsed holds released while people buy.")
    parser.add_argument("--holds", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
