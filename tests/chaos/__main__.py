"""`python -m tests.chaos`: run, print the figures, end with status 1 when a rule is broken."""

import argparse
import random
import signal
import sys

from tests.chaos.driver import run
from tests.chaos.records.report import lines
from tests.chaos.services import fixtures


def main() -> int:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="make chaos", description="Purchases while everything fails.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--purchases", type=int, default=240)
    parser.add_argument("--currency", default="ARS", choices=("ARS", "MXN"))
    parser.add_argument("--harsh", type=float, default=1.0, help="so many times as many faults")
    parser.add_argument(
        "--without", default="", help="remove one guard: the run must fail (without_guards.py)"
    )
    data = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    _say(f"Seed {data.seed}: {data.purchases} purchases ({data.currency}).")
    with fixtures.running() as running:
        report = run(
            running,
            seed=data.seed,
            purchases=data.purchases,
            currency=data.currency,
            harsh=data.harsh,
            without=data.without,
            say=_say,
        )
    for line in lines(report):
        _say(line)
    return 0 if report.is_good else 1


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
