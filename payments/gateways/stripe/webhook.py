"""Stripe's notifications (PROVIDERS §2b)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import stripe

from payments.gateways.base import BadSignature, Notification, RawWebhook

_SESSION = "checkout.session."
# Everything about one of these carries its PaymentIntent.
_ABOUT_A_PAYMENT = ("payment_intent.", "charge.", "refund.")
_DISPUTE = "charge.dispute."
_TOLERANCE = stripe.Webhook.DEFAULT_TOLERANCE


def parse(raw: RawWebhook, *, secrets: Sequence[str], livemode: bool) -> Notification:
    """Verify and read an event. The body is signed as received, byte by byte.

    Events of the other mode, of other kinds, and of other shops on the same account are answered and forgotten.

    Raises:
        BadSignature: no secret of ours fits, or the body is no event.
    """
    _verify(raw, secrets)
    try:
        event = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise BadSignature("signed, but no JSON") from error
    if not isinstance(event, dict) or event.get("object") != "event" or not event.get("id"):
        raise BadSignature("signed, but no event")
    topic = str(event.get("type") or "")
    data = event.get("data")
    target = data.get("object") if isinstance(data, dict) else None
    target = target if isinstance(target, dict) else {}
    subject = _subject(topic, target)
    return Notification(
        event_id=str(event["id"])[:150],
        topic=topic[:80],
        subject=subject,
        reference=_reference(target),
        payload={**event, "data": {"object": _masked(target)}},
        should_store=bool(subject) and bool(event.get("livemode")) == livemode,
    )


def _verify(raw: RawWebhook, secrets: Sequence[str]) -> None:
    """Try every secret: each endpoint has its own, and rotation needs two."""
    header = raw.headers.get("stripe-signature", "")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(raw.body, header, secret, _TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            # ValueError: a body that is no UTF-8. TypeError: a signature with non-ASCII characters.
            continue
        return
    raise BadSignature("signed with none of our secrets")


def _subject(topic: str, target: Mapping[str, Any]) -> str:
    """Return what to ask about; "" for events which say nothing to a shop. `event.type` is an open list."""
    if topic.startswith(_SESSION):
        return str(target.get("id") or "")
    # A dispute is asked about by its own number: while it only warns, its charge need not tell of it.
    if topic.startswith(("payment_intent.", _DISPUTE)):
        return str(target.get("id") or "")
    if topic.startswith(_ABOUT_A_PAYMENT):
        return str(target.get("payment_intent") or "")
    return ""


def _reference(target: Mapping[str, Any]) -> str:
    metadata = target.get("metadata")
    attempt = metadata.get("attempt") if isinstance(metadata, dict) else ""
    return str(target.get("client_reference_id") or attempt or "")[:200]


def _masked(target: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what explains the event to people; persons, cards and secrets stay out."""
    keep = (
        "id", "object", "status", "payment_status", "amount", "amount_total", "amount_received", "amount_refunded",
        "currency", "created", "client_reference_id", "payment_intent", "charge", "reason", "failure_reason",
        "livemode", "metadata",
    )  # fmt: skip
    return {key: target[key] for key in keep if key in target}
