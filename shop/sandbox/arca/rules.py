"""What WSFEv1 checks of a document, as its manual's table of validations says; each failure is an observation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from shop.sandbox.store import Record

INVOICES = {"A": 1, "B": 6, "C": 11}
DEBIT_NOTES = {"A": 2, "B": 7, "C": 12}
CREDIT_NOTES = {"A": 3, "B": 8, "C": 13}
CLASS = {code: letter for codes in (INVOICES, DEBIT_NOTES, CREDIT_NOTES) for letter, code in codes.items()}
# Conditions to which a responsable inscripto issues class A, and all that there are.
OF_CLASS_A = {1, 6, 13, 16}
CONDITIONS = {1, 4, 5, 6, 7, 8, 9, 10, 13, 15, 16}
RATES = {
    3: Decimal(0),
    4: Decimal("0.105"),
    5: Decimal("0.21"),
    6: Decimal("0.27"),
    8: Decimal("0.05"),
    9: Decimal("0.025"),
}
CUIT, DNI, UNIDENTIFIED = 80, 96, 99
FINAL_CONSUMER = 5
CENT = Decimal("0.01")
IDENTIFIED_FROM = Decimal(10_000_000)
# Argentina has no summer time.
ZONE = timezone(timedelta(hours=-3))
Observation = tuple[str, str]


def check(
    kind: int,
    fields: dict[str, str],
    rates: list[dict[str, str]],
    related: list[Record | None],
    condition: str,
) -> Iterator[Observation]:
    """Yield what is wrong with a document. ``related`` are the documents that it names, None for an unknown one."""
    letter = CLASS[kind]
    yield from _receiver(letter, fields, condition)
    yield from _sums(fields, rates, letter)
    if kind not in INVOICES.values():
        yield from _note(letter, related)
    elif related:
        yield "10040", "El comprobante no puede asociar a los informados"
    day = _day(fields.get("CbteFch", ""))
    if day is None or abs((day - datetime.now(tz=ZONE).date()).days) > 5:
        yield "10016", "La fecha del comprobante debe estar entre N-5 y N+5"
    if fields["MonId"] == "PES" and Decimal(fields.get("MonCotiz", "1")) != 1:
        yield "10038", "La cotización de pesos argentinos debe ser 1"


def _receiver(letter: str, fields: dict[str, str], condition: str) -> Iterator[Observation]:
    kind, number = int(fields["DocTipo"]), int(fields["DocNro"])
    receiver = int(fields.get("CondicionIVAReceptorId") or 0)
    if receiver not in CONDITIONS:
        yield "10246", "Campo Condicion IVA receptor es obligatorio, o su valor no es válido"
    if kind == UNIDENTIFIED and receiver != FINAL_CONSUMER:
        yield "10243", "La condición de IVA del receptor no corresponde al tipo de documento"
    wanted = "C" if condition != "RI" else "A" if receiver in OF_CLASS_A else "B"
    if letter != wanted:
        yield "10000", f"La condición del receptor pide un comprobante clase {wanted}"
    if letter == "A" and kind != CUIT:
        yield "10013", "Para comprobantes clase A el campo DocTipo debe ser 80"
    if kind == CUIT and not _is_cuit(number):
        yield "10015", "El número de documento no es válido"
    if (kind == UNIDENTIFIED) != (number == 0):
        yield "10015", "DocNro debe ser 0 para DocTipo 99, y un número para los demás"
    if kind == UNIDENTIFIED and Decimal(fields["ImpTotal"]) >= IDENTIFIED_FROM:
        yield "10015", "Debe identificarse al receptor a partir del importe de la norma"


def _is_cuit(number: int) -> bool:
    digits = [int(digit) for digit in f"{number:011d}"]
    if len(digits) != 11:
        return False
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = 11 - sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11
    return digits[10] == {11: 0, 10: 9}.get(rest, rest)


def _sums(fields: dict[str, str], rates: list[dict[str, str]], letter: str) -> Iterator[Observation]:
    amount = {name: Decimal(fields[name]) for name in fields if name.startswith("Imp")}
    parts = ("ImpTotConc", "ImpNeto", "ImpOpEx", "ImpTrib", "ImpIVA")
    if not _near(amount["ImpTotal"], sum((amount[name] for name in parts), Decimal(0))):
        yield "10048", "La suma de los importes no coincide con ImpTotal"
    if letter == "C":
        if rates:
            yield "10071", "Para comprobantes tipo C el array IVA no debe informarse"
        if amount["ImpIVA"]:
            yield "10047", "Para comprobantes tipo C el campo ImpIVA debe ser cero"
        return
    if amount["ImpNeto"] and not rates:
        yield "10070", "Si ImpNeto es mayor a cero el array IVA es obligatorio"
    if not _near(amount["ImpIVA"], sum((Decimal(row["Importe"]) for row in rates), Decimal(0))):
        yield "10023", "La suma de los importes de IVA no coincide con ImpIVA"
    if rates and not _near(amount["ImpNeto"], sum((Decimal(row["BaseImp"]) for row in rates), Decimal(0))):
        yield "10061", "La suma de las bases imponibles no coincide con ImpNeto"
    if len({row["Id"] for row in rates}) != len(rates):
        yield "10022", "Las alícuotas de IVA no deben repetirse"
    for row in rates:
        rate = RATES.get(int(row["Id"]))
        if rate is None:
            yield "10019", "El código de alícuota no existe"
        elif not _near(Decimal(row["Importe"]), Decimal(row["BaseImp"]) * rate):
            yield "10051", "El importe de IVA no corresponde a la base por la alícuota"


def _note(letter: str, related: list[Record | None]) -> Iterator[Observation]:
    if not related:
        yield "10197", "Para notas de crédito y débito es obligatorio informar CbtesAsoc o PeriodoAsoc"
    for one in related:
        if one is None:
            yield "10040", "El comprobante asociado no existe"
        elif CLASS.get(one.body["CbteTipo"]) != letter:
            yield "10040", "El comprobante asociado es de otra clase"


def _near(one: Decimal, other: Decimal) -> bool:
    """Say whether two amounts agree by the manual's tolerance: a cent, or a hundredth of a per cent."""
    return abs(one - other) <= max(CENT, abs(other) * Decimal("0.0001"))


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None


def is_before(text: str, other: str) -> bool:
    """Say whether a day (yyyymmdd) is before another."""
    return bool(other) and text < other


def by_name(element: Any) -> dict[str, str]:
    """Return the texts of an element's children that have no children, by their names."""
    return {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in element if not len(child)}
