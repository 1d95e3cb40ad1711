"""Refunds sent to their providers: one call for each try, with a key made of the row's own.

docs/providers/README.md links each provider's page; its "Idempotency" says what a repeated call does.
"""

import logging
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Now

from payments import gateways, notices
from payments.gateways.base import GatewayError, NotAsked, RefundSnapshot, Trouble
from payments.gateways.errors import DISPUTED, NOT_REFUNDABLE
from payments.models import Payment, Refund
from payments.refunds import bank_requests, refund_requests, sync
from payments.refunds.blocking import is_blocked, put_off
from payments.refunds.refund_state import move_refund
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.money import display as money
from shop.core.privacy.redaction import mask_secrets

log = logging.getLogger(__name__)

_LEASE: Final = Lease("next_try_at", timedelta(minutes=3), tries="attempts")
# A refund is never given up: the staff is notified when the longest pause begins.
_BACK_OFF: Final = BackOff.minutes(1, 2, 5, 15, 30, 60, 120, 240)
# So long after a refund was taken by its provider it is asked about.
ASK_AGAIN: Final = timedelta(minutes=30)
_ASKING: Final = Lease("next_try_at", ASK_AGAIN)


def send(refund_id: UUID | str, *, actor: str = "job:send_refunds") -> Refund:
    """Send a requested refund to the provider, outside every transaction; twice at once sends once.

    A time-out leaves it requested, and the next try carries the same key. A permanent refusal ends as failed, or as
    manual where the provider cannot refund this kind of payment; the staff is notified of both. A call that the guard
    refused is no try. A refund of a disputed payment waits for the end of that, unsent.
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
        snapshot = gateways.get(payment.gateway).refund(
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
        _note_answer(refund, snapshot, actor=actor)
    refund.refresh_from_db()
    return refund


def due() -> "QuerySet[Refund]":
    """Return the refunds that are due, to be sent or asked about, the longest waiting first."""
    return _LEASE.due(Refund.objects.all())


def take_turn_to_ask(refund: Refund) -> bool:
    """Claim a refund on its way that is due to be asked about; False: another worker has it, or it has ended."""
    return _ASKING.take(Refund.objects.filter(pk=refund.pk, status=Refund.Status.PENDING))


def _known(refund: Refund) -> set[str]:
    """Return the provider's numbers that are not this try: of the payment's other refunds, and of tries that failed."""
    known: set[str] = set()
    for key, number, failed in refund.payment.refunds.values_list("pk", "external_id", "failed_ids"):
        known.update(failed)
        if number and key != refund.pk:
            known.add(number)
    return known


def _claim(refund_id: UUID | str) -> bool:
    """Take a due refund for a while; False: not due, or another worker has it."""
    requested = Refund.objects.filter(pk=refund_id, status=Refund.Status.REQUESTED)
    return _LEASE.take(requested, waits=True, updated_at=Now())


def _mine(refund: Refund) -> "QuerySet[Refund]":
    """Return the refund's row as long as this try is its last one."""
    return _LEASE.mine(Refund.objects.filter(status=Refund.Status.REQUESTED), refund)


def _leave(refund: Refund, refusal: NotAsked) -> None:
    """Put a refund back as it was before its try: it is due when its provider may be asked again."""
    log.info("Refund %s waits: %s", refund.pk, refusal)
    _LEASE.put_back(_mine(refund), timedelta(seconds=refusal.retry_after))


def _note_answer(refund: Refund, snapshot: RefundSnapshot, *, actor: str) -> None:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
        refund = Refund.objects.select_for_update().get(pk=refund.pk)
        sync.upsert(refund, snapshot, actor=actor)
        done = payment.refunds.filter(status=Refund.Status.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"]
        payment.refunded_amount = done or Decimal("0.00")
        payment.save(update_fields=["refunded_amount", "updated_at"])
        _LEASE.put_off(Refund.objects.filter(pk=refund.pk), ASK_AGAIN)
        _ask_again(payment)


def _ask_again(payment: Payment) -> None:
    """Enqueue a job that fetches the payment (its status changes when all of it went back)."""
    if payment.is_unmatched:
        transaction.on_commit(partial(dispatch, "payments.tasks.refresh_unmatched", str(payment.pk)))
    else:
        transaction.on_commit(partial(dispatch, "payments.tasks.settle_attempt", str(payment.attempt_id)))


def _note_failure(refund: Refund, error: GatewayError, *, actor: str) -> None:
    """Keep the error and plan the next try, or end the refund where trying again cannot help.

    Where the provider refuses the shop's key, the refund itself is not refused: it waits until that is repaired.
    """
    log.warning("Refund %s: %s", refund.pk, error)
    text = mask_secrets(str(error))[:500]
    payment = refund.payment
    if error.code == DISPUTED:
        # The provider has a dispute that we have not: it is fetched, and the refund waits.
        with transaction.atomic():
            put_off(refund)
            _ask_again(payment)
        return
    if error.trouble == Trouble.REFUSED:
        by_hand = error.code == NOT_REFUNDABLE
        end = Refund.Status.MANUAL if by_hand else Refund.Status.FAILED
        with transaction.atomic():
            refund_requests.lock_payment(refund)
            if move_refund(refund, end, actor=actor, reason=text, last_error=text, next_try_at=None):
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
                # What went back in the provider's panel could not be written while this one was in its place.
                _ask_again(payment)
        return
    # Stripe replays a stored 500 to the same key; the gateway has seen that nothing happened, so another key is due.
    turn = 1 if error.code == GatewayError.SERVER_ERROR and not error.maybe_done else 0
    pause = _BACK_OFF.pause(refund.attempts)
    _LEASE.put_off(_mine(refund), pause, last_error=text, key_try=F("key_try") + turn)
    if _BACK_OFF.has_become_slow(refund.attempts):
        with transaction.atomic():
            notices.tell_staff(
                payment,
                "refund-stuck",
                f"{money(refund.amount, refund.currency)}: {text}",
                actor=actor,
                about=refund,
            )
