"""Brand and categories of each row, by its ordinal: counted at once for all of them, however many there are.

NumPy takes the bits of a set apart and counts the rows of each kind: of 4,000 rows of 200,000 in 0.1 ms, where a set
for each of a hundred brands and categories takes 0.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from catalog.search.bitmaps import RowSet

GROUPS: Final = ("brand", "category")
# Group and key.
Member = tuple[str, object]
Key = TypeVar("Key")
Codes: TypeAlias = NDArray[np.uint32]


class Kinds:
    """What each row belongs to. Rows that belong to the same have the same code, so that they are counted together."""

    def __init__(self, codes: Codes | None = None, kinds: Sequence[tuple[Member, ...]] = ((),)) -> None:
        self._codes: Codes = np.zeros(0, np.uint32) if codes is None else codes
        self._kinds = list(kinds)
        self._code_of = {kind: code for code, kind in enumerate(self._kinds)}
        self._last: tuple[RowSet | None, list[int]] = (None, [])

    @classmethod
    def of_sets(cls, sets: Mapping[str, Mapping[Key, int]]) -> "Kinds":
        """Return the kinds of rows that are known by sets."""
        members = [((group, key), bits) for group in GROUPS for key, bits in sets[group].items()]
        most = max((bits.bit_length() for _member, bits in members), default=0)
        made = cls(np.zeros(most, np.uint32))
        for member, bits in members:
            ordinals = RowSet(bits).ordinals
            before, places = np.unique(made._codes[ordinals], return_inverse=True)
            after = [made._code((*made._kinds[code], member)) for code in before.tolist()]
            made._codes[ordinals] = np.array(after, np.uint32)[places]
        return made

    def changed(self, rows: Mapping[int, tuple[Member, ...]]) -> "Kinds":
        """Return the kinds after these rows have changed."""
        missing = max(rows, default=-1) + 1 - len(self._codes)
        made = Kinds(np.pad(self._codes, (0, max(missing, 0))), self._kinds)
        for ordinal, kind in rows.items():
            made._codes[ordinal] = made._code(kind)
        return made

    def _code(self, kind: tuple[Member, ...]) -> int:
        code = self._code_of.setdefault(kind, len(self._kinds))
        if code == len(self._kinds):
            self._kinds.append(kind)
        return code

    @cached_property
    def _places(self) -> dict[Member, int]:
        """The place of each brand and category in what is counted."""
        members = dict.fromkeys(member for kind in self._kinds for member in kind)
        return {member: place for place, member in enumerate(members)}

    @cached_property
    def _of_places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The kinds of each place, one place after the other, and where each begins; every place has some."""
        pairs = [(self._places[member], code) for code, kind in enumerate(self._kinds) for member in kind]
        places, codes = np.array(pairs, np.intp).reshape(-1, 2).T
        order = np.argsort(places, kind="stable")
        return codes[order], np.searchsorted(places[order], np.arange(len(self._places)))

    def places(self, members: Iterable[Member]) -> list[int]:
        """Return where `count` has these; what no row has is at the end."""
        return [self._places.get(member, -1) for member in members]

    def count(self, among: RowSet) -> list[int]:
        """Return how many rows of a set belong to each; what was asked for last is kept for the other group."""
        last, found = self._last
        if last is among:
            return found
        codes, begins = self._of_places
        rows = np.bincount(self._codes.take(among.ordinals), minlength=len(self._kinds))
        counted = np.add.reduceat(rows.take(codes), begins) if len(begins) else begins
        found = [*counted.tolist(), 0]
        self._last = (among, found)
        return found
