"""Conekta's notifications: signed with RSA, and in any case only a hint at what to fetch.

Source: docs/providers/conekta.md#notifications.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payments.gateways.base import BadSignature, Notification, RawWebhook
from payments.gateways.bodies import Unreadable, read_object, text
from payments.gateways.conekta.mapping import reference_of
from shop.core.configuration.public_keys import rsa_public_key

_ORDER, _CHARGE = "order.", "charge."


def parse(raw: RawWebhook, *, keys: Sequence[str], livemode: bool) -> Notification:
    """Verify and read an event.

    Without keys every event is taken for what it is, a hint: the order is fetched with our own token, and only its
    answer counts. Events of other kinds are answered and forgotten; those of the other mode are kept, and nothing is
    done about them.

    Raises:
        BadSignature: no key of ours fits, or the body is no event.
    """
    if keys:
        _verify(raw, keys)
    try:
        event = read_object(raw.body)
    except Unreadable as error:
        raise BadSignature(str(error)) from error
    if not isinstance(event.get("type"), str):
        raise BadSignature("no event")
    topic, data = text(event["type"], 80), event.get("data")
    target = data.get("object") if isinstance(data, Mapping) else None
    target = target if isinstance(target, Mapping) else {}
    subject = text(_subject(topic, target), 200)
    is_other_mode = bool(event.get("livemode")) != livemode
    mode = "live" if event.get("livemode") else "test"
    return Notification(
        event_id=_event_id(event, raw, is_signed=bool(keys)),
        topic=topic,
        subject=subject,
        reference=text(reference_of(target), 200),
        payload={
            **{key: event.get(key) for key in ("id", "type", "created_at", "livemode")},
            "data": {"object": masked(target)},
        },
        should_store=bool(subject) and not is_other_mode,
        is_signed=bool(keys),
        ignored=f"an event of the {mode} mode, which is not this shop's" if is_other_mode and keys else "",
    )


def _event_id(event: Mapping[str, object], raw: RawWebhook, *, is_signed: bool) -> str:
    """Return the event's number; of an unsigned one a digest, so that nobody can occupy the number of a real one."""
    if is_signed and (number := text(event.get("id"), 150)):
        return number
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


def _subject(topic: str, target: Mapping[str, object]) -> object:
    """Return the order to ask about; "" for events which say nothing to a shop. The list of types is open."""
    if topic.startswith(_ORDER):
        return target.get("id")
    if topic.startswith(_CHARGE):
        return target.get("order_id")
    return ""


def masked(target: Mapping[str, object]) -> dict[str, object]:
    """Keep what explains the event to people; persons, cards and addresses stay out."""
    keep = (
        "id",
        "object",
        "order_id",
        "status",
        "payment_status",
        "amount",
        "amount_refunded",
        "currency",
        "created_at",
        "paid_at",
        "failure_code",
        "livemode",
    )
    return {key: target[key] for key in keep if key in target} | {"reference": reference_of(target)}
