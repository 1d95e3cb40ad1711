"""Sets of rows as integers: bit n is set when the row with the ordinal n belongs to the set.

They are GMP's integers, which do what Python's do: of 200,000 rows an intersection with its count takes 6 µs, and with
Python's own 18 (`int.bit_count` counts 30 bits at a time). What rows are sorted by is kept bit by bit, too (bit-sliced
index: O'Neil, Quass, "Improved query performance with variant indexes", SIGMOD 1997): the first rows of any set in any
order are found by two operations for each bit of the key, however many rows there are.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from gmpy2 import mpz

_WORD: Final = 64
_ONE: Final = mpz(1)


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


def ordinals_of(bits: int) -> Iterator[int]:
    """Yield the ordinals of a set, the lowest first."""
    size = -(-bits.bit_length() // _WORD) * 8
    words = memoryview(bits.to_bytes(size, "little")).cast("Q") if size else ()
    for number, word in enumerate(words):
        while word:
            low = word & -word
            yield number * _WORD + low.bit_length() - 1
            word ^= low


def lowest(bits: int, number: int) -> int:
    """Return the set of the `number` lowest ordinals of a set."""
    return _cut(bits, number, bits.bit_length())


def highest(bits: int, number: int) -> int:
    """Return the set of the `number` highest ordinals of a set."""
    count = bits.bit_count()
    return bits & ~lowest(bits, count - number) if count > number else bits


def _cut(bits: int, number: int, length: int) -> int:
    """Return the lowest ordinals by halving: the cut is where so many bits lie below it."""
    if bits.bit_count() <= number:
        return bits
    low, high = 0, length
    while high - low > 1:
        middle = (low + high) // 2
        if (bits & ((_ONE << middle) - 1)).bit_count() > number:
            high = middle
        else:
            low = middle
    return bits & ((_ONE << low) - 1)


@lru_cache(maxsize=64)
def _every(step: int, length: int) -> int:
    """Return the set of all ordinals that `step` divides."""
    octets = (
        (1).to_bytes(step // 8, "little") if step >= 8 else bytes([sum(1 << n for n in range(0, 8, step))])
    )
    return of_octets(octets * (length // (8 * len(octets)) + 1))


class Slices:
    """The sort keys of rows (unsigned), kept by bits from the highest down, and as they are by ordinal."""

    def __init__(self, width: int, slices: Sequence[int] = (), keys: "array[int] | None" = None) -> None:
        self.width = width
        self.most = (1 << width) - 1
        self.slices = list(slices) or [0] * width
        self.keys: array[int] = keys if keys is not None else array("Q")

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
        return Slices(self.width, slices, numbers)

    def first(self, bits: int, number: int) -> int:
        """Return the set of the `number` rows with the lowest keys; of equal ones those with the lowest ordinals."""
        if bits.bit_count() <= number:
            return bits
        taken, rest = 0, bits
        for piece in self.slices:
            ones = rest & piece
            if not ones:
                continue
            zeros = rest ^ ones
            count = zeros.bit_count()
            if count >= number:
                rest = zeros
            else:
                taken |= zeros
                rest = ones
                number -= count
        return taken | lowest(rest, number)

    def last(self, bits: int, number: int) -> int:
        """Return the set of the `number` rows with the highest keys; of equal ones those with the highest ordinals."""
        if bits.bit_count() <= number:
            return bits
        taken, rest = 0, bits
        for piece in self.slices:
            ones = rest & piece
            if not ones:
                continue
            count = ones.bit_count()
            if count >= number:
                rest = ones
            else:
                taken |= ones
                rest ^= ones
                number -= count
        return taken | highest(rest, number)

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

    def sample(self, bits: int, number: int) -> list[int]:
        """Return the sorted keys of some rows of a set: of all where they are few, else of about so many or twice."""
        step = 1 << max(0, (bits.bit_count() // number).bit_length() - 1)
        chosen = bits & _every(step, bits.bit_length()) if step > 1 else bits
        if step > 1 and chosen.bit_count() * 4 < number:
            # The rows that are left have nearly none of these ordinals.
            chosen = lowest(bits, number)
        return sorted(self.keys[ordinal] for ordinal in ordinals_of(chosen))

    def behind(self, bits: int, key: int, ordinal: int) -> int:
        """Return the rows of a set that come after a place in the order."""
        _low, equal, high = self.split(bits, key)
        return high | equal >> (ordinal + 1) << (ordinal + 1)

    def ahead(self, bits: int, key: int, ordinal: int) -> int:
        """Return the rows of a set that come before a place in the order."""
        low, equal, _high = self.split(bits, key)
        return low | equal & ((_ONE << ordinal) - 1)
