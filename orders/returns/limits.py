"""How often somebody may declare a withdrawal, by page or API."""

from typing import Final

from django.http import HttpRequest

from shop.core.user_input.emails import mailbox
from shop.core.web import throttle

ASKS: Final = 5
WITHIN: Final = 3600


def may_ask(request: HttpRequest, email: str) -> bool:
    """Count one declaration of this visitor for this address, and say whether it is within an hour's limit of each."""
    return throttle.allow(
        "withdrawal-ip", throttle.address_of(request), limit=4 * ASKS, seconds=WITHIN
    ) and throttle.allow("withdrawal-email", mailbox(email), limit=ASKS, seconds=WITHIN)
