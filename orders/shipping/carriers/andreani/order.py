"""What we send to Andreani: the query of a price, and the body of an order (docs/carriers/andreani.md#prices,
#orders).
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from orders.shipping.carriers.base import (
    CallError,
    Contact,
    LabelRequest,
    Mode,
    Parcel,
    Place,
    QuoteRequest,
    Reason,
)
from orders.shipping.carriers.reading import kilos, street_and_number, whole_cm
from orders.shipping.carriers.subdivisions import code_of


@dataclass(frozen=True, slots=True)
class Account:
    """What the merchant agreed with Andreani. `contracts` by mode; `branch_field` names the branch in an order."""

    client: str
    contracts: dict[Mode, str]
    origin_branch: str = ""
    branch_field: str = "id"
    tax_percent: Decimal = Decimal(21)
    with_tax: bool = True


def postal_code(written: str) -> str:
    """Return the four digits that Andreani wants, of a CPA too: 1414 of C1414ABC.

    Raises:
        CallError: there are none; nothing was sent.
    """
    found = re.search(r"(?<!\d)\d{4}(?!\d)", written)
    if found is None:
        raise CallError("not a postal code of Argentina", permanent=True, reason=Reason.BUYER)
    return found[0]


def query_of(request: QuoteRequest, account: Account) -> dict[str, str]:
    """Return the parameters of a price. The declared value is a whole number of pesos, without taxes."""
    query = {
        "cpDestino": postal_code(request.destination.postal_code),
        "contrato": account.contracts[request.mode],
        "cliente": account.client,
    }
    if account.origin_branch:
        query["sucursalOrigen"] = account.origin_branch
    for index, parcel in enumerate(request.parcels):
        values = {
            "valorDeclarado": str(
                max(1, int(_without_tax(parcel, account).to_integral_value(ROUND_HALF_UP)))
            ),
            "volumen": str(parcel.volume_cm3),
            "kilos": str(kilos(parcel.weight_grams)),
            "altoCm": str(whole_cm(parcel.height_mm)),
            "largoCm": str(whole_cm(parcel.length_mm)),
            "anchoCm": str(whole_cm(parcel.width_mm)),
        }
        query |= {f"bultos[{index}][{name}]": value for name, value in values.items()}
    return query


def body_of(request: LabelRequest, account: Account) -> dict[str, Any]:
    """Return an order. Our reference stands in every parcel, where it can be searched for.

    Raises:
        CallError: an address lacks what Andreani needs, or a branch is wanted and none named; nothing was sent.
    """
    destination: dict[str, Any] = {"postal": _postal(request.destination)}
    if request.mode == Mode.BRANCH:
        if not request.branch_code:
            raise CallError("no branch is named", permanent=True, reason=Reason.BUYER)
        destination = {"sucursal": {account.branch_field: request.branch_code}}
    return {
        "contrato": request.contract or account.contracts[request.mode],
        "origen": {"postal": _postal(request.origin)},
        "destino": destination,
        "remitente": _person(request.sender),
        "destinatario": [_person(request.recipient)],
        "productoAEntregar": request.content[:100],
        "bultos": [_parcel(parcel, request.reference, account) for parcel in request.parcels],
    }


def _without_tax(parcel: Parcel, account: Account) -> Decimal:
    return (parcel.declared_value * 100 / (100 + account.tax_percent)).quantize(Decimal("0.01"))


def _parcel(parcel: Parcel, reference: str, account: Account) -> dict[str, Any]:
    return {
        "kilos": kilos(parcel.weight_grams),
        "largoCm": whole_cm(parcel.length_mm),
        "altoCm": whole_cm(parcel.height_mm),
        "anchoCm": whole_cm(parcel.width_mm),
        "volumenCm": parcel.volume_cm3,
        "valorDeclaradoSinImpuestos": float(_without_tax(parcel, account)),
        "valorDeclaradoConImpuestos": float(parcel.declared_value),
        "referencias": [{"meta": "idCliente", "contenido": reference}],
    }


def _postal(place: Place) -> dict[str, Any]:
    region = code_of("AR", place.state)
    if not region or not place.street or not place.city:
        raise CallError("the address lacks street, city or province", permanent=True, reason=Reason.BUYER)
    street, number = street_and_number(place.street)
    components = [{"meta": "departamento", "contenido": place.apartment}] if place.apartment else []
    return {
        "codigoPostal": postal_code(place.postal_code),
        "calle": street,
        "numero": number,
        "localidad": place.city,
        "region": f"AR-{region}",
        "pais": "Argentina",
        "componentesDeDireccion": components,
    }


def _person(contact: Contact) -> dict[str, Any]:
    phone = re.sub(r"[^0-9+]", "", contact.phone)
    return {
        "nombreCompleto": contact.name,
        "email": contact.email,
        "documentoTipo": contact.document_type or "DNI",
        "documentoNumero": re.sub(r"[^0-9A-Za-z]", "", contact.document_number),
        "telefonos": [{"tipo": 1, "numero": phone}] if phone else [],
    }
