"""The interface of a carrier: one small protocol, frozen values in and out.

A carrier's module uses no model, request or HTML. Inside the shop weights are grams, lengths millimetres, money
`Decimal` in major units, postal codes texts; what a carrier wants instead is converted in its module. Outcomes
are values and not exceptions: an error must never be read as a price. A module may raise `CallError` from any
call; whoever asks through `carriers.get` gets the outcome that it means.
"""

from collections.abc import Sequence
from typing import Protocol

from django_stubs_ext import StrOrPromise

from orders.shipping.carriers.outcomes import (
    Accepted,
    Bought,
    Branches,
    BranchOutcome,
    Cancelled,
    CancelOutcome,
    FoundOutcome,
    Label,
    LabelOutcome,
    Misconfigured,
    NoCoverage,
    NothingFound,
    NotReady,
    Outage,
    PurchaseOutcome,
    QuoteOutcome,
    Quotes,
    Refused,
    Tracked,
    TrackOutcome,
    Unknown,
    Unsupported,
)
from orders.shipping.carriers.values import (
    Branch,
    Capabilities,
    Contact,
    LabelRequest,
    Mode,
    Parcel,
    Place,
    Purchase,
    Push,
    Quote,
    QuoteRequest,
    RawPush,
    TrackedEvent,
    TrackedState,
)
from shop.core.protection.deadline import Patience
from shop.core.protection.errors import BadSignature, CallError, NotFoundAtProvider, Reason

__all__ = [
    "Accepted",
    "BadSignature",
    "Bought",
    "Branch",
    "BranchOutcome",
    "Branches",
    "CallError",
    "CancelOutcome",
    "Cancelled",
    "Capabilities",
    "Carrier",
    "Contact",
    "FoundOutcome",
    "Label",
    "LabelOutcome",
    "LabelRequest",
    "Misconfigured",
    "Mode",
    "NoCoverage",
    "NotFoundAtProvider",
    "NotReady",
    "NothingFound",
    "Outage",
    "Parcel",
    "Patience",
    "Place",
    "Purchase",
    "PurchaseOutcome",
    "Push",
    "Quote",
    "QuoteOutcome",
    "QuoteRequest",
    "Quotes",
    "RawPush",
    "Reason",
    "Refused",
    "TrackOutcome",
    "Tracked",
    "TrackedEvent",
    "TrackedState",
    "Unknown",
    "Unsupported",
]


class Carrier(Protocol):
    """A carrier. Every call may raise `CallError`; those of what `capabilities` lacks are never made."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> StrOrPromise: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        """Return every price for these parcels."""

    def price_basis(self, mode: Mode) -> str:
        """Return what prices depend on besides the request: contract, client, settings. Makes no call."""

    def buy(self, request: LabelRequest) -> PurchaseOutcome:
        """Buy one label: one request to the carrier, never repeated here."""

    def find(self, purchase: Purchase) -> FoundOutcome:
        """Return what became of a label that was asked for."""

    def label_pdf(self, purchase: Purchase) -> LabelOutcome:
        """Return the label of a purchase."""

    def cancel(self, purchase: Purchase) -> CancelOutcome:
        """Cancel a label that was bought."""

    def track(self, numbers: Sequence[str]) -> TrackOutcome:
        """Return what the carrier knows of these tracking numbers."""

    def branches(self, place: Place) -> BranchOutcome:
        """Return the branches near a place."""

    def parse_push(self, raw: RawPush) -> Push:
        """Verify and read a webhook; makes no call.

        Raises:
            BadSignature: it is not the carrier's.
        """

    def tracking_url(self, number: str) -> str:
        """Return the page where people follow a number, or "" where there is none."""
