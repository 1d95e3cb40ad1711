"""What the law asks to be shown beside a price."""

from decimal import Decimal
from typing import Final

from django.conf import settings

from shop.core.money import quantize

# National taxes inside the final price, by country of the shop. AR: general VAT rate, Ley 23.349 art. 28; the line
# "PRECIO SIN IMPUESTOS NACIONALES" is asked for by Ley 27.743 and Res. 4/2025. Elsewhere no such line is shown.
NATIONAL_TAX_RATES: Final = {"AR": Decimal("0.21")}


def without_national_taxes(price: Decimal, country: str | None = None) -> Decimal | None:
    """Return the price less national taxes, in the shop's currency; None where no law asks for it."""
    rate = NATIONAL_TAX_RATES.get(country or settings.SHOP_COUNTRY)
    return None if rate is None else quantize(price / (1 + rate))
