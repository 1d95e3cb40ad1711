"""What Stripe takes at once, in every currency: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.

An amount has eight digits in minor units at most, so the most is another one for currencies without decimals. Where an
account is allowed more, or the published minimum is not the account's, `PAYMENT_LIMITS` says so.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from payments.gateways.limits import Bounds

ZERO_DECIMAL: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
# Without decimals, yet written as if they had two, which are always 00 ("Special cases" of the same page).
WHOLE_IN_HUNDREDTHS: Final = frozenset(("ISK", "UGX"))
# The last digit must be 0, so two decimals are left.
THREE_DECIMAL: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
# The published minimum charges; in other currencies it is the equivalent of half a dollar, at a rate not known here.
_LEAST: Final[Mapping[str, str]] = {
    "AED": "2.00",
    "AUD": "0.50",
    "BGN": "1.00",
    "BRL": "0.50",
    "CAD": "0.50",
    "CHF": "0.50",
    "CZK": "15.00",
    "DKK": "2.50",
    "EUR": "0.50",
    "GBP": "0.30",
    "HKD": "4.00",
    "HUF": "175.00",
    "INR": "0.50",
    "JPY": "50",
    "MXN": "10.00",
    "MYR": "2.00",
    "NOK": "3.00",
    "NZD": "0.50",
    "PLN": "2.00",
    "RON": "2.00",
    "SEK": "3.00",
    "SGD": "0.50",
    "THB": "10.00",
    "USD": "0.50",
}
MOST_MINOR: Final = 99_999_999


def factor(currency: str) -> int:
    """Return how many minor units, as Stripe writes them, make one unit of a currency."""
    code = currency.upper()
    return 1 if code in ZERO_DECIMAL else 1000 if code in THREE_DECIMAL else 100


def places(currency: str) -> int:
    """Return how many decimals an amount may have."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMAL | WHOLE_IN_HUNDREDTHS else 2


def _bounds(currency: str) -> Bounds:
    least = _LEAST.get(currency)
    most = (Decimal(MOST_MINOR) / factor(currency)).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    return Bounds(Decimal(least) if least else None, most, places(currency))


LIMITS: Final[Mapping[str, Bounds]] = {
    "": _bounds(""),
    **{code: _bounds(code) for code in {*_LEAST, *ZERO_DECIMAL, *WHOLE_IN_HUNDREDTHS, *THREE_DECIMAL}},
}
