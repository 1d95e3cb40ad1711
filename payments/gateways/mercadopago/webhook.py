"""Mercado Pago's notifications: which parts are signed, and what to fetch.

Source: docs/providers/mercadopago.md#notifications.
"""

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence

from mercadopago.webhook import InvalidWebhookSignatureError, WebhookSignatureValidator

from payments.gateways.base import BadSignature, Notification, RawWebhook
from payments.gateways.bodies import Unreadable, read_object, text

log = logging.getLogger(__name__)
CHARGEBACK = "chargeback:"
# What "Simulate notification" names whatever one chooses; real payments have ten digits and more.
_PANEL_TEST = "123456"
_PAYMENT_TOPICS = {"payment"}
_CHARGEBACK_TOPICS = {"topic_chargebacks_wh", "chargebacks"}
_FRESH_SECONDS = 600
_MILLISECONDS_FROM = 10**11


def parse(raw: RawWebhook, *, secrets: Sequence[str], livemode: bool = False) -> Notification:
    """Verify and read a notification.

    The body is not signed: what to ask about is the query's `data.id`, and the event's name is made of the signed
    parts alone. Older, unsigned notifications (`topic=`) come beside it; they are answered and forgotten. What the
    panel's own button sends, and where only live payments count those of the test mode, is kept, and nothing is
    done about it.

    Raises:
        BadSignature: no secret of ours fits, or the body names another object than the query.
    """
    if "topic" in raw.query:
        return Notification(
            event_id="", topic="ipn", subject="", reference="", payload={}, should_store=False
        )
    data_id = raw.query.get("data.id", "")
    signature, request_id = raw.headers.get("x-signature", ""), raw.headers.get("x-request-id", "")
    if not data_id:
        raise BadSignature("no data.id in the query")
    _verify(signature, request_id, data_id, secrets)
    body = _body(raw.body)
    data = body.get("data")
    parts = text(data.get("id"), 200) if isinstance(data, dict) else ""
    if parts and parts.lower() != data_id.lower():
        raise BadSignature("the body's data.id is not the signed one")
    topic = text(body.get("type"), 80) or text(raw.query.get("type"), 80)
    signed = hashlib.sha256(f"{data_id.lower()}|{request_id}|{signature}".encode()).hexdigest()
    ignored = _not_ours(data_id, body, livemode=livemode)
    is_payment, is_chargeback = topic in _PAYMENT_TOPICS, topic in _CHARGEBACK_TOPICS
    return Notification(
        event_id=signed,
        topic=topic,
        subject=text(data_id if is_payment else f"{CHARGEBACK}{data_id}", 200),
        reference="",
        payload=body,
        # Other topics (merchant orders, the Orders API, fraud alerts) say nothing that the payment does not.
        should_store=(is_payment or is_chargeback) and not ignored,
        ignored=ignored,
    )


def _not_ours(data_id: str, body: Mapping[str, object], *, livemode: bool) -> str:
    """Return why nothing is to be done about a notification; "": it may be ours.

    The body is not signed. Whoever can change it on the way can keep a notification from being read at all; the
    payment is found by reconciliation all the same.
    """
    if data_id == _PANEL_TEST:
        return "a test of Mercado Pago's panel"
    if livemode and body.get("live_mode") is False:
        return "a notification of the test mode, which is not this shop's"
    return ""


def _verify(signature: str, request_id: str, data_id: str, secrets: Sequence[str]) -> None:
    """Try every secret (test deliveries may be signed with another one; rotation needs two).

    The documentation signs the lower-cased id, the SDK hashes it as received. `ts` may be seconds or milliseconds,
    and the SDK's `tolerance_seconds` would refuse every real one: never passed.
    """
    for secret in secrets:
        if not secret:  # An empty secret is not refused by the SDK.
            continue
        try:
            WebhookSignatureValidator.validate(signature, request_id or None, data_id.lower(), secret)
        except (InvalidWebhookSignatureError, ValueError, TypeError):
            # A signature with non-ASCII characters is a TypeError in `hmac`, not an answer of 500.
            continue
        _log_age(signature, data_id)
        return
    raise BadSignature("signed with none of our secrets")


def _log_age(signature: str, data_id: str) -> None:
    """Say in the log when a notification is old; it is not refused, since no tolerance is documented."""
    stamps = [part.strip()[3:] for part in signature.split(",") if part.strip().startswith("ts=")]
    if not stamps or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) < 20):
        return
    moment = float(stamps[0])
    moment = moment / 1000 if moment >= _MILLISECONDS_FROM else moment
    if abs(time.time() - moment) > _FRESH_SECONDS:
        log.info("Mercado Pago's notification about %s is %d s old", data_id, time.time() - moment)


def _body(body: bytes) -> dict[str, object]:
    """Read the body if it can be read: it is for people, nothing depends on it."""
    try:
        return read_object(body or b"{}")
    except Unreadable:
        return {}
