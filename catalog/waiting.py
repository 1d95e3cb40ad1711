"""Waiting lists: asking, confirming the address, leaving, reminders of drops, expiry and deletion.

Whoever asks gets the same answer, whether the address waits already or not. The place in a line is the moment in which
the address was confirmed: a request that nobody confirmed has none. Offering a unit that comes back is in
`inventory/reservations/waiting_list.py`; taking the unit into a cart is in `orders/cart/offered_units.py`.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from catalog.models import Collection, Variant, WaitingEntry
from shop.accounts.models import User
from shop.core.due.locked import one_by_one
from shop.core.ids import uuid7
from shop.core.mail import outbox
from shop.core.states import move
from shop.core.user_input.emails import mailbox
from shop.core.web import throttle

Status = WaitingEntry.Status
CONFIRM_WITHIN: Final = timedelta(hours=48)
WAIT_AT_MOST: Final = timedelta(days=180)
KEEP_ENDED: Final = timedelta(days=30)
REMIND_BEFORE: Final = timedelta(minutes=30)
# One address: so many mails that ask to confirm a day, so many lines at once.
CONFIRMATIONS_A_DAY: Final = 6
MOST_LINES: Final = 40
# One visitor: so many requests in so many seconds.
ASKS, WITHIN = 10, 600
_LIVE: Final = (Status.PENDING, Status.CONFIRMED)


class NothingToWaitFor(Exception):
    """The variant is off sale for good, or the drop is over or open already. Trying again does not help."""


def join(
    *,
    email: str,
    variant: Variant | None = None,
    collection: Collection | None = None,
    user: User | None = None,
    language: str,
    actor: str,
) -> None:
    """Put an address on the list of a variant or of a drop, and send it a mail that asks to confirm (once an hour).

    Nothing is returned, so that nobody can learn who waits for what. An account that gives its own address, which was
    proven at sign-up, is in the line at once. An address that waits already, has too many lines, or was asked too
    often today is left as it is, silently. A mailbox stands once in a line (`shop.core.user_input.emails.mailbox`): a
    variation of an address that waits gets a mail that says so.

    Raises:
        NothingToWaitFor: see there; nothing was changed.
    """
    _require_sense(variant, collection)
    email = email.strip().lower()
    is_own = user is not None and user.email.lower() == email
    with transaction.atomic():
        entry = _entry(email, variant, collection, user if is_own else None, language)
        if entry is None:
            return
        if is_own and entry.status == Status.PENDING:
            _take_over(entry, email, user)
            _confirm(entry, actor=actor)
        elif is_own or (entry.status != Status.PENDING and entry.email == email):
            return
        elif throttle.allow("waiting-confirm", mailbox(email), limit=CONFIRMATIONS_A_DAY, seconds=86400):
            _ask_to_confirm(entry) if entry.email == email else _tell_once(entry, email, language)


def may_ask(visitor: str) -> bool:
    """Count a request to join a list, and return whether a visitor (`throttle.address_of`) may make it."""
    return throttle.allow("waiting-ip", visitor, limit=ASKS, seconds=WITHIN)


def confirm(entry: WaitingEntry, *, actor: str) -> bool:
    """Take a pending entry into its line, behind everybody confirmed before; return whether it is in it now.

    False: it expired, or was left. Twice is harmless.
    """
    with transaction.atomic():
        locked = WaitingEntry.objects.select_for_update(no_key=True, of=("self",)).get(pk=entry.pk)
        if locked.status != Status.PENDING:
            return locked.status in {Status.CONFIRMED, Status.NOTIFIED}
        if locked.expires_at <= timezone.now():
            return False
        _confirm(locked, actor=actor)
    return True


def leave(entry: WaitingEntry, *, actor: str) -> bool:
    """Take an entry out of its line, or give up what it was offered; return whether there was anything to leave.

    A unit set aside is released by the caller (`inventory.reservations.waiting_list.withdraw`). Twice is harmless.
    """
    with transaction.atomic():
        locked = WaitingEntry.objects.select_for_update(no_key=True, of=("self",)).get(pk=entry.pk)
        if locked.status not in {*_LIVE, Status.NOTIFIED} or locked.claimed_at:
            return False
        return move(locked, Status.CANCELLED, actor=actor, reason="asked to leave", updated_at=Now())


def find(token: str) -> WaitingEntry | None:
    """Return the entry of a secret link, with what its page shows, or None."""
    found = WaitingEntry.objects.filter(token=token)
    return found.select_related("variant__product__brand", "collection").first()


def of_account(user: User) -> QuerySet[WaitingEntry]:
    """Return what an account waits for or was offered, the newest first, with what is shown of it.

    Annotates `place`: that of a confirmed entry in the line of its variant, counted from 1.
    """
    before = (
        WaitingEntry.objects.filter(variant=OuterRef("variant"), status=Status.CONFIRMED)
        .filter(
            Q(confirmed_at__lt=OuterRef("confirmed_at"))
            | Q(confirmed_at=OuterRef("confirmed_at"), pk__lt=OuterRef("pk"))
        )
        .order_by()
        .values("variant")
        .annotate(number=Count("pk"))
        .values("number")
    )
    mine = WaitingEntry.objects.filter(user=user, status__in=[*_LIVE, Status.NOTIFIED], claimed_at=None)
    return (
        mine.select_related("variant__product", "collection")
        .annotate(place=Coalesce(Subquery(before), 0) + 1)
        .order_by("-created_at", "-id")
    )


def place_in_line(entry: WaitingEntry) -> int:
    """Return the place of a confirmed entry in the line of its variant, counted from 1."""
    before = WaitingEntry.objects.filter(variant=entry.variant_id, status=Status.CONFIRMED).filter(
        Q(confirmed_at__lt=entry.confirmed_at) | Q(confirmed_at=entry.confirmed_at, pk__lt=entry.pk)
    )
    return before.count() + 1


def line(variant_id: UUID) -> QuerySet[WaitingEntry]:
    """Return who waits for a variant, the first in line first."""
    return WaitingEntry.objects.filter(variant_id=variant_id, status=Status.CONFIRMED).order_by(
        "confirmed_at", "pk"
    )


def remind_due(*, limit: int = 2000, actor: str = "job:remind_drops") -> int:
    """Mail those who asked about drops that open within half an hour, or have just opened; return how many.

    One short transaction each, `SKIP LOCKED`: two workers share the work. Each address is mailed once about one
    opening, also when it asks again (the key of the mail has drop, opening and address).
    """
    due = WaitingEntry.objects.filter(
        status=Status.CONFIRMED,
        collection__is_active=True,
        collection__starts_at__lte=Now() + REMIND_BEFORE,
    ).exclude(collection__ends_at__isnull=False, collection__ends_at__lte=Now())
    due = due.select_related("collection").order_by("confirmed_at", "pk")

    def remind(entry: WaitingEntry) -> str:
        _remind(entry, actor)
        return "notified"

    return one_by_one(due, remind, limit=limit)["notified"]


def expire_due() -> int:
    """Expire requests unconfirmed for two days, and entries that have waited for half a year; return how many.

    A reminder of a drop that is over ends as well. By the database's clock.
    """
    is_over = Q(collection__ends_at__isnull=False, collection__ends_at__lte=Now())
    gone = WaitingEntry.objects.filter(Q(expires_at__lte=Now()) | is_over, status__in=_LIVE)
    keys = list(gone.values_list("pk", flat=True)[:5000])
    return WaitingEntry.objects.filter(pk__in=keys, status__in=_LIVE).update(
        status=Status.EXPIRED, updated_at=Now()
    )


def purge() -> int:
    """Delete entries that ended more than a month ago, and at once those nobody confirmed; return how many."""
    is_old = Q(updated_at__lt=Now() - KEEP_ENDED) | Q(status=Status.EXPIRED, confirmed_at__isnull=True)
    deleted, _details = WaitingEntry.objects.filter(is_old).exclude(status__in=_LIVE).delete()
    return deleted


# -- How ---------------------------------------------------------------------------------------------------------------


def _require_sense(variant: Variant | None, collection: Collection | None) -> None:
    if (variant is None) == (collection is None):
        raise ValueError("Somebody waits for a variant or for a drop.")
    if variant is not None:
        if not (variant.is_active and variant.product.is_active):
            raise NothingToWaitFor(str(variant.pk))
    elif (
        collection is not None
        and not Collection.objects.filter(
            pk=collection.pk, kind=Collection.Kind.DROP, is_active=True, starts_at__gt=Now()
        ).exists()
    ):
        raise NothingToWaitFor(str(collection.pk))


def _entry(
    email: str, variant: Variant | None, collection: Collection | None, user: User | None, language: str
) -> WaitingEntry | None:
    """Return the live entry of this mailbox, made now if there was none; None when it has too many lines."""
    box = mailbox(email)
    live = WaitingEntry.objects.filter(Q(email=email) | Q(mailbox=box), status__in=_LIVE)
    if live.count() >= MOST_LINES:
        return None
    entry = WaitingEntry(
        id=uuid7(),
        email=email,
        mailbox=box,
        variant=variant,
        collection=collection,
        user=user,
        language=language,
        expires_at=timezone.now() + CONFIRM_WITHIN,
    )
    WaitingEntry.objects.bulk_create([entry], ignore_conflicts=True)
    found = live.filter(variant=variant, collection=collection).select_related(
        "variant__product", "collection"
    )
    # Of entries from before mailboxes were kept there may be several: the address's own first, then the one in line.
    return found.order_by(Case(When(email=email, then=0), default=1), "status", "confirmed_at", "pk").first()


def _take_over(entry: WaitingEntry, email: str, user: User | None) -> None:
    """Give an unconfirmed request to the account, whose address is confirmed."""
    if entry.email != email or entry.user_id is None:
        entry.email, entry.user = email, user
        entry.save(update_fields=["email", "user", "updated_at"])


def _tell_once(entry: WaitingEntry, email: str, language: str) -> None:
    """Mail a variation of an address that waits: one place per mailbox. Once a day; no other address is named."""
    who = sha256(email.encode()).hexdigest()[:24]
    outbox.queue(
        kind="waiting_once",
        to=email,
        template="waiting_once",
        context={
            name: value for name, value in mail_context(entry).items() if name not in {"entry", "own_url"}
        },
        dedupe_key=f"waiting-once:{entry.pk}:{who}:{timezone.now():%Y%m%d}",
        language=language,
    )


def _confirm(entry: WaitingEntry, *, actor: str) -> None:
    move(
        entry,
        Status.CONFIRMED,
        actor=actor,
        confirmed_at=Now(),
        expires_at=Now() + WAIT_AT_MOST,
        updated_at=Now(),
    )
    entry.refresh_from_db()


def _ask_to_confirm(entry: WaitingEntry) -> None:
    """Queue the mail with the link; at most once an hour."""
    hour = timezone.now().strftime("%Y%m%d%H")
    outbox.queue(
        kind="waiting_confirm",
        to=entry.email,
        template="waiting_confirm",
        context=mail_context(entry),
        dedupe_key=f"waiting-confirm:{entry.pk}:{hour}",
        language=entry.language,
        user=entry.user,
    )


def _remind(entry: WaitingEntry, actor: str) -> None:
    drop = entry.collection
    if drop is None:
        raise ValueError(f"{entry.pk} waits for no drop")
    who = sha256(entry.email.encode()).hexdigest()[:24]
    opening = drop.starts_at.strftime("%Y%m%d%H%M") if drop.starts_at else ""
    outbox.queue(
        kind="drop_reminder",
        to=entry.email,
        template="drop_reminder",
        context=mail_context(entry) | {"is_open": drop.phase(timezone.now()) == Collection.Phase.OPEN},
        dedupe_key=f"drop-reminder:{drop.pk}:{opening}:{who}",
        language=entry.language,
        user=entry.user,
    )
    move(entry, Status.NOTIFIED, actor=actor, notified_at=Now(), updated_at=Now())


def mail_context(entry: WaitingEntry) -> dict[str, object]:
    """Return the context of the waiting lists' mails: what is waited for, and the two secret links."""
    own = f"{settings.SITE_URL}{entry.get_absolute_url()}"
    thing = entry.variant or entry.collection
    context: dict[str, object] = {"entry": entry, "own_url": own, "thing": thing}
    if entry.variant is not None:
        product = entry.variant.product
        context |= {"name": f"{product.name} {entry.variant.name}".strip(), "product": product}
        context["shop_url"] = f"{settings.SITE_URL}{product.get_absolute_url()}"
    elif entry.collection is not None:
        context |= {"name": entry.collection.name, "drop": entry.collection}
        context["shop_url"] = f"{settings.SITE_URL}{entry.collection.get_absolute_url()}"
    return context


def figures() -> dict[str, list[Any]]:
    """Return the waiting lists for staff: variants and drops with how many wait, since when, and what is available."""
    from django.db.models import Min

    from catalog.variants.availability import with_available

    waiting = Q(waiting__status=Status.CONFIRMED)
    notified = Q(waiting__status=Status.NOTIFIED)
    counts = WaitingEntry.objects.filter(status__in=[*_LIVE, Status.NOTIFIED]).order_by()
    by_variant = {
        row["variant_id"]: row
        for row in counts.exclude(variant=None)
        .values("variant_id")
        .annotate(
            waiting=Count("pk", filter=Q(status=Status.CONFIRMED)),
            pending=Count("pk", filter=Q(status=Status.PENDING)),
            notified=Count("pk", filter=Q(status=Status.NOTIFIED)),
            claimed=Count("pk", filter=Q(claimed_at__isnull=False)),
            since=Min("confirmed_at", filter=Q(status=Status.CONFIRMED)),
        )
    }
    variants: list[Any] = list(
        with_available(Variant.objects.filter(pk__in=by_variant)).select_related("product")
    )
    for variant in variants:
        variant.line = by_variant[variant.pk]
    drops = Collection.objects.annotate(
        waiting_now=Count("waiting", filter=waiting),
        pending_now=Count("waiting", filter=Q(waiting__status=Status.PENDING)),
        notified_now=Count("waiting", filter=notified),
    ).filter(Q(waiting_now__gt=0) | Q(notified_now__gt=0) | Q(pending_now__gt=0))
    return {
        "variants": sorted(variants, key=lambda variant: -variant.line["waiting"]),
        "drops": list(drops.order_by(F("starts_at").desc(nulls_last=True))),
    }
