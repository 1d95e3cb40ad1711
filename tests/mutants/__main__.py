"""`python -m tests.mutants`: a sample over the core, or every mutant of the files named (docs/testing.md)."""

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterable
from typing import Any

from tests.mutants.drawing import drawn
from tests.mutants.judging import Judgement
from tests.mutants.measuring import Measuring
from tests.mutants.mutators import Mutant, candidates, is_valid, mutants_of
from tests.mutants.session import DATA, ROOT, running
from tests.mutants.state import State, equivalents, figures, share
from tests.mutants.targets import CORE, files_of


def main() -> int:
    """Parse, draw, judge, print; return 1 when fewer than 95 of 100 are killed."""
    data = _arguments()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    seed = data.seed if data.seed is not None else random.SystemRandom().randrange(1_000_000)
    base = DATA / "tree" if data.kept else ROOT
    try:
        nouns = files_of(base, data.what)
    except KeyError as error:
        _say(f"{error.args[0]!r} is neither a file nor one of: {', '.join(CORE)}.")
        return 2
    core = sorted({file for files in files_of(base, []).values() for file in files})
    paths = sorted({*core, *(file for files in nouns.values() for file in files)})
    sources = {path: (base / path).read_text() for path in paths}
    chosen = {noun: _chosen(noun, files, sources, data, seed) for noun, files in nouns.items()}
    number = sum(map(len, chosen.values()))
    _say(f"Seed {seed}: {number} mutants in {len(chosen)} modules; what was judged stands in {DATA}.")
    if data.list:
        for mutant in (mutant for mutants in chosen.values() for mutant in mutants):
            _say(_shown(mutant))
        return 0
    with running(kept=data.kept) as server:
        measuring = Measuring(server, paths, _say)
        if data.measure or data.whole:
            measuring.everything()
        if data.measure:
            return 0
        state, validate_source = State(DATA / "state.jsonl"), Judgement(server, measuring.knowledge, sources)
        for noun, mutants in chosen.items():
            left = _left(mutants, state, sources, again=data.again or bool(data.by), whole=data.whole)
            if left and data.by:
                measuring.of_files(data.by)
            elif left:
                measuring.named_after(nouns[noun])
            _judge(left, state, validate_source, sources, noun, whole=data.whole, by=data.by)
    return _report(chosen, state, sources)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutants", description="Small wrong changes that tests should notice."
    )
    parser.add_argument("what", nargs="*", help="files (all their mutants) or modules of the core (a sample)")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--each", type=int, default=11, help="so many mutants of each module")
    parser.add_argument("--again", action="store_true", help="judge those anew that survived")
    parser.add_argument("--whole", action="store_true", help="let every test that runs a survivor judge it")
    parser.add_argument(
        "--by", nargs="+", default=[], help="let all tests of these files judge the survivors"
    )
    parser.add_argument("--list", action="store_true", help="only say which would be judged")
    parser.add_argument("--measure", action="store_true", help="only measure which tests run what")
    parser.add_argument(
        "--kept", action="store_true", help="keep the code of the last run, and take the tests of now"
    )
    return parser.parse_args()


def _chosen(
    noun: str, files: list[str], sources: dict[str, str], data: argparse.Namespace, seed: int
) -> list[Mutant]:
    """Return all mutants of a file that was named, or the sample of a module."""
    if noun not in CORE:
        return [mutant for file in files for mutant in mutants_of(file, sources[file])]
    found = [mutant for file in files for mutant in candidates(file, sources[file])]
    return drawn(
        found, data.each, f"{seed} {noun}", fits=lambda mutant: is_valid(mutant, sources[mutant.path])
    )


def _left(
    mutants: list[Mutant], state: State, sources: dict[str, str], *, again: bool, whole: bool
) -> list[Mutant]:
    """Return the mutants that are not judged yet, or are to be judged again."""
    equal = equivalents(_document())
    rows = [(mutant, state.of(mutant, sources[mutant.path])) for mutant in mutants]
    return [
        mutant for mutant, row in rows if row is None or _is_open(row, again=again, whole=whole, equal=equal)
    ]


def _judge(
    mutants: list[Mutant],
    state: State,
    validate_source: Judgement,
    sources: dict[str, str],
    noun: str,
    *,
    whole: bool,
    by: list[str],
) -> None:
    for number, mutant in enumerate(mutants, 1):
        begun = time.monotonic()
        verdict = validate_source.validate_source(mutant, whole=whole, by=by)
        row = state.keep(mutant, sources[mutant.path], verdict, time.monotonic() - begun)
        _say(
            f"{noun} {number}/{len(mutants)} {row['name']:9} {_shown(mutant)}"
            f"  [{row['asked']} tests, {row['seconds']} s, {row['by']}]"
        )


def _is_open(row: dict[str, Any], *, again: bool, whole: bool, equal: set[str]) -> bool:
    """Say whether a mutant that was judged is to be judged again."""
    if row["name"] == "killed" or row["key"] in equal:
        return False
    return again or (whole and not row["whole"])


def _report(chosen: dict[str, list[Mutant]], state: State, sources: dict[str, str]) -> int:
    equal = equivalents(_document())
    everything: list[dict[str, Any]] = []
    for noun, mutants in chosen.items():
        rows = [row for mutant in mutants if (row := state.of(mutant, sources[mutant.path]))]
        everything += rows
        _say(f"{noun:28} {_sentence(rows, equal)}")
    _say(f"{'in all':28} {_sentence(everything, equal)}")
    for row in everything:
        if row["name"] != "killed" and row["key"] not in equal:
            _say(
                f"  {row['name']} `{row['key']}` {row['path']}:{row['line']} {row['scope']}: {row['before']} → {row['after'] or 'nothing'}"
            )
    return 0 if share(figures(everything, equal)) >= 95 else 1


def _sentence(rows: Iterable[dict[str, Any]], equal: set[str]) -> str:
    counts = figures(rows, equal)
    return (
        f"{sum(counts.values()):4} judged, {counts['killed']:4} killed, {counts['survived']:3} survived, "
        f"{counts['unreached']:3} unreached, {counts['equivalent']:3} equivalent: {share(counts):.1f} % killed"
    )


def _shown(mutant: Mutant) -> str:
    after = mutant.after.strip() or "nothing"
    return (
        f"`{mutant.key}` {mutant.path}:{mutant.line} {mutant.scope}: {mutant.kind}: {mutant.before} → {after}"
    )


def _document() -> str:
    place = ROOT / "docs" / "testing.md"
    return place.read_text() if place.exists() else ""


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
