"""What becomes of a return before it arrives: approved, rejected, cancelled, on its way, expired.

Each verb locks the order, then the return, opens one transaction and calls nobody; doing again what is done changes
nothing and returns False.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from orders.models import Return, ReturnDecision, ReturnReceipt
from orders.returns import files, mails
from orders.returns.rows import copy, locked, locked_approved, write
from shop.core.due.fairness import run_each
from shop.core.states import IllegalTransition, move, record

Status: Final = Return.Status
_SEND_WITHIN: Final = 20  # Days, where the terms of the return do not say.


def approve(
    rma: Return,
    *,
    actor: str,
    payer: str = "",
    way: str = Return.Way.OWN,
    instructions: str = "",
    drop_off_code: str = "",
    carrier: str = "",
    tracking_number: str = "",
    labels: Sequence[files.Readable] = (),
) -> bool:
    """Approve a return and tell the buyer how to send it; False: it was approved before.

    `payer`: who pays the way back; what the buyer was shown unless somebody decides in their favour. `way`: with a
    label of ours (`labels`), a code for a drop-off point, or by the buyer. It expires when nothing is sent in the days
    of its terms.

    Raises:
        IllegalTransition: it was rejected or has ended.
    """
    with transaction.atomic():
        fresh = locked(rma)
        if fresh.status == Status.APPROVED:
            return False
        now = timezone.now()
        days = int(fresh.terms.get("send_within_days") or _SEND_WITHIN)
        files.keep(fresh, labels)
        move(
            fresh,
            Status.APPROVED,
            actor=actor,
            approved_at=now,
            send_by=now + timedelta(days=days),
            payer=payer or fresh.payer,
            way=way,
            instructions=instructions[:1000],
            drop_off_code=drop_off_code[:60],
            carrier=carrier[:60],
            tracking_number=tracking_number[:100],
            updated_at=now,
        )
        mails.approved(fresh)
    copy(fresh, rma)
    return True


def reject(rma: Return, *, reason: str, actor: str) -> bool:
    """Reject a return, with the reason that the buyer reads; False: it was rejected before.

    Raises:
        ValueError: no reason. IllegalTransition: it was approved, or has ended.
    """
    if not reason.strip():
        raise ValueError("Say why it is rejected.")
    return _end(rma, Status.REJECTED, actor=actor, reason=reason.strip())


def cancel(rma: Return, *, actor: str, reason: str = "") -> bool:
    """Cancel a return, by its buyer or the staff; False: it was cancelled before.

    Raises:
        IllegalTransition: it has arrived (in part), something of it was paid back, or it has ended.
    """
    with transaction.atomic():
        fresh = locked(rma)
        if fresh.status in Return.OPEN and has_begun(fresh):
            raise IllegalTransition(fresh, "received", Status.CANCELLED)
        return _end(rma, Status.CANCELLED, actor=actor, reason=reason)


def has_begun(rma: Return) -> bool:
    """Say whether a parcel of a return has arrived, or something was decided about its money."""
    decided = rma.decisions.filter(withdrawn_at=None)
    return rma.receipts.exists() or decided.exists()


def _end(rma: Return, status: str, *, actor: str, reason: str) -> bool:
    with transaction.atomic():
        fresh = locked(rma)
        if fresh.status == status:
            return False
        now = timezone.now()
        changes: dict[str, Any] = {"ended_at": now, "end_reason": reason[:300], "updated_at": now}
        move(fresh, status, actor=actor, reason=reason, **changes)
        mails.ended(fresh)
    copy(fresh, rma)
    return True


def note_sent(rma: Return, *, actor: str, carrier: str = "", tracking_number: str = "") -> bool:
    """Note that the buyer has sent an approved return, so that it does not expire; False: it was noted before.

    A number that is given later is kept all the same. That a carrier delivers the parcel is no receipt: units are
    counted by people.

    Raises:
        NotOpen: it is not approved, or has ended.
    """
    with transaction.atomic():
        fresh = locked_approved(rma)
        is_new = fresh.sent_at is None
        given = {"carrier": carrier.strip()[:60], "tracking_number": tracking_number.strip()[:100]}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value}
        if is_new:
            changes["sent_at"] = timezone.now()
        if changes:
            write(fresh, **changes)
            record(fresh, "sent", actor=actor, reason=fresh.tracking_number)
    copy(fresh, rma)
    return is_new


def expiring() -> "QuerySet[Return]":
    """Return the approved returns of which nothing was sent in time, and nothing arrived or was paid back."""
    begun = Exists(ReturnReceipt.objects.filter(rma=OuterRef("pk"))) | Exists(
        ReturnDecision.objects.filter(rma=OuterRef("pk"), withdrawn_at=None)
    )
    late = Return.objects.filter(status=Status.APPROVED, sent_at=None, send_by__lt=timezone.now())
    return late.filter(~begun).order_by("send_by")


def expire_due(*, limit: int = 200, actor: str = "job:returns") -> dict[str, int]:
    """End the returns of which nothing was sent in time; each by itself, so that one fault keeps no other back."""
    keys = list(expiring().values_list("pk", flat=True)[:limit])
    return dict(run_each(keys, lambda key: _expire(key, actor)))


def _expire(key: object, actor: str) -> str:
    with transaction.atomic():
        fresh = locked(Return.objects.get(pk=str(key)))
        if not expiring().filter(pk=fresh.pk).exists():
            return "skipped"
        _end(fresh, Status.EXPIRED, actor=actor, reason="not sent in time")
    return "expired"
