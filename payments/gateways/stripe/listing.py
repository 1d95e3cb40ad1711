"""The list of payments, a page at a time: PaymentIntents by their making, then older ones by what happened to them.

Stripe's lists filter by `created` only, so a payment made earlier and refunded, disputed or paid since is found through
its events, which are kept for 30 days (docs/providers/stripe.md#lists).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from payments.gateways.base import ListedPage, ListedPayment, NotFoundAtProvider, PaymentState
from payments.gateways.stripe.client import Call, Client
from payments.gateways.stripe.mapping import STATUS_MAP, from_minor, instant
from shop.core.json_types import Json, JsonMapping, JsonObject

_PAGE: Final = 100
# Each event's payment is fetched by itself, and all requests of a page share one time budget
# (`shop.core.protection.guard`).
_EVENTS_PAGE: Final = 20
_MARK: Final = "|"
INTENTS: Final = "intents"
EVENTS: Final = "events"
# What may happen to a payment long after it was made; at most 20 are allowed.
TYPES: Final = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


def page(client: Client, *, since: datetime, until: datetime, cursor: str, livemode: bool) -> ListedPage:
    """Return one page, newest first; the SDK's own pager is not used, so that every page can be resumed."""
    part, _, last = cursor.partition(_MARK)
    window = {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp()) + 1}}
    params = {**window, **({"starting_after": last} if last else {})}
    if part == EVENTS:
        return _events(client, {**params, "limit": _EVENTS_PAGE}, since=since, livemode=livemode)
    return _intents(client, {**params, "limit": _PAGE}, livemode=livemode)


def _intents(client: Client, params: JsonObject, *, livemode: bool) -> ListedPage:
    wanted: Json = {**params, "expand": ["data.latest_charge"]}
    found = client.call(lambda sdk: sdk.v1.payment_intents.list(wanted))
    rows = found.get("data") or []
    is_last = not rows or not found.get("has_more")
    following = f"{EVENTS}{_MARK}" if is_last else f"{INTENTS}{_MARK}{rows[-1]['id']}"
    return ListedPage(tuple(_read(row, livemode) for row in rows), following)


def _events(client: Client, params: JsonObject, *, since: datetime, livemode: bool) -> ListedPage:
    """Read what happened, then each payment it happened to as it is now: an event's own copy is of its moment."""
    wanted: Json = {**params, "types": list(TYPES)}
    found = client.call(lambda sdk: sdk.v1.events.list(wanted))
    rows = found.get("data") or []
    read = (_intent(client, name) for name in _older_intents(rows, since))
    is_last = not rows or not found.get("has_more")
    following = "" if is_last else f"{EVENTS}{_MARK}{rows[-1]['id']}"
    return ListedPage(tuple(_read(row, livemode) for row in read if row), following)


def _older_intents(events: Iterable[JsonMapping], since: datetime) -> list[str]:
    """Name the PaymentIntents of some events, once each, without those that were listed by their making."""
    names: dict[str, None] = {}
    for event in events:
        about = (event.get("data") or {}).get("object") or {}
        if about.get("object") != "payment_intent":
            name = about.get("payment_intent")
            name = name.get("id") if isinstance(name, dict) else name
        elif int(about.get("created") or 0) >= int(since.timestamp()):
            continue
        else:
            name = about.get("id")
        if name:
            names[str(name)] = None
    return list(names)


def _intent(client: Client, name: str) -> JsonObject | None:
    wanted: Json = {"expand": ["latest_charge"]}
    ask: Call = lambda sdk: sdk.v1.payment_intents.retrieve(name, wanted)  # noqa: E731
    try:
        return client.call(ask)
    except NotFoundAtProvider:  # Of the other mode, or too old to be read.
        return None


def _read(intent: JsonMapping, livemode: bool) -> ListedPayment:
    currency = str(intent.get("currency") or "").upper()
    amount = from_minor(intent.get("amount_received") or intent.get("amount"), currency)
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    refunded = from_minor(charge.get("amount_refunded"), currency)
    return ListedPayment(
        external_id=str(intent["id"]),
        reference=str((intent.get("metadata") or {}).get("attempt") or ""),
        state=_state(intent, charge, amount, refunded),
        amount=amount,
        currency=currency,
        refunded_amount=refunded,
        made_at=instant(intent.get("created")),
        is_ours=bool(intent.get("livemode")) == livemode,
    )


def _state(
    intent: Mapping[str, object], charge: Mapping[str, object], amount: Decimal, refunded: Decimal
) -> PaymentState | None:
    status = str(intent.get("status"))
    if status == "requires_payment_method" and not intent.get("last_payment_error"):
        return None  # The page was opened, nothing was tried.
    if status == "succeeded" and charge.get("disputed"):
        return PaymentState.DISPUTED
    if status == "succeeded" and amount and refunded >= amount:
        return PaymentState.REFUNDED
    return STATUS_MAP.get(status)
