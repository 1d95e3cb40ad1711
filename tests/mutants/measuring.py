"""Measure which tests run which lines, in batches, when they are wanted."""

from collections.abc import Callable
from pathlib import Path

from tests.mutants.knowledge import Knowledge
from tests.mutants.session import DATA, Server
from tests.mutants.targets import is_named_after

PLACE = DATA / "knowledge.json"
_BATCH = 60
# Screens are measured last: what they notice, the tests of the verbs have mostly noticed before.
_SCREENS = ("admin", "page", "privacy", "export", "erasure", "language", "mail")


class Measuring:
    """Has the measurements, and measures more when a module is judged."""

    def __init__(self, server: Server, sources: list[str], say: Callable[[str], None]) -> None:
        self._server, self._sources, self._say = server, sources, say
        self.knowledge = Knowledge.read(PLACE)
        files = {name.split("::", maxsplit=1)[0] for name in server.tests}
        self.knowledge.forget_what_changed(server.tree, sources, files)
        for name in set(self.knowledge.tests) - set(server.tests):
            del self.knowledge.tests[name]

    def named_after(self, files: list[str]) -> None:
        """Measure the tests of these files' app that bear their names, screens left out."""
        self._measure(
            [name for name in self._server.tests if not is_screen(name) and _is_named(name, files)],
        )

    def of_files(self, files: list[str]) -> None:
        """Measure the tests of these files: one that fails by itself must not pass for a judge."""
        self._measure([name for name in self._server.tests if name.startswith(tuple(files))])

    def everything(self) -> None:
        """Measure every test there is, the screens last."""
        self._measure(sorted(self._server.tests, key=lambda name: (is_screen(name), name)))

    def _measure(self, names: list[str]) -> None:
        left = [name for name in names if name not in self.knowledge.tests]
        for start in range(0, len(left), _BATCH):
            batch = left[start : start + _BATCH]
            answer = self._server.run(batch, measure=self._sources, stops=False, cpu=600, wall=3600)
            if answer["end"] != "done":
                self._say(f"Measuring ended by {answer['end']}: {batch[0]} … are taken for unable to judge.")
                answer["results"] = [[name, "failed", 0.0, False] for name in batch]
            self.knowledge.add(answer)
            self.knowledge.write(PLACE)
            self._say(
                f"Measured {min(start + _BATCH, len(left))} of {len(left)} tests ({answer['seconds']:.0f} s)."
            )


def is_screen(name: str) -> bool:
    """Say whether a test's file is about pages, mails or privacy."""
    return any(word in Path(name.split("::", maxsplit=1)[0]).stem for word in _SCREENS)


def _is_named(name: str, files: list[str]) -> bool:
    return any(is_named_after(name, path) for path in files)
