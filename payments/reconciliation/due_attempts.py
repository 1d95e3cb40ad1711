"""Asking the providers about every attempt without an answer, for as long as it can be paid.

Nothing here depends on a webhook: with none at all every payment still ends as an order or a refund.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from payments import clocks, gateways
from payments.checkout import attempts
from payments.checkout.refusals import PaymentUnavailable
from payments.gateways.base import GatewayError, NotAsked, NotFoundAtProvider
from payments.models import PaymentAttempt
from payments.settlement import attempt_state, settle
from shop.core.due.fairness import CRASHED, LATER, run_fairly
from shop.core.due.leases import Lease
from shop.core.privacy.redaction import mask_secrets

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status

_LEASE: Final = Lease("next_check_at", timedelta(minutes=5), tries="checks")
_CRASHED: Final = timedelta(minutes=30)


def reconcile_due(*, limit: int = 200, actor: str = "job:reconcile_payments") -> dict[str, int]:
    """Check the attempts that are due, oldest first, at most `limit` of each provider; return how many ended how."""
    _remember()
    return dict(
        run_fairly(
            _LEASE.due(PaymentAttempt.objects.all()),
            partial(check, actor=actor),
            kind="gateway",
            limit=limit,
            failures={"failed"},
        )
    )


def _remember() -> None:
    """Make live attempts due that have no planned check: none may be left out while it can be paid."""
    forgotten = PaymentAttempt.objects.filter(status__in=PaymentAttempt.LIVE, next_check_at=None)
    if number := forgotten.update(next_check_at=Now()):
        log.error("%d live attempts had no next check", number)


def check(attempt_id: UUID | str, *, actor: str) -> str:
    """Check one attempt if it is due: settle it, or end it at the provider when its time is over.

    Two workers at once check it once. Returns a word for the tally; `skipped` when another worker has it. A check
    that the guard refused does not count as one.
    """
    if not _LEASE.take(PaymentAttempt.objects.filter(pk=attempt_id)):
        return "skipped"
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    try:
        return _check(attempt, actor=actor)
    except (GatewayError, PaymentUnavailable) as error:
        refusal = error.refusal if isinstance(error, PaymentUnavailable) else error
        if isinstance(refusal, NotAsked):
            _leave(attempt, refusal)
            return LATER
        log.warning("Attempt %s could not be checked: %s", attempt.pk, error)
        _put_off(attempt, str(error))
        return "failed"
    except Exception as error:
        # An unforeseen error of one attempt must not keep those behind it from being asked about.
        log.exception("Attempt %s could not be checked", attempt.pk)
        words = mask_secrets(f"{type(error).__name__}: {error}")[:500]
        _LEASE.put_off(_LEASE.mine(PaymentAttempt.objects.all(), attempt), _CRASHED, last_error=words)
        return CRASHED


def _check(attempt: PaymentAttempt, *, actor: str) -> str:
    if attempt.status == Status.PAID:
        attempts.end_paid(attempt, actor=actor)
        return "ended after payment"
    if not attempt.is_live:
        _LEASE.end(PaymentAttempt.objects.filter(pk=attempt.pk))
        return "done"
    if timezone.now() >= _last_moment(attempt) or _was_never_opened(attempt):
        patience = gateways.for_jobs()  # Several calls (Mercado Pago), and nobody waits for them.
        return str(attempts.close(attempt, actor=actor, end=Status.EXPIRED, patience=patience).status)
    try:
        return str(settle.settle(attempt_id=attempt.pk, actor=actor).attempt.status)
    except NotFoundAtProvider as error:
        _put_off(attempt, str(error))
        return "unknown there"


def _last_moment(attempt: PaymentAttempt) -> datetime:
    """Return when an attempt is ended.

    Providers report a paid voucher with a delay, so it gets half its reservation's margin.
    """
    margin = clocks.margin(attempt.gateway, attempt.voucher_method) / 2
    return attempt_state.end_of(attempt) + (margin if attempt.status == Status.PENDING else timedelta(0))


def _was_never_opened(attempt: PaymentAttempt) -> bool:
    """Say whether opening was given up: nobody has its address, and the shopper would start a new one."""
    return not attempt.external_id and attempt.created_at < timezone.now() - timedelta(minutes=3)


def _leave(attempt: PaymentAttempt, refusal: NotAsked) -> None:
    """Put an attempt back as it was before its check: it is due when its provider may be asked again."""
    _LEASE.put_back(
        _LEASE.mine(PaymentAttempt.objects.all(), attempt), timedelta(seconds=refusal.retry_after)
    )


def _put_off(attempt: PaymentAttempt, error: str) -> None:
    with transaction.atomic():
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        locked.last_error = error[:500]
        locked.next_check_at = attempt_state.plan(locked)
        locked.save(update_fields=["last_error", "next_check_at", "updated_at"])
