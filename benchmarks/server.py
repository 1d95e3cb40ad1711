"""Web servers beside each other: `python -m benchmarks.server`.

The same shop is served by each in turn, on as many processors, to the same clients: a page that everybody gets (a
kept answer of the API), a product page, an add to the cart. Each figure is divided by that of the floor page on the
server that README advises, in the same round. Then 200 connections send half a header each, and `/healthz/` is asked
meanwhile.
"""

import argparse
import socket
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

from benchmarks.api import LIST, fetch, make_catalogue
from benchmarks.drop import add
from benchmarks.environment import server_settings, servers
from benchmarks.reserve import make_levels
from benchmarks.web import ADVISED, Client, Server, in_flight, serve

SERVERS: Final = (
    Server("gthread", 2, 4),
    Server("gthread", 2, 8),
    Server("sync", 4),
    Server("granian", 2, 4),
    Server("granian", 2, 8),
)
SETTINGS: Final = {
    "BEHIND_PROXY": "on",
    "TRUSTED_PROXY_COUNT": "1",
    "API_REQUESTS_PER_MINUTE": "1000000",
}
SLOW: Final = 200


def answered_beside_slow_clients(port: int) -> int:
    """Return how often of three times the shop answers within 3 s while 200 connections send half a header."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=5) for _n in range(SLOW)]
    try:
        for one in slow:
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        time.sleep(0.5)
        return sum(_answers(port) for _turn in range(3))
    finally:
        for one in slow:
            one.close()


def _answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=3) as asked:
        asked.settimeout(3)
        asked.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        try:
            return asked.recv(20).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def main(options: argparse.Namespace) -> None:
    with servers() as address, ExitStack() as stack:
        from django.db import connection

        from catalog.models import Product

        slugs, session = make_catalogue(300)
        paths = [product.get_absolute_url() for product in Product.objects.filter(slug__in=slugs[:20])]
        variants = [variant for _level, variant in make_levels(400)]
        connection.close()
        print(server_settings(address))
        floor = stack.enter_context(serve("benchmarks.floor:application", server=ADVISED))
        ports = {
            server: stack.enter_context(serve("shop.wsgi", server=server, **SETTINGS)) for server in SERVERS
        }
        works = {
            "shared": [partial(fetch, f"{LIST}/{slugs[0]}")] * 8 * options.requests,
            "product": [partial(fetch, paths[n % 20]) for n in range(options.requests)],
            "add": [partial(add, variants[n % len(variants)]) for n in range(2 * options.requests)],
        }
        bare = [partial(fetch, "/page/", cookies=f"sessionid={session}")] * options.requests
        found = Client(next(iter(ports.values()))).get(paths[0])
        print(f"product page: {found.status} {found.location}, {len(found.body):,} characters")
        for port in ports.values():
            for acts in works.values():
                in_flight(acts[:60], port=port, width=options.width)
        rates: dict[tuple[Server, str], list[float]] = {}
        tails: dict[tuple[Server, str], list[float]] = {}
        for _round in range(options.rounds):
            answers, seconds = in_flight(bare, port=floor, width=options.width)
            least = len(answers) / seconds
            for name, acts in works.items():
                for server, port in ports.items():
                    answers, seconds = in_flight(acts, port=port, width=options.width)
                    assert {answer.status for answer in answers} <= {200, 302}, answers[0]
                    times = sorted(answer.seconds for answer in answers)
                    rates.setdefault((server, name), []).append(len(answers) / seconds / least)
                    tails.setdefault((server, name), []).append(
                        times[int(len(times) * 0.99)] / times[len(times) // 2]
                    )
        for server, port in ports.items():
            figures = "   ".join(
                f"{name} {statistics.median(rates[server, name]):5.2f} (p99 {statistics.median(tails[server, name]):4.1f} × p50)"
                for name in works
            )
            slow = answered_beside_slow_clients(port)
            print(f"{server!s:<14} {figures}   beside slow clients {slow} of 3", flush=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare web servers.")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=8)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
