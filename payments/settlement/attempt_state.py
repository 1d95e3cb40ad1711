"""The status of an attempt after its provider was asked, and what follows for the purchase and its reservations.

Called under the attempt's lock, inside the settling transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from orders import clocks as order_clocks
from orders import payables
from orders.payables import State
from payments import clocks, gateways, notices
from payments.gateways.base import CheckoutSnapshot, CheckoutState, PaymentSnapshot
from payments.models import PaymentAttempt
from shop.core.database import kept_writes
from shop.core.states import move

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status

_FIRST_CHECK: Final = timedelta(minutes=1)
_LAST_PAUSE: Final = timedelta(minutes=30)
_LIVE: Final = {State.OPEN, State.AWAITING}


def plan(attempt: PaymentAttempt, *, now: datetime | None = None) -> datetime | None:
    """Return when to ask about an attempt again: with back-off, as long as it can be paid, and at its end."""
    now = now or timezone.now()
    if attempt.status == Status.PAID:
        return now + _FIRST_CHECK if _must_end(attempt) and attempt.checks < 20 else None
    if not attempt.is_live:
        return None
    pause: timedelta = min(_FIRST_CHECK * 2 ** min(attempt.checks, 10), _LAST_PAUSE)
    ends = end_of(attempt)
    # After the end the closing itself may fail: then the back-off alone decides.
    return min(now + pause, ends) if ends > now else now + pause


def end_of(attempt: PaymentAttempt) -> datetime:
    """Return until when an attempt may be paid: the voucher's own term once there is a voucher."""
    if attempt.status == Status.PENDING and attempt.voucher_until:
        return attempt.voucher_until
    return attempt.expires_at


def paid(attempt: PaymentAttempt, *, actor: str) -> None:
    """Mark the attempt as paid, whatever the payment turned out to be for."""
    now = timezone.now()
    if attempt.status != Status.PAID:
        # What `plan` says of one that is paid and was never asked about since.
        next_check_at = now + _FIRST_CHECK if _must_end(attempt) else None
        changes: dict[str, Any] = {
            "last_error": "",
            "checks": 0,
            "next_check_at": next_check_at,
            "updated_at": now,
        }
        if move(attempt, Status.PAID, actor=actor, **changes):
            return
    attempt.next_check_at, attempt.updated_at = plan(attempt, now=now), now
    kept_writes.update(
        attempt, {"next_check_at": attempt.next_check_at, "updated_at": attempt.updated_at}, only_if={}
    )


def _must_end(attempt: PaymentAttempt) -> bool:
    """Return whether a paid checkout would let itself be paid again at its provider."""
    return gateways.get(attempt.gateway).stays_payable and attempt.closed_at is None


def left_as_it_is(attempt: PaymentAttempt) -> None:
    """The provider's status is unknown: nothing is ended or extended by it, and it is asked again."""
    attempt.next_check_at = plan(attempt)
    attempt.save(update_fields=["next_check_at", "updated_at"])


def unpaid(
    attempt: PaymentAttempt,
    snapshot: CheckoutSnapshot,
    waiting: Sequence[PaymentSnapshot],
    *,
    actor: str,
    end: str,
) -> None:
    """Handle an answer without money: the attempt waits for a voucher, is still open, or cannot be paid any more."""
    if waiting:
        _wait(attempt, waiting, actor=actor)
    elif snapshot.state == CheckoutState.EXPIRED:
        close(attempt, end, actor=actor, reason="closed at the provider")
    elif snapshot.state == CheckoutState.COMPLETE:
        # Stripe: the voucher was not paid, or its session ended without money. It cannot be paid any more.
        close(attempt, Status.FAILED, actor=actor, reason="ended at the provider without money")
    elif attempt.status == Status.PENDING:
        move(
            attempt,
            Status.REDIRECTED,
            actor=actor,
            reason="no voucher any more",
            voucher_url="",
            voucher_until=None,
        )
    if attempt.is_live:
        attempt.next_check_at = plan(attempt)
        attempt.last_error = ""
        attempt.save(update_fields=["next_check_at", "last_error", "updated_at"])


def _wait(attempt: PaymentAttempt, waiting: Sequence[PaymentSnapshot], *, actor: str) -> None:
    """Extend a purchase while its voucher (or the provider's review) lasts: its reservation has a length of its own."""
    # First: a new attempt is made under this lock, and only one of the two may become the live one.
    kind = payables.kind_of(attempt.payable)
    is_live = kind.lock(attempt.payable) in _LIVE
    if attempt.status not in PaymentAttempt.LIVE and _has_successor(attempt):
        log.info("Attempt %s waits again, but its payable has another one", attempt.pk)
        return
    longest = max(waiting, key=lambda payment: payment.voucher_expires_at or attempt.expires_at)
    is_pending = attempt.status == Status.PENDING
    keeps = attempt.is_reserved_for_cash_voucher if is_pending else True
    if keeps and (is_live or not is_pending):
        keeps = _keeps_its_reservation(attempt, waiting, is_live=is_live)
    known = attempt.voucher_until if is_pending and keeps == attempt.is_reserved_for_cash_voucher else None
    snapshot: dict[str, Any] = {
        "voucher_url": longest.voucher_url[:2000],
        "voucher_method": longest.method[:60],
        "voucher_until": _term(attempt, longest, keeps=keeps, known=known),
        "is_reserved_for_cash_voucher": keeps,
    }
    if not is_pending:
        if not move(attempt, Status.PENDING, actor=actor, closed_at=None, **snapshot):
            return
    elif all(getattr(attempt, name) == value for name, value in snapshot.items()):
        return
    else:
        for name, value in snapshot.items():
            setattr(attempt, name, value)
        attempt.save(update_fields=[*snapshot, "updated_at"])
    if is_live:
        reserve_until = snapshot["voucher_until"] + clocks.margin(attempt.gateway, longest.method)
        kind.await_payment(
            attempt.payable, reserve_until=reserve_until, expires_at=reserve_until, actor=actor
        )
    if longest.voucher_url:
        notices.tell_pending(attempt)


def _keeps_its_reservation(
    attempt: PaymentAttempt, waiting: Sequence[PaymentSnapshot], *, is_live: bool
) -> bool:
    """Say whether the units may wait as long as the voucher does. Once False, it stays False (`_wait`).

    Not where no voucher was to be offered, nor where vouchers hold their share already
    (`orders.checkout.cash_vouchers`): then the reservation ends with the page, the voucher is ended with it, and money
    that still comes is late money. A review is not the shopper's choice: while there is one, the reservation lasts.
    """
    if any(not payment.voucher_url and not payment.voucher_expires_at for payment in waiting):
        return True
    kind = payables.kind_of(attempt.payable)
    return attempt.offers_vouchers and is_live and kind.keep_for_voucher(attempt.payable)


def _term(
    attempt: PaymentAttempt, waiting: PaymentSnapshot, *, keeps: bool, known: datetime | None
) -> datetime:
    """Return until when we let a voucher be paid: its own term, unless our clock for its method is shorter.

    `known`: what was said before, if that still stands. A review names no term: it lasts up to two working days
    (docs/providers/mercadopago.md#payments), as long as a voucher by our own clock.
    """
    now = timezone.now()
    if not keeps:
        # The page's own time, and never less than an ordinary reservation: enough to take a cash voucher to the
        # counter.
        short = max(attempt.expires_at, now + order_clocks.reservation())
        return known or min(short, waiting.voucher_expires_at or short)
    snapshot = waiting.voucher_expires_at or known
    own = clocks.own_voucher(attempt.gateway, waiting.method)
    if own is None:
        return snapshot or now + clocks.voucher(attempt.gateway)
    seen = (
        attempt.payments.filter(external_id=waiting.external_id).values_list("created_at", flat=True).first()
    )
    ours = (seen or now) + own
    return min(snapshot, ours) if snapshot else ours


def close(attempt: PaymentAttempt, end: str, *, actor: str, reason: str) -> None:
    """End an attempt that cannot be paid any more, and let the shopper try again on the same reservations."""
    if not attempt.is_live:
        return
    moved = move(
        attempt,
        end,
        actor=actor,
        reason=reason,
        closed_at=timezone.now(),
        next_check_at=None,
        opening_until=None,
    )
    if moved and not _has_successor(attempt):
        payables.kind_of(attempt.payable).reopen(attempt.payable, actor=actor, reason=reason)


def _has_successor(attempt: PaymentAttempt) -> bool:
    rivals = PaymentAttempt.objects.filter(payable_id=attempt.payable_id, status__in=PaymentAttempt.LIVE)
    return rivals.exclude(pk=attempt.pk).exists()
