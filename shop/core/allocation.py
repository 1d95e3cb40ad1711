"""Spreading an amount over parts without losing or making a minor unit.

The method is largest remainder (Hamilton's): every part gets its share rounded down, and the minor units that are left
go to the largest fractions, the first part first where two are equal. A share is never more than its weight while the
amount is no more than the sum of the weights, so a discount takes no part below zero.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shop.core.money import ZERO, minor_digits

_STORED: Final = 2  # Amounts are written with two decimals at least, as the database returns them.


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return shares of `amount` in proportion to `weights`, exact to the currency's minor unit; their sum is `amount`.

    An amount below zero is spread as its opposite. Where all weights are zero the shares are as equal as can be. An
    amount or weight with more decimals than its currency has is computed with its own, so that nothing is lost.

    Raises:
        ValueError: there is no part, or a weight is below zero.
    """
    if not weights or min(weights) < 0:
        raise ValueError(f"{amount} cannot be spread over {list(weights)}")
    if not amount:
        return [ZERO] * len(weights)
    digits = max(unit_digits(value, currency) for value in (amount, *weights))
    total = int(amount.scaleb(digits))
    whole = [int(weight.scaleb(digits)) for weight in weights]
    if not any(whole):
        whole = [1] * len(whole)
    shares = _largest_remainders(abs(total), whole)
    return [from_minor(share if total >= 0 else -share, digits) for share in shares]


def equal_parts(amount: Decimal, count: int, currency: str) -> list[Decimal]:
    """Return `amount` in `count` parts that differ by one minor unit at most, the larger ones first.

    Raises:
        ValueError: there is no part.
    """
    if count < 1:
        raise ValueError(f"{amount} cannot be spread over {count} parts")
    digits = unit_digits(amount, currency)
    total = int(amount.scaleb(digits))
    share, larger = divmod(abs(total), count)
    small, large = (from_minor(value if total >= 0 else -value, digits) for value in (share, share + 1))
    return [large] * larger + [small] * (count - larger)


def rounded(value: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's minor unit (none, two or three decimals)."""
    digits = minor_digits(currency)
    return from_minor(int(value.scaleb(digits).to_integral_value(ROUND_HALF_UP)), digits)


def unit_digits(value: Decimal, currency: str) -> int:
    """Return how many decimals an amount is computed with: those of its currency, or its own where it has more."""
    return max(minor_digits(currency), _decimals(value))


def from_minor(minor: int, digits: int) -> Decimal:
    """Return an amount of so many minor units, of which 10 ** `digits` are one; written with two decimals at least."""
    value = Decimal(minor).scaleb(-digits)
    return value if digits >= _STORED else value.quantize(Decimal(1).scaleb(-_STORED))


def _largest_remainders(total: int, weights: Sequence[int]) -> list[int]:
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda part: (-(total * weights[part] % whole), part))
    for part in by_fraction[: total - sum(shares)]:
        shares[part] += 1
    return shares


def _decimals(value: Decimal) -> int:
    """Return how many decimals a value needs; trailing zeros are none."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
