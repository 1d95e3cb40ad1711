"""A process that reads one file: bytes on its standard input, JSON lines on its standard output.

It limits itself before it reads the first byte, so that a malicious file ends this process alone. Arguments: the file's
ending, and the limits as JSON. Output: one line `{"table": …}` and one for each row `[number, [cells]]`, or one line
`{"refused": why, "about": {…}}`.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, time

from . import csv_table, kinds, xlsx_table
from .limits import Limits
from .table import Table
from .values import Fault, Formula, Merged, Refused


def main() -> None:
    """Read the file and write the result."""
    limits = Limits(**json.loads(sys.argv[2]))
    restrain(limits)
    out = sys.stdout
    try:
        for line in data(read(sys.stdin.buffer.read(limits.file + 1), sys.argv[1], limits)):
            out.write(line)
    except Refused as refusal:
        out.write(json.dumps({"refused": refusal.why, "about": refusal.about}) + "\n")
    except (MemoryError, RecursionError):
        out.write('{"refused": "memory", "about": {}}\n')
    out.flush()


def restrain(limits: Limits) -> None:
    """Limit this process: processor time, memory, no files written, no core dump."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's time-out remains.
        return
    for kind, most in (
        (resource.RLIMIT_CPU, limits.processor),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _soft, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # A system that does not know this limit.
            resource.setrlimit(kind, (least, least))


def read(content: bytes, suffix: str, limits: Limits) -> Table:
    """Return the table in a file. Raises: Refused."""
    if not content.strip():
        raise Refused("empty")
    if len(content) > limits.file:
        raise Refused("file", most=limits.file)
    if kinds.require_table(content, suffix):
        return xlsx_table.read(content, limits)
    return csv_table.read(content, limits)


def data(table: Table) -> Iterator[str]:
    """Yield the output lines of a table."""
    head = {
        "comma": table.comma,
        "read_as": table.read_as,
        "headings": [_as_data(cell) for cell in table.headings],
    }
    yield json.dumps({"table": head}) + "\n"
    for number, cells in table.rows:
        yield json.dumps([number, [_as_data(cell) for cell in cells]]) + "\n"


def _as_data(cell: object) -> object:
    match cell:
        case datetime():
            return {"moment": cell.isoformat()}
        case time():
            return {"time": cell.isoformat()}
        case Formula():
            return {"formula": True}
        case Merged() | Fault():
            return {type(cell).__name__.lower(): next(iter(asdict(cell).values()))}
    return cell


if __name__ == "__main__":
    main()
