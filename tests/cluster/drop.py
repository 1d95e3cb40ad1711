"""A drop of 50 units for 200 buyers through both nodes, and what a page shows just after the staff changed it."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
import requests

from tests.chaos.people.browser import Browser, NoSuchForm
from tests.cluster.stack import ClusterStack

UNITS: Final = 50
WIDTH: Final = 32
# What a promise says, and whether it was kept.
Promise = tuple[str, bool]


def run(stack: ClusterStack, *, buyers: int, say: Callable[[str], None]) -> list[Promise]:
    """Let everybody press the button at once; return the promises."""
    found = act(stack, "drop", str(UNITS))
    stack.servers.await_replica()
    begun = time.monotonic()
    with ThreadPoolExecutor(WIDTH) as pool:
        answers = list(pool.map(lambda number: buy(stack, found, number), range(buyers)))
    reserved = stack.value(
        "SELECT coalesce(sum(quantity), 0) FROM inventory_reservation WHERE level_id = %s AND status = 'active'",
        found["level"],
    )
    say(
        f"A drop: {reserved} of {UNITS} units went to {buyers} buyers in {time.monotonic() - begun:.1f} s"
        f" ({', '.join(f'{answers.count(kind)} {kind}' for kind in sorted(set(answers)))})."
    )
    promises = [
        ("a drop sells what there is and no more", int(reserved) == min(UNITS, buyers)),
        ("nobody meets an error in a drop", "error" not in answers),
    ]
    return promises + _after_a_change(stack, found, say)


def buy(stack: ClusterStack, found: dict[str, Any], number: int) -> str:
    """Open the page and press the button, from a network of one's own; return how it ended."""
    browser = Browser()
    browser._session.headers["X-Forwarded-For"] = f"10.{number // 200}.{number % 200}.7"
    try:
        page = browser.get(stack.url + found["page"])
        page = browser.submit(
            page, page.form("/carrito/agregar/"), {"variant": found["variant"], "quantity": "1"}
        )
    except NoSuchForm:
        return "too late"
    except requests.RequestException:
        return "error"
    finally:
        browser.close()
    return "error" if page.is_broken else "answered"


def _after_a_change(stack: ClusterStack, found: dict[str, Any], say: Callable[[str], None]) -> list[Promise]:
    """Change the product's name over and over; each node shows the name that was just written."""
    late = 0
    for turn in range(5):
        name = f"Buzo número {turn} de {time.monotonic_ns()}"
        act(stack, "rename", found["variant"], name)
        # A process looks for changes once a second.
        time.sleep(1.1)
        for port in stack.ports.values():
            shown = requests.get(f"http://127.0.0.1:{port}{found['page']}", timeout=30).text
            late += name not in shown
    say(f"Names that were written and not read a second later, by 10 pages of both nodes: {late}.")
    return [
        ("what was written is read", late == 0),
        ("pages are made from the replica", _reads_there(stack, say)),
    ]


def _reads_there(stack: ClusterStack, say: Callable[[str], None]) -> bool:
    """Open pages that nobody has opened; return whether the replica answered something for them."""
    before = _answered_by_replica(stack)
    for turn in range(10):
        requests.get(f"{stack.url}/buscar/?q=buzo+{time.monotonic_ns()}+{turn}", timeout=30)
    # The replica's statistics are written about once a second.
    time.sleep(2)
    answered = _answered_by_replica(stack) - before
    say(f"Transactions of the replica for 10 searches: {answered}.")
    return answered >= 10


def _answered_by_replica(stack: ClusterStack) -> int:
    """Return how many transactions the replica has answered in the shop's database."""
    with psycopg.connect(stack.servers.replica.url("postgres"), autocommit=True) as standby:
        query = "SELECT coalesce(sum(xact_commit), 0) FROM pg_stat_database WHERE datname = %s"
        (number,) = standby.execute(query, [stack.database]).fetchone() or (0,)
    return int(number)


def act(stack: ClusterStack, name: str, *arguments: str) -> dict[str, Any]:
    """Let the staff do something (`acts.py`)."""
    log = stack.folder / "acts.out"
    done = stack.starter.run("-m", "tests.cluster.acts", name, *arguments, log=log, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stdout}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
