"""Currencies, amounts and ways to pay at Stripe."""

from __future__ import annotations

from shop.sandbox.store import JsonDict
from shop.sandbox.stripe.errors import ApiError

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
CURRENCIES = ZERO_DECIMAL | frozenset(
    [
        "ars",
        "bob",
        "brl",
        "cad",
        "cop",
        "crc",
        "dop",
        "eur",
        "gbp",
        "gtq",
        "hnl",
        "mxn",
        "nio",
        "pab",
        "pen",
        "ugx",
        "usd",
        "uyu",
    ]
)
# Documented minimum charges in minor units; other currencies only need a positive amount.
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUM = {"usd": 50, "eur": 50, "brl": 50, "mxn": 1000, "gbp": 30, "cad": 50}
# Without decimals, written with two that are always 00.
WHOLE = frozenset({"ugx"})
# Eight digits in minor units, whatever the currency.
MAXIMUM = 99_999_999
METHODS = {"mxn": ("card", "oxxo"), "brl": ("card", "boleto", "pix")}
DEFAULT_METHODS = ("card",)


def check_currency(currency: str, param: str) -> str:
    """Return a known lower-case currency.

    Raises:
        ApiError: 400.
    """
    if currency not in CURRENCIES:
        raise ApiError(f"Invalid currency: {currency}", param=param)
    return currency


def check_amount(amount: int, currency: str, param: str) -> int:
    """Return an amount (minor units) that Stripe would charge.

    Raises:
        ApiError: ``amount_too_small``, ``amount_too_large``, not positive, or with decimals that do not exist.
    """
    if amount < 1:
        raise ApiError(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param
        )
    if amount < MINIMUM.get(currency, 1):
        message = f"Amount must be at least {display(MINIMUM[currency], currency)}"
        raise ApiError(message, code="amount_too_small", param=param)
    if amount > MAXIMUM:
        message = f"Amount must be no more than {display(MAXIMUM, currency)}"
        raise ApiError(message, code="amount_too_large", param=param)
    if currency in WHOLE and amount % 100:
        raise ApiError("Invalid amount: this currency has no decimals.", param=param)
    return amount


def display(amount: int, currency: str) -> str:
    """Write minor units for people, in the Spanish way: ``1.350,50 MXN``."""
    places = 0 if currency in ZERO_DECIMAL else 2
    text = f"{amount / 10**places:,.{places}f}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".") + f" {currency.upper()}"


def offered(currency: str, params: JsonDict) -> list[str]:
    """Return the dynamic payment methods after the allowed and excluded filters.

    Raises:
        ApiError: nothing is left.
    """
    found = list(METHODS.get(currency, DEFAULT_METHODS))
    allowed, excluded = (
        params.get("allowed_payment_method_types"),
        params.get("excluded_payment_method_types"),
    )
    if allowed:
        found = [name for name in found if name in allowed]
    if excluded:
        found = [name for name in found if name not in excluded]
    if not found:
        raise ApiError(
            "No valid payment method types for this Checkout Session.", param="allowed_payment_method_types"
        )
    return found
