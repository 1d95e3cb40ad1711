"""Preferences: what the shop asks to be paid."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import options
from shop.sandbox.mercadopago.dates import mp_date
from shop.sandbox.mercadopago.errors import ApiError
from shop.sandbox.mercadopago.validation import (
    INTEGER_CURRENCIES,
    USD_RATE,
    check_preference,
    instant,
    total_of,
)
from shop.sandbox.store import Json, JsonDict, Record

KIND = "mp_preference"
CLIENT_ID = "1234567890123456"


def create(sandbox: Sandbox, body: Json) -> Record:
    """Create a preference from a request body.

    Raises:
        ApiError: the body breaks one of Mercado Pago's rules.
    """
    now = sandbox.clock.now()
    wanted = _in_site_currency(check_preference(body, sandbox.config, now, is_new=True), sandbox)
    preference_id = f"{options.of(sandbox.config).collector_id}-{sandbox.ids.uuid()}"
    page = f"{sandbox.base_url}/mp/checkout/v1/redirect?pref_id={preference_id}"
    full = {
        **_defaults(wanted),
        **wanted,
        "id": preference_id,
        "client_id": CLIENT_ID,
        "collector_id": options.of(sandbox.config).collector_id,
        "operation_type": "regular_payment",
        "site_id": options.of(sandbox.config).site,
        "date_created": mp_date(now),
        "last_updated": None,
        "init_point": page,
        "sandbox_init_point": page,
    }
    record = Record(
        KIND,
        preference_id,
        full,
        ref=full["external_reference"],
        internal={"offset": sandbox.clock.offset},
    )
    return sandbox.store.add(record)


def _defaults(wanted: JsonDict) -> JsonDict:
    methods = {
        "excluded_payment_methods": [],
        "excluded_payment_types": [],
        "installments": None,
        "default_installments": None,
        **(wanted.pop("payment_methods", None) or {}),
    }
    items = [
        {"id": "", "description": "", "picture_url": "", "category_id": "", **item}
        for item in wanted.pop("items")
    ]
    return {
        "items": items,
        "payer": {"name": "", "surname": "", "email": ""},
        "auto_return": "",
        "payment_methods": methods,
        "shipments": {"mode": "not_specified"},
        "notification_url": None,
        "statement_descriptor": None,
        "external_reference": "",
        "additional_info": "",
        "expires": False,
        "expiration_date_from": None,
        "expiration_date_to": None,
        "date_of_expiration": None,
        "binary_mode": False,
        "purpose": None,
        "metadata": {},
        "marketplace": "NONE",
        "marketplace_fee": 0,
    }


def _in_site_currency(body: JsonDict, sandbox: Sandbox) -> JsonDict:
    local = options.of(sandbox.config).currency
    items = [{**item, "currency_id": item.get("currency_id") or local} for item in body["items"]]
    converted = {**body, "items": items}
    if items[0]["currency_id"] == local:
        return converted
    places = 0 if local in INTEGER_CURRENCIES else 2

    def exchange(value: float) -> float:
        return float(round(Decimal(str(value)) * USD_RATE[local], places))

    for item in items:
        item.update(unit_price=exchange(item["unit_price"]), currency_id=local)
    if (body.get("shipments") or {}).get("cost"):
        converted["shipments"] = {**body["shipments"], "cost": exchange(body["shipments"]["cost"])}
    return converted


def fetch(sandbox: Sandbox, preference_id: str) -> Record:
    """Return a preference.

    Raises:
        ApiError: 404 ``invalid_id``.
    """
    record = sandbox.store.get(KIND, preference_id)
    if record is None:
        raise ApiError(404, "invalid_id", f"preference_id {preference_id} not found", "invalid_id")
    return record


REQUEST_FIELDS = frozenset(
    [
        "items",
        "payer",
        "back_urls",
        "auto_return",
        "payment_methods",
        "shipments",
        "notification_url",
        "statement_descriptor",
        "external_reference",
        "additional_info",
        "expires",
        "expiration_date_from",
        "expiration_date_to",
        "date_of_expiration",
        "binary_mode",
        "purpose",
        "metadata",
        "marketplace",
        "marketplace_fee",
        "differential_pricing",
    ]
)


def update(sandbox: Sandbox, preference_id: str, changes: object) -> Record:
    """Change the given fields of a preference; an expiry in the past closes it at once.

    Raises:
        ApiError: unknown preference, or the result would break a rule.
    """
    record = fetch(sandbox, preference_id)
    if not isinstance(changes, dict):
        raise ApiError(400, "bad_request", "invalid json body", "bad_request")
    current = {name: value for name, value in record.body.items() if name in REQUEST_FIELDS}
    merged = {**current, **changes}
    compact = {name: _compact(value) for name, value in merged.items() if value not in (None, "")}
    checked = check_preference(compact, sandbox.config, sandbox.clock.now(), is_new=False)
    checked = _in_site_currency(checked, sandbox)
    record.body = {**record.body, **_defaults(checked), **checked}
    record.body["last_updated"] = mp_date(sandbox.clock.now())
    record.ref = record.body["external_reference"]
    return sandbox.store.save(record)


def _compact(value: object) -> object:
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item is not None}
    return value


def search(sandbox: Sandbox, query: dict[str, str], limit: int, offset: int) -> JsonDict:
    """Return ``{"elements", "next_offset", "total"}`` of the preferences that match, newest first."""
    found = sandbox.store.find(KIND, ref=query.get("external_reference") or None)
    page = found[offset : offset + limit]
    elements = [record.body for record in page]
    paging = {"total": len(found), "limit": limit, "offset": offset}
    return {
        "elements": elements,
        "next_offset": offset + len(page),
        "total": len(found),
        "paging": paging,
    }


def is_expired(sandbox: Sandbox, preference: Record) -> bool:
    """Return whether the preference's own time has passed (or has not begun)."""
    body = preference.body
    if not (body["expires"] and body["expiration_date_from"] and body["expiration_date_to"]):
        return False
    now, shift = sandbox.clock.due_now(), preference.internal["offset"]
    start = instant(body["expiration_date_from"], "expiration_date_from") + shift
    end = instant(body["expiration_date_to"], "expiration_date_to") + shift
    return bool(now >= end or now < start - 5)


def total(preference: Record) -> Decimal:
    """Return what the preference charges, in major units of the site's currency."""
    return total_of(preference.body)
