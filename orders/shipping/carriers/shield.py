"""The guard around every call to a carrier, and what an error of the call means for each of them.

Slots, circuit and time budget are those of `shop.core.protection`. A purchase whose answer did not come may have
happened: `Unknown`. One that was certainly not made is `Refused` with `may_retry`.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager

from django_stubs_ext import StrOrPromise

from orders.shipping.carriers.base import (
    Accepted,
    Bought,
    Branches,
    BranchOutcome,
    CallError,
    CancelOutcome,
    Capabilities,
    Carrier,
    FoundOutcome,
    Label,
    LabelOutcome,
    LabelRequest,
    Misconfigured,
    Mode,
    NotFoundAtProvider,
    NotReady,
    Outage,
    Patience,
    Place,
    Purchase,
    PurchaseOutcome,
    Push,
    QuoteOutcome,
    QuoteRequest,
    Quotes,
    RawPush,
    Refused,
    Tracked,
    TrackOutcome,
    Unknown,
    Unsupported,
)
from shop.core.protection.errors import NotAsked, Trouble
from shop.core.protection.groups import CARRIERS
from shop.core.protection.guard import guarded

log = logging.getLogger(__name__)
# What a label may weigh in the database: a page is some ten kilobytes.
MAX_PDF = 4_000_000


def party_of(code: str) -> str:
    """Return the name under which a carrier's slots and circuit are kept."""
    return f"{CARRIERS}:{code}"


class Shield:
    """A carrier as the shop asks it: guarded, and every failure of a call an outcome."""

    def __init__(self, carrier: Carrier, patience: Patience) -> None:
        self._carrier = carrier
        self._patience = patience

    @property
    def code(self) -> str:
        return self._carrier.code

    @property
    def name(self) -> StrOrPromise:
        return self._carrier.name

    @property
    def capabilities(self) -> Capabilities:
        return self._carrier.capabilities

    def _guarded(self, call: str) -> AbstractContextManager[None]:
        return guarded(party_of(self.code), self._patience, name=call)

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        """Return every price; one that is not positive, or of another currency, counts as no answer."""
        try:
            with self._guarded("quote"):
                found = self._carrier.quote(request)
                if isinstance(found, Quotes):
                    _check(found, request.currency)
                return found
        except CallError as error:
            return _no_answer(error)

    def price_basis(self, mode: Mode) -> str:
        """Return what prices depend on besides the request."""
        return self._carrier.price_basis(mode)

    def buy(self, request: LabelRequest) -> PurchaseOutcome:
        """Buy one label; what is not certainly refused is `Unknown`, and never sent again."""
        try:
            with self._guarded("buy"):
                return self._carrier.buy(request)
        except NotAsked as error:
            return Refused(str(error), error.code, may_retry=True)
        except CallError as error:
            if error.maybe_done:
                return Unknown(str(error))
            return Refused(str(error), error.code, may_retry=not error.permanent)

    def find(self, purchase: Purchase) -> FoundOutcome:
        """Return what became of a label; no answer is `Unknown`."""
        try:
            with self._guarded("find"):
                return self._carrier.find(purchase)
        except CallError as error:
            return Unknown(str(error))

    def label_pdf(self, purchase: Purchase) -> LabelOutcome:
        """Return the label; what is no PDF, or an enormous one, is none."""
        try:
            with self._guarded("label_pdf"):
                found = self._carrier.label_pdf(purchase)
        except NotFoundAtProvider as error:
            return NotReady(str(error))
        except CallError as error:
            return _no_answer(error)
        if isinstance(found, Label) and not is_pdf(found.pdf):
            return Outage(f"{self.code}: the label is no PDF")
        return found

    def cancel(self, purchase: Purchase) -> CancelOutcome:
        """Cancel a label; no answer is `Unknown`."""
        if not self.capabilities.cancels:
            return Unsupported(str(self.name))
        try:
            with self._guarded("cancel"):
                return self._carrier.cancel(purchase)
        except CallError as error:
            if error.maybe_done:
                return Unknown(str(error))
            return Refused(str(error), error.code, may_retry=not error.permanent)

    def track(self, numbers: Sequence[str]) -> TrackOutcome:
        """Return what the carrier knows; a number that it does not have yet has no events."""
        try:
            with self._guarded("track"):
                return self._carrier.track(numbers)
        except NotFoundAtProvider:
            return Tracked(())
        except CallError as error:
            return _no_answer(error)

    def branches(self, place: Place) -> BranchOutcome:
        """Return the branches near a place."""
        try:
            with self._guarded("branches"):
                return self._carrier.branches(place)
        except NotFoundAtProvider:
            return Branches(())
        except CallError as error:
            return _no_answer(error)

    def parse_push(self, raw: RawPush) -> Push:
        """Verify and read a webhook. Raises: BadSignature."""
        return self._carrier.parse_push(raw)

    def tracking_url(self, number: str) -> str:
        """Return the page where people follow a number, or ""."""
        return self._carrier.tracking_url(number)


def is_pdf(content: bytes) -> bool:
    """Say whether these bytes begin as a PDF does, and are of a size that a label has."""
    return content[:5] == b"%PDF-" and len(content) <= MAX_PDF


def is_bought(outcome: object) -> bool:
    """Say whether the carrier has the shipment, or has promised to answer."""
    return isinstance(outcome, Bought | Accepted)


def _check(found: Quotes, currency: str) -> None:
    """Raise CallError for a price that cannot be one: an error of the carrier must never be read as a price of 0."""
    for quote in found.quotes:
        if not quote.price.is_finite() or quote.price <= 0:
            raise CallError(f"{quote.carrier} answered the price {quote.price}", permanent=False)
        if quote.currency != currency:
            raise CallError(f"{quote.carrier} answered a price in {quote.currency}", permanent=False)
    if not found.quotes:
        raise CallError("no price and no reason", permanent=False)


def _no_answer(error: CallError) -> Outage | Misconfigured:
    log.info("A carrier was asked: %s", error)
    if error.trouble == Trouble.SILENT:
        return Outage(str(error), retry_after=error.retry_after if isinstance(error, NotAsked) else 0.0)
    return Misconfigured(str(error))
