"""A drop over HTTP: 50 units, 200 buyers, 64 in flight, gunicorn with two workers: `python -m benchmarks.drop`.

Also adds to the cart per second, alternating with the least Django that reserves (benchmarks/floor.py). Each is a
new visitor's first one: a cart, a line and a reservation are written. The client shares the machine with what it
measures.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count

from benchmarks.environment import server_settings, servers
from benchmarks.reserve import VARIANTS, Level, make_levels, oversold
from benchmarks.web import Answer, Client, in_flight, serve

UNITS, BUYERS, WIDTH = 50, 200, 64
LIMIT = 2.0
ADD = "/carrito/agregar/"
# Every buyer has a network of his own (another /24 each time): `source_limits` measures what one source may reserve.
_visitors = count(start=0, step=256)


def somebody() -> str:
    """Return the header in which the proxy passes the address of a visitor who has not been here yet."""
    number = next(_visitors)
    return f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"


def add(variant: object, client: Client) -> Answer:
    """Press the button as a browser without JavaScript does."""
    return client.post(ADD, f"variant={variant}&quantity=1", headers=somebody())


def add_and_look(variant: object, client: Client) -> Answer:
    """Press the button and follow the redirect, as a browser does: the answer is the cart, or the refusal."""
    first = add(variant, client)
    cookies = "; ".join(f"{name}={value}" for name, value in first.cookies.items())
    page = client.get(first.location, cookies=cookies)
    assert page.status == 200, page
    return Answer(first.status, first.location, first.cookies, first.seconds + page.seconds)


def add_in_drawer(variant: object, client: Client) -> Answer:
    """Press the button as htmx does: the answer is the drawer with the whole cart."""
    return client.post(
        ADD,
        f"variant={variant}&quantity=1",
        headers=f"HX-Request: true\r\nHX-Target: cart-drawer\r\n{somebody()}",
    )


def add_bare(level: object, client: Client) -> Answer:
    return client.post("/add/", f"level={level}")


def make_drop() -> Level:
    """Make a variant with 50 units, in a drop that is open."""
    from django.utils import timezone

    from catalog.models import Variant
    from inventory.tests import factories

    ((level, variant),) = make_levels(1, units=UNITS)
    now = timezone.now()
    factories.make_drop(
        Variant.objects.get(pk=variant).product,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(hours=1),
    )
    return level, variant


def drop(port: int, press: Callable[..., Answer]) -> tuple[float, float, int]:
    """Start all buyers; return the seconds until all were answered, the slowest answer's, and the units reserved."""
    from django.db import connection

    from inventory.models import Reservation

    level, variant = make_drop()
    connection.close()
    answers, seconds = in_flight([partial(press, variant)] * BUYERS, port=port, width=WIDTH)
    wrong = [answer for answer in answers if answer.status not in (200, 302, 422)]
    if wrong or len(answers) != BUYERS:
        raise SystemExit(f"{len(answers)} answers, of which unexpected: {wrong[:3]}")
    reserved = Reservation.objects.filter(level_id=level, status="active").count()
    connection.close()
    return seconds, max(answer.seconds for answer in answers), reserved


def adds(port: int, acts: Sequence[Callable[[Client], Answer]], *, width: int) -> tuple[float, float, float]:
    """Send the requests; return adds per second, and the median and 99th percentile in milliseconds."""
    answers, seconds = in_flight(acts, port=port, width=width)
    bad = [answer for answer in answers if answer.status not in (200, 302)]
    if bad:
        raise SystemExit(f"{len(bad)} adds were not done: {bad[:2]}")
    times = sorted(answer.seconds * 1000 for answer in answers)
    return len(answers) / seconds, times[len(times) // 2], times[int(len(times) * 0.99)]


def measure_adds(shop: int, floor: int, levels: Sequence[Level], options: argparse.Namespace) -> None:
    """Measure each way to add, alternating with the floor."""
    for width in options.widths:
        for name, press in (("form", add), ("drawer", add_in_drawer), ("form and cart page", add_and_look)):
            rows = []
            for turn in range(options.rounds):
                chosen = [levels[(number + turn * 7) % len(levels)] for number in range(options.requests)]
                least = adds(floor, [partial(add_bare, level) for level, _variant in chosen], width=width)
                rows.append(
                    (least, adds(shop, [partial(press, variant) for _level, variant in chosen], width=width))
                )
            mine = sorted(ours for _least, ours in rows)[len(rows) // 2]
            least = sorted(least for least, _ours in rows)[len(rows) // 2]
            ratio = statistics.median(ours[0] / bare[0] for bare, ours in rows)
            print(
                f"add, {name:<20} {width:>3} in flight {mine[0]:>7,.0f}/s  p50 {mine[1]:>6.1f} ms"
                f"  p99 {mine[2]:>6.1f} ms   floor {least[0]:>6,.0f}/s   ratio {ratio:.2f}"
            )


def measure_drops(shop: int, options: argparse.Namespace) -> bool:
    """Run the drop some times in each way; return whether all runs kept to LIMIT and reserved exactly the units."""
    is_good = True
    for name, press in (("form", add), ("drawer", add_in_drawer), ("form and next page", add_and_look)):
        seen = [drop(shop, press) for _turn in range(options.rounds)]
        last, slowest, reserved = (max(part) for part in zip(*seen, strict=True))
        is_good &= last < LIMIT and all(units == UNITS for *_times, units in seen)
        print(
            f"drop, {name:<19} {BUYERS} buyers, {WIDTH} in flight: all answered after {last:.2f} s at worst of "
            f"{options.rounds} (slowest answer {slowest:.2f} s); held {reserved} of {UNITS}"
        )
    return is_good


def main(options: argparse.Namespace) -> None:
    with (
        servers() as address,
        serve("shop.wsgi", BEHIND_PROXY="on", TRUSTED_PROXY_COUNT="1") as shop,
        serve("benchmarks.floor:application") as floor,
    ):
        from django.db import connection

        from inventory.checks import runner

        levels = make_levels(VARIANTS)
        connection.close()
        print(server_settings(address))
        in_flight([partial(add, variant) for _level, variant in levels[:400]], port=shop, width=8)  # Warm.
        in_flight([partial(add_bare, level) for level, _variant in levels[:400]], port=floor, width=8)
        measure_adds(shop, floor, levels, options)
        is_good = measure_drops(shop, options)
        print(f"oversold: {oversold()}")
        print(runner.check() or "the stock agrees with its ledger and its holds")
    if not is_good:
        raise SystemExit(f"a drop was not sold out exactly, or not answered in {LIMIT} s")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Adds to the cart a second, and a drop, over HTTP.")
    parser.add_argument("--requests", type=int, default=1500, help="adds in each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 64])
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
