"""Lists with facets, search and suggestions over 10,000 and 200,000 rows: `python -m benchmarks.search`.

200,000 rows are a million variants (`benchmarks/many_rows.py`). Two processes, each with a database of its own, take
turns, so that both sizes are measured under the same load. The floor is the least Django page (`benchmarks/floor.py`: a
session, six statements, 29 KB) in both, in turns as well; every figure is a multiple of its median. A list is read with
all facets counted and its cards made; "page" is the whole page besides, with its template. Then: what a change of one
product costs, the job and each process; the memory of a process; and whether what was meant is the first answer.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.environment import ROOT, run_sql, server_settings, servers
from benchmarks.many_rows import COLOURS, FIXED, GARMENTS, fill, names
from benchmarks.relevance import ANY_SLIP, relevance, slip
from benchmarks.web import production

# On a machine whose floor takes 4 ms: 60 ms and 25 ms.
LIST_MOST: Final = 15.0
SUGGEST_MOST: Final = 6.25
FLAT: Final = 1.2
AS_LARGE: Final = 1.1
MEMORY_MB: Final = 150
RECALL: Final = 0.95


def requests(
    number: int, chance: random.Random, *, words: Callable[[], str], colours: int = 2, sizes: int = 1
) -> list[str]:
    """Return queries of lists with three facets each, and with these words; half of them of what is in stock."""
    queries = []
    for _count in range(number):
        query = "&".join(
            [
                *(f"color=colour-{chance.randint(1, 24)}" for _colour in range(colours)),
                *(f"talle=size-{chance.randint(4, 9)}" for _size in range(sizes)),
                f"precio_max={chance.choice((20000, 40000, 60000))}",
            ]
        )
        query += chance.choice(("", "&disponible=1")) + chance.choice(("", "&orden=precio", "&orden=vendido"))
        said = words()
        queries.append(query + (f"&q={said}" if said else ""))
    return queries


def arguments(rounds: int) -> dict[str, list[str]]:
    """Return what each act is called with; the same in each run."""
    chance, known = random.Random(17), names()

    def garment() -> str:
        return chance.choice(GARMENTS)

    spoken: Iterator[str] = iter(())

    def some() -> str:
        nonlocal spoken
        word = next(spoken, None)
        if word is None:
            spoken = iter((garment(), f"{garment()} algodon"))
            word = next(spoken)
        return word

    long = [word for word in known if len(word) >= 6]
    beginnings = [f"q={chance.choice(known)[:size]}" for size in (2, 3, 4, 6) for _turn in range(rounds // 4)]
    beginnings[::7] = [f"q={garment()[:3]}" for _query in beginnings[::7]]
    return {
        "floor": [""] * rounds,
        "list, three facets": requests(rounds, chance, words=str),
        # So many colours and sizes that 10,000 rows fill a page as 200,000 do.
        "list and search, three facets": requests(rounds, chance, words=some, colours=8, sizes=3),
        "page of list and search": requests(rounds, chance, words=some, colours=8, sizes=3),
        "search of a beginning, three facets": requests(
            rounds, chance, words=lambda: f"{garment()} {chance.choice(known)[:4]}"
        ),
        "search with a slip": [
            f"q={garment()} {slip(chance.choice(long), chance)}" for _turn in range(rounds)
        ],
        "search of a name": [f"q={garment()} {chance.choice(known)}" for _turn in range(rounds)],
        "search of a code": [
            f"q=p-{chance.randint(1, 2500)}-{chance.randint(1, 4)}" for _turn in range(rounds)
        ],
        "best-selling": [f"orden=vendido&color=colour-{chance.randint(1, 24)}" for _turn in range(rounds)],
        "deep page": [
            f"orden={sort}&desde=0.{key}.0"
            for sort, most in (("precio", 6_600_000), ("vendido", 0))
            for key in (chance.randrange(most) if most else _sold(chance) for _turn in range(rounds // 2))
        ],
        "suggestions": beginnings,
    }


def _sold(chance: random.Random) -> int:
    from django.utils import timezone

    from catalog.search.index import popular_key

    return popular_key(chance.randrange(97), timezone.now())


def acts() -> dict[str, Callable[[str], object]]:
    """Return what is measured, by name; the floor first."""
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    from benchmarks.floor import page
    from catalog.views import lists, search

    factory = RequestFactory(SERVER_NAME="127.0.0.1")

    def request(path: str) -> Any:
        made = factory.get(path)
        made.user = AnonymousUser()
        return made

    def read(query: str) -> object:
        return lists.read(request(f"/buscar/?{query}"), with_text=True)

    found: dict[str, Callable[[str], object]] = dict.fromkeys(arguments(4), read)
    found["floor"] = lambda _query: page(request("/"))
    found["page of list and search"] = lambda query: search.search_page(request(f"/buscar/?{query}"))
    found["suggestions"] = lambda query: search.suggestions(request(f"/buscar/sugerencias/?{query}"))
    return found


def measure(processes: "dict[int, Process]", rounds: int) -> dict[str, dict[int, list[list[float]]]]:
    """Return how many milliseconds each act took, and of the processor, by number of rows; the processes take turns."""
    given = arguments(rounds)
    for process in processes.values():
        for name in given:
            process.ask("time", name, given[name][:20])
    times: dict[str, dict[int, list[list[float]]]] = {
        name: {rows: [] for rows in processes} for name in given
    }
    sides = list(processes.items())
    for begin in range(0, rounds, 10):
        for name, queries in given.items():
            for rows, process in sides:
                times[name][rows] += process.ask("time", name, queries[begin : begin + 10])
        # Who goes first finds the caches as another act has left them.
        sides.reverse()
    return times


class Process:
    """A process with a database of its own that does what it is asked."""

    def __init__(self, address: str, number: int) -> None:
        redis = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number}"
        environment = production() | {
            "PERCHA_BENCH_READY": address,
            "DATABASE_URL": address,
            "REDIS_URL": redis,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.search", "--answer"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, *given: object) -> Any:
        """Return what the process answers."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([what, *given]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Let it end."""
        self._process.communicate()


def answer() -> None:
    """Do what is asked on the standard input, line by line."""
    called = acts()
    does: dict[str, Callable[..., object]] = {
        "time": lambda name, given: _timed_twice(called[name], given),
        "rebuild": rebuild,
        "load": load,
        "grown": lambda: _most() - _resident_before[0],
        "change": change,
        "relevance": relevance,
    }
    for line in sys.stdin:
        what, *given = json.loads(line)
        print(json.dumps(does[what](*given)), flush=True)


def _timed(act: Callable[[str], object], given: Sequence[str]) -> list[float]:
    return [found[0] for found in _timed_twice(act, given)]


def _timed_twice(act: Callable[[str], object], given: Sequence[str]) -> list[list[float]]:
    """Return how many milliseconds each call took, how many of the processor in this process, cards and values.

    Cards are read and made anew each time, in a small shop as in a large one, where nearly all are of rows that nobody
    saw.
    """
    from catalog.listing import listed
    from catalog.search.index import current

    found = []
    for argument in given:
        listed._made.cache_clear()
        listed._facts.cache_clear()
        if current.last is not None:
            current.last.rows.rows.clear()
        begun, processor = time.perf_counter(), time.process_time()
        answer = act(argument)
        taken = [time.perf_counter() - begun, time.process_time() - processor]
        found.append([taken[0] * 1000, taken[1] * 1000, *_shown(answer)])
    return found


def _shown(answer: object) -> list[int]:
    """Return how many cards, and values of facets, an answer has."""
    from catalog.views.lists import ListPage

    if isinstance(answer, ListPage):
        return [len(answer.cards), sum(len(group.values) for group in answer.found.facets.groups)]
    text = getattr(answer, "content", b"")
    return [text.count(b"<article"), text.count(b"filter-count")]


def change(first: int, products: int) -> list[float]:
    """Change the names of some products; return the milliseconds of the job, of what the next list reads, of a page."""
    from django.db import connection

    from catalog.listing import rebuilding
    from catalog.models import ListingMark, ListingState
    from catalog.search.index import current

    ListingState.objects.update_or_create(pk=1, defaults={"shape": rebuilding._shape()})
    ListingMark.objects.all().delete()
    current.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_product SET name = name || ' x'"
            " WHERE slug IN (SELECT 'p-' || n FROM generate_series(%s, %s) n)",
            [first, first + products - 1],
        )
    job = _timed(lambda _none: rebuilding.catch_up(), [""])
    return [*job, *_timed(lambda _none: current.get(), [""]), *_timed(acts()["floor"], [""])]


_resident_before: Final[list[float]] = []


def load() -> list[float]:
    """Begin as a new process does; return the seconds until it is ready, and by how many MB it grew."""
    from django.core.cache import cache

    from catalog.search import snapshots
    from catalog.search.index import current

    cache.clear()
    _timed(acts()["floor"], [""] * 50)
    # The greatest size is counted from here on (man 5 proc, clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    _resident_before[:] = [_most()]
    begun = time.perf_counter()
    current.get(snapshots.load)
    return [time.perf_counter() - begun, _most() - _resident_before[0]]


def _most() -> float:
    """Return how many MB this process had at most."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def rebuild() -> list[float]:
    """Count the words and make the snapshot as the worker does; return the seconds, and those when nothing is new."""
    from catalog.search.postgres import engine
    from shop.core.database import timeouts

    timeouts.of_process(timeouts.Patience.LONG)
    return [seconds / 1000 for seconds in _timed(lambda _none: engine.rebuild(), ["", ""])]


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        if options.answer:
            answer()
            return
        from django.db import connections

        connections.close_all()
        print(server_settings(address))
        run_sql(address, "SET session_replication_role = replica; " + FIXED)
        small, large = options.rows
        fill(address, 1, small // COLOURS)
        name = urlsplit(address).path.lstrip("/")
        run_sql(address, f'CREATE DATABASE "{name}_large" TEMPLATE "{name}"')
        try:
            addresses = {small: address, large: f"{address}_large"}
            fill(addresses[large], small // COLOURS + 1, large // COLOURS)
            missed = _compare(addresses, options)
        finally:
            run_sql(address, f'DROP DATABASE "{name}_large" WITH (FORCE)')
    if missed:
        raise SystemExit("; ".join(missed))


def _compare(addresses: dict[int, str], options: argparse.Namespace) -> list[str]:
    """Measure both sizes and print it; return what was missed."""
    for rows, address in addresses.items():
        worker = Process(address, 1 + list(addresses).index(rows))
        first, again = worker.ask("rebuild")
        print(f"{rows:,} rows: words and snapshot {first:.1f} s, {again:.1f} s when nothing has changed")
        worker.end()
    processes = {rows: Process(address, n) for n, (rows, address) in enumerate(addresses.items(), 1)}
    for rows, process in processes.items():
        seconds, grown = process.ask("load")
        print(f"{rows:,} rows: a new process is ready after {seconds:.2f} s, +{grown:.0f} MB", flush=True)
    missed = _told(measure(processes, options.rounds))
    for rows, process in processes.items():
        grown = process.ask("grown")
        print(f"{rows:,} rows: +{grown:.0f} MB at most after all requests")
        missed += [f"memory +{grown:.0f} MB"] if grown > MEMORY_MB else []
    for products, turns in ((1, 10), (500, 3)):
        for rows, process in processes.items():
            taken = [process.ask("change", 1 + turn * products, products) for turn in range(turns)]
            job, reading, floor = map(statistics.median, zip(*taken, strict=True))
            print(
                f"{products} products of {rows:,} rows changed: the job {job:.0f} ms, {job / floor:.1f} × floor;"
                f" each process {reading:.1f} ms, {reading / floor:.2f} ×",
                flush=True,
            )
    for kind, share in processes[max(processes)].ask("relevance", options.words).items():
        print(f"first: {kind} {share:.1%}")
        missed += [f"{kind} {share:.1%}"] if share < RECALL and kind != ANY_SLIP else []
    for process in processes.values():
        process.end()
    return missed


def _told(times: dict[str, dict[int, list[list[float]]]]) -> list[str]:
    """Print median and p95 of each act as multiples of the floor's median; return what was missed.

    Growth is of the processor time, of the same request in turns: the floor page does not cost quite the same at both
    sizes, and waits more than it works on a busy machine. It is missed where the answers are as large; a search that
    finds more cards takes longer to show them.
    """
    missed = []
    base = {
        rows: list(map(statistics.median, zip(*found, strict=True))) for rows, found in times["floor"].items()
    }
    print(
        "floor page: "
        + ", ".join(f"{wall:.1f} ms at {rows:,} rows" for rows, (wall, *_others) in base.items())
    )
    for name, by_rows in times.items():
        said, worked, cards, values = [], [], [], []
        for rows, found in by_rows.items():
            walls = [one[0] for one in found]
            worked.append(statistics.median(one[1] for one in found) / base[rows][1])
            cards.append(statistics.mean(one[2] for one in found))
            values.append(statistics.mean(one[3] for one in found))
            p95 = statistics.quantiles(walls, n=20)[-1] / base[rows][0]
            said.append(f"{statistics.median(walls) / base[rows][0]:5.2f} × p95 {p95:5.2f} ×")
            if p95 > {"suggestions": SUGGEST_MOST, "floor": 99.0}.get(name, LIST_MOST):
                missed.append(f"{name} at {rows:,}: p95 {p95:.2f}")
        turns = zip(*by_rows.values(), strict=True)
        growth = statistics.median(large[1] / small[1] for small, large in turns)
        processor = " and ".join(f"{work:.2f}" for work in worked)
        shown = f"cards {cards[0]:.0f} and {cards[1]:.0f}, values {values[0]:.0f} and {values[1]:.0f}"
        print(
            f"   {name:<36} {'   '.join(said)}   processor {processor}, growth {growth:.2f}; {shown}",
            flush=True,
        )
        if growth > FLAT and cards[1] <= cards[0] * AS_LARGE:
            missed.append(f"{name}: growth {growth:.2f}")
    return missed


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lists and searches over many rows.")
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 200_000])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--words", type=int, default=500)
    parser.add_argument("--answer", action="store_true", help="for the processes that are measured")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
