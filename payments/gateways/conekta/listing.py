"""The list of orders by their last change, with their charges, a page at a time."""

from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from payments.gateways.base import GatewayError, ListedPage, ListedPayment
from payments.gateways.conekta.client import Call, Client
from payments.gateways.conekta.mapping import instant, read_charge, rows_of
from shop.core.json_types import JsonMapping, JsonObject

# The most that the SDK's own model allows.
PAGE: Final = 250


def page(client: Client, *, since: datetime, until: datetime, cursor: str, livemode: bool) -> ListedPage:
    """Return one page.

    Without an upper bound: an order that changes meanwhile would leave the window, and with it, perhaps, the place
    where the next page begins. What changed after `until` is listed early, which does no harm.
    """
    filters: JsonObject = {"updated_at_gte": int(since.timestamp()), "limit": PAGE}
    found = client.read(listing({**filters, "next": cursor} if cursor else filters))
    if not isinstance(found.get("data"), list):
        raise GatewayError("Conekta answered a list without data", permanent=False)
    orders = rows_of(found)
    payments = [
        _read(order, charge, livemode) for order in orders for charge in rows_of(order.get("charges"))
    ]
    more = orders and found.get("has_more")
    return ListedPage(tuple(payments), next_of(found) if more else "")


def listing(filters: JsonObject) -> Call:
    """Return the call that lists orders."""
    return lambda orders, timeout: orders.get_orders_without_preload_content(
        **filters, _request_timeout=timeout
    )


def next_of(found: dict[str, object]) -> str:
    """Return the mark of the following page, which Conekta writes into an address."""
    query = parse_qs(urlsplit(str(found.get("next_page_url") or "")).query)
    return (query.get("next") or [""])[0]


def _read(order: JsonMapping, charge: JsonMapping, livemode: bool) -> ListedPayment:
    data = read_charge(order, charge, livemode=livemode)
    return ListedPayment(
        external_id=data.external_id,
        reference=data.reference,
        state=data.state,
        amount=data.amount,
        currency=data.currency,
        refunded_amount=data.refunded_amount,
        made_at=instant(charge.get("created_at")),
        is_ours=data.is_ours,
    )
