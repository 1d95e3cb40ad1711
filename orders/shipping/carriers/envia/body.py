"""What we send to Envia.com: addresses, parcels, shipment (docs/carriers/envia.md#prices, #labels)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from orders.shipping.carriers.base import (
    CallError,
    Contact,
    LabelRequest,
    Parcel,
    Place,
    QuoteRequest,
    Reason,
)
from orders.shipping.carriers.envia.client import Client
from orders.shipping.carriers.reading import kilos, street_and_number, whole_cm
from orders.shipping.carriers.subdivisions import code_of


@dataclass(frozen=True, slots=True)
class Account:
    """What the merchant set up at Envia: `carriers` are asked one by one, by the names that Envia gives them.

    `state_codes` replaces codes of states (`MX-CX` → `CMX`): Envia's lists differ (docs/carriers/envia.md#states).
    """

    carriers: tuple[str, ...]
    state_codes: Mapping[str, str] = field(default_factory=dict)
    insures: bool = False


def rate_body(client: Client, request: QuoteRequest, account: Account, carrier: str) -> dict[str, Any]:
    """Return the question for one carrier's prices. Raises: CallError: the place cannot be written for Envia."""
    nobody = Contact(name="Cliente")
    place = request.destination
    # Before the address is typed a postal code is known, and no city: its state's name does for a price.
    place = place if place.city else replace(place, city=place.state)
    return {
        "origin": address(client, request.origin, nobody, account),
        "destination": address(client, place, nobody, account, request.branch_code),
        "packages": packages(request.parcels, "Ropa", insures=account.insures),
        "shipment": {"type": 1, "carrier": carrier},
        "settings": {"currency": request.currency},
    }


def label_body(client: Client, request: LabelRequest, account: Account) -> dict[str, Any]:
    """Return the order of a label. Raises: CallError: the place cannot be written for Envia; nothing was sent."""
    carrier, _colon, service = request.service.partition(":")
    return {
        "origin": address(client, request.origin, request.sender, account),
        "destination": address(client, request.destination, request.recipient, account, request.branch_code),
        "packages": packages(request.parcels, request.content or "Ropa", insures=account.insures),
        "shipment": {"type": 1, "carrier": carrier, "service": service, "reference": request.reference},
        "settings": {"currency": request.currency, "printFormat": "PDF", "printSize": "STOCK_4X6"},
    }


def address(
    client: Client, place: Place, contact: Contact, account: Account, branch_code: str = ""
) -> dict[str, Any]:
    """Return a place as Envia writes it: a state of two signs, in Colombia the city's number in the place of its
    name.
    """
    state = code_of(place.country, place.state)
    state = account.state_codes.get(f"{place.country}-{state}", state)
    city = place.city
    if place.country == "CO":
        state = account.state_codes.get(f"CO-{place.state}", "")
        city = client.locate(place.city, state or place.state, "CO")
    if not state or not city or not place.postal_code:
        raise CallError(
            "Envia needs a known state, a city and a postal code", permanent=True, reason=Reason.BUYER
        )
    street, number = street_and_number(place.street)
    found = {
        "name": contact.name,
        "company": contact.company,
        "email": contact.email,
        "phone": contact.phone,
        "street": street,
        "number": number,
        "district": place.city,
        "city": city,
        "state": state,
        "country": place.country,
        "postalCode": place.postal_code,
        "reference": place.apartment,
    }
    return found | ({"branchCode": branch_code} if branch_code else {})


def packages(parcels: tuple[Parcel, ...], content: str, *, insures: bool) -> list[dict[str, Any]]:
    """Return the parcels in kilograms and centimetres. The declared value is insured only where the merchant
    wants it.
    """
    return [
        {
            "type": "box",
            "content": content[:100],
            "amount": 1,
            "weight": kilos(parcel.weight_grams),
            "weightUnit": "KG",
            "lengthUnit": "CM",
            "dimensions": {
                "length": whole_cm(parcel.length_mm),
                "width": whole_cm(parcel.width_mm),
                "height": whole_cm(parcel.height_mm),
            },
            "declaredValue": float(parcel.declared_value),
            "insurance": float(parcel.declared_value) if insures else float(Decimal(0)),
        }
        for parcel in parcels
    ]
