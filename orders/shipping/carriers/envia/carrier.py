"""Envia.com as a carrier: prices of each carrier behind it, labels bought at once, tracking, branches, cancelling."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from orders.shipping.carriers.base import (
    Bought,
    Branch,
    Branches,
    CallError,
    Cancelled,
    CancelOutcome,
    Capabilities,
    FoundOutcome,
    Label,
    LabelOutcome,
    LabelRequest,
    Misconfigured,
    Mode,
    NoCoverage,
    NothingFound,
    NotReady,
    Outage,
    Patience,
    Place,
    Purchase,
    PurchaseOutcome,
    Push,
    Quote,
    QuoteOutcome,
    QuoteRequest,
    Quotes,
    RawPush,
    Reason,
    Refused,
    Tracked,
    TrackedEvent,
    Unknown,
)
from orders.shipping.carriers.envia import mapping, webhook
from orders.shipping.carriers.envia.body import Account, label_body, rate_body
from orders.shipping.carriers.envia.client import Client, EnviaError
from orders.shipping.carriers.reading import amount, folded, instant, text
from shop.core.json_types import JsonObject

CODE: Final = "envia"
_DAYS: Final = re.compile(r"(\d+)(?:\s*(?:-|a|to)\s*(\d+))?")
_WORST_FIRST: Final = (Outage, Misconfigured, NoCoverage)


class Envia:
    """The account at Envia; `label_hosts` are those from which labels are fetched."""

    code = CODE
    name = "Envia.com"
    capabilities = Capabilities(
        quotes=True,
        labels=True,
        needs_service=True,
        cancels=True,
        tracks=True,
        branches=True,
        pushes=True,
        modes=(Mode.DELIVERY, Mode.BRANCH),
    )

    def __init__(
        self,
        client: Client,
        account: Account,
        *,
        zone: tzinfo,
        own_host: str,
        label_hosts: Sequence[str],
        secrets: Sequence[str],
        recipe: str,
    ) -> None:
        self._client, self._account, self._zone = client, account, zone
        self._own_host = own_host
        self._label_hosts, self._secrets, self._recipe = tuple(label_hosts), tuple(secrets), recipe

    def quote(self, request: QuoteRequest) -> QuoteOutcome:
        """Ask each carrier, which Envia wants one by one; prices of some are enough.

        Without any price the worst reason counts: an outage may pass, so it must not be kept as "does not go there".
        """
        if not self._account.carriers:
            return Misconfigured("ENVIA_CARRIERS names no carrier")
        found: list[Quote] = []
        reasons: list[QuoteOutcome] = []
        for carrier in self._account.carriers:
            try:
                outcome = self._of_one(request, carrier)
            except CallError as error:
                if error.permanent and error.reason == Reason.ACCOUNT:
                    raise
                if error.permanent:
                    return NoCoverage(str(error))
                silent = error
                reasons.append(Outage(str(error)))
                if not found and len(reasons) == len(self._account.carriers):
                    raise silent from error
                continue
            if isinstance(outcome, Quotes):
                found += outcome.quotes
            else:
                reasons.append(outcome)
        if found:
            return Quotes(tuple(found))
        return min(reasons, key=lambda reason: _WORST_FIRST.index(type(reason)))

    def _of_one(self, request: QuoteRequest, carrier: str) -> QuoteOutcome:
        try:
            rows = self._client.ship("rate", rate_body(self._client, request, self._account, carrier))
        except EnviaError as error:
            return _meaning(error)
        quotes = tuple(
            quote
            for row in rows
            if (quote := _quote(row, request)) is not None and quote.mode == request.mode
        )
        return Quotes(quotes) if quotes else NoCoverage(f"Envia has no price of {carrier}")

    def price_basis(self, mode: Mode) -> str:
        return f"{','.join(self._account.carriers)}|{self._account.insures}"

    def buy(self, request: LabelRequest) -> PurchaseOutcome:
        """Buy a label at once: a second request would be a second charge and a second number."""
        try:
            rows = self._client.ship("generate", label_body(self._client, request, self._account))
        except EnviaError as error:
            if error.code in mapping.OUTAGE:
                # What an outage at the carrier behind Envia left done is written nowhere.
                return Unknown(str(error))
            return Refused(str(error), error.code)
        row = rows[0] if rows else {}
        number = text(row.get("trackingNumber"), 60)
        if not number:
            raise CallError("Envia's label has no number", permanent=False, maybe_done=True)
        return Bought(
            external_id=text(row.get("shipmentId"), 60) or number,
            numbers=tuple(filter(None, (text(one.get("trackingNumber"), 60) for one in rows))),
            price=_price_or_none(row.get("totalPrice")),
            tracking_url=_https(row.get("trackUrl")),
            ids={"label": text(row.get("label"), 500), "carrier": text(row.get("carrier"), 40)},
            raw=masked(row),
        )

    def find(self, purchase: Purchase) -> FoundOutcome:
        """Look a label up by its number. Without a number nobody can: Envia has no search by our reference."""
        if not purchase.numbers:
            return Unknown("Envia cannot be asked by our reference: look into its panel")
        rows = self._tracked(purchase.numbers)
        if not rows:
            return NothingFound("Envia does not know the number")
        if all(mapping.is_cancelled(str(row.get("status", ""))) for row in rows):
            return Cancelled()
        return Bought(
            purchase.external_id,
            purchase.numbers,
            tracking_url=_https(rows[0].get("trackUrl")),
            ids=purchase.ids,
            raw=masked(rows[0]),
        )

    def label_pdf(self, purchase: Purchase) -> LabelOutcome:
        """Fetch the label from the address that came with the purchase, if its host is one of Envia's."""
        address = purchase.ids.get("label", "")
        if not address:
            return NotReady("the purchase has no address of a label")
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        known = any(host == name or host.endswith(f".{name}") for name in self._label_hosts)
        is_own = f"{parts.scheme}://{parts.netloc}" == self._own_host
        if not is_own and (not known or parts.scheme != "https"):
            return Misconfigured(f"labels are not fetched from {host}: ENVIA_LABEL_HOSTS")
        return Label(self._client.fetch(address))

    def cancel(self, purchase: Purchase) -> CancelOutcome:
        """Cancel by number; "already cancelled" is done."""
        if not purchase.numbers:
            return Refused("without a number nothing can be cancelled")
        carrier = purchase.ids.get("carrier") or purchase.service.partition(":")[0]
        refunded: Decimal | None = None
        for number in purchase.numbers:
            try:
                rows = self._client.ship("cancel", {"carrier": carrier, "trackingNumber": number})
            except EnviaError as error:
                if error.code in mapping.ALREADY_CANCELLED:
                    continue
                return Refused(str(error), error.code)
            back = _price_or_none(rows[0].get("refundedAmount")) if rows else None
            refunded = back if refunded is None or back is None else refunded + back
        return Cancelled(refunded)

    def track(self, numbers: Sequence[str]) -> Tracked:
        """Return every number's history and its status, which may be newer than the history."""
        events: list[TrackedEvent] = []
        for row in self._tracked(numbers):
            events += self._events(row)
        return Tracked(tuple(events))

    def _tracked(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        try:
            return self._client.ship("generaltrack", {"trackingNumbers": list(numbers)})
        except EnviaError as error:
            if error.code in mapping.OUTAGE:
                raise CallError(str(error), permanent=False) from error
            return []

    def _events(self, row: Mapping[str, Any]) -> list[TrackedEvent]:
        number = text(row.get("trackingNumber"), 60)
        history = row.get("eventHistory")
        rows = [one for one in history if isinstance(one, Mapping)] if isinstance(history, list) else []
        found = [self._event(number, one) for one in rows]
        words = text(row.get("status"), 120)
        if words and folded(words) not in {folded(event.text) for event in found}:
            at = instant(row.get("deliveredAt") or row.get("shippedAt"), self._zone)
            found.append(TrackedEvent(number, "", words, at, mapping.state_of(words)))
        return found

    def _event(self, number: str, row: Mapping[str, Any]) -> TrackedEvent:
        """Read one event: the names of its fields differ between sources, so each known one is tried."""
        words = _first(row, ("status", "event", "description"), 120)
        at = next((row[key] for key in ("date", "datetime", "timestamp", "created_at") if row.get(key)), None)
        return TrackedEvent(
            number,
            _first(row, ("code", "statusCode"), 20),
            words,
            instant(at, self._zone),
            mapping.state_of(words),
            _first(row, ("location", "city"), 120),
        )

    def branches(self, place: Place) -> Branches:
        """Return the branches of the account's carriers; the code names the carrier too."""
        found: list[Branch] = []
        for carrier in self._account.carriers:
            rows = self._client.branches(carrier, place.country, place.postal_code)
            found += [branch for row in rows if (branch := _branch(row, carrier)) is not None]
        return Branches(tuple(found))

    def parse_push(self, raw: RawPush) -> Push:
        """Verify and read a notification. Raises: BadSignature."""
        return webhook.parse(raw, secrets=self._secrets, recipe=self._recipe)

    def tracking_url(self, number: str) -> str:
        """Return Envia's own page of a number."""
        return f"https://envia.com/tracking?label={number}" if re.fullmatch(r"[A-Za-z0-9-]+", number) else ""


def masked(row: Mapping[str, Any]) -> JsonObject:
    """Keep what a clerk needs: numbers, states and money, no person and no balance of the account."""
    keys = (
        "carrier",
        "service",
        "trackingNumber",
        "shipmentId",
        "trackUrl",
        "totalPrice",
        "currency",
        "status",
    )
    kept: JsonObject = {key: row[key] for key in keys if key in row}
    return kept


def _meaning(error: EnviaError) -> QuoteOutcome:
    if error.code in mapping.CONFIGURATION:
        return Misconfigured(str(error))
    if error.code in mapping.COVERAGE:
        return NoCoverage(str(error))
    # Also a number that nobody has seen: it is no price, and it may pass.
    return Outage(str(error))


def _quote(row: Mapping[str, Any], request: QuoteRequest) -> Quote | None:
    """Read one price. A row without service is none; a price that is no amount makes the whole answer unreadable."""
    carrier, service = text(row.get("carrier"), 40), text(row.get("service"), 60)
    if not carrier or not service:
        return None
    least, most = _days(row.get("deliveryEstimate"))
    return Quote(
        carrier=CODE,
        service=f"{carrier}:{service}",
        name=text(row.get("serviceDescription"), 80) or f"{carrier} {service}",
        price=amount(row.get("totalPrice"), "Envia's price"),
        currency=text(row.get("currency"), 3).upper(),
        mode=Mode.BRANCH if _is_branch(row) else Mode.DELIVERY,
        days_min=least,
        days_max=most,
        raw={key: row[key] for key in ("carrier", "service", "totalPrice", "deliveryEstimate") if key in row},
    )


def _is_branch(row: Mapping[str, Any]) -> bool:
    """Say whether a service ends at a branch: `dropOff` 1 or 3 in Envia's answers (docs/carriers/envia.md#branches)."""
    return text(row.get("dropOff"), 2) in {"1", "3"}


def _days(estimate: object) -> tuple[int | None, int | None]:
    """Read `2-4 días` or `3 days`; free text without a number says nothing."""
    found = _DAYS.search(text(estimate, 60))
    if found is None:
        return None, None
    least = min(int(found[1]), 365)
    return least, max(least, min(int(found[2] or found[1]), 365))


def _branch(row: Mapping[str, Any], carrier: str) -> Branch | None:
    code = text(row.get("branch_code"), 40)
    if not code:
        return None
    address = row.get("address")
    address = address if isinstance(address, Mapping) else {}
    street = " ".join(filter(None, (text(address.get("street")), text(address.get("number"), 20))))
    return Branch(
        code=code,
        name=text(row.get("reference"), 120) or f"{carrier} {code}",
        address=street[:200],
        city=text(address.get("city"), 100),
        postal_code=text(address.get("postalCode"), 12),
        hours=text(row.get("hours"), 200),
    )


def _price_or_none(value: object) -> Decimal | None:
    try:
        return amount(value, "price")
    except CallError:
        return None


def _https(value: object) -> str:
    address = text(value, 300)
    return address if address.startswith("https://") else ""


def _first(row: Mapping[str, Any], names: Sequence[str], most: int) -> str:
    read: Callable[[str], str] = lambda name: text(row.get(name), most)  # noqa: E731
    return next(filter(None, map(read, names)), "")


def from_settings(patience: Patience) -> Envia:
    """Return the carrier with the shop's account; makes no call."""
    base = settings.ENVIA_API_BASE
    client = Client(
        token=settings.ENVIA_TOKEN,
        ship=base,
        queries=settings.ENVIA_QUERIES_API_BASE,
        geocodes=settings.ENVIA_GEOCODES_API_BASE,
        patience=patience,
    )
    codes = dict(pair.split("=", 1) for pair in settings.ENVIA_STATE_CODES if "=" in pair)
    account = Account(tuple(settings.ENVIA_CARRIERS), codes, insures=settings.ENVIA_INSURES)
    own = urlsplit(base)
    return Envia(
        client,
        account,
        zone=ZoneInfo(settings.TIME_ZONE),
        own_host=f"{own.scheme}://{own.netloc}",
        label_hosts=settings.ENVIA_LABEL_HOSTS,
        secrets=settings.ENVIA_WEBHOOK_SECRETS,
        recipe=settings.ENVIA_WEBHOOK_SIGNED,
    )
