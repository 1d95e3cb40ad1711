"""ARCA's codes, and what follows from them. docs/fiscal/arca.md has the sources and what is not verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from orders.invoices.fiscal.base import Buyer, NotIssuable

# Country's code of the tax condition (shop/core/countries/ar.py) → CondicionIVAReceptorId. "": a final consumer.
CONDITIONS: Final[Mapping[str, int]] = {"": 5, "CF": 5, "RI": 1, "EX": 4, "MT": 6}
FINAL_CONSUMER: Final = 5
# Receivers to whom a seller who is responsable inscripto issues class A.
_CLASS_A: Final = frozenset({1, 6, 13, 16})
# CbteTipo by class: invoice, debit note, credit note.
INVOICES: Final[Mapping[str, int]] = {"A": 1, "B": 6, "C": 11}
DEBIT_NOTES: Final[Mapping[str, int]] = {"A": 2, "B": 7, "C": 12}
CREDIT_NOTES: Final[Mapping[str, int]] = {"A": 3, "B": 8, "C": 13}
LETTERS: Final[Mapping[int, str]] = {
    code: letter for codes in (INVOICES, DEBIT_NOTES, CREDIT_NOTES) for letter, code in codes.items()
}
# DocTipo.
CUIT, CUIL, PASSPORT, DNI, UNIDENTIFIED = 80, 86, 94, 96, 99
# CUITs of companies: everybody else's is also a CUIL.
_OF_COMPANIES: Final = ("30", "33", "34")
# AlicIva.Id by the rate.
RATES: Final[Mapping[Decimal, int]] = {
    Decimal(0): 3,
    Decimal("0.105"): 4,
    Decimal("0.21"): 5,
    Decimal("0.27"): 6,
    Decimal("0.05"): 8,
    Decimal("0.025"): 9,
}
CURRENCIES: Final[Mapping[str, str]] = {"ARS": "PES"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which amount of one sale a final consumer must be identified, since a day; `source`: the rule."""

    since: date
    amount: Decimal
    source: str


# https://www.argentina.gob.ar/normativa (RG ARCA 5700/2025); the newest first. `ARCA_IDENTIFY_FROM` overrides it.
IDENTIFIED_FROM: Final = (Threshold(date(2025, 5, 29), Decimal(10_000_000), "RG ARCA 5700/2025"),)


def threshold(on: date, override: Decimal | None) -> Decimal | None:
    """Return from which amount a final consumer must be identified on a day; None: no rule is known for it."""
    if override is not None:
        return override
    return next((one.amount for one in IDENTIFIED_FROM if one.since <= on), None)


def letter(seller_condition: str, receiver: int) -> str:
    """Return the class of a document by who sells and who receives."""
    if seller_condition != "RI":
        return "C"
    return "A" if receiver in _CLASS_A else "B"


def document_of(buyer: Buyer, condition: int) -> tuple[int, int]:
    """Return DocTipo and DocNro of a buyer; a document with letters cannot be told, and is not identified.

    A person's CUIT and CUIL are one number: where the buyer is a final consumer it is told as the CUIL.
    """
    number = buyer.document_number
    if not number.isdecimal():
        return UNIDENTIFIED, 0
    if buyer.document_type == "CUIT":
        is_person = condition == FINAL_CONSUMER and not number.startswith(_OF_COMPANIES)
        return (CUIL if is_person else CUIT), int(number)
    if buyer.document_type == "DNI":
        return DNI, int(number)
    if buyer.document_type == "FOREIGN":
        return PASSPORT, int(number)
    return UNIDENTIFIED, 0


def condition_of(code: str) -> int:
    """Return CondicionIVAReceptorId of a tax condition. Raises: NotIssuable: it is unknown."""
    try:
        return CONDITIONS[code]
    except KeyError:
        raise NotIssuable(f"No se conoce la condición frente al IVA {code!r}.") from None


def rate_id(rate: Decimal) -> int:
    """Return AlicIva.Id of a rate. Raises: NotIssuable: ARCA has no such rate."""
    found = RATES.get(rate.normalize()) or next((code for one, code in RATES.items() if one == rate), None)
    if found is None:
        raise NotIssuable(f"ARCA no tiene una alícuota de IVA de {rate}.")
    return found


def currency_of(code: str) -> str:
    """Return MonId of a currency. Raises: NotIssuable: this shop's currency is not one that it invoices in."""
    try:
        return CURRENCIES[code]
    except KeyError:
        raise NotIssuable(
            f"No se emiten comprobantes en {code}: configurá la moneda con tu contador."
        ) from None
