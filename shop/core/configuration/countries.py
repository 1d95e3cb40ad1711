"""The default currency and time zone of each country that a shop can be in.

Pure: `shop.settings` uses it before there are settings. The rules of law and custom are in `shop.core.countries`.
"""

from typing import Final, NamedTuple


class Home(NamedTuple):
    """An ISO 4217 code, and a name of the tz database: where most of the country's people live."""

    currency: str
    time_zone: str


HOMES: Final = {
    "AR": Home("ARS", "America/Argentina/Buenos_Aires"),
    "BR": Home("BRL", "America/Sao_Paulo"),
    "CL": Home("CLP", "America/Santiago"),
    "CO": Home("COP", "America/Bogota"),
    "MX": Home("MXN", "America/Mexico_City"),
    "PE": Home("PEN", "America/Lima"),
    "UY": Home("UYU", "America/Montevideo"),
}
# Prices may be in dollars in any of them.
CURRENCIES: Final = (*(home.currency for home in HOMES.values()), "USD")
