"""Draw some of many mutants: by a seed, and of every kind before any kind comes twice."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from tests.mutants.mutators import Mutant


def drawn(
    mutants: Sequence[Mutant],
    number: int,
    seed: str,
    *,
    fits: Callable[[Mutant], bool] = lambda _mutant: True,
) -> list[Mutant]:
    """Return at most `number` of the mutants that fit; the same seed and mutants give the same ones.

    Kinds take turns: dropped arguments alone would otherwise be a third of the sample.
    """
    chance = random.Random(seed)
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in sorted(mutants, key=lambda one: one.key):
        kinds[mutant.kind].append(mutant)
    order = sorted(kinds)
    chance.shuffle(order)
    for kind in order:
        chance.shuffle(kinds[kind])
    chosen: list[Mutant] = []
    while len(chosen) < number and any(kinds.values()):
        for kind in order:
            while kinds[kind] and len(chosen) < number:
                mutant = kinds[kind].pop()
                if fits(mutant):
                    chosen.append(mutant)
                    break
    return chosen
