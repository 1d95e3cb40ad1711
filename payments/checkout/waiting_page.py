"""The waiting pages, for shoppers who pressed Pay and whose provider has not answered yet.

These pages are cheap (no rows, no menu), so that fifty presses at once cost the other pages little. A waiting page
goes on by itself, with a ticket that only a press of the button gives, and says the place in the line.
"""

import random
import time
from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse

from payments import gateways
from payments.checkout import line
from payments.checkout.status import Refusal, Silence
from shop.core.protection import pool
from shop.core.web import warming
from shop.core.web.context import shop_facts

# The name from before the module moved, so that a ticket of then is taken.
_SALT: Final = "payments.line"
_TICKET_SECONDS: Final = 3600
# The shortest and the longest time in seconds after which a page asks again, and how many of one process, where they
# are more, ask in a second.
_SOON, _LATE = 1.0, 5.0
_IN_A_SECOND: Final = 40
_PAGES: Final = ("payments/line.html", "payments/silent.html", "payments/refused.html")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A press of Pay: the purchase's token, the provider chosen, and when (seconds since the epoch)."""

    token: str
    gateway: str
    at: float

    def signed(self) -> str:
        return signing.dumps([self.token, self.gateway, round(self.at, 3)], salt=_SALT)


def read_ticket(token: str, signed: str) -> Ticket | None:
    """Return the ticket of this purchase; None: it is not one of ours, another's, or too old."""
    try:
        named = signing.loads(signed, salt=_SALT, max_age=_TICKET_SECONDS)
    except signing.BadSignature:
        return None
    if not isinstance(named, list) or len(named) not in {2, 3} or named[0] != token:
        return None
    # A ticket of the version before has no moment.
    return Ticket(token, str(named[1]), float(named[2]) if len(named) == 3 else time.time())


def prepare() -> None:
    """Read what the first press of Pay in a process needs: the providers' own libraries, and the pages here."""
    gateways.read_libraries()
    warming.read_templates(*_PAGES)


def wait(request: HttpRequest, ticket: Ticket, place: line.Place) -> HttpResponse:
    """Answer with the waiting page: it goes on by itself, with JavaScript or without."""
    signed, pause = ticket.signed(), _pause(ticket.gateway, place)
    seconds = _whole(pause)
    context = {
        "provider": gateways.get(ticket.gateway).label,
        "onward": f"{reverse('payments:start', args=[ticket.token])}?ticket={signed}",
        "question": f"{reverse('payments:line', args=[ticket.token])}?ticket={signed}",
        "seconds": seconds,
        "first": f"{pause:.2f}",
        "place": place,
        "to_payment": reverse("payments:ways", args=[ticket.token]),
    }
    response = _page(request, "payments/line.html", context)
    response["Retry-After"] = str(seconds)
    return response


def tell_place(ticket: Ticket) -> HttpResponse:
    """Answer the waiting page's question in a few bytes: the place, how long it takes, whether to go on now."""
    place = line.look(ticket.gateway, ticket.token)
    pause = round(_pause(ticket.gateway, place), 2)
    facts = {"place": place.number, "seconds": place.seconds, "go": not place.is_served, "ask": pause}
    return JsonResponse(facts)


def _pause(gateway: str, place: line.Place) -> float:
    """Return after how many seconds to ask again, spread, so that those who pressed together come one by one.

    Who is alone asks as soon as it makes sense; the more wait in this process, the later each asks.
    """
    others = pool.under_way(gateway)
    wanted = max(place.seconds or _SOON, others / _IN_A_SECOND)
    least, most = (1.0, 1.5) if others > 1 and not place.seconds else (0.5, 1.0)
    return min(_LATE, max(_SOON, wanted * random.uniform(least, most)))  # noqa: S311  (nothing secret)


def _whole(pause: float) -> int:
    """Return whole seconds, which are all that a page without JavaScript can wait: on the average the same."""
    return int(pause + random.random())  # noqa: S311  (nothing secret)


def tell_silent(request: HttpRequest, silence: Silence) -> HttpResponse:
    """Answer that the provider does not answer: what is kept, until when, and what can be done.

    It is 200, as for a form with errors: to a load balancer a 503 would mean that this server fails.
    """
    return _page(request, "payments/silent.html", {"silence": silence, "csrf_token": get_token(request)})


def tell_refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer that the provider refuses the purchase as it stands: what about, and what can be done."""
    return _page(request, "payments/refused.html", {"refusal": refusal, "csrf_token": get_token(request)})


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return HttpResponse(render_to_string(template, {"shop": shop_facts()} | context))
