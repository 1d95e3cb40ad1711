"""Offers to the waiting list: a unit that comes back is set aside for the first in line, who is mailed.

As many people are mailed as there are units, in the order of their place. Each has a reservation of one unit for
WAITING_CLAIM_TTL, kept under the entry's own key; the mail says until when. Unclaimed, the reservation expires like any
other and the unit goes to the next in line. A unit that comes back can be bought by anybody until this has run: it runs
after every release of expired reservations and every half minute, not within the sale. Existing reservations are never
taken away.
"""

from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.urls import reverse

from catalog import waiting
from catalog.models import WaitingEntry
from catalog.variants.availability import sold_from
from inventory import reservations
from inventory.models import Reservation, StockLevel
from inventory.reservations import ActiveReservation, InsufficientStock, NotSellable
from shop.core.mail import outbox
from shop.core.states import move


def serve(*, limit: int = 500, actor: str = "job:serve_waiting") -> int:
    """Set units aside for those who wait for them, first come first served; return how many were mailed.

    Safe to run twice at once: each line has an advisory lock.
    """
    _take_back(actor)
    notified = 0
    for variant_id in _in_demand():
        while notified < limit and offer_next(variant_id, actor=actor) is not None:
            notified += 1
    return notified


def offer_next(variant_id: UUID, *, actor: str) -> WaitingEntry | None:
    """Set one unit aside for the first in line and queue the mail, in one transaction; None when none is left.

    A lock of the line (advisory, until the commit) keeps a second worker from serving the second in line first. Then
    the entry's row is locked, then the stock level.
    """
    with transaction.atomic():
        _lock_queue(variant_id)
        first = waiting.line(variant_id).select_related("variant__product")
        entry = first.select_for_update(no_key=True, of=("self",)).first()
        if entry is None:
            return None
        try:
            reservation = reservations.reserve(
                variant_id=variant_id,
                quantity=1,
                ttl=settings.WAITING_CLAIM_TTL,
                cart_id=entry.pk,
                user_id=entry.user_id,
                actor=actor,
                note=Reservation.OFFERED,
            )
        except (InsufficientStock, NotSellable):
            return None
        move(
            entry,
            WaitingEntry.Status.NOTIFIED,
            actor=actor,
            notified_at=Now(),
            offered_until=reservation.expires_at,
            updated_at=Now(),
        )
        _tell(entry)
    return entry


def offer_of(entry: WaitingEntry) -> ActiveReservation | None:
    """Return what is set aside for an entry now, or None when it expired, was claimed or was never offered."""
    if entry.variant_id is None:
        return None
    return reservations.find_active(cart_id=entry.pk).get(entry.variant_id)


def withdraw(entry: WaitingEntry, *, actor: str) -> int:
    """Release what is set aside for an entry (its owner does not want it any more); return the units released."""
    return reservations.release(cart_id=entry.pk, reason="not wanted", actor=actor)


def _take_back(actor: str) -> None:
    """Release what is set aside for entries that have left the line since."""
    reservation = Reservation.objects.filter(cart_id=OuterRef("pk"), status=Reservation.Status.ACTIVE)
    for entry in WaitingEntry.objects.filter(
        Exists(reservation), status=WaitingEntry.Status.CANCELLED, offered_until__gt=Now()
    ):
        withdraw(entry, actor=actor)


def _in_demand() -> list[UUID]:
    """Return the variants that somebody waits for and of which a unit is free somewhere. One query."""
    free = StockLevel.objects.filter(
        sold_from("location"), variant=OuterRef("variant_id"), on_hand__gt=F("reserved")
    )
    wanted = WaitingEntry.objects.filter(Exists(free), status=WaitingEntry.Status.CONFIRMED)
    keys = wanted.exclude(variant=None).order_by().values_list("variant_id", flat=True).distinct()
    return [key for key in keys if key is not None]


def _lock_queue(variant_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"waiting:{variant_id}"])


def _tell(entry: WaitingEntry) -> None:
    claim_url = f"{settings.SITE_URL}{reverse('orders:offer', args=[entry.token])}"
    outbox.queue(
        kind="back_in_stock",
        to=entry.email,
        template="back_in_stock",
        context=waiting.mail_context(entry) | {"claim_url": claim_url, "until": entry.offered_until},
        dedupe_key=f"back-in-stock:{entry.pk}",
        language=entry.language,
        user=entry.user,
    )
