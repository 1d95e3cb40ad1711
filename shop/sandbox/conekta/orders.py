"""Orders with a hosted checkout: what the shop asks to be paid. All amounts are in centavos."""

from __future__ import annotations

from shop.sandbox.conekta import notifications, options
from shop.sandbox.conekta.errors import ApiError, invalid, not_found
from shop.sandbox.conekta.validation import METHODS, check_order, total_of
from shop.sandbox.engine import Sandbox
from shop.sandbox.store import Json, JsonDict, Record

KIND, CHARGE, REFUND = "ck_order", "ck_charge", "ck_refund"
OPEN, PENDING, PAID, EXPIRED, CANCELED = "open", "pending_payment", "paid", "expired", "canceled"
UNPAID = (OPEN, PENDING)
DEFAULT_LIFE = 3 * 86_400
LISTED = frozenset(
    (
        "limit",
        "search",
        "next",
        "previous",
        "payment_status",
        "last_payment_info.status",
        "created_at",
        "created_at.gte",
        "created_at.lte",
        "updated_at.gte",
        "updated_at.lte",
    )
)
ENDINGS = {EXPIRED: "Expired", CANCELED: "Cancelled", PAID: "Issued"}


def create(sandbox: Sandbox, body: Json) -> Record:
    """Create an order; every call makes another one, since the API has no idempotency keys.

    Raises:
        ApiError: the body breaks one of Conekta's rules.
    """
    now = int(sandbox.clock.now())
    wanted = check_order(body, now)
    order_id = sandbox.ids.token("ord_2", 16)
    livemode = options.of(sandbox.config).livemode
    full: JsonDict = {
        "id": order_id,
        "object": "order",
        "livemode": livemode,
        "amount": total_of(wanted),
        "amount_refunded": 0,
        "currency": wanted["currency"],
        # Nothing has been tried yet: there is no status.
        "payment_status": None,
        "is_refundable": False,
        "customer_info": {**wanted["customer_info"], "object": "customer_info"},
        "line_items": _listed([{**line, "object": "line_item"} for line in wanted["line_items"]]),
        "charges": _listed([]),
        "metadata": wanted.get("metadata", {}),
        "checkout": _checkout(sandbox, wanted["checkout"], order_id, now, livemode=livemode),
        "created_at": now,
        "updated_at": now,
    }
    record = Record(
        KIND,
        order_id,
        full,
        ref=str(full["metadata"].get("attempt") or ""),
        status=OPEN,
        due_at=sandbox.clock.deadline(full["checkout"]["expires_at"]),
    )
    return sandbox.store.add(record)


def _checkout(sandbox: Sandbox, wanted: JsonDict, order_id: str, now: int, *, livemode: bool) -> JsonDict:
    checkout_id = sandbox.ids.uuid()
    excluded = wanted.get("excluded_payment_methods", [])
    return {
        "monthly_installments_enabled": False,
        "monthly_installments_options": [],
        "redirection_time": 4,
        "expires_at": now + DEFAULT_LIFE,
        "allowed_payment_methods": [method for method in METHODS[:3] if method not in excluded],
        **wanted,
        "id": checkout_id,
        "object": "checkout",
        "livemode": livemode,
        "name": wanted.get("name") or order_id.replace("_", "-"),
        "slug": checkout_id.replace("-", ""),
        "status": "Issued",
        "paid_payments_count": 0,
        "url": f"{sandbox.base_url}/conekta/checkout/{order_id}",
    }


def _listed(rows: list[JsonDict]) -> JsonDict:
    return {"object": "list", "has_more": False, "next_page_url": None, "data": rows}


def fetch(sandbox: Sandbox, order_id: str) -> Record:
    """Return an order; one whose time is over is expired first.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(KIND, order_id)
    if record is None:
        raise not_found(order_id)
    return record


def charges_of(sandbox: Sandbox, order: Record) -> list[Record]:
    """Return the order's charges, the oldest first."""
    return sandbox.store.find(CHARGE, parent=order.id)[::-1]


def listing(sandbox: Sandbox, query: dict[str, str]) -> JsonDict:
    """Return ``{"object": "list", "data", "has_more", "next_page_url"}`` of the orders, newest first.

    Raises:
        ApiError: 422 for an unknown parameter, a limit outside 1–250, a moment that is no number, an unknown page.
    """
    if unknown := set(query) - LISTED:
        raise invalid(min(unknown), "is not a known parameter.")
    text = query.get("limit", "20")
    if not text.isdecimal() or not 1 <= int(text) <= 250:
        raise ApiError(422, "parameter_validation.limit", "limit must lie between 1 and 250.", "limit")
    found = _within(sandbox.store.find(KIND), query)
    if wanted := query.get("payment_status"):
        found = [record for record in found if record.body["payment_status"] == wanted]
    if needle := query.get("search"):  # By mail or number; the metadata are not searched.
        found = [record for record in found if needle in (record.id, record.body["customer_info"]["email"])]
    if last := query.get("next"):
        mark = sandbox.store.get(KIND, last)
        if mark is None:
            raise invalid("next", "is not a page.")
        found = [record for record in found if record.seq < mark.seq]
    page, more = found[: int(text)], len(found) > int(text)
    address = f"https://api.conekta.io/orders?limit={text}&next={page[-1].id}" if more else None
    return {"object": "list", "has_more": more, "next_page_url": address, "data": [row.body for row in page]}


def _within(found: list[Record], query: dict[str, str]) -> list[Record]:
    """Keep the orders made and changed within the asked moments (unix seconds)."""
    for name, moment in query.items():
        field, _, side = name.partition(".")
        if field not in ("created_at", "updated_at"):
            continue
        if not moment.isdecimal():
            raise invalid(name, "must be unix seconds.")
        wanted = int(moment)
        fits = {"gte": wanted.__le__, "lte": wanted.__ge__, "": wanted.__eq__}[side]
        found = [record for record in found if fits(record.body[field])]
    return found


def cancel(sandbox: Sandbox, order_id: str) -> Record:
    """Cancel an unpaid order: neither its page nor its voucher can be paid any more.

    Raises:
        ApiError: 404; 422 when it is paid or ended.
    """
    with sandbox.store.transaction():
        order = fetch(sandbox, order_id)
        if order.status not in UNPAID:
            message = f"The order is {order.body['payment_status']} and cannot be cancelled."
            raise ApiError(422, "processing.order.not_cancelable", message)
        return end(sandbox, order, CANCELED)


def expire(sandbox: Sandbox, order: Record) -> None:
    """End an order whose time is over."""
    if order.status in UNPAID:
        end(sandbox, order, EXPIRED)


def end(sandbox: Sandbox, order: Record, status: str) -> Record:
    """End an unpaid order with its pending charges, and notify it."""
    with sandbox.store.transaction():
        for charge in charges_of(sandbox, order):
            if charge.status == PENDING:
                charge.status = charge.body["status"] = status
                sandbox.store.save(charge)
        refresh(sandbox, order, status)
        notifications.emit(sandbox, order, [(f"order.{status}", order.body)])
    return order


def refresh(sandbox: Sandbox, order: Record, status: str = "") -> Record:
    """Write an order's present status and charges."""
    order.status = status or order.status
    charges = charges_of(sandbox, order)
    order.body["charges"] = _listed([charge.body for charge in charges])
    order.body["payment_status"] = None if order.status == OPEN else order.status
    order.body["checkout"]["status"] = ENDINGS.get(order.status, "Issued")
    refunded = sum(refunded_of(charge) for charge in charges)
    order.body["amount_refunded"] = refunded
    paid = [charge for charge in charges if charge.internal.get("paid")]
    order.body["is_refundable"] = any(
        charge.internal["method"] == "card" and refunded_of(charge) < charge.body["amount"] for charge in paid
    )
    order.body["updated_at"] = int(sandbox.clock.now())
    if order.status not in UNPAID:
        order.due_at = None
    return sandbox.store.save(order)


def refunded_of(charge: Record) -> int:
    """Return what has gone back of a charge, in centavos (refunds are listed with negative amounts)."""
    done = [row for row in charge.body["refunds"]["data"] if row["status"] == "succeeded"]
    return -sum(int(row["amount"]) for row in done)
