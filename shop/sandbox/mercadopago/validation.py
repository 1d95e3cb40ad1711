"""What Mercado Pago refuses in a preference.

Rules: docs/providers/mercadopago.md#limits; the shapes are those of the official specification with the tighter
limits of the newer documentation pages (``specification.json``).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from shop.sandbox.config import SandboxConfig
from shop.sandbox.mercadopago import options
from shop.sandbox.mercadopago.errors import ApiError
from shop.sandbox.schema import Specification, Violation, read
from shop.sandbox.store import JsonDict

INTEGER_CURRENCIES = frozenset({"CLP", "COP"})
# Rates are invented: a USD preference is converted when it is created, which the shop must notice.
USD_RATE = {
    "ARS": Decimal(1450),
    "BRL": Decimal("5.40"),
    "MXN": Decimal("18.50"),
    "CLP": Decimal(950),
    "COP": Decimal(4100),
    "PEN": Decimal("3.70"),
    "UYU": Decimal(40),
}
_ERROR_OF = {
    "items": "invalid_items",
    "payer": "invalid_payer",
    "payment_methods": "invalid_payment_methods",
    "shipments": "invalid_shipments",
    "back_urls": "invalid_back_urls",
    "auto_return": "invalid_auto_return",
    "binary_mode": "invalid_binary_mode",
    "expiration_date_from": "invalid_date",
    "expiration_date_to": "invalid_date",
    "date_of_expiration": "invalid_date",
}


@cache
def _specification() -> Specification:
    return Specification(read(Path(__file__).with_name("specification.json")))


def check_body(body: object, schema: str) -> JsonDict:
    """Return ``body`` when it fits the named schema of the specification.

    Raises:
        ApiError: 400 with the field's own error word.
    """
    if not isinstance(body, dict):
        raise ApiError(400, "bad_request", "invalid json body", "bad_request")
    published = _specification()
    for problem in published.violations(body, published.document["components"]["schemas"][schema]):
        raise _refusal(problem)
    return body


def _refusal(problem: Violation) -> ApiError:
    field, top = ".".join(problem.path), problem.path[0] if problem.path else ""
    if problem.rule == "unknown":
        return ApiError(400, "bad_request", f"{field}: unknown property", "unknown_property")
    if top == "payment_methods" and problem.path[-1].endswith("installments"):
        message = f"{field} invalid. installments must be between 1 and 36"
        return ApiError(400, "invalid_payment_methods", message, "invalid_payment_methods")
    error = _ERROR_OF.get(top, f"invalid_{top}" if top else "bad_request")
    return ApiError(400, error, f"{field} invalid. {field} {problem.message}", error)


def check_preference(body: object, config: SandboxConfig, now: float, *, is_new: bool) -> JsonDict:
    """Return a preference request that the API accepts.

    Plain-http back URLs count as empty unless the configuration allows them; ``auto_return`` then fails, as it
    does in production.

    Raises:
        ApiError: 400, in the documented words.
    """
    checked = dict(check_body(body, "PreferenceRequest"))
    currency = _check_items(checked["items"], options.of(config).currency)
    _check_shipments(checked.get("shipments") or {}, currency)
    checked["back_urls"] = _usable_back_urls(checked.get("back_urls") or {}, config)
    if checked.get("auto_return") and not checked["back_urls"].get("success"):
        raise ApiError(
            400,
            "invalid_auto_return",
            "auto_return invalid. back_url.success must be defined",
            "invalid_auto_return",
        )
    _check_dates(checked, now, is_new=is_new)
    _check_notification_url(checked.get("notification_url") or "", config)
    if not total_of(checked) > 0:
        raise ApiError(400, "invalid_items", "total amount must be greater than zero", "invalid_items")
    return checked


def _check_items(items: list[JsonDict], site_currency: str) -> str:
    currencies = {item.get("currency_id") or site_currency for item in items}
    if len(currencies) > 1:
        raise ApiError(400, "invalid_items", "items invalid. currency_id must be the same", "invalid_items")
    currency: str = currencies.pop()
    if currency not in (site_currency, "USD"):
        message = f"currency_id invalid. {currency} is not accepted in this site"
        raise ApiError(400, "invalid_items", message, "invalid_items")
    for item in items:
        if not item["title"].strip():
            raise ApiError(400, "invalid_items", "title invalid. title must be defined", "invalid_items")
        if not Decimal(str(item["unit_price"])) > 0:
            message = "unit_price invalid. unit_price must be greater than zero"
            raise ApiError(400, "invalid_items", message, "invalid_items")
        check_decimals(item["unit_price"], currency, "unit_price", "invalid_items")
        if item.get("picture_url") and not _web_address(item["picture_url"]):
            raise ApiError(400, "invalid_items", "picture_url invalid", "invalid_items")
    return currency


def check_decimals(value: float, currency: str, field: str, error: str) -> None:
    """Refuse more decimals than the currency has (none for CLP and COP, else two).

    Raises:
        ApiError: 400.
    """
    places = 0 if currency in INTEGER_CURRENCIES else 2
    amount = Decimal(str(value))
    if amount != round(amount, places):
        raise ApiError(400, error, f"{field} invalid. at most {places} decimals for {currency}", error)


def _check_shipments(shipments: JsonDict, currency: str) -> None:
    cost = shipments.get("cost")
    if cost is None:
        return
    if cost < 0:
        message = "shipments.cost invalid. must not be negative"
        raise ApiError(400, "invalid_shipments", message, "invalid_shipments")
    check_decimals(cost, currency, "shipments.cost", "invalid_shipments")


def _web_address(url: str) -> str:
    """Return the scheme of a full http(s) URL, or nothing."""
    try:
        parts = urlsplit(url)
        return parts.scheme if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _usable_back_urls(urls: JsonDict, config: SandboxConfig) -> JsonDict:
    usable: JsonDict = {"success": "", "pending": "", "failure": ""}
    for name, url in urls.items():
        scheme = _web_address(url)
        if url and not scheme:
            message = f"back_urls invalid. {name} is not a URL"
            raise ApiError(400, "invalid_back_urls", message, "invalid_back_urls")
        if scheme == "https" or options.of(config).allow_http_back_urls:
            usable[name] = url
    return usable


def _check_notification_url(url: str, config: SandboxConfig) -> None:
    if not url:
        return
    schemes = ("http", "https") if options.of(config).allow_http_back_urls else ("https",)
    if _web_address(url) not in schemes:
        message = "notification_url invalid. must be a valid https URL"
        raise ApiError(400, "invalid_notification_url", message, "invalid_notification_url")


def _check_dates(body: JsonDict, now: float, *, is_new: bool) -> None:
    start, end = body.get("expiration_date_from"), body.get("expiration_date_to")
    if (body.get("expires") or start or end) and not (body.get("expires") and start and end):
        raise ApiError(
            400,
            "invalid_expiration_date_to",
            "expires, expiration_date_from and expiration_date_to must be given together",
            "invalid_expiration_date_to",
        )
    if start and end and instant(start, "expiration_date_from") >= instant(end, "expiration_date_to"):
        message = "expiration_date_to invalid. must be after expiration_date_from"
        raise ApiError(400, "invalid_expiration_date_to", message, "invalid_expiration_date_to")
    if is_new and end and instant(end, "expiration_date_to") <= now:
        message = "expiration_date_to invalid. must be in the future"
        raise ApiError(400, "invalid_expiration_date_to", message, "invalid_expiration_date_to")
    if body.get("date_of_expiration"):
        deadline = instant(body["date_of_expiration"], "date_of_expiration")
        if is_new and deadline <= now:
            raise ApiError(
                400, "invalid_date", "date_of_expiration invalid. must be in the future", "invalid_date"
            )


def instant(text: str, field: str) -> float:
    """Return unix seconds of an ISO date with offset.

    Raises:
        ApiError: 400 ``invalid_date``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(400, "invalid_date", f"{field} invalid. wrong date format", "invalid_date") from error
    if moment.tzinfo is None:
        raise ApiError(400, "invalid_date", f"{field} invalid. offset is mandatory", "invalid_date")
    return moment.timestamp()


def total_of(body: JsonDict) -> Decimal:
    """Return Σ quantity·unit_price + shipments.cost in the items' currency (major units)."""
    lines = sum((Decimal(str(item["unit_price"])) * item["quantity"] for item in body["items"]), Decimal(0))
    return lines + Decimal(str((body.get("shipments") or {}).get("cost") or 0))
