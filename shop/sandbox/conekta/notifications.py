"""Conekta's events and the signed notifications that carry them.

Source: docs/providers/conekta.md#notifications. The header ``DIGEST`` is the base64 of the body's SHA-256,
signed with the RSA key whose public half ``/webhook_keys`` shows.
"""

from __future__ import annotations

import base64
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from shop.sandbox.conekta import keys, options
from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.webhooks import Notice, Outgoing

KIND = "ck_event"


def emit(sandbox: Sandbox, order: Record, facts: list[tuple[str, JsonDict]]) -> None:
    """Store the events of one fact (type, object) and queue their notifications.

    The object is a snapshot: later changes do not alter the event.
    """
    url, notices = options.of(sandbox.config).webhook_url, []
    for type_, snapshot in facts:
        event_id = f"{int(time.time()):x}{sandbox.ids.digits(16)}"
        body = {
            "id": event_id,
            "object": "event",
            "type": type_,
            "created_at": int(sandbox.clock.now()),
            "livemode": order.body["livemode"],
            "webhook_status": "pending",
            "data": {"object": snapshot, "previous_attributes": {}},
        }
        record = Record(KIND, event_id, body, parent=order.id, ref=order.ref, status=type_)
        sandbox.store.add(record)
        notices.append(Notice("conekta", order.id, event_id, url, {"id": event_id}))
    sandbox.outbox.emit(options.CODE, notices, targets_of(order))


def targets_of(order: Record) -> tuple[str, ...]:
    """Return the names an armed fault may call this order by."""
    return tuple(filter(None, (order.id, order.ref)))


def signature(body: bytes, *, forged: bool = False) -> str:
    """Return the ``DIGEST`` header of a body."""
    key = keys.a_stranger() if forged else keys.ours()
    return base64.b64encode(key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


def write(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    """Write and sign one try of a notification."""
    event = sandbox.store.get(KIND, delivery["payload"]["id"])
    body = json.dumps(event.body if event else {}).encode()
    forged = bool(delivery["options"].get("wrong_signature"))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Conekta-Webhooks",
        "DIGEST": signature(body, forged=forged),
    }
    return Outgoing(delivery["url"], headers, body)


def what(sandbox: Sandbox, delivery: JsonDict) -> str:
    """Return what a delivery is about: the event's type."""
    event = sandbox.store.get(KIND, delivery["event_id"])
    return event.status if event else "evento"
