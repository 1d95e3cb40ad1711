"""Amounts are spread without losing or making a minor unit. Nothing here needs a database."""

from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.allocation import equal_parts, rounded, spread
from shop.core.money import minor_digits

CURRENCIES: Final = ("CLP", "COP", "ARS", "KWD")


def numbers(text: str) -> list[Decimal]:
    return [Decimal(word) for word in text.split()]


@pytest.mark.parametrize(
    ("amount", "weights", "currency", "shares"),
    [
        ("10.00", "45 45 78", "ARS", "2.68 2.68 4.64"),
        ("40.00", "60 50 40", "ARS", "16.00 13.33 10.67"),
        ("10.00", "1 1 1", "ARS", "3.34 3.33 3.33"),
        ("1000", "14990 9990 4990", "CLP", "500 333 167"),
        ("-0.01", "5 5", "ARS", "-0.01 0"),
        ("0.001", "1 2", "KWD", "0 0.001"),
        ("7", "0 0", "CLP", "4 3"),
        # An amount that nobody should have entered in whole pesos is not lost.
        ("10.50", "10.50 10.50", "COP", "5.30 5.20"),
    ],
)
def test_an_amount_is_spread_by_the_largest_remainders(amount: str, weights: str, currency: str, shares: str):
    assert spread(Decimal(amount), numbers(weights), currency) == numbers(shares)


@pytest.mark.parametrize("weights", [[], [Decimal(1), Decimal(-1)]])
def test_nothing_is_spread_over_no_part_or_by_a_weight_below_zero(weights: list[Decimal]):
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(Decimal(1), weights, "ARS")


def test_amounts_are_written_as_the_database_returns_them():
    assert [str(part) for part in equal_parts(Decimal(1000), 2, "CLP")] == ["500.00", "500.00"]
    assert str(rounded(Decimal("0.0005"), "KWD")) == "0.001"
    assert rounded(Decimal("0.5"), "CLP") == 1


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 10**8), min_size=1, max_size=9),
    st.sampled_from(CURRENCIES),
)
def test_shares_add_up_and_keep_within_their_weights(minor: int, minors: list[int], currency: str):
    unit = Decimal(1).scaleb(-minor_digits(currency))
    weights = [unit * weight for weight in minors]
    shares = spread(minor * unit, weights, currency)
    assert sum(shares) == minor * unit
    assert all(share * minor >= 0 for share in shares)
    if abs(minor) <= sum(minors):
        assert all(abs(share) <= weight for share, weight in zip(shares, weights, strict=True))
