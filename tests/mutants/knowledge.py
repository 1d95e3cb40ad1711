"""Which tests run which lines, how long each takes, and whether it starts processes: measured once, kept in a file.

A test that never runs a line cannot notice that it is wrong. What a process started by a test runs is not measured, so
such a test counts as one that may run anything.
"""

import ast
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants.mutators import Mutant
from tests.mutants.targets import is_named_after, is_of_room


@dataclass
class Knowledge:
    """`tests`: id → (seconds, starts processes); `lines`: file → line → ids; `hashes`: what was measured, by content."""

    tests: dict[str, tuple[float, bool]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path) -> "Knowledge":
        """Read what an earlier run has measured; nothing where there is no file."""
        if not place.exists():
            return cls()
        kept = json.loads(place.read_text())
        names = kept["names"]
        return cls(
            {name: (seconds, spawns) for name, seconds, spawns in kept["tests"]},
            set(kept["broken"]),
            {
                file: {int(line): {names[n] for n in numbers} for line, numbers in lines.items()}
                for file, lines in kept["lines"].items()
            },
            kept["hashes"],
        )

    def write(self, place: Path) -> None:
        """Keep it; a run that is killed meanwhile leaves the former file."""
        names = sorted({name for lines in self.lines.values() for ids in lines.values() for name in ids})
        number = {name: n for n, name in enumerate(names)}
        kept = {
            "names": names,
            "tests": [[name, seconds, spawns] for name, (seconds, spawns) in self.tests.items()],
            "broken": sorted(self.broken),
            "lines": {
                file: {line: sorted(number[name] for name in ids) for line, ids in lines.items()}
                for file, lines in self.lines.items()
            },
            "hashes": self.hashes,
        }
        new = place.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(place)

    def forget_what_changed(self, root: Path, sources: list[str], test_files: set[str]) -> None:
        """Drop what was measured of tests that changed, and of tests that ran a file that changed."""
        stale: set[str] = set()
        for file in sorted({*sources, *test_files}):
            digest = _digest(root / file)
            if self.hashes.get(file) == digest:
                continue
            if file in sources:
                stale |= {name for ids in self.lines.pop(file, {}).values() for name in ids}
                if file not in self.hashes:  # Never measured: anybody may run it.
                    stale |= set(self.tests)
            stale |= {name for name in self.tests if name.split("::")[0] == file}
            self.hashes[file] = digest
        for name in stale:
            self.tests.pop(name, None)
        self.broken -= stale
        for lines in self.lines.values():
            for ids in lines.values():
                ids -= stale

    def add(self, answer: dict[str, Any]) -> None:
        """Take in what a measured batch of tests has told."""
        for name, outcome, seconds, spawns in answer["results"]:
            self.tests[name] = (seconds, spawns)
            if outcome != "passed":
                self.broken.add(name)
        for file, lines in (answer.get("lines") or {}).items():
            mine = self.lines.setdefault(file, {})
            for line, names in lines.items():
                mine.setdefault(int(line), set()).update(names)

    def judges(self, mutant: Mutant, sources: dict[str, str]) -> list[str]:
        """Return the tests that may notice a mutant, the likeliest and cheapest first; those with processes last."""
        running = self._running(mutant, sources)
        spawning = {name for name, (_seconds, spawns) in self.tests.items() if spawns}
        names = (running | spawning) - self.broken
        return sorted(names, key=lambda name: self._order(name, mutant, running))

    def _order(self, name: str, mutant: Mutant, running: set[str]) -> tuple[bool, bool, bool, float]:
        return (
            name not in running,
            not is_of_room(name, mutant.path),
            not is_named_after(name, mutant.path),
            self.tests[name][0],
        )

    def _running(self, mutant: Mutant, sources: dict[str, str]) -> set[str]:
        """Return the tests that ran the mutant's lines: at the top of a file, the functions that name its value."""
        lines = self.lines.get(mutant.path, {})
        inside = _function_around(sources[mutant.path], mutant) if mutant.path.endswith(".py") else None
        if inside is not None:
            # A statement that was never reached is not run by anybody, but what decides about it is.
            found = lines.get(mutant.line, set())
            return found or set().union(*(ids for line, ids in lines.items() if line in inside))
        names = _names_at_top(mutant, sources)
        found = set()
        for path, source in sources.items():
            if path.endswith(".py"):
                for body in _functions_naming(source, names):
                    found |= set().union(*(self.lines.get(path, {}).get(line, set()) for line in body))
        return found or set().union(*lines.values()) if lines or found else set(self.tests)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _function_around(source: str, mutant: Mutant) -> range | None:
    """Return the lines of the innermost function body around a mutant, or None at the top of the file."""
    found = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= mutant.line <= (node.end_lineno or 0):
            found = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    return found


def _names_at_top(mutant: Mutant, sources: dict[str, str]) -> set[str]:
    """Return the names under which the rest of the code knows a table, a constant or a statement."""
    if mutant.path.endswith(".sql"):
        text = sources[mutant.path]
        loaded = rf"^(\w+)[^=\n]*= load\(\"{Path(mutant.path).stem}\"\)"
        names = {name for source in sources.values() for name in re.findall(loaded, source, re.MULTILINE)}
        return names | set(re.findall(r"CREATE OR REPLACE FUNCTION (\w+)", text))
    for node in ast.walk(ast.parse(sources[mutant.path])):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno <= mutant.line <= (
            node.end_lineno or 0
        ):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                return {target.id}
    return set()


def _functions_naming(source: str, names: set[str]) -> list[range]:
    """Return the bodies of the functions that mention one of the names, in code or within a statement."""
    if not names:
        return []
    word = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    lines = source.splitlines()
    bodies = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
            if word.search("\n".join(lines[body.start - 1 : body.stop - 1])):
                bodies.append(body)
    return bodies
