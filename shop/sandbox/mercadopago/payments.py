"""Payments: what shoppers do on the hosted page, and its effects."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import methods, options, preferences
from shop.sandbox.mercadopago.dates import MP_ZONE, mp_date
from shop.sandbox.mercadopago.errors import ApiError, not_found
from shop.sandbox.mercadopago.notifications import announce_payment
from shop.sandbox.mercadopago.validation import check_body, instant
from shop.sandbox.schema import shape
from shop.sandbox.store import JsonDict, Record

KIND = "mp_payment"
FIRST_PAYMENT = 106_400_000_000
FIRST_ORDER = 29_900_000_000
_SHAPE = Path(__file__).with_name("payment.json")
OPEN = frozenset({"pending", "in_process", "authorized"})
OUTCOMES = {
    "approved": ("approved", "accredited"),
    "rejected": ("rejected", "cc_rejected_insufficient_amount"),
    "in_process": ("in_process", "pending_review_manual"),
    "pending": ("pending", "pending_waiting_payment"),
}
SORTS = (
    "date_created",
    "date_approved",
    "date_last_updated",
    "money_release_date",
    "id",
    "external_reference",
)
# The parameters of the official specification, and `id`, which the API takes too.
SEARCHED = frozenset(
    (
        "sort",
        "criteria",
        "external_reference",
        "range",
        "begin_date",
        "end_date",
        "status",
        "store_id",
        "pos_id",
        "collector.id",
        "payer.id",
        "limit",
        "offset",
        "id",
    )
)
OTHER_ACCOUNT = 111222333


class PaymentRefused(Exception):
    """The hosted page cannot take this payment; the message is for the shopper (Spanish)."""


def pay(
    sandbox: Sandbox,
    preference: Record,
    *,
    method_id: str,
    outcome: str,
    installments: int = 1,
    detail: str = "",
    force: bool = False,
) -> Record:
    """Create a payment under a preference and announce it.

    ``outcome`` is a key of ``OUTCOMES``; a voucher method always stays pending. ``force`` ignores the
    preference's expiry and exclusions (operators only).

    Raises:
        PaymentRefused: expired preference, excluded method, or more cuotas than allowed.
    """
    targets = tuple(filter(None, (preference.id, preference.ref)))
    method = _method(sandbox, preference, method_id, force=force)
    expired = preferences.is_expired(sandbox, preference) and not force
    if expired and sandbox.faults.take("late_approval", options.CODE, targets=targets) is None:
        raise PaymentRefused("Este enlace de pago venció.")
    allowed = preference.body["payment_methods"].get("installments") or 36
    if not 1 <= installments <= (allowed if method.type == "credit_card" else 1):
        raise PaymentRefused("Esa cantidad de cuotas no está disponible.")
    if method.is_voucher and not force:
        outcome = "pending"
    if preference.body["binary_mode"] and outcome in ("in_process", "pending"):
        outcome = "rejected"
    status, default_detail = OUTCOMES[outcome]
    with sandbox.store.transaction():
        body = _new_body(sandbox, preference, method, installments)
        record = Record(KIND, str(body["id"]), body, parent=preference.id, ref=preference.ref)
        _tamper(sandbox, record, targets)
        sandbox.store.add(record)
        _set(sandbox, record, status, detail or default_detail)
        announce_payment(sandbox, record, "payment.created")
    return record


def _method(sandbox: Sandbox, preference: Record, method_id: str, *, force: bool) -> methods.Method:
    pool = (
        list(methods.METHODS) if force else methods.offered(options.of(sandbox.config).site, preference.body)
    )
    for method in pool:
        if method.id == method_id:
            return method
    raise PaymentRefused("Ese medio de pago no está disponible.")


def _new_body(sandbox: Sandbox, preference: Record, method: methods.Method, installments: int) -> JsonDict:
    now, wanted = sandbox.clock.now(), preference.body
    amount = preferences.total(preference)
    payment_id = sandbox.ids.number("payment", FIRST_PAYMENT)
    body = shape(_SHAPE)
    body.update(
        id=payment_id,
        date_created=mp_date(now),
        payment_method_id=method.id,
        payment_type_id=method.type,
        issuer_id="310" if "card" in method.type else None,
        currency_id=wanted["items"][0]["currency_id"],
        description=wanted["items"][0]["title"],
        collector_id=wanted["collector_id"],
        metadata=wanted["metadata"],
        order={"id": str(order_id(sandbox, preference)), "type": "mercadopago"},
        external_reference=wanted["external_reference"] or None,
        transaction_amount=float(amount),
        transaction_amount_refunded=0,
        captured=True,
        binary_mode=wanted["binary_mode"],
        statement_descriptor=wanted["statement_descriptor"],
        installments=installments,
        notification_url=wanted["notification_url"],
        refunds=[],
    )
    body["payer"] = _payer(wanted["payer"])
    body["additional_info"] = {"items": [_line(item) for item in wanted["items"]]}
    ticket = f"{sandbox.base_url}/mp/ticket/{payment_id}" if method.is_voucher else None
    body["transaction_details"] = _details(amount, method, installments, ticket)
    body["card"] = {**body["card"], "date_created": mp_date(now)} if "card" in method.type else {}
    body["date_of_expiration"] = _voucher_deadline(sandbox, preference, method)
    return body


def _payer(wanted: JsonDict) -> JsonDict:
    return {
        "id": "99887766",
        "email": wanted.get("email") or "comprador@testuser.com",
        "identification": wanted.get("identification") or {"type": None, "number": None},
        "type": "registered",
    }


def _line(item: JsonDict) -> JsonDict:
    """Return an item as the payment echoes it: numbers arrive as text."""
    numbers = {name: str(item[name]) for name in ("quantity", "unit_price")}
    return {"id": item["id"], "title": item["title"], **numbers}


def _details(amount: Decimal, method: methods.Method, installments: int, ticket: str | None) -> JsonDict:
    """Return what the shopper really pays: with cuotas more than the shop receives."""
    months = installments if installments > 1 else 0
    financed = round(amount * (1 + Decimal(str(methods.MONTHLY_SURCHARGE)) * months), 2)
    return {
        "net_received_amount": 0,
        "total_paid_amount": float(financed),
        "overpaid_amount": 0,
        "external_resource_url": ticket,
        "installment_amount": float(round(financed / installments, 2)) if "card" in method.type else 0,
    }


def _voucher_deadline(sandbox: Sandbox, preference: Record, method: methods.Method) -> str | None:
    if not method.is_voucher:
        return None
    if preference.body["date_of_expiration"]:
        return str(preference.body["date_of_expiration"])
    end = datetime.fromtimestamp(sandbox.clock.now(), MP_ZONE) + timedelta(days=method.days)
    return mp_date(end.replace(hour=23, minute=59, second=59, microsecond=0).timestamp())


def order_id(sandbox: Sandbox, preference: Record) -> int:
    """Return the number of the preference's merchant order, making it on first use."""
    with sandbox.store.transaction():
        fresh = preferences.fetch(sandbox, preference.id)
        if "order_id" not in fresh.internal:
            fresh.internal["order_id"] = sandbox.ids.number("order", FIRST_ORDER)
            sandbox.store.save(fresh)
        preference.internal = fresh.internal
        return int(fresh.internal["order_id"])


def _tamper(sandbox: Sandbox, payment: Record, targets: tuple[str, ...]) -> None:
    body = payment.body
    if fault := sandbox.faults.take("amount_delta", options.CODE, targets=targets):
        body["transaction_amount"] = float(Decimal(str(body["transaction_amount"])) + Decimal(fault["delta"]))
    if fault := sandbox.faults.take("other_currency", options.CODE, targets=targets):
        body["currency_id"] = fault["currency"].upper()
    if sandbox.faults.take("other_account", options.CODE, targets=targets):
        body["collector_id"] = OTHER_ACCOUNT


def _set(sandbox: Sandbox, payment: Record, status: str, detail: str) -> None:
    now, body = sandbox.clock.now(), payment.body
    body.update(status=status, status_detail=detail, date_last_updated=mp_date(now))
    details = body["transaction_details"]
    if status == "approved" and not payment.internal.get("approved"):
        payment.internal["approved"] = True
        body["date_approved"] = mp_date(now)
        body["money_release_date"] = mp_date(now + 18 * 86400)
        details["net_received_amount"] = round(body["transaction_amount"] * 0.9385, 2)
        body["authorization_code"] = sandbox.ids.digits(6) if body["card"] else None
    elif not payment.internal.get("approved"):
        body.update(date_approved=None, money_release_date=None, authorization_code=None)
    payment.status = status
    waiting = status == "pending" and body["date_of_expiration"]
    payment.due_at = (
        sandbox.clock.deadline(instant(body["date_of_expiration"], "date_of_expiration")) if waiting else None
    )
    sandbox.store.save(payment)


def move(sandbox: Sandbox, payment: Record, status: str, detail: str) -> Record:
    """Put a payment in another state and announce ``payment.updated``."""
    with sandbox.store.transaction():
        _set(sandbox, payment, status, detail)
        announce_payment(sandbox, payment, "payment.updated")
    return payment


def expire(sandbox: Sandbox, payment: Record) -> None:
    """Cancel a voucher whose time is over."""
    if payment.status in OPEN:
        move(sandbox, payment, "cancelled", "expired")


def fetch(sandbox: Sandbox, payment_id: str) -> Record:
    """Return a payment.

    Raises:
        ApiError: 404, code 2000.
    """
    record = sandbox.store.get(KIND, payment_id)
    if record is None:
        raise not_found()
    return record


def update(sandbox: Sandbox, payment_id: str, body: object) -> Record:
    """Cancel an open payment, or move its voucher's deadline.

    Raises:
        ApiError: unknown payment, unknown field, or a payment that is not open any more.
    """
    wanted = check_body(body, "PaymentUpdateRequest")
    with sandbox.store.transaction():
        payment = fetch(sandbox, payment_id)
        if payment.status not in OPEN:
            raise ApiError(
                400, "bad_request", "The action requested is not valid for the current payment state", 2063
            )
        if wanted.get("date_of_expiration"):
            instant(wanted["date_of_expiration"], "date_of_expiration")
            payment.body["date_of_expiration"] = wanted["date_of_expiration"]
        if wanted.get("status") == "cancelled":
            return move(sandbox, payment, "cancelled", "by_collector")
        if wanted.get("capture") and payment.status != "authorized":
            raise ApiError(400, "bad_request", "The payment cannot be captured", 2063)
        return move(sandbox, payment, payment.status, payment.body["status_detail"])


def search(sandbox: Sandbox, query: dict[str, str], limit: int, offset: int) -> JsonDict:
    """Return ``{"paging", "results"}`` of the payments that match.

    Raises:
        ApiError: 400 for an unknown parameter, sort, criteria, range or date, and for a window that ends first.
    """
    if unknown := set(query) - SEARCHED:
        raise ApiError(400, "bad_request", f"Invalid parameter: {min(unknown)}", 1000)
    sort, criteria = query.get("sort", "date_created"), query.get("criteria", "desc").lower()
    if sort not in SORTS or criteria not in ("asc", "desc"):
        raise ApiError(400, "bad_request", "Invalid value for sort or criteria", 1000)
    bodies = [record.body for record in sandbox.store.find(KIND, ref=query.get("external_reference"))]
    if query.get("status"):
        bodies = [body for body in bodies if body["status"] == query["status"]]
    if query.get("id"):
        bodies = [body for body in bodies if str(body["id"]) == query["id"]]
    for name, path in (("collector.id", "collector_id"), ("payer.id", "payer")):
        if query.get(name):
            bodies = [body for body in bodies if _id_of(body[path]) == query[name]]
    bodies = _in_range(bodies, query, sandbox.clock.now())
    bodies.sort(key=lambda body: (str(body[sort] or ""), body["id"]), reverse=criteria == "desc")
    paging = {"total": len(bodies), "limit": limit, "offset": offset}
    return {"paging": paging, "results": bodies[offset : offset + limit]}


def _id_of(value: object) -> str:
    return str(value["id"] if isinstance(value, dict) else value)


def _in_range(bodies: list[JsonDict], query: dict[str, str], now: float) -> list[JsonDict]:
    field = query.get("range")
    if not field:
        if "begin_date" in query or "end_date" in query:
            raise ApiError(400, "bad_request", "begin_date and end_date need a range", 1000)
        return bodies
    if field not in SORTS[:4]:
        raise ApiError(400, "bad_request", "Invalid value for range", 1000)
    begin = _bound(query.get("begin_date", "NOW-30DAYS"), now)
    end = _bound(query.get("end_date", "NOW"), now)
    if end < begin:
        raise ApiError(400, "bad_request", "end_date must not be before begin_date", 1000)
    return [body for body in bodies if body[field] and begin <= instant(body[field], field) <= end + 1]


def _bound(text: str, now: float) -> float:
    relative = re.fullmatch(r"NOW(?:-(\d+)(MINUTE|HOUR|DAY|MONTH|YEAR)S?)?", text)
    if relative:
        sizes = {"MINUTE": 60, "HOUR": 3600, "DAY": 86400, "MONTH": 30 * 86400, "YEAR": 365 * 86400}
        return now - (int(relative[1]) * sizes[relative[2]] if relative[1] else 0)
    return instant(text.replace(" ", "+"), "begin_date")


def money(value: object, field: str) -> Decimal:
    """Return a positive amount.

    Raises:
        ApiError: 400.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ApiError(400, "bad_request", f"{field} must be a number", 2001) from error
    if not amount > 0:
        raise ApiError(400, "bad_request", f"{field} must be greater than zero", 2001)
    return amount
