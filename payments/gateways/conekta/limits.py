"""What Conekta takes at once: three pesos at least by card.

https://help.conekta.com/hc/en-us/articles/360018667753: the most of a card payment is agreed on with each company; what
its shops take at a counter (ten thousand pesos at OXXO, less elsewhere) is agreed on likewise. Both stand in
`PAYMENT_LIMITS`, if anywhere: `conekta/MXN:-50000`, and for a single method `conekta_cash/MXN:-10000`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from payments.gateways.limits import Bounds, Range, bounds_of

LIMITS: Final[Mapping[str, Bounds]] = {"MXN": Bounds(Decimal(3))}


def of_methods(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Return the shop's own ranges of single methods, by `method/CURRENCY`."""
    mark = "conekta_"
    return {name.removeprefix(mark): value for name, value in ranges.items() if name.startswith(mark)}


def takes(method: str, amount: Decimal, currency: str, ranges: Mapping[str, Range]) -> bool:
    """Say whether a method takes such a sum; what the shop has not set is left to Conekta."""
    return bounds_of({}, currency, ranges.get(f"{method}/{currency}", (None, None))).takes(amount)
