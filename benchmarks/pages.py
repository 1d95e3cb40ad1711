"""Pages and whole purchases as a shopper gets them, in ratios to the floor page: `python -m benchmarks.pages`.

Each figure alternates with the floor (benchmarks/floor.py) on the same server, the one that README advises, with the
same number of requests in flight; the ratio is of rates. *Shared* pages are asked for again and again, as in a drop;
*new* ones are made: another product, or a filter, that nobody has asked for. Pages are asked for as
browsers do, compressed. A purchase is 14 requests, one of them at the provider
(benchmarks/provider.py, which costs next to nothing), made with a Celery worker beside.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final

from benchmarks.api import fetch, make_catalogue
from benchmarks.clients import against
from benchmarks.drop import add, add_and_look, add_bare, drop, somebody
from benchmarks.environment import ROOT, data, server_settings, servers
from benchmarks.provider import provider
from benchmarks.purchase import Visitor, purchase
from benchmarks.reserve import Level, make_levels, oversold, verb
from benchmarks.reserve import bare as bare_statement
from benchmarks.web import PRODUCTION, Answer, Client, as_browser, in_flight, serve

SETTINGS: Final = {"BEHIND_PROXY": "on", "TRUSTED_PROXY_COUNT": "1"}
# The goals of each ratio; a shared page's slowest hundredth may take so many medians.
GOALS: Final = {
    "home, shared": 12.0,
    "category, shared": 12.0,
    "product, shared": 12.0,
    "product, shared, with a cart": 5.0,
    "search with facets, shared": 8.0,
    "category, new": 1.3,
    "product, new": 1.3,
    "search with facets, new": 1.0,
    "cart page": 1.3,
    "checkout: contact page": 1.3,
    "checkout: shipping page": 1.3,
    "checkout: payment page": 1.3,
    "checkout: contact sent": 2.0,
    "checkout: shipping sent": 2.0,
    "whole purchase": 0.08,
    "add by form (to a bare statement)": 0.6,
    "one hot variant (to the bare statement)": 0.7,
}
LEAST_TAIL: Final = 5.0
# Characters of the floor page with its 24 products and their pictures (benchmarks/floor.py).
LEAST_FLOOR: Final = 25_000
# Of a shared page so many times as many requests are sent as of others, so that a hundredth of them is a few dozen.
SHARED: Final = 15
# The same of adds, of which 200 take a sixth of a second.
ADDS: Final = 5
MOST_OF_BARE_ADDS: Final = 12.0
_numbers = count()

Act = Callable[[Client], Answer]


class Judge:
    """Measures in turns with the floor, prints, and keeps what missed its goal."""

    def __init__(self, floor: int, shop: int, bare: Act, options: argparse.Namespace) -> None:
        self.floor, self.shop, self.bare, self.options = floor, shop, bare, options
        self.missed: list[str] = []

    def rate(
        self, port: int, acts: Sequence[Act], *, expected: Sequence[int] = (200, 302)
    ) -> tuple[float, float]:
        """Return acts per second, and the 99th percentile in medians."""
        answers, seconds = in_flight(acts, port=port, width=self.options.width)
        bad = [answer for answer in answers if answer.status not in expected]
        if bad:
            raise SystemExit(f"{len(bad)} of {len(answers)} answers were unexpected: {bad[0]}")
        times = sorted(answer.seconds for answer in answers)
        return len(answers) / seconds, times[int(len(times) * 0.99)] / times[len(times) // 2]

    def compare(
        self, name: str, make: Callable[[], Sequence[Act]], *, bare: Act | None = None, times: int = 1
    ) -> None:
        """Measure acts made anew for each round against the floor page, or another act of the floor.

        `times` as many rounds: for figures of which one round scatters more.
        """
        rows = []
        for _round in range(self.options.rounds * times):
            least, _tail = self.rate(self.floor, [bare or self.bare] * self.options.requests)
            rows.append((least, *self.rate(self.shop, make())))
        ratio = statistics.median(mine / least for least, mine, _tail in rows)
        tail = statistics.median(tail for *_rates, tail in rows)
        mine = statistics.median(mine for _least, mine, _tail in rows)
        self.tell(name, ratio, f"{mine:>7,.0f}/s   p99 {tail:4.1f} × p50")
        if "shared" in name and tail > LEAST_TAIL:
            self.missed.append(f"{name}: p99 {tail:.1f} times p50")

    def tell(self, name: str, ratio: float, words: str) -> None:
        goal = GOALS.get(name)
        verdict = "no goal"
        if goal is not None:
            verdict = f"goal {goal:>5}: {'reached' if ratio >= goal else 'missed'}"
        print(f"{name:<40} {words}   ratio {ratio:6.3f}   {verdict}", flush=True)
        if goal is not None and ratio < goal:
            self.missed.append(f"{name}: {ratio:.3f} of {goal}")


def again(path: str, client: Client, *, cookies: str = "") -> Answer:
    return client.ask_again(as_browser(path, cookies=cookies))


def measure_catalogue(judge: Judge, paths: dict[str, str], cookies: str, products: Sequence[str]) -> None:
    number = judge.options.requests
    for name in ("home", "category", "product"):
        asked = [partial(again, paths[name])] * SHARED * number
        judge.compare(f"{name}, shared", lambda asked=asked: asked, times=3)  # type: ignore[misc]
    with_cart = partial(again, paths["product"], cookies=cookies)
    judge.compare("product, shared, with a cart", lambda: [with_cart] * SHARED * number, times=3)
    found = partial(again, paths["search"])
    judge.compare("search with facets, shared", lambda: [found] * SHARED * number, times=3)
    # Nobody has asked for these: a page of each product, and lists up to another price each time.
    news: dict[str, Callable[[], str]] = {
        "product": lambda: products[next(_numbers) % len(products)],
        "category": lambda: f"{paths['category']}?precio_max={90_000 + next(_numbers)}",
        "search with facets": lambda: f"{paths['search']}&precio_max={90_000 + next(_numbers)}",
    }
    for name, new in news.items():
        judge.compare(f"{name}, new", lambda new=new: [partial(again, new()) for _n in range(number)])  # type: ignore[misc]


def measure_checkout(judge: Judge, variants: Sequence[object]) -> None:
    """Measure the pages of one visitor's cart and checkout, each visitor's own, and what they send."""
    crowd = [Visitor(variant) for variant in variants[: judge.options.visitors]]
    for visitor in crowd:
        visitor.reach_payment(Client(judge.shop))
    turns = range(judge.options.requests)
    for name, step in (
        ("cart page", Visitor.see_cart),
        ("checkout: contact page", Visitor.see_contact),
        ("checkout: contact sent", Visitor.send_contact),
        ("checkout: shipping page", Visitor.see_shipping),
        ("checkout: shipping sent", Visitor.send_shipping),
        ("checkout: payment page", Visitor.see_payment),
    ):
        acts = [partial(step, crowd[turn % len(crowd)]) for turn in turns]
        judge.compare(name, lambda acts=acts: acts)  # type: ignore[misc]


def measure_purchases(judge: Judge, variants: Sequence[object], product: str, there: str) -> None:
    """Measure whole purchases, divided by the mean of the floor's pages before and after them in the same round.

    The clients begin all at once and would press Pay together, as a crowd that waits in a line; the last of them wait
    for nobody. So a round has many purchases of each client, or it measures its own beginning and end.
    """
    wanted = judge.options.purchases
    rows = []
    before, _tail = judge.rate(judge.floor, [judge.bare] * judge.options.requests)
    for _round in range(judge.options.rounds):
        chosen = [variants[next(_numbers) % len(variants)] for _n in range(wanted)]
        acts = [partial(purchase, variant, product, there) for variant in chosen]
        mine, _tail = judge.rate(judge.shop, acts, expected=(200,))
        after, _tail = judge.rate(judge.floor, [judge.bare] * judge.options.requests)
        rows.append((mine, mine / statistics.mean((before, after))))
        before = after
    rate, ratio = (statistics.median(column) for column in zip(*rows, strict=True))
    judge.tell("whole purchase", ratio, f"{rate:7.2f}/s")


def measure_adds(judge: Judge, levels: Sequence[Level]) -> None:
    turns = range(judge.options.requests * ADDS)
    spread = [levels[turn % len(levels)] for turn in turns]
    for name, chosen in (("add by form", spread), ("add by form, one variant", [levels[0]] * len(spread))):
        acts = [partial(add, variant) for _level, variant in chosen]
        bare = partial(add_bare, chosen[0][0])
        judge.compare(f"{name} (to a bare statement)", lambda acts=acts: acts, bare=bare, times=4)  # type: ignore[misc]
    width = judge.options.width
    seconds, _slowest, reserved = drop(judge.shop, add_and_look)
    bare, _tail = judge.rate(judge.shop, [partial(add, variant) for _level, variant in spread[:200]])
    ratio = seconds / (200 / bare)
    words = f"drop: 200 buyers with everybody's next page: {ratio:.1f} × 200 bare adds"
    print(f"{words} (goal ≤ {MOST_OF_BARE_ADDS:.0f}, {width} bare ones in flight)")
    if ratio > MOST_OF_BARE_ADDS or reserved != 50:
        judge.missed.append(f"drop: {ratio:.1f} × its bare adds; {reserved} of 50 reserved")


def measure_reservations(judge: Judge, level: Level, address: str) -> None:
    """Measure reserving one variant by eight clients, each with a connection of its own, and no page around it."""
    floor = bare_statement([level], address, is_durable=False)
    ours = verb([level], is_durable=False)
    width, rounds = judge.options.width, judge.options.rounds * 4
    _least, mine, ratio = against(floor, ours, clients=width, seconds=0.5, rounds=rounds)
    judge.tell("one hot variant (to the bare statement)", ratio, f"{mine.per_second:>7,.0f}/s")


@contextmanager
def worker(**settings: str) -> Iterator[None]:
    """Run the worker of a shop's own queue, whose Mercado Pago is at `BENCH_MERCADOPAGO`."""
    import os

    log = (data() / "worker.log").open("ab")
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "benchmarks.worker_app",
        "worker",
        "-Q",
        "celery",
        "-c",
        "1",
        "-l",
        "warning",
    ]
    env = {**os.environ, **PRODUCTION, **settings}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
        log.close()


@dataclass(frozen=True)
class Goods:
    """What is measured: the addresses that everybody asks for, products nobody has asked for, a session, variants."""

    paths: dict[str, str]
    products: list[str]
    session: str
    levels: list[Level]


def make_goods(options: argparse.Namespace) -> Goods:
    """Make the catalogue, and variants to be reserved and bought.

    These have no pictures. They are published first, so that the newest products, which the floor page shows, are those
    of the catalogue.
    """
    from django.db import connection
    from django.utils import timezone

    from catalog.listing import rebuilding
    from catalog.models import Product
    from orders.tests.factories import ShippingRateFactory

    levels = make_levels(options.visitors * 4)
    Product.objects.update(published_at=timezone.now())
    slugs, session = make_catalogue(options.products)
    ShippingRateFactory.create()
    one = Product.objects.select_related("category").get(slug=slugs[0])
    paths = {
        "home": "/",
        "category": one.category.get_absolute_url(),
        "product": one.get_absolute_url(),
        "search": "/buscar/?q=buzo&talle=m&talle=l&orden=precio",
    }
    # The first product is asked for as a shared page; each other one is new once.
    products = [paths["product"].replace(slugs[0], slug) for slug in slugs[1:]]
    rebuilding.catch_up()
    connection.close()
    return Goods(paths, products, session, levels)


def look_at(paths: dict[str, str], bare: Act, judge: Judge) -> None:
    """Ask for every page some times before it is measured.

    Raises: SystemExit: one of them shows nothing, or the floor page less than it stands for.
    """
    for path in paths.values():
        found = Client(judge.shop).get(path)
        if "Buzo" not in found.body:
            raise SystemExit(f"{path} shows no product: {found.status}")
        print(f"{path}: {found.status} {found.location} {len(found.body):,} characters")
        in_flight([partial(fetch, path)] * 16, port=judge.shop, width=judge.options.width)
    weight = len(bare(Client(judge.floor)).body)
    print(f"floor page: {weight:,} characters")
    if weight < LEAST_FLOOR:
        raise SystemExit("the floor page lacks the 24 products with pictures that it stands for")
    in_flight([bare] * 16, port=judge.floor, width=judge.options.width)


def main(options: argparse.Namespace) -> None:
    with servers() as address, provider(pause=0.0) as there:
        goods = make_goods(options)
        print(server_settings(address))
        settings = {**SETTINGS, "BENCH_MERCADOPAGO": f"{there}/mp"}
        with (
            serve("benchmarks.beside_sandbox", **settings) as shop,
            serve("benchmarks.floor:application") as floor,
            worker(**settings),
        ):
            bare = partial(again, "/page/", cookies=f"sessionid={goods.session}")
            judge = Judge(floor, shop, bare, options)
            look_at(goods.paths, bare, judge)
            form = f"variant={goods.levels[0][1]}&quantity=1"
            first = Client(shop).post("/carrito/agregar/", form, headers=somebody())
            cookies = "; ".join(f"{name}={value}" for name, value in first.cookies.items())
            variants = [variant for _level, variant in goods.levels]
            if "pages" in options.parts:
                measure_catalogue(judge, goods.paths, cookies, goods.products)
            if "checkout" in options.parts:
                measure_checkout(judge, variants)
            if "purchase" in options.parts:
                measure_purchases(judge, variants, goods.paths["product"], there)
            if "adds" in options.parts:
                measure_adds(judge, goods.levels)
                measure_reservations(judge, goods.levels[0], address)
        print(f"oversold: {oversold()}")
    if judge.missed:
        raise SystemExit("; ".join(judge.missed))


PARTS: Final = ("pages", "checkout", "purchase", "adds")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pages and purchases, in ratios to the floor page.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help=", ".join(PARTS))
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--purchases", type=int, default=160)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    options = parser.parse_args(arguments)
    options.parts = options.parts or list(PARTS)
    if options.quick:
        options.requests, options.purchases, options.visitors = 60, 32, 12
        options.products, options.rounds = 200, 2
    return options


if __name__ == "__main__":
    main(parse())
