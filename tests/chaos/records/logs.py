"""Unexpected errors in the processes' logs: counted by process and kind."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_HEAD = "Traceback (most recent call last):"
_LAST = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?::|$)")
# Errors that are expected while PostgreSQL, Redis or the shop itself is down.
_EXPLAINED = {
    "OperationalError",
    "InterfaceError",
    "AdminShutdown",
    "ConnectionError",
    "ConnectionResetError",
}
_JOINT = ("During handling of the above", "The above exception was the direct cause")


def errors(folder: Path) -> Counter[str]:
    """Count the exceptions with a traceback in the logs, each by the last one of its chain."""
    counted: Counter[str] = Counter()
    for path in sorted(folder.glob("*.log")):
        lines = path.read_text(errors="replace").splitlines()
        counted.update(f"{path.stem}: {kind}" for kind in _kinds(lines))
    return counted


def unexplained(counted: Counter[str]) -> Counter[str]:
    """Return the errors that no struck server explains."""
    return Counter({kind: n for kind, n in counted.items() if kind.split(": ")[1] not in _EXPLAINED})


def _kinds(lines: list[str]) -> Iterator[str]:
    last, inside = "", False
    for line in lines:
        text = line.strip()
        if text.endswith(_HEAD):
            inside = True
        elif inside and text and not line.startswith((" ", "|")) and (found := _LAST.match(line)):
            last, inside = found["kind"].rsplit(".", 1)[-1], False
        elif last and text.startswith(_JOINT):
            last = ""  # Not the end of the chain.
        elif last and text and not inside and _is_new(line):
            yield last
            last = ""
    if last:
        yield last


def _is_new(line: str) -> bool:
    """Say whether a line begins another message: a date, or Celery's bracket."""
    return bool(re.match(r"^(\d{4}-\d\d-\d\d |\[\d{4}-)", line))
