"""Carriers' notifications: verified, answered at once, and taken for no more than a hint at what to ask."""

import hashlib

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from orders.fulfilment import label_decisions, tracking
from orders.shipping import carriers
from orders.shipping.carriers.base import BadSignature, RawPush
from shop.core.jobs import dispatch
from shop.core.web import throttle
from shop.core.web.methods import require_POST
from shop.core.web.middleware import reads_the_raw_body
from shop.core.web.never_cached import never_cache
from shop.core.web.slow_bodies import BodyTooSlow, read_body

_BYTES = 200_000
_SECONDS = 5.0


@csrf_exempt
@require_POST
@never_cache
@reads_the_raw_body
def receive(request: HttpRequest, carrier: str) -> HttpResponse:
    """Take a carrier's notification. Without a secret, or signed with none of ours, it is refused (401)."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or int(length.lstrip("0")[:12] or "0") > _BYTES:
        return _answer(413)
    if not carriers.is_asked(carrier) or not carriers.get(carrier).capabilities.pushes:
        return _answer(404)
    source = f"{carrier}|{throttle.address_of(request)}"
    if not throttle.allow("carrier-webhook", source, limit=settings.WEBHOOK_RATE, seconds=60):
        return _answer(429)
    try:
        body = read_body(request, seconds=_SECONDS)
        raw = RawPush(body, {name.lower(): value for name, value in request.headers.items()})
        push = carriers.get(carrier).parse_push(raw)
    except BodyTooSlow:
        return _answer(408)
    except UnreadablePostError:
        return _answer(400)
    except BadSignature:
        return _answer(401)
    event = hashlib.sha256(body).hexdigest()
    for number, amount in push.surcharges.items():
        label_decisions.adjust(carrier=carrier, number=number, amount=amount, event=event)
    if tracking.hint(carrier, push.numbers):
        dispatch("orders.tasks.poll_tracking")
    return _answer(200)


def _answer(status: int) -> HttpResponse:
    return HttpResponse("ok\n" if status == 200 else "refused\n", status=status, content_type="text/plain")
