"""Events and the signed webhooks that carry them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import options
from shop.sandbox.stripe.errors import VERSION
from shop.sandbox.webhooks import Notice, Outgoing

KIND = "st_event"
WRONG_SECRET = "whsec_not_the_secret_of_this_endpoint"  # noqa: S105 -- signs forged notifications on purpose


def emit(sandbox: Sandbox, facts: list[tuple[str, JsonDict]], targets: tuple[str, ...]) -> list[Record]:
    """Store the events of one fact (type, object) in order and queue their webhooks.

    The object is a snapshot: later changes do not alter the event.
    """
    account = options.of(sandbox.config)
    records, notices = [], []
    for type_, snapshot in facts:
        event_id = sandbox.ids.token("evt_1Q", 22)
        body = {
            "id": event_id,
            "object": "event",
            "api_version": VERSION,
            "created": int(sandbox.clock.now()),
            "data": {"object": snapshot},
            "livemode": snapshot.get("livemode", account.livemode),
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": type_,
        }
        record = Record(
            KIND, event_id, body, parent=snapshot["id"], ref=targets[0] if targets else "", status=type_
        )
        records.append(sandbox.store.add(record))
        notices.append(Notice("stripe", snapshot["id"], event_id, account.webhook_url, {"id": event_id}))
    sandbox.outbox.emit(options.CODE, notices, targets)
    return records


def view(sandbox: Sandbox, event: Record) -> JsonDict:
    """Return an event with its ``pending_webhooks`` as it is now."""
    return {**event.body, "pending_webhooks": 0 if is_delivered(sandbox, event) else 1}


def is_delivered(sandbox: Sandbox, event: Record) -> bool:
    """Return whether every copy of the event's webhook has been accepted."""
    rows = sandbox.store.rows("SELECT state FROM deliveries WHERE event_id = ?", event.id)
    return bool(rows) and all(row["state"] == "delivered" for row in rows)


def signature(payload: bytes, secret: str, stamp: int) -> str:
    """Return the ``Stripe-Signature`` header: HMAC-SHA256 over ``<stamp>.<raw body>``."""
    signed = f"{stamp}.".encode() + payload
    return f"t={stamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def write(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    """Write and sign one try of a webhook."""
    event = sandbox.store.get(KIND, delivery["event_id"])
    if event is None:
        raise LookupError(f"event {delivery['event_id']} is gone")
    payload = json.dumps(event.body, indent=2, ensure_ascii=False).encode()
    flags = delivery["options"]
    secret = WRONG_SECRET if flags.get("wrong_signature") else options.of(sandbox.config).webhook_secret
    stamp = int(time.time() - flags.get("age", 0))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Stripe-Signature": signature(payload, secret, stamp),
    }
    return Outgoing(delivery["url"], headers, payload)


def what(sandbox: Sandbox, delivery: JsonDict) -> str:
    """Return what a delivery is about: the event's type."""
    event = sandbox.store.get(KIND, delivery["event_id"])
    return event.status if event else "evento"
