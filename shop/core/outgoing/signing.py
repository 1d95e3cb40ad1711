"""Secrets of endpoints, and the signature of what is sent to them (Standard Webhooks).

Signed is `id.timestamp.body` with HMAC-SHA256; during a rotation with both secrets, so that the receiver may change
over at any moment. Secrets are encrypted in the database (`shop.core.privacy.vault`) and shown once, when they are
made.
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from django.views.decorators.debug import sensitive_variables
from standardwebhooks.webhooks import Webhook

from shop.core.models import OutgoingEndpoint
from shop.core.privacy import vault

PURPOSE: Final = "outgoing webhooks"
_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """Return a new secret: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


@sensitive_variables()
def encrypted(secret: str) -> str:
    """Return a secret as its row keeps it."""
    return vault.encrypt(PURPOSE, secret.encode())


@sensitive_variables()
def headers(endpoint: OutgoingEndpoint, message_id: str, body: str, *, now: datetime) -> Mapping[str, str]:
    """Return the three headers of one try, signed with each secret that is valid at `now`.

    Raises:
        shop.core.privacy.vault.CannotOpen: no key of ours decrypts the endpoint's secret.
    """
    known = [endpoint.sealed]
    if endpoint.sealed_before and endpoint.before_until and endpoint.before_until > now:
        known.append(endpoint.sealed_before)
    at = now.astimezone(UTC)  # The library takes the clock's digits for UTC, whatever the zone.
    signatures = [
        Webhook(vault.decrypt(PURPOSE, sealed).decode()).sign(message_id, at, body) for sealed in known
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
