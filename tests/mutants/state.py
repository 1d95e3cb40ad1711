"""The verdicts so far, one per line, so that an interrupted run continues."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.mutants.judging import Verdict
from tests.mutants.mutators import Mutant

_LISTED = re.compile(r"^\| `([0-9a-f]{12})` \|", re.MULTILINE)


class State:
    """The file of verdicts. A verdict holds for one text of one file: when that changes, its mutants are judged again."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._verdicts: dict[tuple[str, str], dict[str, Any]] = {}
        text = place.read_text() if place.exists() else ""
        if text and not text.endswith("\n"):
            place.write_text(text + "\n")
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # The last line of a run that was killed while it wrote.
                continue
            self._verdicts[row["key"], row["text"]] = row

    def of(self, mutant: Mutant, source: str) -> dict[str, Any] | None:
        """Return the row of a mutant of this text, or None."""
        return self._verdicts.get((mutant.key, _digest(source)))

    def keep(self, mutant: Mutant, source: str, verdict: Verdict, seconds: float) -> dict[str, Any]:
        """Write a verdict at once and return its row; a later one of the same mutant replaces it."""
        row = {
            "key": mutant.key,
            "text": _digest(source),
            "path": mutant.path,
            "line": mutant.line,
            "scope": mutant.scope,
            "kind": mutant.kind,
            "before": mutant.before,
            "after": mutant.after.strip(),
            **asdict(verdict),
            "seconds": round(seconds, 1),
        }
        self._place.parent.mkdir(parents=True, exist_ok=True)
        with self._place.open("a") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._verdicts[row["key"], row["text"]] = row
        return row


def equivalents(document: str) -> set[str]:
    """Return the keys of the mutants that people have judged to change no behaviour, from their table."""
    return set(_LISTED.findall(document))


def figures(rows: Iterable[dict[str, Any]], equal: set[str]) -> dict[str, int]:
    """Count verdicts: killed, survived, unreached, and equivalent (which are none of the others)."""
    counts = {"killed": 0, "survived": 0, "unreached": 0, "equivalent": 0}
    for row in rows:
        name = "equivalent" if row["name"] != "killed" and row["key"] in equal else row["name"]
        counts[name] += 1
    return counts


def share(counts: dict[str, int]) -> float:
    """Return how many of a hundred mutants that change behaviour are killed."""
    changing = counts["killed"] + counts["survived"] + counts["unreached"]
    return 100 * counts["killed"] / changing if changing else 100.0


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:12]
