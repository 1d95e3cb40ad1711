"""Opening a claim, by the buyer or the staff, and what ends it without anything: denied, or cancelled by the buyer."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from orders.claims import mails
from orders.claims.claimable import Claimable, claimable, shipment_of
from orders.claims.rows import NotOpen, copy, locked
from orders.models import Claim, ClaimFile, ClaimLine, Order, Shipment
from orders.returns.files import Readable
from shop.core.states import move, record

Status = Claim.Status


class MoreThanSent(Exception):
    """More units were claimed than were sent and are in no other claim, or none at all. `lines`: what is left."""

    def __init__(self, lines: Sequence[Claimable]) -> None:
        super().__init__(", ".join(f"{one.left} × {one.line.sku} left" for one in lines))
        self.lines = lines


class ComingBack(Exception):
    """The claimed units (`lines`) are in a return or an exchange, where it is decided about them."""

    def __init__(self, lines: Sequence[Claimable]) -> None:
        super().__init__(", ".join(f"{one.coming} × {one.line.sku} coming back" for one in lines))
        self.lines = lines


class TooLate(Exception):
    """The buyer's days to claim units are over (`lines` say until when); the staff may still open it."""

    def __init__(self, lines: Sequence[Claimable]) -> None:
        super().__init__(", ".join(f"{one.line.sku} until {one.until}" for one in lines))
        self.lines = lines


class AnswerMissing(ValueError):
    """A claim is denied with an answer that the buyer reads, and there is none."""


def open_claim(
    order: Order,
    units: Mapping[UUID, int],
    *,
    reason: str,
    key: str,
    actor: str,
    wish: str = Claim.Outcome.REPLACE,
    shipment: Shipment | None = None,
    note: str = "",
    photos: Sequence[Readable] = (),
    origin: str = Claim.Origin.SHOPPER,
    language: str = "",
    email: str = "",
) -> Claim:
    """Open a claim about so many `units` of an order's lines; return it. The same `key` again returns the one there is.

    The shipment that it is about is written down where there is only one. Locks the order.

    Raises:
        MoreThanSent, ComingBack, TooLate: see there.
    """
    wanted = {line: number for line, number in units.items() if number}
    with transaction.atomic():
        fresh = Order.objects.select_for_update().get(pk=order.pk)
        if there := Claim.objects.select_related("order").filter(dedupe_key=key[:150]).first():
            return there
        lines = _demand_sent(fresh, wanted, by_staff=origin == Claim.Origin.STAFF)
        claim = Claim.objects.create(
            order=fresh,
            ordinal=(fresh.claims.aggregate(last=Max("ordinal"))["last"] or 0) + 1,
            reason=Claim.Reason(reason),
            wish=Claim.Outcome(wish),
            origin=origin,
            shipment=shipment or shipment_of(fresh, list(wanted), reason),
            note=note[:1000],
            email=email,
            language=language or fresh.language,
            dedupe_key=key[:150],
        )
        _keep_lines(claim, wanted)
        _keep_photos(claim, photos)
        summary = ", ".join(f"{number} × {lines[k].line.sku}" for k, number in wanted.items())
        data = {"reason": claim.reason}
        record(claim, "opened", actor=actor, reason=summary, data=data, to_state=claim.status)
        mails.opened(claim)
    return claim


def _demand_sent(order: Order, wanted: Mapping[UUID, int], *, by_staff: bool) -> dict[UUID, Claimable]:
    """Return the lines of which units may be claimed, by key. Raises: MoreThanSent, ComingBack, TooLate."""
    lines = {one.line.pk: one for one in claimable(order, by_staff=by_staff)}
    if late := [lines[key] for key in wanted if key in lines and lines[key].is_too_late]:
        raise TooLate(late)
    wrong = [lines[k] for k, n in wanted.items() if k in lines and not 0 < n <= lines[k].left]
    if coming := [one for one in wrong if 0 < wanted[one.line.pk] <= one.sent - one.taken]:
        raise ComingBack(coming)
    if wrong or not wanted or set(wanted) - set(lines):
        raise MoreThanSent(wrong)
    return lines


def _keep_photos(claim: Claim, photos: Sequence[Readable]) -> None:
    ClaimFile.objects.bulk_create(
        [
            ClaimFile(claim=claim, suffix=one.suffix, content=one.body, digest=one.digest, size=len(one.body))
            for one in photos
        ],
        ignore_conflicts=True,
    )


def _keep_lines(claim: Claim, units: Mapping[UUID, int]) -> None:
    try:
        with transaction.atomic():
            for key in sorted(units, key=str):
                ClaimLine.objects.create(claim=claim, order_line_id=key, quantity=units[key])
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise MoreThanSent([]) from error


def deny(claim: Claim, *, answer: str, actor: str) -> bool:
    """Deny a claim, with the answer that the buyer reads; False: it was denied before. Locks the order, then the claim.

    Raises:
        AnswerMissing: see there. NotOpen: it was approved, or has ended.
    """
    if not answer.strip():
        raise AnswerMissing(str(claim))
    return _end(claim, Status.DENIED, actor=actor, answer=answer.strip()[:300])


def cancel(claim: Claim, *, actor: str) -> bool:
    """Cancel a claim that nobody has answered yet, by its buyer; False: it was cancelled before.

    Raises:
        NotOpen: it was approved, or has ended.
    """
    return _end(claim, Status.CANCELLED, actor=actor)


def _end(claim: Claim, status: str, *, actor: str, **changes: Any) -> bool:
    with transaction.atomic():
        fresh = locked(claim)
        if fresh.status == status:
            return False
        if fresh.status != Status.OPEN:
            raise NotOpen(fresh)
        now = timezone.now()
        move(
            fresh,
            status,
            actor=actor,
            reason=changes.get("answer", ""),
            ended_at=now,
            updated_at=now,
            attention_since=None,
            **changes,
        )
        mails.ended(fresh)
    copy(fresh, claim)
    return True
