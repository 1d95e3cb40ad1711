"""Reading what carriers answer, and writing what they want: amounts, texts, instants, streets, postal codes.

Whatever is missing or of another kind is an unreadable answer (`CallError`) and never a 0.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from orders.shipping.carriers.base import CallError

_MOST: Final = Decimal(10**10)
_NUMBER: Final = re.compile(
    r"^(?P<street>.*?\S)[\s,]+(?:n[°ºo]?\.?\s*)?(?P<number>\d+[A-Za-z]?)$", re.IGNORECASE
)


def amount(value: object, what: str) -> Decimal:
    """Return a positive amount of money out of a number or a text with a decimal point.

    Raises:
        CallError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CallError(f"{what} is no amount", permanent=False)
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise CallError(f"{what} is no amount", permanent=False) from error
    if not found.is_finite() or not 0 < found < _MOST:
        raise CallError(f"{what} is no amount: {found}", permanent=False)
    return found.quantize(Decimal("0.01"))


def object_of(value: object, what: str) -> Mapping[str, Any]:
    """Return a JSON object. Raises: CallError: it is none; what was asked for may have been done."""
    if not isinstance(value, Mapping):
        raise CallError(f"{what} is no object", permanent=False, maybe_done=True)
    return value


def text(value: object, most: int = 200) -> str:
    """Return a text or a number as a text of one line, without control characters; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", str(value)).split())[:most]


def instant(value: object, zone: tzinfo) -> datetime | None:
    """Return the instant of an ISO text; one without a zone is in the carrier's own. None: it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def folded(value: str) -> str:
    """Return a text for comparing: lower case, without accents, single spaces."""
    plain = unicodedata.normalize("NFKD", value)
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().split())


def street_and_number(street: str, without: str = "S/N") -> tuple[str, str]:
    """Split a line as people write it into street and number; `without` stands for no number."""
    found = _NUMBER.match(street.strip())
    return (found["street"], found["number"]) if found else (street.strip(), without)


def whole_cm(millimetres: int) -> int:
    """Return a length in whole centimetres, rounded up: a parcel is never declared smaller than it is."""
    return max(1, -(-millimetres // 10))


def kilos(grams: int) -> float:
    """Return a weight in kilograms as JSON writes it."""
    return round(max(grams, 1) / 1000, 3)
