"""The accounts of shoppers who buy in instalments. Imported by processes with and without the shop's settings."""

from typing import Final

PASSWORD: Final = "clave-de-la-prueba-26"


def account_of(number: int) -> str:
    """Return the address with which a shopper signs in."""
    return f"cuotas-{number}@example.com"
