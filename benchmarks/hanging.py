"""A provider that hangs while 50 shoppers press Pay, and what it costs product pages: `python -m benchmarks.hanging`.

Alternately on the same shop (gunicorn, two workers of four threads, production's settings): product pages at a modest
constant load without payments, then the same while the payment sandbox hangs on every call of Mercado Pago and 50
shoppers press Pay all at once, read the answer, and press again after some seconds. The control is the same
with the guard disabled (limits that are never reached, the time-outs of a job). Client, sandbox and database share the
machine.

Beside it stands what the same 50 presses cost product pages when the provider is well: so much is the crowd's, not the
provider's. It changes no verdict.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from benchmarks.environment import ROOT, data, server_settings, servers
from benchmarks.reserve import oversold
from benchmarks.web import PRODUCTION, Answer, Client, serve

SHOPPERS, PRODUCTS = 50, 20
LIMIT = 2.0
# Settings of a disabled guard: no limit is ever reached, and a page waits as long as a job.
UNGUARDED = {
    "PAYMENT_CALLS_PER_PROVIDER": "1000",
    "PAYMENT_CALLS_IN_ALL": "1000",
    "PAYMENT_BREAKER_FAILURES": "1000000",
    "PAYMENT_PAGE_SECONDS": "10",
}
_REFRESH = re.compile('http-equiv="refresh" content="([0-9]+); url=([^"]+)"')
HONEST, LINE, SENT = "told that the provider does not answer", "in line", "sent to the provider"


@dataclass
class Visit:
    """The answers that shoppers got, by how often, and how long they waited for them (seconds)."""

    replies: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)


def browse(port: int, paths: Sequence[str], *, rate: float, seconds: float, width: int = 16) -> list[float]:
    """Ask for product pages, `rate` a second however slow the answers; return the milliseconds since each was due."""
    due: Queue[tuple[float, str]] = Queue()
    begun, number = time.perf_counter() + 0.2, int(rate * seconds)
    for turn in range(number):
        due.put((begun + turn / rate, paths[turn % len(paths)]))
    took: list[float] = []

    def visitor() -> None:
        client = Client(port)
        while True:
            try:
                at, path = due.get_nowait()
            except Empty:
                return client.close()
            time.sleep(max(0.0, at - time.perf_counter()))
            answer = client.get(path)
            assert answer.status == 200, answer
            took.append((time.perf_counter() - at) * 1000)

    run_all([visitor] * width)
    return sorted(took)


def run_all(acts: Sequence[Any]) -> None:
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def shop_and_pay(port: int, tokens: Sequence[str], *, seconds: float, visit: Visit) -> list[Any]:
    """Run the shoppers: each presses Pay at once, reads, and presses (or reloads) again, until the time is over."""
    end, start = time.perf_counter() + seconds, threading.Barrier(len(tokens))

    def shopper(token: str) -> None:
        client, chance = Client(port), random.Random(token)
        start.wait()
        page = ""
        while True:
            before = time.perf_counter()
            press = f"/checkout/{token}/pagar/"
            answer = client.get(page) if page else client.post(press, "gateway=mercadopago")
            visit.waits.append(time.perf_counter() - before)
            if answer.status != 302:
                visit.replies[_word(answer)] += 1
            # The waiting page reloads by itself; on the page that says "no answer" somebody reads, and presses again.
            pause, page = chance.uniform(3, 8), answer.location
            if refresh := _REFRESH.search(answer.body):
                pause, page = float(refresh[1]), refresh[2]
            if time.perf_counter() + pause > end or answer.status == 303:
                return client.close()
            time.sleep(pause)

    return [lambda token=token: shopper(token) for token in tokens]


def _word(answer: Answer) -> str:
    """Name the page: the one that says "no answer" has a form to pay, the waiting page reloads by itself."""
    if answer.status == 303:
        return SENT
    if 'name="gateway"' in answer.body:
        return HONEST
    return LINE if _REFRESH.search(answer.body) else f"answered {answer.status}"


def make_purchases(number: int) -> tuple[list[str], list[Any]]:
    """Make purchases that are ready to be paid, each of its own variant of one unit; return their tokens and carts."""
    from orders.tests.factories import make_cart, make_session, make_variant

    sessions = [make_session(make_cart((make_variant(units=1), 1))) for _n in range(number)]
    return [session.token for session in sessions], [session.cart_id for session in sessions]


def still_reserved(purchases: Sequence[Any]) -> int:
    """Return how many of the purchases have their unit still."""
    from django.db import connection

    from inventory import reservations

    reserved = sum(bool(reservations.find_active(cart_id=cart)) for cart in purchases)
    connection.close()
    return reserved


@contextmanager
def sandbox() -> Iterator[str]:
    """Run the payment sandbox as a process of its own; yield its address."""
    from shop.demo.services.ports import free_port

    port = free_port()
    address, state = f"http://127.0.0.1:{port}", data() / f"sandbox-{port}.sqlite3"
    keys = {key: value for key, value in PRODUCTION.items() if key.startswith(("MERCADOPAGO", "STRIPE"))}
    env = {**os.environ, **keys, "DEBUG": "on", "SANDBOX_ENABLED": "on", "SANDBOX_URL": address}
    log = (data() / "sandbox.log").open("ab")
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port), "--data", str(state)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _turn in range(100):
            try:
                urllib.request.urlopen(f"{address}/_sandbox/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()
        state.unlink(missing_ok=True)


def hang(address: str) -> None:
    """Let the sandbox hang on every call of Mercado Pago, for longer than any client waits."""
    fault = {"name": "timeout_before", "provider": "mercadopago", "count": None, "params": {"seconds": 60}}
    request = urllib.request.Request(
        f"{address}/_sandbox/api/faults", json.dumps(fault).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def heal(address: str) -> None:
    request = urllib.request.Request(f"{address}/_sandbox/api/faults", method="DELETE")
    urllib.request.urlopen(request, timeout=5).close()


def share(times: Sequence[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))]


def measure(
    name: str, options: argparse.Namespace, paths: Sequence[str], *, hangs: bool = True, **settings: str
) -> float:
    """Measure one shop with and without the crowd, alternately; print and return the ratio of the p99s.

    The crowd's provider hangs, or (`hangs` false) answers as it always does.
    """
    from django.db import connection

    from payments import gateways
    from shop.core.protection import circuits

    quiet: list[float] = []
    loud: list[float] = []
    visit, reserved, purchases_made = Visit(), 0, 0
    with (
        sandbox() as address,
        serve("benchmarks.beside_sandbox", BENCH_MERCADOPAGO=f"{address}/mp", **settings) as port,
    ):
        browse(port, paths, rate=options.rate, seconds=3)  # Warm.
        for _round in range(options.rounds):
            circuits.forget(*gateways.GATEWAYS)
            tokens, purchases = make_purchases(SHOPPERS)
            connection.close()
            quiet += browse(port, paths, rate=options.rate, seconds=options.seconds)
            if hangs:
                hang(address)
            run_clients = shop_and_pay(port, tokens, seconds=options.seconds, visit=visit)
            look = lambda: loud.extend(browse(port, paths, rate=options.rate, seconds=options.seconds))  # noqa: E731
            run_all([look, *run_clients])
            reserved, purchases_made = reserved + still_reserved(purchases), purchases_made + len(purchases)
            heal(address)
    quiet.sort()
    loud.sort()
    ratio = share(loud, 0.99) / share(quiet, 0.99)
    waits = sorted(visit.waits)
    print(f"{name}, {options.rate:.0f} product pages a second, {options.rounds} × {options.seconds:.0f} s:")
    for word, times in (("quiet", quiet), (f"{SHOPPERS} press Pay", loud)):
        print(
            f"  {word:<14} p50 {share(times, 0.5):>7.1f} ms   p99 {share(times, 0.99):>8.1f} ms"
            f"   worst {times[-1]:>8.1f} ms   ({len(times)} pages)"
        )
    replies = ", ".join(f"{number} × {word}" for word, number in visit.replies.most_common())
    print(f"  ratio of the p99s {ratio:.2f}   of the p50s {share(loud, 0.5) / share(quiet, 0.5):.2f}")
    print(f"  shoppers: {replies}; waited p50 {share(waits, 0.5):.2f} s, at most {waits[-1]:.2f} s")
    print(f"  holds kept {reserved} of {purchases_made}", flush=True)
    return ratio


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.db import connection

        from catalog.models import Product
        from inventory.checks import runner

        make_purchases(PRODUCTS)
        paths = [product.get_absolute_url() for product in Product.objects.all()[:PRODUCTS]]
        connection.close()
        print(server_settings(address))
        ratio = measure("guarded", options, paths)
        if options.well:
            of_crowd = measure("the same presses, provider well", options, paths, hangs=False)
            print(
                f"the crowd's own part: {of_crowd:.2f} times the quiet p99, {ratio:.2f} while the provider hangs"
            )
        if options.control:
            without = measure("control without the guard", options, paths, hangs=True, **UNGUARDED)
            print(f"the guard's worth: {without:.2f} times the quiet p99 without it, {ratio:.2f} with it")
        print(f"oversold: {oversold()}")
        print(runner.check() or "the stock agrees with its ledger and its holds")
    if ratio > LIMIT:
        raise SystemExit(f"product pages took {ratio:.2f} times the quiet p99, more than {LIMIT}")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what a hanging provider does to the product pages.")
    parser.add_argument("--rate", type=float, default=10.0, help="product pages a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--well", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--control", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
