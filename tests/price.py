"""`python -m tests.price <arguments of pytest>`: run the tests, then print their processor time beside a calibration.

Seconds differ from machine to machine; the ratio to a fixed piece of work differs little. The budget is a ratio
(docs/testing.md), and a whole run that exceeds it fails. Processor seconds are dearer while other processes share the
caches, so the work is done several times while the tests run, beside them: what makes these dearer makes it dearer too.
"""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Final

# The budget of the whole suite in its usual run, in calibrations.
BUDGET: Final = 1500
# A whole run is calibrated each time so many seconds have gone by: some 1.8 s of processor time in 180.
CALIBRATED_EVERY: Final = 90.0
_ROWS: Final = 20_000
_TURNS: Final = 15


def spent() -> float:
    """Return the processor seconds (user and system) of this process and of all its children that have ended."""
    uses = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def calibrate() -> float:
    """Do a fixed piece of work in Python and in a PostgreSQL of its own; return the processor seconds it took.

    Making the server's files is not part of it: what files and new processes cost differs by more than what tests do.
    """
    # Not above: the shop's package names the settings, which the tests started from here choose themselves.
    import psycopg

    from shop.demo.services import EmbeddedPostgres
    from shop.demo.services.ports import free_port
    from shop.demo.services.postgres import FORGETFUL

    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", port=free_port(), options=FORGETFUL)
        try:
            server.start()
            before = spent()
            _work()
            with psycopg.connect(server.url("postgres")) as connection:
                connection.execute("CREATE TABLE things (id integer PRIMARY KEY, name text UNIQUE)")
                for number in range(_ROWS // 10):
                    connection.execute("INSERT INTO things VALUES (%s, %s)", (number, f"row {number}"))
                connection.execute(
                    "SELECT count(*) FROM things a JOIN things b ON a.name < b.name WHERE md5(a.name) < md5(b.name)"
                )
        finally:
            # The server's processor time is counted once it has ended and been waited for.
            server.stop()
    return spent() - before


def _work() -> None:
    text = json.dumps([{"number": number, "name": f"row {number}"} for number in range(_ROWS)])
    for turn in range(_TURNS):
        rows = [row | {"digest": hashlib.sha256(str(row).encode()).hexdigest()} for row in json.loads(text)]
        rows.sort(key=lambda row: (row["digest"], turn))


def run(arguments: list[str], measure: Callable[[], float] | None = None) -> tuple[int, float, list[float]]:
    """Run pytest; return its exit status, the processor seconds of it and of every process it has waited for, and samples.

    The samples are what `measure` (a calibration) gives each time `CALIBRATED_EVERY` seconds have gone by; their own
    processor time is not the tests'. A sample that fails is left out.
    """
    before, samples = spent(), []
    child = subprocess.Popen([sys.executable, "-m", "pytest", *arguments])

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    # Ctrl-C reaches the tests by the terminal; they tidy up, and this process waits for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, pass_on)
    measuring = 0.0
    while True:
        try:
            status = child.wait(CALIBRATED_EVERY if measure else None)
        except subprocess.TimeoutExpired:
            # The time of the tests is not counted yet: a child's is added once it has ended and been waited for.
            begun = spent()
            with suppress(Exception):
                samples.append(measure())
            measuring += spent() - begun
        else:
            return status, spent() - before - measuring, samples


def is_whole(arguments: list[str]) -> bool:
    """Say whether these arguments of pytest choose no tests: neither files nor names nor markers."""
    return all(one.startswith("-") or one.isdigit() for one in arguments)


def judgement(seconds: float, calibration: float) -> tuple[str, bool]:
    """Tell the price of a whole run beside its budget, in words, and whether it is within; both arguments in seconds."""
    price = seconds / calibration
    words = f" = {price:.0f} calibrations of {calibration:.2f} s (budget: {BUDGET}; docs/testing.md)"
    if price > BUDGET:
        words += ". They exceed their budget: make the slowest cheaper, or pay for them elsewhere"
    return words, price <= BUDGET


def main(arguments: list[str]) -> int:
    """Run the tests and print their price; after a whole run, of which the budget speaks, fail when it is exceeded."""
    has_budget = is_whole(arguments) and os.environ.get("PERCHA_SOAK") != "on"
    status, seconds, samples = run(arguments, calibrate if has_budget else None)
    words, is_within = "", True
    if has_budget:
        words, is_within = judgement(seconds, median(samples or [calibrate()]))
    print(f"Processor time of these tests: {seconds:.0f} s{words}.", flush=True)  # noqa: T201
    return status or (0 if is_within else 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
