"""Envia's notifications: signed with HMAC-SHA256 over time, event and body; sent again until they are answered 2xx."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from shop.sandbox.engine import Sandbox
from shop.sandbox.envia import options
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.webhooks import Notice, Outgoing

TOPIC = "envia"


def notify(sandbox: Sandbox, shipment: Record, kind: str, data: JsonDict) -> None:
    """Queue a notification about a shipment."""
    payload: JsonDict = {
        "type": kind,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {
            "shipment_id": shipment.body["shipmentId"],
            "tracking_number": shipment.id,
            "carrier_name": shipment.body["carrier"],
            **data,
        },
    }
    number = sandbox.store.next_number("number.envia.event")
    notice = Notice(TOPIC, shipment.id, f"evt_{number}", options.of(sandbox.config).webhook_url, payload)
    sandbox.outbox.emit(options.CODE, [notice], (shipment.id, shipment.ref))


def write(sandbox: Sandbox, delivery: JsonDict, attempt: int) -> Outgoing:
    """Write and sign one try."""
    body = json.dumps(delivery["payload"]).encode()
    secret = options.of(sandbox.config).secret
    if delivery["options"].get("wrong_signature"):
        secret += "?"
    sent_at = int(time.time() - float(delivery["options"].get("age", 0)))
    event = str(delivery["payload"]["type"])
    signed = b".".join([str(sent_at).encode(), event.encode(), body])
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Signature": f"v1={signature}",
        "X-Webhook-Timestamp": str(sent_at),
        "X-Webhook-Event": event,
        "X-Webhook-Id": str(delivery["event_id"]),
    }
    return Outgoing(delivery["url"], headers, body)


def what(sandbox: Sandbox, delivery: JsonDict) -> str:
    """Say what a delivery is about."""
    payload = delivery["payload"]
    payload = json.loads(payload) if isinstance(payload, str) else payload
    data = payload["data"]
    return f"{payload['type']} · {data.get('status') or data.get('surcharge')}"
