"""200 buyers press Pay together before a provider that is well and slow: `python -m benchmarks.crowd`.

The provider answers after 0.8 s (`benchmarks.provider`). Counted is when the last of them is there, in answer times of
the provider, and what product pages cost meanwhile; the shop is served as README advises. Each buyer's browser follows
the waiting page as one without JavaScript does.
"""

import argparse
import json
import re
import threading
import time
import urllib.request
from collections.abc import Sequence
from typing import Final

from benchmarks.environment import server_settings, servers
from benchmarks.hanging import browse, make_purchases, run_all, share
from benchmarks.provider import provider
from benchmarks.reserve import oversold
from benchmarks.web import Client, serve

GOAL: Final = 6.0
_REFRESH: Final = re.compile('http-equiv="refresh" content="([0-9]+); url=([^"]+)"')
_PLACE: Final = re.compile(r"(?:número|number) ([0-9]+)")


class Buyers:
    """Buyers who press together, how long each took until it was sent to the provider, and what the pages told."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.port, self.tokens = port, tokens
        self.begun = 0.0
        self.took: list[float] = []
        self.answered: list[float] = []
        self.places = 0
        self.others: list[str] = []
        self._start = threading.Barrier(len(tokens) + 1)

    def run(self) -> None:
        threads = [threading.Thread(target=self._buy, args=(token,), daemon=True) for token in self.tokens]
        for thread in threads:
            thread.start()
        self._start.wait()
        self.begun = time.monotonic()
        for thread in threads:
            thread.join()

    def _buy(self, token: str) -> None:
        client = Client(self.port)
        self._start.wait()
        answer = client.post(f"/checkout/{token}/pagar/", "gateway=mercadopago")
        self.answered.append(answer.seconds)
        for _turn in range(60):
            if answer.status != 200 or not (refresh := _REFRESH.search(answer.body)):
                break
            self.places += bool(_PLACE.search(answer.body))
            client.close()
            time.sleep(float(refresh[1]))
            answer = client.get(refresh[2])
        self.took.append(time.monotonic() - self.begun)
        if answer.status != 303:
            self.others.append(f"{answer.status} {answer.location}")
        client.close()


def arrivals(address: str) -> list[float]:
    with urllib.request.urlopen(f"{address}/_arrivals", timeout=10) as answer:
        found: list[float] = json.load(answer)
    return found


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.db import connection

        from catalog.models import Product

        make_purchases(20)
        paths = [product.get_absolute_url() for product in Product.objects.all()[:20]]
        connection.close()
        print(server_settings(address))
        worst = max(_round(options, paths) for _n in range(options.rounds))
        print(f"oversold: {oversold()}")
    if worst > GOAL:
        raise SystemExit(f"the last was at the provider after {worst:.1f} answer times, more than {GOAL:.0f}")


def _round(options: argparse.Namespace, paths: Sequence[str]) -> float:
    from django.db import connection

    tokens, _carts = make_purchases(options.buyers)
    connection.close()
    with (
        provider(pause=options.pause) as there,
        serve("benchmarks.beside_sandbox", BENCH_MERCADOPAGO=f"{there}/mp") as port,
    ):
        quiet = browse(port, paths, rate=10, seconds=6)
        buyers, loud = Buyers(port, tokens), []
        look = lambda: loud.extend(browse(port, paths, rate=10, seconds=6))  # noqa: E731
        run_all([look, buyers.run])
        came = sorted(moment - buyers.begun for moment in arrivals(there))
    loud.sort()
    answered, took = sorted(buyers.answered), sorted(buyers.took)
    ratio = came[-1] / float(options.pause)
    print(
        f"{len(came)} of {options.buyers} at the provider: half after {share(came, 0.5):.2f} s, the last after "
        f"{came[-1]:.2f} s = {ratio:.1f} answer times (goal: {GOAL:.0f})"
    )
    print(
        f"  first answer p50 {share(answered, 0.5):.2f} s, worst {answered[-1]:.2f} s; sent there p50 "
        f"{share(took, 0.5):.2f} s, last {took[-1]:.2f} s; {buyers.places} waiting pages told a place"
    )
    print(
        f"  product pages: quiet p50 {share(quiet, 0.5):.0f} ms, p99 {share(quiet, 0.99):.0f} ms; beside the crowd "
        f"p50 {share(loud, 0.5):.0f} ms, p99 {share(loud, 0.99):.0f} ms"
    )
    if buyers.others:
        print(f"  answered otherwise: {len(buyers.others)}, such as {buyers.others[:3]}", flush=True)
    return ratio


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how a crowd of buyers gets to a slow provider.")
    parser.add_argument("--buyers", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.8, help="seconds before the provider answers")
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
