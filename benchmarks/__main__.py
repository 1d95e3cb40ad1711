"""`make bench`: every benchmark, on a PostgreSQL of its own that flushes to the disk. `ARGS="drop expiry"` chooses,
`ARGS=--quick` takes a minute or two instead of ten. docs/performance.md says what bounds each figure.
"""

import argparse
import sys
import time

from benchmarks import (
    api,
    crowd,
    drop,
    due_installments,
    expiry,
    hanging,
    installments,
    pages,
    reports,
    reserve,
    search,
    server,
    source_limits,
    volume,
)
from benchmarks.environment import servers

ALL = {
    "reserve": reserve,
    "drop": drop,
    "api": api,
    "expiry": expiry,
    "volume": volume,
    "hanging": hanging,
    "crowd": crowd,
    "hoarding": source_limits,
    "installments": installments,
    "due_installments": due_installments,
    "reports": reports,
    "pages": pages,
    "search": search,
    "server": server,
}
QUICK = {
    "reserve": ["--seconds", "1", "--rounds", "1", "--clients", "1", "8"],
    "drop": ["--requests", "500", "--rounds", "1", "--widths", "8"],
    "api": ["--requests", "100", "--rounds", "1"],
    "expiry": ["--holds", "100000", "--seconds", "4"],
    "volume": ["--holds", "100000", "--movements", "500000", "--seconds", "1", "--rounds", "3"],
    "hoarding": [],
    "hanging": ["--rounds", "1", "--seconds", "45", "--no-control"],
    "crowd": ["--rounds", "1"],
    "installments": ["--rounds", "20"],
    "due_installments": ["--instalments", "6000"],
    "reports": ["--orders", "20000", "--rounds", "3"],
    "pages": ["--quick"],
    "search": ["--rows", "10000", "40000", "--rounds", "60", "--words", "100"],
    "server": ["--requests", "500", "--rounds", "1"],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the shop under load.")
    parser.add_argument("names", nargs="*", choices=[[], *ALL], metavar="name", help=", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="shorter and rougher")
    options = parser.parse_args()
    failed = []
    with servers():
        for name in options.names or ALL:
            print(f"\n== {name}: {(ALL[name].__doc__ or '').splitlines()[0]}", flush=True)
            begun = time.perf_counter()
            try:
                ALL[name].main(ALL[name].parse(QUICK[name] if options.quick else []))
            except SystemExit as words:
                failed.append(name)
                print(f"NOT REACHED: {words}")
            print(f"({time.perf_counter() - begun:.0f} s)", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
