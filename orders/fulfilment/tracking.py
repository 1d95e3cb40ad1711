"""Where shipments are, by what their carriers say: asked with pauses that grow, or after a carrier's hint.

Each carrier has one table of words (`orders/shipping/carriers/<code>/mapping.py`). A word that is not in it
changes nothing: it is kept as it is, and the staff sees it with the attention flag. An event that comes late or
twice adds a row at most; the verbs of shipments never move one back. Locks: the order, then the shipment; no
transaction is open during a call.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders.fulfilment import leaving, shipment_flags, shipments
from orders.fulfilment.holds import HeldBack, NothingToSend, UnitsGone
from orders.fulfilment.shipment_rows import locked_with_order
from orders.models import Shipment, ShipmentFollowUp, TrackingEvent
from orders.shipping import carriers
from orders.shipping.carriers.base import Tracked, TrackedEvent, TrackedState
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease

log = logging.getLogger(__name__)

_LEASE: Final = Lease("next_at", timedelta(minutes=5), tries="tries")
# After news the pauses begin again; a parcel without news is asked about twice a day, for some two months.
_BACK_OFF: Final = BackOff.minutes(30, 60, 120, 240, 480, 720, most_tries=120)
_AFTER_NEWS: Final = timedelta(minutes=60)
# What a hint may bring forward: not more often than this, however many hints come.
_HINT_PAUSE: Final = timedelta(seconds=30)
_OVER: Final = (Shipment.Status.DELIVERED, Shipment.Status.RETURNED, Shipment.Status.CANCELLED)


def follow(shipment: Shipment, *, carrier: str, numbers: Sequence[str]) -> None:
    """Ask a carrier about these numbers from now on."""
    ShipmentFollowUp.objects.update_or_create(
        shipment=shipment,
        defaults={
            "carrier": carrier,
            "numbers": list(numbers),
            "next_at": timezone.now() + timedelta(minutes=30),
            "tries": 0,
            "problem": "",
        },
    )


def adopt(*, limit: int = 200) -> int:
    """Follow what is on its way with a number that somebody typed, where its carrier is connected; return how many."""
    typed = Shipment.objects.filter(
        status=Shipment.Status.SHIPPED, follow_up=None, method__module__in=settings.SHIPPING_CARRIERS
    ).exclude(tracking_number="")
    found = list(typed.select_related("method")[:limit])
    for shipment in found:
        code = shipment.method.module if shipment.method else ""
        follow(shipment, carrier=code, numbers=[shipment.tracking_number[:60]])
    return len(found)


def stop(shipment: Shipment) -> None:
    """Ask no more about a shipment whose label does not count any more, whatever its carrier says of the number."""
    ShipmentFollowUp.objects.filter(shipment=shipment).update(next_at=None, numbers=[])


def due() -> "QuerySet[ShipmentFollowUp]":
    """Return the shipments that are to be asked about, the longest waiting first."""
    return _LEASE.due(ShipmentFollowUp.objects.all())


def poll_due(*, limit: int = 200) -> dict[str, int]:
    """Ask about what is due; return how many brought news, none, or no answer. Twice at once is harmless."""
    tally = {"news": 0, "nothing": 0, "silent": 0}
    adopt()
    for row in due().select_related("shipment__order")[:limit]:
        if _LEASE.take(ShipmentFollowUp.objects.filter(pk=row.pk)):
            row.refresh_from_db()
            tally[ask(row)] += 1
    return tally


def ask(row: ShipmentFollowUp) -> str:
    """Ask a carrier about one shipment and write what it says; return news, nothing or silent. Makes a call."""
    rows = ShipmentFollowUp.objects.filter(pk=row.pk)
    if row.shipment.status in _OVER:
        _LEASE.end(rows)
        return "nothing"
    outcome = carriers.get(row.carrier, carriers.for_jobs()).track(row.numbers)
    now = timezone.now()
    pause = _BACK_OFF.next(max(row.tries, 1))
    if not isinstance(outcome, Tracked):
        _LEASE.put_off(rows, _BACK_OFF.pause(row.tries), problem=outcome.detail[:300], asked_at=now)
        return "silent"
    has_news = apply(row.shipment, carrier=row.carrier, events=outcome.events)
    row.shipment.refresh_from_db()
    if row.shipment.status in _OVER or (pause is None and not has_news):
        _LEASE.end(rows, problem="", asked_at=now)
    elif has_news:
        _LEASE.put_off(rows, _AFTER_NEWS, tries=0, problem="", asked_at=now)
    else:
        _LEASE.put_off(rows, pause or _AFTER_NEWS, problem="", asked_at=now)
    return "news" if has_news else "nothing"


def hint(carrier: str, numbers: Iterable[str]) -> int:
    """Bring forward the asking about these numbers, because their carrier says that something happened.

    Nothing of the hint itself is believed. Return how many shipments will be asked about; unknown numbers are none.
    """
    wanted = list(dict.fromkeys(numbers))[:200]
    now = timezone.now()
    rows = ShipmentFollowUp.objects.filter(carrier=carrier, numbers__overlap=wanted).exclude(
        shipment__status__in=_OVER
    )
    recently = rows.filter(asked_at__gt=now - _HINT_PAUSE).update(next_at=now + _HINT_PAUSE)
    return recently + rows.exclude(asked_at__gt=now - _HINT_PAUSE).update(next_at=now)


def apply(shipment: Shipment, *, carrier: str, events: Sequence[TrackedEvent]) -> bool:
    """Write the events that are new, and do what the newest of them mean; return whether any was new.

    Locks the order, then the shipment.
    """
    with transaction.atomic():
        fresh = locked_with_order(shipment)
        known = set(fresh.tracking_events.filter(carrier=carrier).values_list("digest", flat=True))
        latest = (
            fresh.tracking_events.filter(at__isnull=False)
            .order_by("-at")
            .values_list("at", flat=True)
            .first()
        )
        new: list[TrackedEvent] = []
        for event in sorted(events, key=_moment):
            digest = _digest(event)
            if digest not in known:
                known.add(digest)
                new.append(event)
                _write(fresh, carrier, event, digest)
        for event in new:
            _mean(fresh, carrier, event, is_late=bool(latest and event.at and event.at < latest))
    return bool(new)


def _write(shipment: Shipment, carrier: str, event: TrackedEvent, digest: str) -> None:
    TrackingEvent.objects.create(
        shipment=shipment,
        carrier=carrier,
        number=event.number[:60],
        digest=digest,
        code=event.code[:20],
        text=event.text[:260],
        state=event.state or "",
        place=event.place[:120],
        at=event.at,
    )


def _mean(shipment: Shipment, carrier: str, event: TrackedEvent, *, is_late: bool) -> None:
    """Do what an event means for the shipment; nothing where it is over, or the event only concerns the label."""
    actor = f"carrier:{carrier}"
    if event.state == TrackedState.PENDING or shipment.status in _OVER:
        if (
            event.state == TrackedState.RETURNED
            and shipment.status == Shipment.Status.DELIVERED
            and not is_late
        ):
            shipments.mark_returned(shipment, reason=event.text, actor=actor)
        return
    is_here = shipment.status == Shipment.Status.PENDING
    # What goes wrong while it is in the house is about its label, which was cancelled or rejected: it has not left.
    if event.state is None or (is_here and event.state == TrackedState.EXCEPTION and not is_late):
        shipment_flags.flag_attention(
            shipment, reason=f"{carriers.name_of(carrier)}: {event.text}"[:300], actor=actor
        )
        return
    if is_here and (event.state == TrackedState.EXCEPTION or not _leave(shipment, event, actor=actor)):
        return
    match event.state:
        case TrackedState.DELIVERED:
            shipments.deliver(shipment, at=event.at, reason=event.text, actor=actor)
        case TrackedState.RETURNED:
            shipments.mark_returned(shipment, reason=event.text, actor=actor)
        case TrackedState.READY_FOR_PICKUP:
            shipment_flags.ready_for_pickup(shipment, actor=actor, where=shipment.branch_name or event.place)
        case TrackedState.EXCEPTION if not is_late:
            shipment_flags.flag_attention(
                shipment, reason=f"{carriers.name_of(carrier)}: {event.text}"[:300], actor=actor
            )
        case TrackedState.SHIPPED if not is_late:
            # Most exceptions recover: it goes on.
            if shipment.attention_reason.startswith(f"{carriers.name_of(carrier)}: "):
                shipment_flags.clear_attention(shipment, actor=actor, reason=event.text)


def _leave(shipment: Shipment, event: TrackedEvent, *, actor: str) -> bool:
    """Say that a shipment has left, which its carrier has: nobody at the shop pressed the button. False: it may not."""
    try:
        return shipments.ship(shipment, actor=actor, without_label=True)
    except (HeldBack, NothingToSend, UnitsGone, leaving.LabelBeingVoided) as error:
        with translation.override(settings.LANGUAGE_CODE):
            words = gettext("%(said)s: the carrier has it, although it may not leave. %(why)s")
            reason = words % {"said": event.text, "why": leaving.words(error)}
        shipment_flags.flag_attention(shipment, reason=reason[:300], actor=actor)
        return False


def _digest(event: TrackedEvent) -> str:
    moment = event.at.astimezone(UTC).isoformat() if event.at else ""
    said = f"{event.number}|{moment}|{event.code}|{event.text.casefold()}"
    return hashlib.sha256(said.encode()).hexdigest()


def _moment(event: TrackedEvent) -> datetime:
    """Return when it happened; what has no moment comes last, as the state of now."""
    return event.at or datetime.max.replace(tzinfo=UTC)
