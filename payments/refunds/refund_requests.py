"""Money going back: the row first, then the call, with a key made of the row's own.

What each provider does with a repeated call stands on its page, under "Idempotency" (docs/providers/README.md).
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from orders.returns.restocking import Return, put_back
from payments import gateways, notices
from payments.disputes.money import PaymentDisputed, is_blocked, put_off
from payments.fair_batch import in_turn
from payments.gateways.base import GatewayError, NotAsked, RefundSnapshot, Trouble
from payments.gateways.protection import guard
from payments.models import Payment, Refund, RefundLine
from payments.refunds import bank_requests
from payments.settlement import adoption, sync
from shop.core.jobs import dispatch
from shop.core.money import display as money
from shop.core.privacy.redaction import mask_secrets
from shop.core.states import can_move, move, record

log = logging.getLogger(__name__)

_LEASE: Final = timedelta(minutes=3)
_BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240))
_LOOK_AGAIN: Final = timedelta(minutes=30)
_IN_A_ROW: Final = 3


class OverRefund(Exception):
    """More would go back than came in. `remaining` is what may still be refunded; trying again does not help."""

    def __init__(self, wanted: Decimal, remaining: Decimal) -> None:
        super().__init__(f"{wanted} is more than the {remaining} that may still be refunded")
        self.remaining = remaining


class Meanwhile(Exception):
    """Since somebody looked, another refund was asked for. `remaining` is what may go back now: look again."""

    def __init__(self, expected: Decimal, remaining: Decimal) -> None:
        super().__init__(f"{expected} could go back a moment ago, {remaining} can now")
        self.remaining = remaining


class LinesTaken(Exception):
    """Units of the order that would go back have gone back by another refund. Trying again does not help."""


class NoMoney(Exception):
    """The payment brought no money (yet), so none can go back."""


def request(
    payment: Payment,
    amount: Decimal,
    origin: str,
    reason: str,
    dedupe_key: str,
    *,
    actor: str,
    lines: Sequence[RefundLine] = (),
    returns: Sequence[Return] = (),
    expected: Decimal | None = None,
) -> Refund:
    """Ask for `amount` (major units, the payment's currency) to go back; it is sent after commit.

    `lines`, not saved yet, say which units of the order it is for; `returns` those that come back to stock, booked in
    the same transaction. `expected` is what could still go back when somebody decided: if it is another sum by now,
    nothing is asked for. Locks the payment's row, with lines or returns the order's too, with returns then the levels
    of their variants. The same `dedupe_key` again returns the refund there is. The sum of refunds that have not failed
    never exceeds the payment; the database refuses it too (`refund_within_payment`).

    Raises:
        OverRefund: too much.
        Meanwhile: another sum than `expected` may go back.
        LinesTaken: the order has not as many units left.
        MoreThanSold: of the returns, some are back in stock already.
        NoMoney: the payment was never approved.
        PaymentDisputed: its bank or buyer disputes it. What goes back by itself waits for the end of that instead.
    """
    with transaction.atomic():
        locked = Payment.objects.select_for_update().get(pk=payment.pk)
        there = Refund.objects.filter(dedupe_key=dedupe_key).first()
        if there:
            return there
        check_money(locked, is_automatic=origin == Refund.Origin.AUTOMATIC)
        remaining = refundable(locked)
        if expected is not None and expected != remaining:
            raise Meanwhile(expected, remaining)
        if not Decimal(0) < amount <= remaining:
            raise OverRefund(amount, remaining)
        refund = Refund.objects.create(
            payment=locked,
            amount=amount,
            currency=locked.currency,
            origin=origin,
            reason=reason[:200],
            dedupe_key=dedupe_key,
            next_try_at=timezone.now(),
        )
        _keep_lines(refund, lines)
        if returns and locked.order:
            put_back(locked.order, returns, note=reason or "refund", actor=actor)
        record(refund, "requested", actor=actor, reason=reason, to_state=refund.status)
        wake(refund)
    return refund


def check_money(payment: Payment, *, is_automatic: bool = False) -> None:
    """Make sure that a payment brought money, and that no dispute keeps it (what goes back by itself waits instead).

    Raises:
        NoMoney, PaymentDisputed: see `request`.
    """
    if payment.approved_at is None and payment.role in {Payment.Role.NONE, Payment.Role.STRAY}:
        raise NoMoney(str(payment))
    if not is_automatic and is_blocked(payment):
        raise PaymentDisputed(payment)


def _keep_lines(refund: Refund, lines: Sequence[RefundLine]) -> None:
    """Write what a refund gives back; the sum must be the refund's own.

    Raises:
        LinesTaken: the order has not as many units (or not as much shipping) left.
    """
    if not lines:
        return
    if sum((line.amount for line in lines), Decimal(0)) != refund.amount:
        raise ValueError(f"the lines of a refund of {refund.amount} have another sum")
    for line in lines:
        line.refund = refund
    with _told_as_taken():
        RefundLine.objects.bulk_create(lines)


@contextmanager
def _told_as_taken() -> Iterator[None]:
    """Raise `LinesTaken` where the database refuses what an order has no more of."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "percha: " not in str(error):
            raise
        raise LinesTaken(str(error)) from error


def refundable(payment: Payment) -> Decimal:
    """Return how much of a payment may still go back."""
    live = payment.refunds.exclude(status=Refund.Status.FAILED)
    taken: Decimal = live.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")
    return max(payment.amount - payment.charged_back_amount - taken, Decimal("0.00"))


def retry(refund: Refund, *, actor: str) -> bool:
    """Put a failed refund back into the queue, by a person's wish; say whether it was failed.

    Raises:
        LinesTaken: since it failed, other refunds have given back the sum or the units.
        OverRefund: since it failed, a bank has taken so much that the sum is not left.
    """
    if not can_move(refund, Refund.Status.REQUESTED):
        return False
    with transaction.atomic(), _told_as_taken():
        payment = _lock_payment(refund)
        left = refundable(payment)
        if payment.charged_back_amount and refund.amount > left:
            raise OverRefund(refund.amount, left)
        kept = Refund.objects.values_list("external_id", "failed_ids").get(pk=refund.pk)
        # What failed has ended at the provider too: a new try is a new refund, so it takes a new key.
        moved = move(
            refund,
            Refund.Status.REQUESTED,
            actor=actor,
            next_try_at=timezone.now(),
            attempts=0,
            key_turn=refund.key_turn + 1,
            external_id="",
            failed_ids=[*kept[1], kept[0]] if kept[0] else kept[1],
        )
        if moved:
            wake(refund)
    return moved


def settle_by_hand(refund: Refund, *, actor: str, note: str) -> bool:
    """Note that people have transferred the money of a manual refund."""
    with transaction.atomic():
        _lock_payment(refund)
        return move(refund, Refund.Status.SUCCEEDED, actor=actor, reason=note, succeeded_at=timezone.now())


def _lock_payment(refund: Refund) -> Payment:
    """Lock the payment before its refund, as settling does: the trigger of the refund's row asks for it too."""
    return Payment.objects.select_for_update().get(pk=refund.payment_id)


def wake(refund: Refund) -> None:
    """Let the job send a refund after commit."""
    transaction.on_commit(partial(dispatch, "payments.tasks.send_refund", str(refund.pk)))


def send(refund_id: UUID | str, *, actor: str = "job:send_refunds") -> Refund:
    """Send a requested refund to the provider, outside every transaction; twice at once sends once.

    A time-out leaves it requested, and the next try carries the same key. A refusal for good ends as failed, or as
    manual where the provider cannot refund this kind of payment; staff is told of both. What the guard did not let
    pass was no try. A refund of a disputed payment waits for the end of that, unsent.
    """
    waiting = (
        Refund.objects.select_related("payment").filter(pk=refund_id, status=Refund.Status.REQUESTED).first()
    )
    if waiting and is_blocked(waiting.payment):
        put_off(waiting)
        return waiting
    if not _claim(refund_id):
        return Refund.objects.select_related("payment").get(pk=refund_id)
    refund = Refund.objects.select_related("payment__attempt").get(pk=refund_id)
    payment = refund.payment
    try:
        told = gateways.get(payment.gateway).refund(
            payment.external_id,
            amount=refund.amount,
            currency=refund.currency,
            idempotency_key=refund.idempotency_key,
            known=_known(refund),
        )
    except NotAsked as refusal:
        _leave(refund, refusal)
    except GatewayError as error:
        _note_failure(refund, error, actor=actor)
    else:
        _note_answer(refund, told, actor=actor)
    refund.refresh_from_db()
    return refund


def _known(refund: Refund) -> set[str]:
    """Return the provider's numbers that are not this try: of the payment's other refunds, and of tries that failed."""
    known: set[str] = set()
    for key, number, failed in refund.payment.refunds.values_list("pk", "external_id", "failed_ids"):
        known.update(failed)
        if number and key != refund.pk:
            known.add(number)
    return known


def _claim(refund_id: UUID | str) -> bool:
    """Take a due refund for a while (compare-and-set by the database's clock); False: not due, or somebody has it."""
    due = Refund.objects.filter(Q(next_try_at__lte=Now()), pk=refund_id, status=Refund.Status.REQUESTED)
    return bool(due.update(next_try_at=Now() + _LEASE, attempts=F("attempts") + 1, updated_at=Now()))


def _leave(refund: Refund, refusal: NotAsked) -> None:
    """Put a refund back as it was before its try: it is due when its provider may be asked again."""
    log.info("Refund %s waits: %s", refund.pk, refusal)
    again = timezone.now() + timedelta(seconds=refusal.retry_after)
    claimed = Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED, attempts__gt=0)
    claimed.update(attempts=F("attempts") - 1, next_try_at=again)


def _note_answer(refund: Refund, told: RefundSnapshot, *, actor: str) -> None:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
        refund = Refund.objects.select_for_update().get(pk=refund.pk)
        sync.follow(refund, told, actor=actor)
        done = payment.refunds.filter(status=Refund.Status.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"]
        payment.refunded_amount = done or Decimal("0.00")
        payment.save(update_fields=["refunded_amount", "updated_at"])
        Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now() + _LOOK_AGAIN)
        _ask_again(payment)


def _ask_again(payment: Payment) -> None:
    """Let a job fetch the payment's new truth (its status, when all of it went back)."""
    if payment.is_stray:
        transaction.on_commit(partial(dispatch, "payments.tasks.look_at_stray", str(payment.pk)))
    else:
        transaction.on_commit(partial(dispatch, "payments.tasks.settle_attempt", str(payment.attempt_id)))


def _look(payment: Payment, *, actor: str) -> None:
    """Fetch a payment's truth now.

    Raises:
        GatewayError: the provider did not answer.
    """
    from payments.settlement import settle

    if payment.attempt_id is None:
        adoption.look(payment, actor=actor)
    else:
        settle.settle(attempt_id=payment.attempt_id, actor=actor)


def _note_failure(refund: Refund, error: GatewayError, *, actor: str) -> None:
    """Keep the error and plan the next try, or end the refund where trying again cannot help.

    Where the provider refuses the shop's key, the refund itself is not refused: it waits until that is mended.
    """
    log.warning("Refund %s: %s", refund.pk, error)
    text = mask_secrets(str(error))[:500]
    payment = refund.payment
    if error.code == GatewayError.DISPUTED:
        # The provider knows of a dispute that we do not: it is asked, and the refund waits.
        with transaction.atomic():
            put_off(refund)
            _ask_again(payment)
        return
    if error.trouble == Trouble.REFUSED:
        by_hand = error.code == GatewayError.NOT_REFUNDABLE
        end = Refund.Status.MANUAL if by_hand else Refund.Status.FAILED
        with transaction.atomic():
            _lock_payment(refund)
            if move(refund, end, actor=actor, reason=text, last_error=text, next_try_at=None):
                matter = "refund-manual" if by_hand else "refund-failed"
                if by_hand:
                    bank_requests.ask_buyer(refund, actor=actor)
                notices.tell_staff(
                    payment,
                    matter,
                    f"{money(refund.amount, refund.currency)}: {text}",
                    actor=actor,
                    about=refund,
                )
                # What went back in the provider's panel could not be written while this one stood in its place.
                _ask_again(payment)
        return
    # Stripe replays a stored 500 to the same key; the gateway has looked and nothing happened, so another one is due.
    turn = 1 if error.code == GatewayError.SERVER_ERROR and not error.maybe_done else 0
    pause = _BACK_OFF[min(refund.attempts, len(_BACK_OFF)) - 1]
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        last_error=text, next_try_at=timezone.now() + pause, key_turn=F("key_turn") + turn
    )
    if refund.attempts == len(_BACK_OFF):
        with transaction.atomic():
            notices.tell_staff(
                payment,
                "refund-stuck",
                f"{money(refund.amount, refund.currency)}: {text}",
                actor=actor,
                about=refund,
            )


def send_due(*, limit: int = 50, actor: str = "job:send_refunds") -> dict[str, int]:
    """Send what is requested and due, and look again at what is on its way; return how many of each.

    At most `limit` of each provider.
    """
    counts = {"sent": 0, "waiting": 0, "looked": 0}
    failures: Counter[str] = Counter()
    due = Refund.objects.filter(next_try_at__lte=Now()).order_by("next_try_at")
    asked = due.filter(status=Refund.Status.REQUESTED)
    for refund_id, provider in in_turn(asked, provider="payment__gateway", limit=limit):
        if failures[provider] >= _IN_A_ROW or guard.refusal(provider):
            continue  # It fails again and again: the others shall not wait for it.
        is_waiting = send(refund_id, actor=actor).status == Refund.Status.REQUESTED
        failures[provider] = failures[provider] + 1 if is_waiting else 0
        counts["waiting" if is_waiting else "sent"] += 1
    on_their_way = due.filter(status=Refund.Status.PENDING)
    for refund_id, provider in in_turn(on_their_way, provider="payment__gateway", limit=limit):
        if guard.refusal(provider):
            continue
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now() + _LOOK_AGAIN)
        try:
            _look(refund.payment, actor=actor)
        except GatewayError as error:
            log.warning("Refund %s could not be looked at: %s", refund.pk, error)
        counts["looked"] += 1
    return counts
