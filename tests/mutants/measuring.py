"""Measure which tests run which lines, in batches, those first that are likeliest to be asked."""

from collections.abc import Callable
from pathlib import Path

from tests.mutants.knowledge import Knowledge
from tests.mutants.rooms import is_named_after, is_of_room
from tests.mutants.standing import DATA, Server

PLACE = DATA / "knowledge.json"
_BATCH = 60
# Screens are measured last: what they notice, the tests of the verbs have mostly noticed before.
_SCREENS = ("admin", "page", "privacy", "export", "erasure", "language", "mail")


def measured(
    server: Server, sources: list[str], say: Callable[[str], None], *, most: int | None = None
) -> Knowledge:
    """Return what is known, after measuring the tests that are new or concerned by a change; `most`: at most so many."""
    knowledge = Knowledge.read(PLACE)
    files = {name.split("::")[0] for name in server.tests}
    knowledge.forget_what_changed(server.tree, sources, files)
    for name in set(knowledge.tests) - set(server.tests):
        del knowledge.tests[name]
    left = sorted(set(server.tests) - set(knowledge.tests), key=lambda name: (_rank(name, sources), name))[
        :most
    ]
    for start in range(0, len(left), _BATCH):
        batch = left[start : start + _BATCH]
        answer = server.run(batch, measure=sources, stops=False, cpu=600, wall=1800)
        if answer["end"] != "done":
            say(f"Measuring ended by {answer['end']}: {batch[0]} … are taken for unable to judge.")
            answer["results"] = [[name, "failed", 0.0, False] for name in batch]
        knowledge.add(answer)
        knowledge.write(PLACE)
        say(f"Measured {min(start + _BATCH, len(left))} of {len(left)} tests ({answer['seconds']:.0f} s).")
    return knowledge


def _rank(name: str, sources: list[str]) -> int:
    if any(word in Path(name.split("::", maxsplit=1)[0]).stem for word in _SCREENS):
        return 2
    return int(not any(is_of_room(name, path) and is_named_after(name, path) for path in sources))
