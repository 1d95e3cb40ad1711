"""Mercado Pago's notifications: the signed webhook and the older unsigned IPN.

Source: docs/providers/mercadopago.md#notifications. The signature covers
``id:<data.id>;request-id:<x-request-id>;ts:<ts>;``; every try carries a new
notification id, a new ``ts`` and a new signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode, urlsplit, urlunsplit

from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import options
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.webhooks import Notice, Outgoing

FIRST_NOTIFICATION = 136_606_000_000
WRONG_SECRET = "not-the-secret-of-this-shop"  # noqa: S105 -- signs forged notifications on purpose


def signature(secret: str, data_id: str, request_id: str, ts: str) -> str:
    """Return the ``x-signature`` header for a notification."""
    manifest = f"id:{data_id.lower()};request-id:{request_id};ts:{ts};"
    digest = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    return f"ts={ts},v1={digest}"


def with_query(url: str, extra: dict[str, str]) -> str:
    """Append parameters to a URL, keeping its own query and fragment."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(extra))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def announce_payment(sandbox: Sandbox, payment: Record, action: str) -> None:
    """Queue what Mercado Pago sends about a payment: one webhook and, when configured, three IPNs.

    ``action`` is ``payment.created`` or ``payment.updated``. Nothing is sent without a ``notification_url``.
    """
    url = payment.body.get("notification_url")
    if not url:
        return
    order_id = payment.body["order"]["id"]
    body = {
        "action": action,
        "api_version": "v1",
        "data": {"id": payment.id},
        "date_created": payment.body["date_created"],
        "live_mode": payment.body["live_mode"],
        "type": "payment",
        "user_id": str(payment.body["collector_id"]),
    }
    notices = [Notice("mp.webhook", payment.id, f"{action}:{payment.id}", url, body)]
    if options.of(sandbox.config).ipn:
        notices.append(_ipn(url, "payment", payment.id, payment.id))
        notices += [_ipn(url, "merchant_order", order_id, payment.id)] * 2
    sandbox.outbox.emit(options.CODE, notices, targets_of(payment))


def announce_chargeback(sandbox: Sandbox, payment: Record, chargeback_id: str) -> None:
    """Queue the webhook of topic ``topic_chargebacks_wh``."""
    url = payment.body.get("notification_url")
    if not url:
        return
    body = {
        "actions": ["created"],
        "api_version": "v1",
        "data": {"id": int(chargeback_id), "payment_id": int(payment.id)},
        "date_created": payment.body["date_last_updated"],
        "live_mode": payment.body["live_mode"],
        "type": "topic_chargebacks_wh",
        "user_id": str(payment.body["collector_id"]),
    }
    notice = Notice("mp.webhook", payment.id, f"chargeback:{chargeback_id}", url, body)
    sandbox.outbox.emit(options.CODE, [notice], targets_of(payment))


def targets_of(payment: Record) -> tuple[str, ...]:
    """Return the names an armed fault may call this payment by."""
    return tuple(filter(None, (payment.id, payment.parent, payment.ref)))


def _ipn(url: str, topic: str, resource_id: str, object_id: str) -> Notice:
    path = f"/v1/payments/{resource_id}" if topic == "payment" else f"/merchant_orders/{resource_id}"
    body = {"resource": f"https://api.mercadolibre.com{path}", "topic": topic, "id": resource_id}
    return Notice("mp.ipn", object_id, f"ipn:{topic}:{resource_id}", url, body)


def write_webhook(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    """Write and sign one try of a webhook."""
    body = {**delivery["payload"], "id": sandbox.ids.number("notification", FIRST_NOTIFICATION)}
    data_id = str(body["data"]["id"])
    flags, account = delivery["options"], options.of(sandbox.config)
    moment = time.time() - flags.get("age", 0)
    is_ms = account.signature_unit == "ms" or flags.get("ts_ms")
    ts = str(int(moment * 1000) if is_ms else int(moment))
    secret = WRONG_SECRET if flags.get("wrong_signature") else account.webhook_secret
    request_id = sandbox.ids.uuid()
    headers = {
        **_headers(attempt),
        "x-request-id": request_id,
        "x-signature": signature(secret, data_id, request_id, ts),
    }
    url = with_query(delivery["url"], {"data.id": data_id, "type": body["type"]})
    return Outgoing(url, headers, json.dumps(body).encode())


def write_ipn(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    """Write one try of an IPN (never signed)."""
    body = delivery["payload"]
    url = with_query(delivery["url"], {"id": body["id"], "topic": body["topic"]})
    content = {"resource": body["resource"], "topic": body["topic"]}
    return Outgoing(url, _headers(attempt), json.dumps(content).encode())


def _headers(attempt: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "restclient-node/4.15.3",
        "X-Retry": str(attempt),
        "X-Socket-Timeout": "22000",
    }


def what(sandbox: Sandbox, delivery: JsonDict) -> str:
    """Return what a delivery is about: the IPN's topic, or the webhook's action."""
    kind, _, rest = delivery["event_id"].partition(":")
    return f"IPN {rest.partition(':')[0]}" if kind == "ipn" else kind
