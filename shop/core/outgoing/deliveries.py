"""The job that sends what is due: each endpoint in a lane of its own, so that one that hangs delays no other.

A run serves the endpoints that nobody else serves (a claim on the endpoint), one request of each at a time, all of them
side by side: the requests wait in threads, every statement is the run's own. An endpoint that does not answer at all is
paused, ever longer; one that answers with errors keeps its place until it has done so several times in a row.

A delivery is claimed by its next try, counted before the request. A worker killed half-way loses nothing: the claim
expires and the message is sent again with the same `webhook-id`, perhaps a second time.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from shop.core.due.back_off import BackOff
from shop.core.due.fairness import Patience
from shop.core.due.leases import Lease
from shop.core.models import OutgoingAttempt, OutgoingDelivery, OutgoingEndpoint, OutgoingMessage
from shop.core.outgoing import addresses, endpoints, notices, requests, signing
from shop.core.outgoing.requests import Answer
from shop.core.privacy.vault import CannotOpen

log = logging.getLogger(__name__)

Status = OutgoingDelivery.Status
# Pauses between the tries of one message: together almost three days.
BACK_OFF: Final = BackOff.seconds(
    5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600, most_tries=12
)
# An endpoint's pause after tries in a row without any answer. Its messages wait, and are not counted as tried.
_SILENCE: Final = BackOff.seconds(10, 60, 300, 900)
# Whatever else happened to it, a message is given up that long after its first try.
_AT_MOST: Final = timedelta(days=4)
# Longer than a request may take, with the look-up of the name before it.
_CLAIM: Final = Lease("next_try_at", timedelta(seconds=90), tries="attempts")
_SERVED: Final = Lease("served_until", timedelta(seconds=120), is_free_when_empty=True)
_LANES: Final = 8
RUN_SECONDS: Final = 20.0
USER_AGENT: Final = "Percha-Webhooks/1"


@dataclass
class _Run:
    """One run of the job: which endpoints it serves, and what is on its way."""

    patience: Patience = field(default_factory=Patience)
    served: set[UUID] = field(default_factory=set)
    on_their_way: dict["Future[Answer]", OutgoingDelivery] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)

    def free(self) -> Iterator[UUID]:
        """Yield the endpoints of the run whose lane is empty."""
        busy = {delivery.endpoint_id for delivery in self.on_their_way.values()}
        yield from (key for key in sorted(self.served - busy) if not self.patience.is_over(str(key)))


def send_due(*, seconds: float = RUN_SECONDS) -> dict[str, int]:
    """Send what is due, for so many seconds (a request that has begun is waited for); return a tally of the outcomes.

    Two runs at once share the endpoints; none sends what the other one does. Called outside every transaction.
    """
    run, end = _Run(), time.monotonic() + seconds
    with ThreadPoolExecutor(max_workers=_LANES, thread_name_prefix="webhooks") as pool:
        try:
            while True:
                if time.monotonic() < end:
                    _fill(run, pool)
                if not run.on_their_way:
                    break
                _reap(run)
        finally:
            _SERVED.end(OutgoingEndpoint.objects.filter(pk__in=run.served))
    return dict(run.tally)


def due() -> "QuerySet[OutgoingDelivery]":
    """Return what is due of the endpoints that are switched on and not paused, the longest waiting first."""
    now = Now()
    awake = Q(endpoint__paused_until=None) | Q(endpoint__paused_until__lte=now)
    return _CLAIM.due(OutgoingDelivery.objects.filter(status=Status.PENDING)).filter(
        awake, endpoint__status=OutgoingEndpoint.Status.ACTIVE
    )


def _fill(run: _Run, pool: ThreadPoolExecutor) -> None:
    """Put a request into every empty lane whose endpoint has something due."""
    _serve_more(run)
    for key in list(run.free()):
        if len(run.on_their_way) >= _LANES:
            return
        delivery = _claimed(key)
        if delivery is None:
            run.served.discard(key)
            _SERVED.end(OutgoingEndpoint.objects.filter(pk=key))
            continue
        run.on_their_way[pool.submit(_prepared(delivery))] = delivery


def _serve_more(run: _Run) -> None:
    """Claim the endpoints that have something due and that nobody serves."""
    waiting = due().filter(endpoint=OuterRef("pk")).order_by()
    rows = _SERVED.due(OutgoingEndpoint.objects.filter(Exists(waiting))).exclude(pk__in=run.served)
    for key in rows.values_list("pk", flat=True)[: _LANES - len(run.served)]:
        if not run.patience.is_over(str(key)) and _SERVED.take(OutgoingEndpoint.objects.filter(pk=key)):
            run.served.add(key)


def _claimed(endpoint_id: UUID) -> OutgoingDelivery | None:
    """Claim the delivery of an endpoint that has been due for longest; None: there is none."""
    for key in due().filter(endpoint=endpoint_id).values_list("pk", flat=True)[:3]:
        if _CLAIM.take(OutgoingDelivery.objects.filter(pk=key, status=Status.PENDING)):
            return OutgoingDelivery.objects.select_related("message", "endpoint").get(pk=key)
    return None


class _Prepared:
    """A request that needs no statement any more: what a thread is given."""

    def __init__(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        self.url, self.body, self.headers = url, body, headers

    def __call__(self) -> Answer:
        begun = time.monotonic()
        try:
            target = addresses.check(self.url)
        except addresses.Refused as error:
            return Answer(milliseconds=int((time.monotonic() - begun) * 1000), error=str(error)[:300])
        return requests.post(
            target, self.body, self.headers, seconds=float(settings.OUTGOING_WEBHOOK_TIMEOUT)
        )


def _prepared(delivery: OutgoingDelivery) -> "_Prepared | _Unsigned":
    text = body(delivery.message)
    try:
        signed = signing.headers(delivery.endpoint, webhook_id(delivery.message), text, now=timezone.now())
    except CannotOpen:
        log.error(
            "Webhook endpoint %s: its secret cannot be decrypted; give it a new one", delivery.endpoint_id
        )
        return _Unsigned()
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}
    return _Prepared(delivery.endpoint.url, text.encode(), headers)


class _Unsigned:
    """What comes of an endpoint whose secret cannot be decrypted."""

    def __call__(self) -> Answer:
        return Answer(error="the secret cannot be decrypted: rotate it")


def body(message: OutgoingMessage) -> str:
    """Return what is sent of a message: the same bytes each time."""
    at = message.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {"type": message.type, "timestamp": at, "data": message.data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=False)


def webhook_id(message: OutgoingMessage) -> str:
    """Return the identifier by which a receiver knows a message that arrives twice."""
    return f"msg_{message.pk.hex}"


def _reap(run: _Run) -> None:
    """Wait for the next answers and write what came of them."""
    finished, _waiting = wait(run.on_their_way, return_when=FIRST_COMPLETED)
    for future in finished:
        delivery = run.on_their_way.pop(future)
        answer = future.result()
        word = settle(delivery, answer)
        run.tally[word] += 1
        run.patience.note(str(delivery.endpoint_id), failed=word != "delivered")


def settle(delivery: OutgoingDelivery, answer: Answer) -> str:
    """Write what came of a claimed delivery's try; return `delivered`, `again`, `dead`, `gone`, or `late`.

    Late: somebody else has claimed it since, and only the try is written. Locks the endpoint.
    """
    with transaction.atomic():
        endpoint = OutgoingEndpoint.objects.select_for_update(no_key=True).get(pk=delivery.endpoint_id)
        OutgoingAttempt.objects.create(
            delivery=delivery,
            status_code=answer.status_code,
            milliseconds=answer.milliseconds,
            answer=answer.text,
            error=answer.error,
        )
        mine = _CLAIM.mine(OutgoingDelivery.objects.filter(status=Status.PENDING), delivery)
        if answer.is_delivered:
            done = _CLAIM.end(mine, status=Status.DELIVERED, delivered_at=Now(), updated_at=Now())
            return _delivered(endpoint) if done else "late"
        pause = _next_pause(delivery, answer, timezone.now())
        if pause is None or answer.is_gone:
            done = _CLAIM.end(mine, status=Status.DEAD, updated_at=Now())
            return _given_up(endpoint, answer) if done else "late"
        done = _CLAIM.put_off(mine, pause, updated_at=Now())
        return _rested(endpoint, answer) if done else "late"


def _next_pause(delivery: OutgoingDelivery, answer: Answer, now: datetime) -> timedelta | None:
    """Return how long a message waits for its next try; None: that was the last one."""
    pause = BACK_OFF.next(delivery.attempts - delivery.began_with)
    if pause is None or now + pause > delivery.begun_at + _AT_MOST:
        return None
    return max(pause, answer.retry_after or timedelta(0))


def _delivered(endpoint: OutgoingEndpoint) -> str:
    OutgoingEndpoint.objects.filter(pk=endpoint.pk).update(
        dead=0, silent=0, paused_until=None, last_success_at=Now()
    )
    return "delivered"


def _given_up(endpoint: OutgoingEndpoint, answer: Answer) -> str:
    """Count a message that is given up, and switch the endpoint off where it asks for it or where they are too many."""
    rows = OutgoingEndpoint.objects.filter(pk=endpoint.pk)
    rows.update(dead=F("dead") + 1)
    if answer.is_gone:
        why = OutgoingEndpoint.Why.GONE
    elif endpoint.dead + 1 >= settings.OUTGOING_WEBHOOK_DEAD_LIMIT:
        why = OutgoingEndpoint.Why.DEAD
    else:
        _rested(endpoint, answer)
        return "dead"
    if endpoints.disable(endpoint, why=why, actor="job:webhooks"):
        notices.tell_disabled(endpoint, why)
    return "gone" if answer.is_gone else "dead"


def _rested(endpoint: OutgoingEndpoint, answer: Answer) -> str:
    """Let an endpoint rest that does not answer, or that asks for a pause; its messages wait with it."""
    rows = OutgoingEndpoint.objects.filter(pk=endpoint.pk)
    if answer.status_code is None:
        silent = endpoint.silent + 1
        rows.update(silent=silent, paused_until=Now() + _SILENCE.pause(silent))
    elif answer.retry_after and answer.status_code in {429, 503}:
        rows.update(silent=0, paused_until=Now() + answer.retry_after)
    elif endpoint.silent:
        rows.update(silent=0)
    return "again"
