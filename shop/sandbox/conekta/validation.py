"""What Conekta refuses in an order: the request models of its official SDK (9.0.0, API 2.3.0), closed.

Rules beside the models: docs/providers/conekta.md#orders.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shop.sandbox.conekta.errors import ApiError, invalid
from shop.sandbox.schema import violations
from shop.sandbox.store import JsonDict

# Centavos: https://help.conekta.com/hc/en-us/articles/360018667753
LEAST = 300
SHORTEST, LONGEST = 5 * 60, 365 * 86_400
# For the difference of the clocks, and the transmission.
TOLERANCE = 5
METHODS = ("cash", "card", "bank_transfer", "bnpl", "pay_by_bank", "apple", "google")
MONTHS = (3, 6, 9, 12, 18, 24)
_TEXT: JsonDict = {"type": "string"}
_WHOLE: JsonDict = {"type": "integer", "minimum": 0}
_FLAG: JsonDict = {"type": "boolean"}
_FREE: JsonDict = {"type": "object"}


def _closed(properties: JsonDict, *required: str) -> JsonDict:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_LINE = _closed(
    {
        "name": {"type": "string", "maxLength": 250},
        "unit_price": _WHOLE,
        "quantity": {"type": "integer", "minimum": 1},
        "sku": _TEXT,
        "brand": _TEXT,
        "description": {"type": "string", "maxLength": 250},
        "tags": {"type": "array", "items": _TEXT},
        "metadata": _FREE,
        "antifraud_info": _FREE,
    },
    "name",
    "unit_price",
    "quantity",
)
_CUSTOMER = _closed(
    {
        "name": {"type": "string", "pattern": r"\S"},
        "email": {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"},
        "phone": {"type": "string", "pattern": r"^\+?[0-9]{10,15}$"},
        "corporate": _FLAG,
        "object": _TEXT,
    },
    "name",
    "email",
    "phone",
)
_CHECKOUT = _closed(
    {
        "type": {"type": "string", "enum": ["HostedPayment"]},
        "allowed_payment_methods": {"type": "array", "minItems": 1, "items": {"enum": list(METHODS)}},
        "excluded_payment_methods": {"type": "array", "items": {"enum": list(METHODS[:5])}},
        "expires_at": {"type": "integer", "minimum": 1},
        "success_url": _TEXT,
        "failure_url": _TEXT,
        "monthly_installments_enabled": _FLAG,
        "monthly_installments_options": {"type": "array", "items": {"type": "integer", "enum": list(MONTHS)}},
        "max_failed_retries": _WHOLE,
        "name": _TEXT,
        "on_demand_enabled": _FLAG,
        "redirection_time": _WHOLE,
    },
    "type",
    "success_url",
    "failure_url",
)
_ORDER = _closed(
    {
        "currency": {"type": "string", "enum": ["MXN", "USD"]},
        "customer_info": _CUSTOMER,
        "line_items": {"type": "array", "minItems": 1, "items": _LINE},
        "checkout": _CHECKOUT,
        "metadata": _FREE,
        "needs_shipping_contact": _FLAG,
        "pre_authorize": _FLAG,
        "processing_mode": {"type": "string", "enum": ["ecommerce"]},
        "three_ds_mode": {"type": "string", "enum": ["smart", "strict"]},
    },
    "currency",
    "customer_info",
    "line_items",
    "checkout",
)
_REFUND = _closed(
    {
        "amount": {"type": "integer", "minimum": 1},
        "reason": {
            "type": "string",
            "enum": [
                "requested_by_client",
                "cannot_be_fulfilled",
                "duplicated_transaction",
                "suspected_fraud",
                "other",
            ],
        },
        "expires_at": _WHOLE,
    },
    "amount",
    "reason",
)


def _fitting(body: object, schema: JsonDict) -> JsonDict:
    if not isinstance(body, dict):
        raise invalid("", "The body must be a JSON object.")
    for problem in violations(body, schema):
        param = ".".join(problem.path)
        raise invalid(param, f"The parameter {param} {problem.message}.")
    return body


def check_order(body: object, now: float) -> JsonDict:
    """Return the body of an order that the API accepts.

    Raises:
        ApiError: 422 with the parameter.
    """
    wanted = _fitting(body, _ORDER)
    checkout = wanted["checkout"]
    for name in ("success_url", "failure_url"):
        parts = urlsplit(checkout[name])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise invalid(f"checkout.{name}", "must be a full address.")
    if "allowed_payment_methods" in checkout and "excluded_payment_methods" in checkout:
        raise invalid("checkout.excluded_payment_methods", "excludes allowed_payment_methods.")
    expires_at = checkout.get("expires_at")
    if expires_at is not None and not SHORTEST - TOLERANCE <= expires_at - now <= LONGEST + TOLERANCE:
        raise invalid("checkout.expires_at", "must lie between 5 minutes and 365 days from now.")
    if checkout.get("monthly_installments_options") and not checkout.get("monthly_installments_enabled"):
        raise invalid("checkout.monthly_installments_options", "needs monthly_installments_enabled.")
    if len(wanted.get("metadata", {})) > 100:
        raise invalid("metadata", "may have 100 elements at most.")
    if total_of(wanted) <= 0:
        raise invalid("line_items", "must add up to more than zero.")
    if wanted["currency"] == "MXN" and total_of(wanted) < LEAST:
        raise ApiError(
            422, "parameter_validation.amount.too_small", "The amount must be 3 pesos or more.", "amount"
        )
    return wanted


def check_refund(body: object) -> JsonDict:
    """Return the body of a refund that the API accepts.

    Raises:
        ApiError: 422 with the parameter.
    """
    return _fitting(body, _REFUND)


def total_of(body: JsonDict) -> int:
    """Return what the order charges, in centavos."""
    return sum(line["unit_price"] * line["quantity"] for line in body["line_items"])
