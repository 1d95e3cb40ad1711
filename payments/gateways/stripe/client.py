"""Calls of the SDK with short time-outs and deliberate retries: plain dictionaries out, only `GatewayError` raised."""

import os
from collections.abc import Callable
from typing import Any

import stripe

from payments.gateways.base import GatewayError, NotFoundAtProvider, Patience
from payments.gateways.errors import DISPUTED, NOT_REFUNDABLE
from payments.gateways.refusals import reason_of
from shop.core.json_types import JsonObject
from shop.core.protection import lines
from shop.core.protection.deadline import timeouts

# On by default, telemetry writes into the home folder of whoever runs the shop (docs/providers/stripe.md#sdk).
stripe.enable_telemetry = False
os.environ.setdefault(
    "STRIPE_SUPPRESS_NOTICES", "true"
)  # Otherwise it prints the notices in Stripe's answers.

# `charge_already_refunded` is not here: it means "read again". Vouchers go back by hand.
_NOT_REFUNDABLE = {"charge_not_refundable"}
_DISPUTED = {"refund_disputed_payment"}
Call = Callable[[stripe.StripeClient], Any]


class Transport(stripe.RequestsClient):
    """Waits `seconds` for an answer at most, less when the time for the whole call runs out.

    The SDK takes its time-out once, when it is made, and reads it again for each request.
    """

    def __init__(self, base: str, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(timeout=seconds, session=lines.session(base or stripe.DEFAULT_API_BASE))

    @property
    def _timeout(self) -> tuple[float, float]:
        return timeouts(self._seconds)

    @_timeout.setter
    def _timeout(self, seconds: object) -> None:
        """Take what the SDK sets at its making: the property answers instead."""


class Client:
    """One `StripeClient` per process and patience; any thread may use it: they share connections.

    `StripeClient` does not retry by default. Its retries re-send a POST with the *same* idempotency key, so they are
    safe (docs/providers/stripe.md#sdk); pages still do without, since somebody is waiting.
    """

    def __init__(self, *, key: str, base: str, patience: Patience) -> None:
        self._stripe = stripe.StripeClient(
            key,
            base_addresses={"api": base.rstrip("/")} if base else {},
            http_client=Transport(base, patience.timeout),
            max_network_retries=patience.retries,
        )

    def call(self, call: Call) -> JsonObject:
        """Make one call and return plain data: a `StripeObject` is no dictionary.

        Raises:
            NotFoundAtProvider: 404.
            GatewayError: every other failure.
        """
        try:
            found = call(self._stripe)
        except stripe.StripeError as error:
            raise _translated(error) from error
        data: JsonObject = found.to_dict() if hasattr(found, "to_dict") else dict(found)
        return data


def _translated(error: stripe.StripeError) -> GatewayError:
    """Turn the SDK's error into ours (docs/providers/stripe.md#idempotency)."""
    status, code = error.http_status or 0, str(error.code or "")
    message = f"Stripe {status or 'line'}: {error} ({code or type(error).__name__})"
    if isinstance(error, stripe.APIConnectionError):
        refused = "refused" in str(error).lower()
        reason = GatewayError.UNREACHABLE if refused else GatewayError.TIMEOUT
        return GatewayError(message, permanent=False, maybe_done=not refused, code=reason)
    if status == 404 or code == "resource_missing":
        return NotFoundAtProvider(message)
    if status >= 500:
        # Stripe keeps this answer under the key and replays it: who retries must read first and take another key.
        return GatewayError(message, permanent=False, maybe_done=True, code=GatewayError.SERVER_ERROR)
    if code in _NOT_REFUNDABLE:
        return GatewayError(message, permanent=True, code=NOT_REFUNDABLE)
    if code in _DISPUTED:
        return GatewayError(message, permanent=True, code=DISPUTED)
    # 429 is never retried by the SDK; 409: another request with the same key is still in flight.
    transient = status in {409, 429} or isinstance(error, stripe.RateLimitError)
    reason = reason_of(status, code, str(getattr(error, "param", "") or ""), str(error.user_message or error))
    return GatewayError(message, permanent=not transient, code=code or type(error).__name__, reason=reason)
