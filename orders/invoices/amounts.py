"""How the amounts of a document divide into net and tax. Pure.

A document's tax is computed from the sum of each rate and shared out over its lines, so that the sums are exact: the
sum of roundings line by line is not what a tax office computes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.invoices.fiscal.base import TaxPart
from shop.core.allocation import rounded, spread
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Split:
    """An amount with its tax, divided: `net` + `tax`."""

    net: Decimal
    tax: Decimal


def split(parts: Sequence[tuple[Decimal, Decimal]], currency: str) -> list[Split]:
    """Return net and tax of each (amount with tax, rate), the sums of each rate exact to the minor unit."""
    nets = {rate: rounded(amount / (1 + rate), currency) for rate, amount in _by_rate(parts).items()}
    return _shared(parts, nets, currency)


def split_credit(
    parts: Sequence[tuple[Decimal, Decimal]], left: Sequence[TaxPart], currency: str
) -> list[Split]:
    """Return net and tax of what is credited; `left` is what of the invoice is not credited yet, by rate.

    What closes a rate takes what is left of it, so that all notes together credit exactly what was invoiced.
    """
    rest = {part.rate: part for part in left}
    nets = {}
    for rate, amount in _by_rate(parts).items():
        part = rest.get(rate)
        exact = rounded(amount / (1 + rate), currency)
        if part is None:
            nets[rate] = exact
        elif amount == part.net + part.tax:
            nets[rate] = part.net
        else:
            # Neither more net nor more tax than is left.
            nets[rate] = min(max(exact, amount - part.tax), part.net)
    return _shared(parts, nets, currency)


def tax_parts(parts: Sequence[tuple[Decimal, Split]]) -> tuple[TaxPart, ...]:
    """Return the sums by rate of (rate, split), the highest rate first."""
    sums: dict[Decimal, Split] = {}
    for rate, one in parts:
        so_far = sums.get(rate, Split(ZERO, ZERO))
        sums[rate] = Split(so_far.net + one.net, so_far.tax + one.tax)
    return tuple(
        TaxPart(rate=rate, net=sums[rate].net, tax=sums[rate].tax) for rate in sorted(sums, reverse=True)
    )


def _by_rate(parts: Sequence[tuple[Decimal, Decimal]]) -> dict[Decimal, Decimal]:
    sums: dict[Decimal, Decimal] = {}
    for amount, rate in parts:
        sums[rate] = sums.get(rate, ZERO) + amount
    return sums


def _shared(
    parts: Sequence[tuple[Decimal, Decimal]], nets: dict[Decimal, Decimal], currency: str
) -> list[Split]:
    shares: dict[Decimal, list[Decimal]] = {}
    for rate, net in nets.items():
        weights = [amount for amount, own in parts if own == rate]
        shares[rate] = spread(net, weights, currency)[::-1]
    found = []
    for amount, rate in parts:
        net = shares[rate].pop()
        found.append(Split(net, amount - net))
    return found
