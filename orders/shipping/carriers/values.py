"""What is sent to a carrier and what comes back, as frozen values: parcels, places, prices, labels, events.

Weights are grams, lengths millimetres, money `Decimal` in major units, postal codes texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shop.core.json_types import JsonObject


class Mode(StrEnum):
    """Where a parcel is handed over. The values are those of `ShippingMethod.Kind`."""

    DELIVERY = "delivery"
    BRANCH = "branch"


class TrackedState(StrEnum):
    """What an event says of a shipment, in neutral words. `exception` is a flag, and most recover from it.

    `ready_for_pickup`: at the branch where the recipient fetches it, which is not delivered.
    """

    PENDING = "pending"
    SHIPPED = "shipped"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel as it is handed over; `declared_value` with taxes, in the currency of the request."""

    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    declared_value: Decimal = Decimal(0)

    @property
    def volume_cm3(self) -> int:
        """Return the volume, rounded up to whole cubic centimetres."""
        return -(-self.length_mm * self.width_mm * self.height_mm // 1000)


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address. `state` is its name as the shop writes it (`shop.core.countries`); `street` has the
    number too.
    """

    country: str
    postal_code: str
    state: str = ""
    city: str = ""
    street: str = ""
    apartment: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str = ""
    phone: str = ""
    document_type: str = ""
    document_number: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What a price is asked for. `mode` None: whatever the carrier offers."""

    origin: Place
    destination: Place
    parcels: tuple[Parcel, ...]
    currency: str
    mode: Mode
    branch_code: str = ""

    @property
    def declared_value(self) -> Decimal:
        return sum((parcel.declared_value for parcel in self.parcels), Decimal(0))


@dataclass(frozen=True, slots=True)
class Quote:
    """One price. `service` names it again when the label is bought, `contract` where it depends on one.

    `days_min` and `days_max` are business days; None: the carrier does not say.
    """

    carrier: str
    service: str
    name: str
    price: Decimal
    currency: str
    mode: Mode
    days_min: int | None = None
    days_max: int | None = None
    contract: str = ""
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label to buy. `reference` is ours and new for each attempt: carriers answer a repeated one in odd ways."""

    reference: str
    service: str
    mode: Mode
    origin: Place
    sender: Contact
    destination: Place
    recipient: Contact
    parcels: tuple[Parcel, ...]
    currency: str
    contract: str = ""
    branch_code: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A label as it is asked about again: by what the carrier calls it, or (without an answer then) by our
    reference.
    """

    reference: str
    external_id: str
    numbers: tuple[str, ...]
    ids: Mapping[str, str]
    service: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """Something that the carrier says happened. `state` None: a word that the shop does not know; it changes
    nothing.
    """

    number: str
    code: str
    text: str
    at: datetime | None
    state: TrackedState | None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A place where parcels can be fetched."""

    code: str
    name: str
    address: str = ""
    city: str = ""
    postal_code: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class RawPush:
    """A request to the carrier's webhook address, as received; header names in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Push:
    """What a carrier's webhook is about: only a hint that these numbers should be asked about.

    `surcharges` are amounts billed afterwards, by tracking number.
    """

    numbers: tuple[str, ...]
    topic: str = ""
    surcharges: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier's module can do; screens offer no more."""

    quotes: bool = False
    labels: bool = False
    # It sells several services, and a label names one.
    needs_service: bool = False
    cancels: bool = False
    tracks: bool = False
    branches: bool = False
    pushes: bool = False
    modes: Sequence[Mode] = (Mode.DELIVERY,)
