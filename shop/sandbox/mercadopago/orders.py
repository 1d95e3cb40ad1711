"""Merchant orders: the payments of one preference, summed up."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import options, payments, preferences
from shop.sandbox.mercadopago.errors import not_found
from shop.sandbox.store import JsonDict, Record

PAYMENT_FIELDS = [
    "id",
    "transaction_amount",
    "currency_id",
    "status",
    "status_detail",
    "operation_type",
    "date_created",
    "date_approved",
    "transaction_amount_refunded",
]


def view(sandbox: Sandbox, preference: Record) -> JsonDict:
    """Return a preference's present merchant order."""
    found = list(reversed(sandbox.store.find(payments.KIND, parent=preference.id)))
    approved = sum((_amount(p, "transaction_amount") for p in found if p.status == "approved"), Decimal(0))
    refunded = sum((_amount(p, "transaction_amount_refunded") for p in found), Decimal(0))
    total, body = preferences.total(preference), preference.body
    return {
        "id": payments.order_id(sandbox, preference),
        "status": "closed" if approved >= total else "opened",
        "order_status": _order_status(found, approved, total, refunded),
        "external_reference": body["external_reference"],
        "preference_id": preference.id,
        "application_id": preferences.CLIENT_ID,
        "marketplace": "NONE",
        "site_id": options.of(sandbox.config).site,
        "notification_url": body["notification_url"],
        "collector": {"id": body["collector_id"], "email": "", "nickname": "TESTUSER"},
        "payer": {"id": 99887766, "email": body["payer"].get("email", "")},
        "payments": [_summary(payment) for payment in found],
        "shipments": [],
        "payouts": [],
        "items": body["items"],
        "additional_info": body["additional_info"],
        "shipping_cost": (body["shipments"] or {}).get("cost") or 0,
        "total_amount": float(total),
        "paid_amount": float(approved),
        "refunded_amount": float(refunded),
        "date_created": body["date_created"],
        "last_updated": max([p.body["date_last_updated"] for p in found], default=body["date_created"]),
        "cancelled": False,
    }


def _amount(payment: Record, field: str) -> Decimal:
    return Decimal(str(payment.body[field]))


def _summary(payment: Record) -> JsonDict:
    summary = {name: payment.body[name] for name in PAYMENT_FIELDS}
    total = payment.body["transaction_details"]["total_paid_amount"]
    return {**summary, "total_paid_amount": total, "shipping_cost": 0}


def _order_status(found: list[Record], approved: Decimal, total: Decimal, refunded: Decimal) -> str:
    if refunded:
        return "reverted" if refunded >= total else "partially_reverted"
    if approved:
        return "paid" if approved >= total else "partially_paid"
    waiting = any(payment.status in payments.OPEN for payment in found)
    return "payment_in_process" if waiting else "payment_required"


def fetch(sandbox: Sandbox, order_id: str) -> JsonDict:
    """Return a merchant order by its number.

    Raises:
        ApiError: 404.
    """
    for preference in sandbox.store.find(preferences.KIND):
        if str(preference.internal.get("order_id")) == order_id:
            return view(sandbox, preference)
    raise not_found("Merchant order")


def search(sandbox: Sandbox, query: dict[str, str], limit: int, offset: int) -> JsonDict:
    """Return ``{"elements", "next_offset", "total"}`` of the orders that match, newest first."""
    found = sandbox.store.find(preferences.KIND, ref=query.get("external_reference") or None)
    if query.get("preference_id"):
        found = [preference for preference in found if preference.id == query["preference_id"]]
    views = [view(sandbox, preference) for preference in found if "order_id" in preference.internal]
    if query.get("status"):
        views = [order for order in views if order["status"] == query["status"]]
    page = views[offset : offset + limit]
    return {"elements": page, "next_offset": offset + len(page), "total": len(views)}
