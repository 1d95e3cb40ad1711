"""The orders of the lists: what rows are sorted by, and all rows in that order.

The first rows of a set are found by going through the order until there are enough of them, from a place in it on as
from its beginning; of a few rows, by sorting these. Neither costs more where there are more rows of which none is in
the set.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.search.bitmaps import RowSet, Sized, every, of_octets, of_ordinals, ordinals_of

# So many rows are sooner sorted than looked for in the order of all.
_FEW: Final = 1_024
# So many are sorted one by one.
_VERY_FEW: Final = 128
# Of so many changed rows each is put into its place; of more, all are sorted again.
_PUT: Final = 500
# So many sets of rows below a key are kept, those that were asked for last.
_KEPT: Final = 192
# So many rows of the order are looked at in any case.
_WINDOW: Final = 32
Keys: TypeAlias = NDArray[np.uint64]
Ordinals: TypeAlias = NDArray[np.uint32]
# Key and ordinal: of equal keys the lowest ordinal comes first.
Place = tuple[int, int]


class Sorting:
    """The keys of rows by ordinal (unsigned, of so many bits), and the ordinals in the order of their keys."""

    def __init__(self, width: int, keys: "array[int] | None" = None, rows: int = 0) -> None:
        """`rows`: the set of all that have keys."""
        self.width = width
        self.most = (1 << width) - 1
        self.keys = array("Q") if keys is None else keys
        self._keys: Keys = np.asarray(self.keys)
        self.rows = rows
        self._below: OrderedDict[int, Sized] = OrderedDict()

    @cached_property
    def order(self) -> Ordinals:
        """The ordinals of all rows in the order of their keys."""
        ordinals = RowSet(self.rows).ordinals.astype(np.uint32)
        return ordinals[np.argsort(self._keys[ordinals], kind="stable")]

    def changed(self, known: int, keys: Mapping[int, int]) -> "Sorting":
        """Return the sorting with these keys, where `known` is the set of their ordinals."""
        numbers = array("Q", self.keys)
        if (missing := max(keys, default=-1) + 1 - len(numbers)) > 0:
            numbers.extend([0] * missing)
        for ordinal, key in keys.items():
            numbers[ordinal] = key
        made = Sorting(self.width, numbers, self.rows | known)
        if len(keys) <= _PUT and "order" in vars(self):
            made.order = made._with_places(self.order, sorted(keys, key=made._place))
        for bound, rows in self._below.copy().items():
            now = of_ordinals(ordinal for ordinal, key in keys.items() if key < bound)
            made._below[bound] = Sized([rows.sets[0] & ~known | now])
        return made

    def _with_places(self, order: Ordinals, changed: list[int]) -> Ordinals:
        """Return an order of other keys with these rows, which are in order, at the places of their keys now."""
        moves = np.zeros(len(self.keys), np.bool_)
        moves[changed] = True
        kept = order[~moves[order]]
        places = [bisect_left(kept, self._place(ordinal), key=self._place) for ordinal in changed]
        return np.insert(kept, np.array(places, np.intp), np.array(changed, np.uint32))

    def ordered(self, among: RowSet) -> list[int]:
        """Return the ordinals of a set in the order of their keys."""
        if among.size <= _VERY_FEW:
            return sorted(ordinals_of(among.bits), key=self.keys.__getitem__)
        ordinals = among.ordinals
        found: list[int] = ordinals[np.argsort(self._keys[ordinals], kind="stable")].tolist()
        return found

    def first(self, among: RowSet, number: int, *, behind: Place | None = None) -> list[int]:
        """Return the first `number` rows of a set in order: of all, or of those behind a place."""
        if among.size <= _FEW:
            ordered = self.ordered(among)
            begin = 0 if behind is None else bisect_right(ordered, behind, key=self._place)
            return ordered[begin : begin + number]
        found, window = list[int](), self._window(among, number)
        begin = 0 if behind is None else bisect_right(self.order, behind, key=self._place)
        while begin < len(self.order) and len(found) < number:
            piece = self.order[begin : begin + window]
            found += piece[among.has(piece)].tolist()
            begin, window = begin + window, window * 2
        return found[:number]

    def last(self, among: RowSet, number: int, *, before: Place | None = None) -> list[int]:
        """Return the last `number` rows of a set in order: of all, or of those before a place."""
        if among.size <= _FEW:
            ordered = self.ordered(among)
            end = len(ordered) if before is None else bisect_left(ordered, before, key=self._place)
            return ordered[max(end - number, 0) : end]
        found, window = list[int](), self._window(among, number)
        end = len(self.order) if before is None else bisect_left(self.order, before, key=self._place)
        while end > 0 and len(found) < number:
            piece = self.order[max(end - window, 0) : end]
            found = piece[among.has(piece)].tolist() + found
            end, window = end - window, window * 2
        return found[-number:]

    def _place(self, ordinal: int) -> Place:
        return self.keys[ordinal], int(ordinal)

    def _window(self, among: RowSet, number: int) -> int:
        """Return how many rows of the order most often have so many of a set."""
        return number * 5 * len(self.order) // (4 * among.size) + _WINDOW

    def below(self, key: int) -> int:
        """Return all rows whose keys are lower."""
        return self._sized_below(key).sets[0]

    def count_below(self, among: RowSet, key: int) -> int:
        """Return how many rows of a set have lower keys."""
        return self._sized_below(key).common(among)[0]

    def _sized_below(self, key: int) -> Sized:
        """Return the rows whose keys are lower: what was asked for lately is kept, also when rows change."""
        if key > self.most:
            return self._all
        found = self._below.pop(key, None)
        if found is None:
            octets = np.packbits(self._keys < key, bitorder="little").tobytes()
            found = Sized([of_octets(octets) & self.rows])
        self._below[key] = found
        while len(self._below) > _KEPT:
            self._below.popitem(last=False)
        return found

    @cached_property
    def _all(self) -> Sized:
        return Sized([self.rows])

    def sample(self, among: RowSet, number: int) -> Keys:
        """Return the sorted keys of some rows of a set: of all where they are few, else of about so many or twice."""
        bits, step = among.bits, 1 << max(0, (among.size // number).bit_length() - 1)
        chosen = list(ordinals_of(bits & every(step, bits.bit_length()) if step > 1 else bits))
        if step > 1 and len(chosen) * 4 < number:
            # The rows that are left have nearly none of these ordinals.
            chosen = list(islice(ordinals_of(bits), number))
        return np.sort(self._keys.take(np.array(chosen, np.intp)))
