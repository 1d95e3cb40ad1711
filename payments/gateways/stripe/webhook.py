"""Stripe's notifications (docs/providers/stripe.md#notifications)."""

from collections.abc import Mapping, Sequence

import stripe

from payments.gateways.base import BadSignature, Notification, RawWebhook
from payments.gateways.bodies import Unreadable, read_object, text

_THIN = "v2.core.event"
_SESSION = "checkout.session."
# Everything about one of these carries its PaymentIntent.
_ABOUT_A_PAYMENT = ("payment_intent.", "charge.", "refund.")
_DISPUTE = "charge.dispute."
_TOLERANCE = stripe.Webhook.DEFAULT_TOLERANCE


def parse(raw: RawWebhook, *, secrets: Sequence[str], livemode: bool) -> Notification:
    """Verify and read an event. The body is signed as received, byte by byte.

    Events of other kinds are answered and forgotten; those of the other mode and of the second API are kept, and
    nothing is done about them.

    Raises:
        BadSignature: no secret of ours fits, or the body is no event.
    """
    _verify(raw, secrets)
    try:
        event = read_object(raw.body)
    except Unreadable as error:
        raise BadSignature(f"signed, but {error}") from error
    event_id = text(event.get("id"), 150)
    if event.get("object") == _THIN and event_id:
        return _thin(event, event_id)
    if event.get("object") != "event" or not event_id:
        raise BadSignature("signed, but no event")
    topic = text(event.get("type"), 80)
    data = event.get("data")
    target = data.get("object") if isinstance(data, dict) else None
    target = target if isinstance(target, dict) else {}
    subject = text(_subject(topic, target), 200)
    is_other_mode = bool(event.get("livemode")) != livemode
    mode = "live" if event.get("livemode") else "test"
    return Notification(
        event_id=event_id,
        topic=topic,
        subject=subject,
        reference=text(_reference(target), 200),
        payload={**event, "data": {"object": _masked(target)}},
        should_store=bool(subject) and not is_other_mode,
        ignored=f"an event of the {mode} mode, which is not this shop's" if is_other_mode else "",
    )


def _thin(event: Mapping[str, object], event_id: str) -> Notification:
    """Keep an event of the second API, which event destinations send: it is no snapshot, and names no payment.

    https://docs.stripe.com/event-destinations#events-overview
    """
    return Notification(
        event_id=event_id,
        topic=text(event.get("type"), 80),
        subject="",
        reference="",
        payload={key: event[key] for key in ("id", "object", "type", "created", "livemode") if key in event},
        should_store=False,
        ignored="an event of Stripe's second API, which tells of no payment",
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


def _subject(topic: str, target: Mapping[str, object]) -> object:
    """Return what to ask about; "" for events which say nothing to a shop. `event.type` is an open list."""
    # A dispute is asked about by its own number: while it is only a warning, its charge may not show it.
    if topic.startswith((_SESSION, "payment_intent.", _DISPUTE)):
        return target.get("id")
    if topic.startswith(_ABOUT_A_PAYMENT):
        return target.get("payment_intent")
    return ""


def _reference(target: Mapping[str, object]) -> object:
    metadata = target.get("metadata")
    attempt = metadata.get("attempt") if isinstance(metadata, dict) else ""
    return target.get("client_reference_id") or attempt


def _masked(target: Mapping[str, object]) -> dict[str, object]:
    """Keep what explains the event to people; persons, cards and secrets stay out."""
    keep = (
        "id",
        "object",
        "status",
        "payment_status",
        "amount",
        "amount_total",
        "amount_received",
        "amount_refunded",
        "currency",
        "created",
        "client_reference_id",
        "payment_intent",
        "charge",
        "reason",
        "failure_reason",
        "livemode",
        "metadata",
    )
    return {key: target[key] for key in keep if key in target}
