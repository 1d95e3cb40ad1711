"""Tortuga Envíos, which nobody has ever seen: one price for each kilogram, labels at once, no branches."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings

from orders.shipping.carriers.base import (
    BadSignature,
    Bought,
    Branches,
    Cancelled,
    Capabilities,
    FoundOutcome,
    Label,
    LabelOutcome,
    LabelRequest,
    Mode,
    NoCoverage,
    NothingFound,
    NotReady,
    Patience,
    Place,
    Purchase,
    PurchaseOutcome,
    Quote,
    QuoteOutcome,
    QuoteRequest,
    Quotes,
    RawPush,
    Refused,
    Tracked,
    TrackedEvent,
    TrackedState,
)
from orders.shipping.carriers.http import HttpClient
from orders.shipping.carriers.reading import amount, kilos, text

STATES = {"en camino": TrackedState.SHIPPED, "llegó": TrackedState.DELIVERED}


class Tortuga:
    code = "tortuga"
    name = "Tortuga Envíos"
    capabilities = Capabilities(quotes=True, labels=True, cancels=True, tracks=True, modes=(Mode.DELIVERY,))

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        weight = sum(kilos(parcel.weight_grams) for parcel in request.parcels)
        reply = self._http.read("/price", params={"to": request.destination.postal_code, "kg": str(weight)})
        if reply.status == 404:
            return NoCoverage(reply.words)
        price = amount(reply.json().get("price"), "price")
        return Quotes((Quote(self.code, "slow", "Sin apuro", price, request.currency, request.mode, 9, 30),))

    def price_basis(self, mode: Mode) -> str:
        return ""

    def buy(self, request: LabelRequest) -> PurchaseOutcome:
        reply = self._http.send("POST", "/parcels", body={"ref": request.reference})
        if reply.status >= 400:
            return Refused(reply.words)
        body: dict[str, Any] = reply.json()
        number = text(body.get("number"), 60)
        return Bought(number, (number,), amount(body.get("price"), "price"))

    def find(self, purchase: Purchase) -> FoundOutcome:
        reply = self._http.read(f"/parcels/{purchase.reference}")
        if reply.status == 404:
            return NothingFound(reply.words)
        number = text(reply.json().get("number"), 60)
        return Bought(number, (number,))

    def label_pdf(self, purchase: Purchase) -> LabelOutcome:
        reply = self._http.read(f"/labels/{purchase.external_id}")
        return Label(reply.body) if reply.status == 200 else NotReady(reply.words)

    def cancel(self, purchase: Purchase) -> Cancelled:
        return Cancelled(Decimal(0))

    def track(self, numbers: Sequence[str]) -> Tracked:
        words = [
            (number, text(self._http.read(f"/where/{number}").json().get("where"))) for number in numbers
        ]
        return Tracked(
            tuple(TrackedEvent(number, "", said, None, STATES.get(said)) for number, said in words)
        )

    def branches(self, place: Place) -> Branches:
        return Branches(())

    def parse_push(self, raw: RawPush) -> NoReturn:
        raise BadSignature("it sends none")

    def tracking_url(self, number: str) -> str:
        return f"https://tortuga.example/{number}"


def from_settings(patience: Patience) -> Tortuga:
    return Tortuga(HttpClient("Tortuga", str(getattr(settings, "TORTUGA_API_BASE", "")), patience))
