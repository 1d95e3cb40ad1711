"""The waiting pages, for shoppers who pressed Pay while all slots for calls to their provider are taken.

These pages are cheap (no rows, no menu), so that fifty presses at once cost the other pages little. A waiting page
reloads by itself, with a ticket that only a press of the button gives; no attempt has been started.
"""

import random
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse

from catalog.context import THEMES
from payments import gateways
from payments.checkout.status import Refusal, Silence
from shop.core.web.context import shop_facts

# The name from before the module moved, so that a ticket of then is taken.
_SALT: Final = "payments.line"
_TICKET_SECONDS: Final = 3600
# Seconds after which a page reloads, spread so that those who pressed together do not come back together.
_PAUSE: Final = (2, 6)


def chosen(token: str, ticket: str) -> str:
    """Return the provider that a ticket of this purchase names; "": it is not one of ours, or it is too old."""
    try:
        named = signing.loads(ticket, salt=_SALT, max_age=_TICKET_SECONDS)
    except signing.BadSignature:
        return ""
    return str(named[1]) if isinstance(named, list) and len(named) == 2 and named[0] == token else ""


def wait(request: HttpRequest, token: str, gateway: str) -> HttpResponse:
    """Answer with the waiting page: it reloads by itself, with JavaScript or without."""
    ticket = signing.dumps([token, gateway], salt=_SALT)
    context = {
        "provider": gateways.get(gateway).label,
        "onward": f"{reverse('payments:start', args=[token])}?ticket={ticket}",
        "seconds": random.randint(*_PAUSE),  # noqa: S311  (spreads requests; nothing secret)
        "to_payment": reverse("payments:ways", args=[token]),
    }
    return _page(request, "payments/line.html", context)


def tell_silent(request: HttpRequest, silence: Silence) -> HttpResponse:
    """Answer that the provider does not answer: what is kept, until when, and what can be done.

    It is 200, as for a form with errors: to a load balancer a 503 would mean that this server fails.
    """
    return _page(request, "payments/silent.html", {"silence": silence, "csrf_token": get_token(request)})


def tell_refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer that the provider refuses the purchase as it stands: what about, and what can be done."""
    return _page(request, "payments/refused.html", {"refusal": refusal, "csrf_token": get_token(request)})


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    theme = request.COOKIES.get("theme", "")
    common = {"shop": shop_facts(), "theme": theme if theme in THEMES else ""}
    return HttpResponse(render_to_string(template, common | context))
