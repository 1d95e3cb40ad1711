"""What a page of 24 cards with three offers each spends on quoting instalments: `python -m benchmarks.installments`.

Seventy-two quotes: total, parts, due dates and the legal rate, for every country. *first* is a process that has never
seen these prices; *again* is every page after that, whose quotes are remembered. The floor, measured alternately, is
the least arithmetic that gives the same number: whole cents, and Newton's steps on floats. Needs no database. The best
round counts: other load on the machine only adds.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

CARDS = 24
OFFERS = ((3, "0.19"), (6, "0.15"), (12, "0.12"))
MOST = 0.002  # Seconds that a page may spend on it.
SALE = date(2025, 11, 12)
PRICES = [1_680_000 + 13_700 * number for number in range(CARDS)]  # Cents.


def floor() -> None:
    """Compute the effective annual rate of each offer and price, and nothing else."""
    for price in PRICES:
        for count, factor in OFFERS:
            total = round(price * (1 + float(factor) * count / 12))
            share, larger = divmod(total, count)
            flows = [share + 1] * larger + [share] * (count - larger)
            rate, change = 0.0, 1.0
            while abs(change) > 1e-8:
                base = 1 / (1 + rate)
                value = slope = 0.0
                for month, flow in enumerate(flows, 1):
                    worth = flow * base**month
                    value += worth
                    slope += worth * month
                change = (value - price) / (slope * base)
                rate += change
            assert (1 + rate) ** 12 > 1


def page(country: str) -> None:
    """Quote what a page of cards shows."""
    from shop.core.countries import get
    from shop.core.installments.quotation import quote

    rules = get(country)
    for price in PRICES:
        for count, factor in OFFERS:
            quote(
                Decimal(price) / 100,
                factor=Decimal(factor),
                count=count,
                currency=rules.currency,
                credit=rules.credit,
                sale_date=SALE,
            )


def forget() -> None:
    """Empty what is remembered of prices."""
    from shop.core.installments.quotation import quote

    quote.cache_clear()


def seconds(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main(options: argparse.Namespace) -> None:
    from shop.core.countries import COUNTRIES

    failed = []
    print(f"{CARDS} cards with {len(OFFERS)} offers, the best of {options.rounds} rounds, milliseconds")
    print(f"{'':<4} {'floor':>7} {'first':>7} {'ratio':>7} {'again':>7} {'ratio':>7}")
    for code in sorted(COUNTRIES):
        rounds = []
        for _round in range(options.rounds):
            forget()
            cards = partial(page, code)
            rounds.append((seconds(floor), seconds(cards), seconds(cards)))
        least, first, again = (min(column) for column in zip(*rounds, strict=True))
        print(
            f"{code:<4} {least * 1e3:>7.3f} {first * 1e3:>7.3f} {first / least:>7.2f} {again * 1e3:>7.3f}"
            f" {again / least:>7.2f}"
        )
        if first > MOST:
            failed.append(f"{code}: {first * 1e3:.2f} ms of {MOST * 1e3:.0f}")
    if failed:
        raise SystemExit("; ".join(failed))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What quoting instalments costs a page.")
    parser.add_argument("--rounds", type=int, default=50)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
