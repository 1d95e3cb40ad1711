"""Rate limits of the webhook endpoint: floods are refused before anything is stored, and genuine events are sent again.

Providers send again whatever was not answered with 2xx, so 429 delays an event and loses none.
The counters are in Redis; while it does not answer nobody is refused (`shop.core.web.throttle`). A window's number is
part of its counter's name: should a counter ever lose its expiry, the next minute begins another one, so that no source
is refused for ever.
"""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from shop.core.web import throttle

WINDOW: Final = 60
# Refused notifications of one address that are counted in the database and logged; a provider sends none.
REFUSED: Final = 30
# Notifications of one address that nobody signed (no keys are set for its provider) and that would be stored.
UNSIGNED: Final = 60


def source_of(request: HttpRequest) -> str:
    """Return what the sender is counted under (`shop.core.web.visitors`)."""
    return throttle.address_of(request)


def may_request(provider: str, source: str) -> bool:
    """Count one request and say whether its body shall be read: `WEBHOOK_RATE` a minute per provider and address."""
    return _within("webhook", provider, source, settings.WEBHOOK_RATE)


def may_be_refused(provider: str, source: str) -> bool:
    """Count one refused notification and return whether it is recorded; beyond the limit a flood costs no statement."""
    return _within("webhook-refused", provider, source, REFUSED)


def may_claim(provider: str, source: str) -> bool:
    """Count one unsigned notification and say whether it may be stored."""
    return _within("webhook-unsigned", provider, source, UNSIGNED)


def _within(scope: str, provider: str, source: str, limit: int) -> bool:
    return throttle.allow(scope, f"{provider}|{source}|{window()}", limit=limit, seconds=2 * WINDOW)


def window() -> int:
    """Return the number of the minute."""
    return int(time.time() // WINDOW)
