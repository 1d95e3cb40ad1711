"""Run the tests on one mutant: those of its app first, then every other one that runs its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.mutants.knowledge import Knowledge
from tests.mutants.mutators import Mutant
from tests.mutants.patching import DATABASE_FUNCTION
from tests.mutants.session import Server

# The first round ends after so many tests, or so many seconds of them.
_MOST_TESTS = 150
_MOST_SECONDS = 40.0


@dataclass(frozen=True)
class Verdict:
    """`killed` by a test (`by`), `survived` all that were run, or `unreached`: no loaded code was changed.

    `whole`: every test that may notice was asked.
    """

    name: str
    by: str = ""
    words: str = ""
    asked: int = 0
    whole: bool = False
    chance: tuple[str, ...] = ()


class Judgement:
    """Keeps the session, what runs what, and the original text of every file."""

    def __init__(self, server: Server, knowledge: Knowledge, sources: dict[str, str]) -> None:
        self._server, self._knowledge, self._sources = server, knowledge, sources

    def validate_source(self, mutant: Mutant, *, whole: bool, by: Sequence[str] = ()) -> Verdict:
        """Write the mutant into the copy, ask, and write the true text back.

        `whole`: ask every test that may notice, not only the first round. `by`: ask the tests of these files instead,
        whatever they run.
        """
        file, old = self._server.tree / mutant.path, self._sources[mutant.path]
        new = mutant.applied(old)
        options: dict[str, Any] = {"mutant": {"path": mutant.path, "old": old, "new": new}}
        if DATABASE_FUNCTION in old:
            options["restore"] = old
        file.write_text(new)
        try:
            if by:
                known = set(self._server.tests) - self._knowledge.broken
                tests = [name for name in self._server.tests if name in known and name.startswith(tuple(by))]
            else:
                tests = self._knowledge.judges(mutant, self._sources)
            return self._asked(tests, options, whole or bool(by))
        finally:
            file.write_text(old)

    def _asked(self, tests: list[str], options: dict[str, Any], whole: bool) -> Verdict:
        asked, rest = 0, tests
        chance: list[str] = []
        while rest:
            batch, rest = self._split(rest)
            while batch:
                answer = self._run(batch, options)
                if str(answer["end"]).startswith(("unreached", "crash", "exit", "signal")):
                    return Verdict("unreached", words=str(answer["end"]))
                done = len(answer["results"])
                asked += done
                killer = self._killer(answer, batch)
                if killer and self._is_sure(killer, answer, options):
                    return Verdict("killed", killer, answer.get("words", ""), asked, chance=tuple(chance))
                if not killer:
                    break
                chance.append(killer)
                batch = batch[batch.index(killer) + 1 :]
            if not whole:
                break
        return Verdict("survived", asked=asked, whole=whole and not rest, chance=tuple(chance))

    def _split(self, tests: list[str]) -> tuple[list[str], list[str]]:
        seconds, number = 0.0, 0
        while number < len(tests) and number < _MOST_TESTS and seconds < _MOST_SECONDS:
            seconds += self._cost(tests[number])[0]
            number += 1
        return tests[:number], tests[number:]

    def _cost(self, name: str) -> tuple[float, bool]:
        """Return how many seconds a test takes, and whether it starts processes; a guess where it was not measured."""
        return self._knowledge.tests.get(name, (1.0, False))

    def _run(self, tests: list[str], options: dict[str, Any], patience: int = 1) -> dict[str, Any]:
        seconds = sum(self._cost(name)[0] for name in tests)
        cpu, wall = int(30 + 3 * seconds), int(120 + 10 * seconds) * patience
        return self._server.run(tests, cpu=cpu, wall=wall, **options)

    @staticmethod
    def _killer(answer: dict[str, Any], batch: list[str]) -> str:
        """Return the test that detected it, by failing or by never ending; "" when all passed."""
        for name, outcome, _seconds, _spawns in answer["results"]:
            if outcome == "failed":
                return batch[0] if name == "import" else str(name)
        if answer["end"] in {"cpu", "wall"}:
            return batch[0]
        return ""

    def _is_sure(self, killer: str, answer: dict[str, Any], options: dict[str, Any]) -> bool:
        """Ask once more where chance may have killed: threads that race, processes, a wait that ended by the clock."""
        if answer["end"] == "wall":
            return bool(self._run([killer], options, patience=2)["end"] == "wall")
        data = self._server.tests.get(killer, {})
        if not (data.get("is_race") or self._cost(killer)[1] or killer.startswith("tests/races/")):
            return True
        again = self._run([killer], options, patience=2)
        return bool(self._killer(again, [killer]))
