"""Checkout Sessions: what the shop asks to be paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shop.sandbox.engine import Sandbox
from shop.sandbox.schema import shape
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import events, options, pricing
from shop.sandbox.stripe.errors import ApiError, missing

KIND = "st_session"
_SHAPE = Path(__file__).with_name("session.json")
SHORTEST, LONGEST = 30 * 60, 24 * 3600
ECHOED = (
    "allowed_payment_method_types",
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_creation",
    "customer_email",
    "locale",
    "metadata",
    "payment_method_options",
    "phone_number_collection",
    "submit_type",
)
UNSUPPORTED = ("customer", "customer_account", "payment_method_configuration")


def create(sandbox: Sandbox, params: JsonDict) -> Record:
    """Create an open session.

    Raises:
        ApiError: one of Stripe's semantic rules is broken (mode, lines, amounts, expiry, URLs).
    """
    _check(params)
    now = int(sandbox.clock.now())
    lines = [_line(sandbox, item, index) for index, item in enumerate(params["line_items"])]
    currency = _one_currency(lines)
    subtotal = sum(line["amount_total"] for line in lines)
    shipping = _shipping(params, currency)
    pricing.check_amount(subtotal + shipping, currency, "line_items")
    expires_at = _expiry(params.get("expires_at"), now)
    mode = "live" if options.of(sandbox.config).livemode else "test"
    session_id = sandbox.ids.token(f"cs_{mode}_", 58)
    body = shape(_SHAPE)
    body.update(
        id=session_id,
        amount_subtotal=subtotal,
        amount_total=subtotal + shipping,
        cancel_url=None,
        client_reference_id=None,
        created=now,
        currency=currency,
        customer_email=None,
        expires_at=expires_at,
        livemode=options.of(sandbox.config).livemode,
        locale=None,
        metadata={},
        payment_method_options={},
        payment_method_types=pricing.offered(currency, params),
        success_url=params["success_url"],
        total_details={"amount_discount": 0, "amount_shipping": shipping, "amount_tax": 0},
        url=f"{sandbox.base_url}/stripe/pay/{session_id}",
    )
    body.update({name: params[name] for name in ECHOED if name in params})
    body["adaptive_pricing"] = {"enabled": bool((params.get("adaptive_pricing") or {}).get("enabled"))}
    internal = {"lines": lines, "intent": params.get("payment_intent_data") or {}}
    record = Record(
        KIND,
        session_id,
        body,
        ref=params.get("client_reference_id") or "",
        status="open",
        due_at=sandbox.clock.deadline(expires_at),
        internal=internal,
    )
    return sandbox.store.add(record)


def _check(params: JsonDict) -> None:
    mode = params.get("mode")
    if not mode:
        raise ApiError("Missing required param: mode.", code="parameter_missing", param="mode")
    if mode != "payment":
        raise ApiError("The sandbox only takes sessions in `payment` mode.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise ApiError("The sandbox only serves `hosted_page` sessions.", param="ui_mode")
    for name in ("line_items", "success_url"):
        if not params.get(name):
            raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if len(params["line_items"]) > 100:
        raise ApiError("line_items can have up to 100 lines.", param="line_items")
    for name in ("success_url", "cancel_url"):
        if params.get(name) and not params[name].startswith(("http://", "https://")):
            raise ApiError(f"Invalid URL: {name} must start with http(s).", code="url_invalid", param=name)
    if params.get("customer_email") and "@" not in params["customer_email"]:
        raise ApiError("Invalid email address", code="email_invalid", param="customer_email")
    for name in UNSUPPORTED:
        if params.get(name):
            raise missing(name, params[name], name)
    for discount in params.get("discounts") or []:
        raise missing("coupon", str(next(iter(discount.values()), "")), "discounts")
    intent = params.get("payment_intent_data") or {}
    if intent.get("capture_method") == "manual":
        raise ApiError("The sandbox captures by itself.", param="payment_intent_data[capture_method]")
    _check_descriptor(intent)
    _check_deadlines(params.get("payment_method_options") or {})


def _check_descriptor(intent: JsonDict) -> None:
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        if len(intent.get(name) or "") > 22:
            raise ApiError(f"The {name} must be at most 22 characters.", param=f"payment_intent_data[{name}]")
    if intent.get("statement_descriptor"):
        raise ApiError(
            "The `statement_descriptor` parameter is not supported for card charges; use"
            " `statement_descriptor_suffix`.",
            param="payment_intent_data[statement_descriptor]",
        )


def _check_deadlines(options: JsonDict) -> None:
    limits = (("oxxo", "expires_after_days", 1, 7), ("boleto", "expires_after_days", 0, 60))
    for method, field, low, high in (*limits, ("pix", "expires_after_seconds", 60, 1_209_600)):
        value = (options.get(method) or {}).get(field)
        if value is not None and not low <= value <= high:
            name = f"payment_method_options[{method}][{field}]"
            raise ApiError(f"Invalid {name}: must be between {low} and {high}", param=name)


def _line(sandbox: Sandbox, item: JsonDict, index: int) -> JsonDict:
    where = f"line_items[{index}]"
    if item.get("price"):
        raise missing("price", item["price"], f"{where}[price]")
    price = item.get("price_data")
    if not price:
        raise ApiError(f"Missing required param: {where}[price_data].", code="parameter_missing", param=where)
    quantity = item.get("quantity")
    if quantity is None or quantity < 1:
        raise ApiError("Quantity is required and must be at least 1.", param=f"{where}[quantity]")
    name = (price.get("product_data") or {}).get("name")
    if not name and not price.get("product"):
        raise ApiError(
            f"Missing required param: {where}[price_data][product_data][name].",
            code="parameter_missing",
            param=f"{where}[price_data][product_data][name]",
        )
    if len((price.get("product_data") or {}).get("images") or []) > 8:
        raise ApiError("Up to 8 images.", param=f"{where}[price_data][product_data][images]")
    currency = pricing.check_currency(price.get("currency", ""), f"{where}[price_data][currency]")
    return _line_body(sandbox, name or price["product"], currency, _unit_amount(price, where), quantity)


def _unit_amount(price: JsonDict, where: str) -> int:
    name = f"{where}[price_data][unit_amount]"
    amount = price.get("unit_amount")
    if amount is None and str(price.get("unit_amount_decimal", "")).isdecimal():
        amount = int(price["unit_amount_decimal"])
    if amount is None:
        raise ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if amount < 1:
        raise ApiError("Invalid positive integer", code="parameter_invalid_integer", param=name)
    return int(amount)


def _line_body(sandbox: Sandbox, name: str, currency: str, unit_amount: int, quantity: int) -> JsonDict:
    total = unit_amount * quantity
    price = {
        "id": sandbox.ids.token("price_1Q", 22),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": int(sandbox.clock.now()),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": options.of(sandbox.config).livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": sandbox.ids.token("prod_", 14),
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }
    return {
        "id": sandbox.ids.token("li_1Q", 22),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": name,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def _one_currency(lines: list[JsonDict]) -> str:
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise ApiError("All line items must have the same currency.", param="line_items")
    found: str = currencies.pop()
    return found


def _shipping(params: JsonDict, currency: str) -> int:
    """Return the first shipping option's fixed amount; the hosted page offers no other choice."""
    for option in params.get("shipping_options") or []:
        if option.get("shipping_rate"):
            raise missing("shipping rate", option["shipping_rate"], "shipping_options[0][shipping_rate]")
        fixed = (option.get("shipping_rate_data") or {}).get("fixed_amount") or {}
        if fixed.get("currency") not in (None, currency) or fixed.get("amount", 0) < 0:
            raise ApiError("Invalid shipping amount.", param="shipping_options[0][shipping_rate_data]")
        return int(fixed.get("amount", 0))
    return 0


def _expiry(wanted: int | None, now: int) -> int:
    if wanted is None:
        return now + LONGEST
    if wanted < now + SHORTEST:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise ApiError(message, param="expires_at")
    if wanted > now + LONGEST:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise ApiError(message, param="expires_at")
    return wanted


def fetch(sandbox: Sandbox, session_id: str) -> Record:
    """Return a session.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, session_id)
    if record is None:
        raise missing("checkout.session", session_id, "session")
    return record


def update(sandbox: Sandbox, session_id: str, params: JsonDict) -> Record:
    """Replace single metadata values of a session; an empty value removes the key.

    Raises:
        ApiError: 404.
    """
    with sandbox.store.transaction():
        session = fetch(sandbox, session_id)
        if "metadata" in params:
            merged = {**session.body["metadata"], **(params["metadata"] or {})}
            session.body["metadata"] = {name: value for name, value in merged.items() if value != ""}
        return sandbox.store.save(session)


def close(sandbox: Sandbox, session: Record, status: str) -> None:
    """Take a session out of ``open``: ``complete`` or ``expired``."""
    session.status = session.body["status"] = status
    session.body["url"] = None
    session.due_at = None


def expire(sandbox: Sandbox, session: Record) -> Record:
    """Expire an open session and announce it.

    Raises:
        ApiError: the session is not open.
    """
    with sandbox.store.transaction():
        if session.status != "open":
            raise ApiError(
                "Only Checkout Sessions with a status in ['open'] can be expired. This Checkout Session has a status"
                f" of `{session.status}`."
            )
        close(sandbox, session, "expired")
        sandbox.store.save(session)
        events.emit(sandbox, [("checkout.session.expired", session.body)], targets_of(session))
    return session


def expire_due(sandbox: Sandbox, session: Record) -> None:
    """Expire a session whose time has passed, if it is still open."""
    if session.status == "open":
        expire(sandbox, session)


def targets_of(session: Record) -> tuple[str, ...]:
    """Return the names an armed fault may call this session by."""
    names: tuple[Any, ...] = (session.id, session.ref, session.body["payment_intent"])
    return tuple(name for name in names if name)
