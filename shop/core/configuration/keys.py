"""Keys for one purpose, made of the shop's secret: whoever learns one of them learns neither another nor the secret."""

import hashlib
import hmac


def derived_key(secret: str, purpose: str) -> str:
    """Return the key of `purpose`: 64 hexadecimal digits of HMAC-SHA256 (RFC 5869 expands keys in this way). Pure."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
