"""How a call to a carrier may end. An error is an outcome of its own, and can never be read as a price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from orders.shipping.carriers.values import Branch, Quote, TrackedEvent
from shop.core.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Quotes:
    """Prices; never empty."""

    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class NoCoverage:
    """The carrier does not go there, or not with this parcel. Asking again answers the same."""

    detail: str


@dataclass(frozen=True, slots=True)
class Outage:
    """The carrier gave no answer of its own, or one that cannot be read. Asking again later may help."""

    detail: str
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The carrier refuses the shop itself: its key, its contract, its account."""

    detail: str


QuoteOutcome = Quotes | NoCoverage | Outage | Misconfigured


@dataclass(frozen=True, slots=True)
class Bought:
    """The label is bought and the carrier will take the parcel.

    `numbers` are the tracking numbers, one for each parcel where the carrier gives so many. `price` None: not
    told here. `external_id` is what the carrier calls it; `ids` whatever else is needed to ask about it. `pdf`
    empty: to be fetched.
    """

    external_id: str
    numbers: tuple[str, ...]
    price: Decimal | None = None
    tracking_url: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    pdf: bytes = b""
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has taken the request and will say later whether it makes the shipment."""

    external_id: str
    numbers: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was bought, certainly. `may_retry`: the same request may be taken later (it was not even sent, say)."""

    detail: str
    code: str = ""
    may_retry: bool = False
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was bought: no answer came, or none that can be read. It must not be sent again."""

    detail: str
    raw: JsonObject = field(default_factory=dict)


PurchaseOutcome = Bought | Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class NothingFound:
    """The carrier has certainly no such shipment."""

    detail: str


@dataclass(frozen=True, slots=True)
class Label:
    """The label as a PDF."""

    pdf: bytes


@dataclass(frozen=True, slots=True)
class NotReady:
    """There is no label yet; asking again later helps."""

    detail: str


LabelOutcome = Label | NotReady | Outage | Misconfigured


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It is cancelled, now or before. `refunded` None: the carrier does not say."""

    refunded: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The carrier cannot do this at all; `detail` says what happens instead."""

    detail: str


CancelOutcome = Cancelled | Refused | Unknown | Unsupported
# `Cancelled`: it was bought, and is cancelled.
FoundOutcome = Bought | Accepted | Refused | Unknown | NothingFound | Cancelled


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the carrier knows, oldest first; empty: nothing yet."""

    events: tuple[TrackedEvent, ...]


TrackOutcome = Tracked | Outage | Misconfigured


@dataclass(frozen=True, slots=True)
class Branches:
    """Branches near a place, nearest first; empty: there is none."""

    branches: tuple[Branch, ...]


BranchOutcome = Branches | Outage | Misconfigured
