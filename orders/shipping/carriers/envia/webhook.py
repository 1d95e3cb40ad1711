"""Envia's notifications: signed, and in any case only a hint at what to ask (docs/carriers/envia.md#notifications)."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from orders.shipping.carriers.base import BadSignature, CallError, Push, RawPush
from orders.shipping.carriers.reading import amount, text

_VERSION: Final = "v1="
# What is signed, by the name of ENVIA_WEBHOOK_SIGNED: sources disagree.
RECIPES: Final = ("timestamp.event.body", "timestamp.body", "body")


def parse(raw: RawPush, *, secrets: Sequence[str], recipe: str) -> Push:
    """Verify with every secret and read which numbers it is about.

    Raises:
        BadSignature: there is no secret, none fits, or the body is no notification.
    """
    _verify(raw, secrets, recipe)
    try:
        body: Any = json.loads(raw.body)
    except ValueError as error:
        raise BadSignature("no JSON") from error
    if not isinstance(body, Mapping):
        raise BadSignature("no notification")
    data = body.get("data")
    rows = data if isinstance(data, list) else [data]
    numbers: dict[str, None] = {}
    surcharges: dict[str, Decimal] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        number = text(row.get("tracking_number") or row.get("trackingNumber"), 60)
        if not number:
            continue
        numbers[number] = None
        extra = row.get("surcharge") or row.get("amount")
        if extra is not None and "surcharge" in text(body.get("type"), 40).lower():
            try:
                surcharges[number] = amount(extra, "surcharge")
            except CallError:
                continue
    return Push(tuple(numbers), text(body.get("type"), 40), surcharges)


def _verify(raw: RawPush, secrets: Sequence[str], recipe: str) -> None:
    given = raw.headers.get("x-webhook-signature", "")
    if not secrets or not given.startswith(_VERSION):
        raise BadSignature("no signature, or no secret to check it with")
    parts = {
        "timestamp": raw.headers.get("x-webhook-timestamp", "").encode(),
        "event": raw.headers.get("x-webhook-event", "").encode(),
        "body": raw.body,
    }
    signed = b".".join(parts[name] for name in recipe.split("."))
    for secret in secrets:
        wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if hmac.compare_digest(wanted.encode(), given.removeprefix(_VERSION).encode()):
            return
    raise BadSignature("signed with none of our secrets")
