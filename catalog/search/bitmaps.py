"""Sets of rows as integers: bit n is set when the row with the ordinal n belongs to the set.

They are GMP's integers, which do what Python's do: of 200,000 rows an intersection with its count takes 6 µs, and with
Python's own 18 (`int.bit_count` counts 30 bits at a time). NumPy takes the bits of a set apart where its rows are asked
for one by one.
"""

import ctypes
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

import numpy as np
from gmpy2 import (  # type: ignore[attr-defined]
    hamdist,
    mp_limbsize,
    mpz,
    xmpz,
)
from numpy.typing import NDArray

Octets: TypeAlias = NDArray[np.uint8]
_BIT: Final[Octets] = np.array([1 << place for place in range(8)], np.uint8)
# So many rows are sooner asked for one by one; of a set with less than one for each octet, only octets with rows are
# taken apart.
_FEW: Final = 512
# Sets that chosen rows are taken with have a multiple of this length.
_LENGTH: Final = 1_024


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
    """Return a set as octets, the lowest ordinals first; there may be empty ones behind the last row."""
    if sys.byteorder == "big":
        return bits.to_bytes(-(-bits.bit_length() // 8), "little")
    # Its limbs as they are in memory: of 200,000 rows 2 µs; GMP writes octets one by one, in 28.
    limbs = xmpz(bits)
    return ctypes.string_at(limbs.limbs_read(), limbs.num_limbs() * (mp_limbsize() // 8))


def ordinals_of(bits: int) -> Iterator[int]:
    """Yield the ordinals of a set, the lowest first: some 30 ns each."""
    found: Iterator[int] = xmpz(bits).iter_set()
    return found


class RowSet:
    """A set with what is asked of it once, however often: its size, its octets, its ordinals."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    @cached_property
    def size(self) -> int:
        """How many rows it has."""
        return self.bits.bit_count()

    @cached_property
    def _octets(self) -> Octets:
        """The bits, the lowest ordinals first, with an empty octet behind them."""
        return np.frombuffer(octets_of(self.bits) + b"\0", np.uint8)

    @cached_property
    def ordinals(self) -> NDArray[np.intp]:
        """The ordinals, the lowest first."""
        if self.size <= _FEW:
            return np.fromiter(ordinals_of(self.bits), np.intp, self.size)
        if self.size > len(self._octets):
            return _set_in(self._octets)
        places = (self._octets != 0).nonzero()[0]
        among = _set_in(self._octets.take(places))
        found: NDArray[np.intp] = places.take(among >> 3)
        found <<= 3
        found += among & 7
        return found

    def has(self, ordinals: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Return which of these rows it has."""
        octets = self._octets.take(ordinals >> 3, mode="clip")
        found: NDArray[np.bool_] = (octets & _BIT.take(ordinals & 7)) != 0
        return found


def _set_in(octets: Octets) -> NDArray[np.intp]:
    found: NDArray[np.intp] = np.unpackbits(octets, bitorder="little").view(np.bool_).nonzero()[0]
    return found


class Sized:
    """Some sets with their sizes, so that it is known at once how many rows each has in common with another."""

    def __init__(self, sets: Iterable[int]) -> None:
        self.sets = [mpz(bits) for bits in sets]
        self._sized = [(bits, bits.bit_count()) for bits in self.sets]

    def common(self, among: RowSet) -> list[int]:
        """Return how many rows each has of another set, by how many it has not."""
        size, other = among.size, mpz(among.bits)
        return [(size + own - hamdist(other, bits)) >> 1 for bits, own in self._sized]


def every(step: int, length: int) -> int:
    """Return the set of at least `length` ordinals that `step`, a power of two, divides."""
    return _every(step, -(-length // _LENGTH) * _LENGTH)


@lru_cache(maxsize=64)
def _every(step: int, length: int) -> int:
    octets = (
        (1).to_bytes(step // 8, "little") if step >= 8 else bytes([sum(1 << n for n in range(0, 8, step))])
    )
    return of_octets(octets * (length // (8 * len(octets)) + 1))
