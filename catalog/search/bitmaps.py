"""Sets of rows as integers: bit n is set when the row with the ordinal n belongs to the set.

They are GMP's integers, which do what Python's do: of 200,000 rows an intersection with its count takes 6 µs, and with
Python's own 18 (`int.bit_count` counts 30 bits at a time). What rows are sorted by is kept bit by bit, too (bit-sliced
index: O'Neil, Quass, "Improved query performance with variant indexes", SIGMOD 1997): the first rows of any set in any
order are found by two operations for each bit of the key, however many rows there are.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

from gmpy2 import (  # type: ignore[attr-defined]
    hamdist,
    mpz,
    xmpz,
)

_ONE: Final = mpz(1)
_NONE: Final[int] = mpz(0)
# So many rows are sooner sorted than told apart by the rest of the slices.
_FEW: Final = 256
_WINDOW: Final = 1024
# So many sets of rows below a key are kept.
_KEPT: Final = 128


def of_ordinals(ordinals: Iterable[int]) -> int:
    """Return the set of these ordinals."""
    found = sorted(ordinals)
    if not found:
        return 0
    octets = bytearray(found[-1] // 8 + 1)
    for ordinal in found:
        octets[ordinal >> 3] |= 1 << (ordinal & 7)
    return of_octets(octets)


def of_octets(octets: bytes | bytearray) -> int:
    """Return the set whose ordinals are the bits of these octets, the lowest first."""
    return mpz.from_bytes(octets, "little")


def octets_of(bits: int) -> bytes:
    """Return a set as octets, the lowest ordinals first."""
    return bits.to_bytes(-(-bits.bit_length() // 8), "little")


def ordinals_of(bits: int) -> Iterator[int]:
    """Yield the ordinals of a set, the lowest first: some 30 ns each."""
    found: Iterator[int] = xmpz(bits).iter_set()
    return found


def highest(bits: int, number: int) -> list[int]:
    """Return the `number` highest ordinals of a set, the lowest first."""
    found, window = list[int](), _WINDOW
    length = bits.bit_length()
    while len(found) < number and bits:
        begin = max(length - window, 0)
        found = [begin + ordinal for ordinal in ordinals_of(bits >> begin)]
        if not begin:
            break
        window *= 4
    return found[-number:] if number else []


class Sized:
    """Some sets with their sizes, so that it is known at once how many rows each has in common with another."""

    def __init__(self, sets: Iterable[int]) -> None:
        self._sets = [(mpz(bits), bits.bit_count()) for bits in sets]

    def common(self, among: int) -> list[int]:
        """Return how many rows each has of another set, by how many it has not."""
        size, other = among.bit_count(), mpz(among)
        return [(size + own - hamdist(other, bits)) >> 1 for bits, own in self._sets]


@lru_cache(maxsize=64)
def _every(step: int, length: int) -> int:
    """Return the set of all ordinals that `step` divides."""
    octets = (
        (1).to_bytes(step // 8, "little") if step >= 8 else bytes([sum(1 << n for n in range(0, 8, step))])
    )
    return of_octets(octets * (length // (8 * len(octets)) + 1))


class Slices:
    """The sort keys of rows (unsigned), kept by bits from the highest down, and as they are by ordinal."""

    def __init__(
        self, width: int, slices: Sequence[int] = (), keys: "array[int] | None" = None, rows: int = 0
    ) -> None:
        """`rows`: the set of all that have keys."""
        self.width = width
        self.rows = rows
        self.most = (1 << width) - 1
        self.slices = list(slices) or [0] * width
        self.keys: array[int] = keys if keys is not None else array("Q")
        self._below: dict[int, int] = {}

    def changed(self, known: int, keys: Mapping[int, int]) -> "Slices":
        """Return the slices with these keys, where `known` is the set of their ordinals."""
        numbers = array("Q", self.keys)
        if keys and (missing := max(keys) + 1 - len(numbers)) > 0:
            numbers.extend([0] * missing)
        of_slice: list[list[int]] = [[] for _slice in range(self.width)]
        for ordinal, key in keys.items():
            numbers[ordinal] = key
            for place in range(self.width):
                if key >> (self.width - 1 - place) & 1:
                    of_slice[place].append(ordinal)
        slices = [
            (old & ~known if old & known else old) | of_ordinals(new)
            for old, new in zip(self.slices, of_slice, strict=True)
        ]
        made = Slices(self.width, slices, numbers, self.rows | known)
        for bound, rows in list(self._below.items()):
            now = of_ordinals(ordinal for ordinal, key in keys.items() if key < bound)
            made._below[bound] = rows & ~known | now
        return made

    @cached_property
    def _telling(self) -> list[int]:
        """The slices that tell some rows from others, from the highest down."""
        return [piece for piece in self.slices if piece and piece != self.rows]

    def ordered(self, bits: int) -> list[int]:
        """Return the ordinals of a set in the order of their keys."""
        return sorted(ordinals_of(bits), key=self.keys.__getitem__)

    def first(self, bits: int, number: int) -> list[int]:
        """Return the `number` rows with the lowest keys in order; of equal ones those with the lowest ordinals."""
        taken, rest, size, left = _NONE, bits, bits.bit_count(), number
        for piece in self._telling:
            if size <= left + _FEW:
                return (self.ordered(taken) + self.ordered(rest))[:number]
            ones = rest & piece
            above = ones.bit_count()
            if not above or above == size:
                continue
            if size - above >= left:
                rest, size = rest ^ ones, size - above
            else:
                taken |= rest ^ ones
                rest, size, left = ones, above, left - (size - above)
        return self.ordered(taken) + list(islice(ordinals_of(rest), left))

    def last(self, bits: int, number: int) -> list[int]:
        """Return the `number` rows with the highest keys in order; of equal ones those with the highest ordinals."""
        taken, rest, size, left = _NONE, bits, bits.bit_count(), number
        for piece in self._telling:
            if size <= left + _FEW:
                return (self.ordered(rest) + self.ordered(taken))[-number:]
            ones = rest & piece
            above = ones.bit_count()
            if not above or above == size:
                continue
            if above >= left:
                rest, size = ones, above
            else:
                taken |= ones
                rest, size, left = rest ^ ones, size - above, left - above
        return highest(rest, left) + self.ordered(taken)

    def split(self, bits: int, key: int) -> tuple[int, int, int]:
        """Return the rows of a set whose keys are lower, equal and higher."""
        low, equal, high = 0, bits, 0
        for place, piece in enumerate(self.slices):
            if not equal:
                break
            ones = equal & piece
            if key >> (self.width - 1 - place) & 1:
                low |= equal ^ ones
                equal = ones
            elif ones:
                high |= ones
                equal ^= ones
        return low, equal, high

    def below(self, key: int) -> int:
        """Return all rows whose keys are lower; what was asked for lately is kept, also when rows change."""
        if key > self.most:
            return self.rows
        found = self._below.get(key)
        if found is None:
            if len(self._below) > _KEPT:
                self._below.clear()
            found, equal, _high = self.split(self.rows, key)
            self._below[key], self._below[key + 1] = found, found | equal
        return found

    def sample(self, bits: int, number: int) -> list[int]:
        """Return the sorted keys of some rows of a set: of all where they are few, else of about so many or twice."""
        step = 1 << max(0, (bits.bit_count() // number).bit_length() - 1)
        chosen = bits & _every(step, -(-bits.bit_length() // _WINDOW) * _WINDOW) if step > 1 else bits
        if step > 1 and chosen.bit_count() * 4 < number:
            # The rows that are left have nearly none of these ordinals.
            chosen = of_ordinals(islice(ordinals_of(bits), number))
        return sorted(map(self.keys.__getitem__, ordinals_of(chosen)))

    def behind(self, bits: int, key: int, ordinal: int) -> int:
        """Return the rows of a set that come after a place in the order."""
        _low, equal, high = self.split(bits, key)
        return high | equal >> (ordinal + 1) << (ordinal + 1)

    def ahead(self, bits: int, key: int, ordinal: int) -> int:
        """Return the rows of a set that come before a place in the order."""
        low, equal, _high = self.split(bits, key)
        return low | equal & ((_ONE << ordinal) - 1)
