"""Conekta's notifications: signed with RSA, and in any case only a hint at what to ask about (PROVIDERS §3)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payments.gateways.base import BadSignature, Notification, RawWebhook
from payments.gateways.conekta.words import reference_of
from shop.core.keys import rsa_public_key

_ORDER, _CHARGE = "order.", "charge."


def parse(raw: RawWebhook, *, keys: Sequence[str], livemode: bool) -> Notification:
    """Verify and read an event.

    Without keys every event is taken for what it is, a hint: the order is fetched with our own token, and only its
    answer counts. Events of other kinds and of the other mode are answered and forgotten.

    Raises:
        BadSignature: no key of ours fits, or the body is no event.
    """
    if keys:
        _verify(raw, keys)
    try:
        event = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise BadSignature("no JSON") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise BadSignature("no event")
    topic, data = event["type"], event.get("data")
    target = data.get("object") if isinstance(data, Mapping) else None
    target = target if isinstance(target, Mapping) else {}
    subject = _subject(topic, target)
    return Notification(
        event_id=_event_id(event, raw, is_signed=bool(keys)),
        topic=topic[:80],
        subject=subject[:200],
        reference=reference_of(target)[:200],
        payload={
            **{key: event.get(key) for key in ("id", "type", "created_at", "livemode")},
            "data": {"object": masked(target)},
        },
        should_store=bool(subject) and bool(event.get("livemode")) == livemode,
        is_signed=bool(keys),
    )


def _event_id(event: Mapping[str, Any], raw: RawWebhook, *, is_signed: bool) -> str:
    """Return the event's number; of an unsigned one a digest, so that nobody can occupy the number of a real one."""
    if is_signed and event.get("id"):
        return str(event["id"])[:150]
    return hashlib.sha256(raw.body).hexdigest()


def _verify(raw: RawWebhook, keys: Sequence[str]) -> None:
    """Try every key: rotation needs two.

    The header `DIGEST` is the base64 of the RSA signature (PKCS #1 v1.5) over the body's SHA-256:
    https://developers.conekta.com/docs/autenticaci%C3%B3n-webhooks
    """
    try:
        signature = base64.b64decode(raw.headers.get("digest", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("the signature is no base64") from error
    for key in keys:
        try:
            rsa_public_key(key).verify(signature, raw.body, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return
    raise BadSignature("signed with none of our keys")


def _subject(topic: str, target: Mapping[str, Any]) -> str:
    """Return the order to ask about; "" for events which say nothing to a shop. The list of types is open."""
    if topic.startswith(_ORDER):
        return _text(target.get("id"))
    if topic.startswith(_CHARGE):
        return _text(target.get("order_id"))
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def masked(target: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what explains the event to people; persons, cards and addresses stay out."""
    keep = (
        "id", "object", "order_id", "status", "payment_status", "amount", "amount_refunded", "currency", "created_at",
        "paid_at", "failure_code", "livemode",
    )  # fmt: skip
    return {key: target[key] for key in keep if key in target} | {"reference": reference_of(target)}
