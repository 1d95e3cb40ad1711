"""Lists with facets, search and suggestions over 10,000 and 200,000 rows: `python -m benchmarks.search`.

200,000 rows are a million variants (`benchmarks/many_rows.py`). The floor is the least Django page
(`benchmarks/floor.py`: a session, six statements, 29 KB) in the same process and run, in turns; every figure is a
multiple of its median. A list is read with all facets counted and its cards made; "page" is the whole page besides,
with its template. Then: what a change of one product costs, the job and each process; the memory of a new process;
and whether what was meant is the first answer.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.environment import ROOT, run_sql, server_settings, servers
from benchmarks.many_rows import COLOURS, FIXED, GARMENTS, SIZES, fill, names

# On a machine whose floor takes 4 ms: 60 ms and 25 ms.
LIST_MOST: Final = 15.0
SUGGEST_MOST: Final = 6.25
FLAT: Final = 1.2
MEMORY_MB: Final = 150
RECALL: Final = 0.95
EDITS: Final = "abcdefghijklmnopqrstuvwxyz"


def requests(number: int, chance: random.Random, *, words: Callable[[], str]) -> list[str]:
    """Return queries of lists with three facets each, and with these words; half of them of what is in stock."""
    queries = []
    for _count in range(number):
        query = (
            f"color=colour-{chance.randint(1, 24)}&color=colour-{chance.randint(1, 24)}"
            f"&talle=size-{chance.randint(4, 9)}&precio_max={chance.choice((20000, 40000, 60000))}"
        )
        query += chance.choice(("", "&disponible=1")) + chance.choice(("", "&orden=precio", "&orden=vendido"))
        said = words()
        queries.append(query + (f"&q={said}" if said else ""))
    return queries


def slip(word: str, chance: random.Random) -> str:
    """Return a word with one letter too few, too many or another, or with two that changed places."""
    place, letter = chance.randrange(len(word)), chance.choice(EDITS)
    return chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        )
    )


def arguments(rounds: int) -> dict[str, list[str]]:
    """Return what each act is called with; the same in each run."""
    chance, known = random.Random(17), names()
    garment = lambda: chance.choice(GARMENTS)  # noqa: E731
    spoken: Iterator[str] = iter(())

    def some() -> str:
        nonlocal spoken
        word = next(spoken, None)
        if word is None:
            spoken = iter((garment(), f"{garment()} algodon", f"{garment()} {chance.choice(known)[:4]}"))
            word = next(spoken)
        return word

    long = [word for word in known if len(word) >= 6]
    beginnings = [f"q={chance.choice(known)[:size]}" for size in (2, 3, 4, 6) for _turn in range(rounds // 4)]
    beginnings[::7] = [f"q={garment()[:3]}" for _query in beginnings[::7]]
    return {
        "floor": [""] * rounds,
        "list, three facets": requests(rounds, chance, words=str),
        "list and search, three facets": requests(rounds, chance, words=some),
        "page of list and search": requests(rounds, chance, words=some),
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


def acts() -> dict[str, Callable[[str], Any]]:
    """Return what is measured, by name; the floor first."""
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    from benchmarks.floor import page
    from catalog.views import lists, search

    factory = RequestFactory()

    def request(path: str) -> Any:
        made = factory.get(path)
        made.user = AnonymousUser()
        return made

    def read(query: str) -> Any:
        return lists.read(request(f"/buscar/?{query}"), with_text=True)

    found: dict[str, Callable[[str], Any]] = dict.fromkeys(arguments(4), read)
    found["floor"] = lambda _query: page(request("/"))
    found["page of list and search"] = lambda query: search.search_page(request(f"/buscar/?{query}"))
    found["suggestions"] = lambda query: search.suggestions(request(f"/buscar/sugerencias/?{query}"))
    return found


def measure(rounds: int) -> dict[str, tuple[float, float]]:
    """Return median and p95 of each act as multiples of the floor's median, measured in turns."""
    given, called = arguments(rounds), acts()
    for name, act in called.items():
        _timed(act, given[name][:20])
    times: dict[str, list[float]] = {name: [] for name in called}
    for begin in range(0, rounds, 10):
        for name, act in called.items():
            times[name] += _timed(act, given[name][begin : begin + 10])
    floor = statistics.median(times["floor"])
    print(f"   floor page: median {floor:.1f} ms")
    return {
        name: (statistics.median(found) / floor, statistics.quantiles(found, n=20)[-1] / floor)
        for name, found in times.items()
    }


def _timed(act: Callable[[str], Any], given: Sequence[str]) -> list[float]:
    found = []
    for argument in given:
        begun = time.perf_counter()
        act(argument)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def changes(address: str, times: int) -> None:
    """Print what a change of one product costs: the job that writes its rows, and the next list of each process."""
    from catalog.listing import rebuilding
    from catalog.models import ListingMark, ListingState
    from catalog.search.index import current

    ListingState.objects.update_or_create(pk=1, defaults={"shape": rebuilding._shape()})
    ListingMark.objects.all().delete()
    floor = acts()["floor"]
    for products in (1, 500):
        taken: dict[str, list[float]] = {"job": [], "process": [], "floor": []}
        for turn in range(times if products == 1 else 3):
            first = 1 + (turn * products) % 2000
            run_sql(
                address,
                f"UPDATE catalog_product SET name = name || ' x' WHERE slug IN"
                f" (SELECT 'p-' || n FROM generate_series({first}, {first + products - 1}) n)",
            )
            current.get()
            taken["job"] += _timed(lambda _none: rebuilding.catch_up(), [""])
            taken["process"] += _timed(lambda _none: current.get(), [""])
            taken["floor"] += _timed(floor, ["", ""])
        base = statistics.median(taken.pop("floor"))
        said = ", ".join(
            f"{name} {statistics.median(found) / base:.1f} × floor" for name, found in taken.items()
        )
        print(f"   {products} products changed: {said} ({statistics.median(taken['job']):.0f} ms of the job)")


def relevance(number: int) -> dict[str, float]:
    """Return which part of searches has what was meant as the first row: names, and words with one slip.

    A slip counts as distinctive where no other word is as near to what was typed.
    """
    from catalog.models import Listing, Product
    from catalog.search import spelling
    from catalog.search.port import Request
    from catalog.search.postgres import engine

    chance, right, tried = random.Random(23), dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    known = [word for word in names() if len(word) >= spelling.SHORTEST]
    there = {*names()}
    titles = list(Product.objects.order_by("slug").values_list("name", flat=True)[: number * 4 : 4])

    def first(text: str) -> str:
        keys = engine.find(Request(text=text, size=1, with_facets=False)).keys
        return Listing.objects.get(pk=keys[0]).name if keys else ""

    def note(kind: str, is_right: bool) -> None:
        tried[kind] += 1
        right[kind] += is_right

    for title in titles:
        note("names", first(title) == title)
        garment, word, _other = title.split()[:3]
        typed = slip(word, chance)
        if len(word) >= spelling.SHORTEST and typed not in there and typed:
            is_alone = sum(spelling.distance(typed, one) == 1 for one in spelling.candidates(typed)) == 1
            if is_alone:
                note("distinctive words with a slip, in a name", word in first(f"{garment} {typed}").split())
    while tried["words with a slip"] < number:
        word = chance.choice(known)
        typed = slip(word, chance)
        if typed not in there and typed:
            meant = spelling.candidates(typed)
            note("words with a slip", word in meant[:1])
            if sum(spelling.distance(typed, one) == 1 for one in meant) == 1:
                note("distinctive words with a slip", word in meant[:1])
    return {kind: right[kind] / max(tried[kind], 1) for kind in KINDS}


KINDS: Final = (
    "names",
    "distinctive words with a slip",
    "distinctive words with a slip, in a name",
    "words with a slip",
)


def memory(rounds: int) -> None:
    """Print by how many MB this process, a new one, grows by the sets and by requests: at the most, and in the end."""
    from django.db import connection

    connection.ensure_connection()
    floor = acts()["floor"]
    _timed(floor, [""] * 50)
    before = _resident()
    # The greatest size is counted from here on: a new process has its parent's (man 5 proc, clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    _load()
    loaded = _resident()
    for name, act in acts().items():
        _timed(act, arguments(rounds)[name])
    status = Path("/proc/self/status").read_text()
    most = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(f"{loaded - before:.0f} {_resident() - before:.0f} {most - before:.0f}")


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def main(options: argparse.Namespace) -> None:
    missed = []
    with servers() as address:
        if options.memory:
            memory(options.rounds)
            return
        print(server_settings(address))
        run_sql(address, "SET session_replication_role = replica; " + FIXED)
        medians: dict[str, float] = {}
        first = 1
        for rows in options.rows:
            fill(address, first, rows // COLOURS)
            first = rows // COLOURS + 1
            print(f"{rows:,} rows, {rows * SIZES:,} variants; {_rebuilt()}")
            for name, (median, p95) in measure(options.rounds).items():
                growth = median / medians.setdefault(name, median)
                print(
                    f"   {name:<32} median {median:.2f} × floor, p95 {p95:.2f} ×, growth {growth:.2f}",
                    flush=True,
                )
                if p95 > {"suggestions": SUGGEST_MOST, "floor": 99.0}.get(name, LIST_MOST):
                    missed.append(f"{name} at {rows:,}: p95 {p95:.2f}")
                if name != "floor" and growth > FLAT:
                    missed.append(f"{name}: growth {growth:.2f}")
            missed += _said_of_memory(options.rounds)
            changes(address, 10)
        for kind, share in relevance(options.words).items():
            print(f"first: {kind} {share:.1%}")
            if share < RECALL and kind != "words with a slip":
                missed.append(f"{kind} {share:.1%}")
    if missed:
        raise SystemExit("; ".join(missed))


def _rebuilt() -> str:
    """Count the words and make the snapshot, as the worker does; say how long that took, and how long a new process."""
    from catalog.search.postgres import engine
    from shop.core.database import timeouts

    begun = time.perf_counter()
    timeouts.of_process(timeouts.Patience.LONG)
    engine.rebuild()
    timeouts.of_process(timeouts.Patience.SHOP)
    made = time.perf_counter() - begun
    _forget()
    begun = time.perf_counter()
    _load()
    return f"words and snapshot made in {made:.1f} s, a new process is ready after {time.perf_counter() - begun:.2f} s"


def _said_of_memory(rounds: int) -> list[str]:
    """Measure a new process; return what it missed."""
    command = [sys.executable, "-m", "benchmarks.search", "--memory", "--rounds", str(rounds)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    loaded, after, peak = map(float, done.stdout.split()[-3:])
    print(
        f"   a new process: +{loaded:.0f} MB with the sets, +{after:.0f} MB after requests, +{peak:.0f} MB at most"
    )
    return [f"memory +{peak:.0f} MB"] if peak > MEMORY_MB else []


def _forget() -> None:
    from django.core.cache import cache

    from catalog.search.index import current

    cache.clear()
    current.forget()


def _load() -> None:
    from catalog.search import snapshots
    from catalog.search.index import current

    current.get(snapshots.load)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lists and searches over many rows.")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--words", type=int, default=500)
    parser.add_argument("--memory", action="store_true", help="measure this process over rows that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
