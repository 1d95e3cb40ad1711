"""Codes on the label: SKU and EAN-13 barcode."""

from shop.demo.catalogue.colours import COLOURS

# 779 is Argentina's GS1 prefix (https://www.gs1.org/standards/id-keys/company-prefix); the company part is invented.
COMPANY = "77982640"


def ean13(digits: str) -> str:
    """Complete twelve digits with the check digit of an EAN-13.

    Source: GS1 General Specifications §7.9.1, weights 1 and 3 from the left.

    Raises:
        ValueError: not twelve digits.
    """
    if len(digits) != 12 or not digits.isdecimal():
        raise ValueError(f"an EAN-13 is made from twelve digits, not {digits!r}")
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def barcode(number: int) -> str:
    """Return the barcode of the shop's `number`-th article (0–9999)."""
    return ean13(f"{COMPANY}{number:04d}")


def sku(model: str, colour: str, size: str = "") -> str:
    """Return the SKU of a model in a colour and, unless it has only one, a size: ``RMA01-NEG-M``."""
    parts = [model, COLOURS[colour].letters]
    if size:
        parts.append(size.upper().replace("-", ""))
    return "-".join(parts)
