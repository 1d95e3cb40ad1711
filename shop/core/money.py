"""Money: `Decimal` amounts with an ISO 4217 currency. Floats raise; minor units exist only inside gateways."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from babel.numbers import format_currency, get_currency_precision
from django.conf import settings
from django.utils import translation

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
# The most that may be entered as one amount: the fullest cart (95 lines of 99 units) at this price still fits a column
# of money (14 digits, two of them decimals).
MOST_ENTERED: Final = Decimal("99999999.99")
# Currencies whose prices people write without decimals, although the books keep two.
_WHOLE_ON_SCREEN: Final = frozenset({"ARS", "CLP", "COP", "PYG"})
_ENTERED_WHOLE: Final = frozenset({"COP"})
_BABEL_LOCALES: Final = {"es": "es_AR", "en": "en_US", "pt-br": "pt_BR"}


class FloatMoneyError(TypeError):
    """Raised for a float as an amount: binary fractions lose cents. Trying again never helps."""


def decimal(value: Decimal | int | str) -> Decimal:
    """Return `value` as a `Decimal`.

    Raises:
        FloatMoneyError: for a float.
    """
    if isinstance(value, float):
        raise FloatMoneyError(f"Amounts are Decimal, never float: {value!r}")
    return value if isinstance(value, Decimal) else Decimal(value)


def quantize(value: Decimal | int | str, currency: str | None = None) -> Decimal:
    """Round half up to the currency's smallest unit (two decimals; none for CLP, PYG …), stored with two places."""
    exponent = Decimal(1).scaleb(-precision(currency or settings.SHOP_CURRENCY))
    return decimal(value).quantize(exponent, rounding=ROUND_HALF_UP).quantize(CENT)


def precision(currency: str) -> int:
    """Return how many decimals the currency has (ISO 4217 by Babel's CLDR data; at most two)."""
    return 2 if currency == "COP" else min(2, get_currency_precision(currency))


def minor_digits(currency: str) -> int:
    """Return how many decimals a sum may have that the shop computes itself: a share, a discount, a tax.

    ISO 4217 by Babel's CLDR data, also where they are three; none for COP (see `decimals`).
    """
    code = currency.upper()
    return 0 if code in _ENTERED_WHOLE else get_currency_precision(code)


def shop_currency() -> str:
    """Return the currency of the shop's prices."""
    return str(settings.SHOP_CURRENCY)


def decimals(currency: str | None = None) -> int:
    """Return how many decimals an amount may have that somebody enters in the currency (the shop's by default).

    COP has centavos by ISO 4217, but nobody pays with them and Mercado Pago takes whole pesos only: a price that one of
    the shop's providers refuses cannot be bought, so none are entered. Sums that a provider reports keep `precision`.
    """
    code = (currency or shop_currency()).upper()
    return 0 if code in _ENTERED_WHOLE else precision(code)


def fits(value: Decimal | int | str, currency: str | None = None) -> bool:
    """Return whether an amount has no more decimals than may be entered in the currency. Raises: FloatMoneyError."""
    amount = decimal(value)
    return amount == amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)


def display(value: Decimal | int | str, currency: str | None = None, language: str | None = None) -> str:
    """Write an amount for people: `$ 84.900`, with decimals only when there are any.

    The language defaults to the active one; the symbol is the short one of the shop's own currency.
    """
    own: str = settings.SHOP_CURRENCY
    return _written(value, currency or own, own, language or translation.get_language() or "es")


# By the type of an amount as well: a float is refused although it equals an amount.
@lru_cache(maxsize=4096, typed=True)
def _written(value: Decimal | int | str, currency: str, own: str, language: str) -> str:
    """Write an amount; the symbol of the currency `own` is the short one."""
    # Plus nothing: zero has no sign.
    amount = quantize(value, currency) + 0
    locale = _BABEL_LOCALES.get(language.lower(), "es_AR")
    whole = amount == amount.to_integral_value() and currency in _WHOLE_ON_SCREEN
    pattern = "¤ #,##0;-¤ #,##0" if whole else "¤ #,##0.00;-¤ #,##0.00"
    text = format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)
    if currency == own:
        text = text.replace(currency, "$") if currency in {"ARS", "CLP", "COP", "MXN", "UYU"} else text
        text = text.replace("US$", "$") if currency == "USD" else text
    return text
