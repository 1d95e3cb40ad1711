"""A carrier without calls: the staff takes parcels there and types the tracking number.

What is followed where is a template of the method (`tracking_url_template`), with `{number}` in it.
"""

from collections.abc import Sequence
from typing import NoReturn

from django.utils.translation import gettext_lazy as _

from orders.shipping.carriers.base import (
    Branches,
    Capabilities,
    LabelRequest,
    Mode,
    NoCoverage,
    NothingFound,
    NotReady,
    Patience,
    Place,
    Purchase,
    QuoteRequest,
    RawPush,
    Refused,
    Tracked,
    Unsupported,
)
from shop.core.protection.errors import BadSignature


class Manual:
    """Nobody is asked: every answer says so."""

    code = "manual"
    name = _("Carrier without a connection")
    capabilities = Capabilities(modes=(Mode.DELIVERY, Mode.BRANCH))

    def quote(self, request: QuoteRequest) -> NoCoverage:
        return NoCoverage("no prices: the method's own rates hold")

    def price_basis(self, mode: Mode) -> str:
        return ""

    def buy(self, request: LabelRequest) -> Refused:
        return Refused("labels are made at the carrier's own counter or page", code="manual")

    def find(self, purchase: Purchase) -> NothingFound:
        return NothingFound("nothing is bought here")

    def label_pdf(self, purchase: Purchase) -> NotReady:
        return NotReady("nothing is bought here")

    def cancel(self, purchase: Purchase) -> Unsupported:
        return Unsupported("nothing is bought here")

    def track(self, numbers: Sequence[str]) -> Tracked:
        return Tracked(())

    def branches(self, place: Place) -> Branches:
        return Branches(())

    def parse_push(self, raw: RawPush) -> NoReturn:
        raise BadSignature("this carrier sends nothing")

    def tracking_url(self, number: str) -> str:
        return ""


def from_settings(patience: Patience) -> Manual:
    """Return the carrier; it has no settings."""
    return Manual()
