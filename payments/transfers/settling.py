"""What an assigned credit means is decided by settling its attempt, as for every provider.

A credit is assigned in one transaction and its attempt is settled in another: whoever dies between the two leaves the
credit due (`BankCredit.settle_at`), and the job settles it.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from payments.gateways.base import GatewayError, NotAsked
from payments.models import BankCredit
from payments.settlement import settle
from payments.transfers import reminders
from shop.core.due import fairness
from shop.core.due.back_off import BackOff
from shop.core.due.leases import Lease

log = logging.getLogger(__name__)
ACTOR: Final = "job:transfers"
_LEASE: Final = Lease("settle_at", timedelta(minutes=3), tries="tries")
_BACK_OFF: Final = BackOff.minutes(1, 2, 5, 15, 30, 60)


def settle_credit(credit_id: UUID | str, *, actor: str = ACTOR) -> str:
    """Settle the attempt of one credit, if it is due; return what became of the attempt. Twice at once settles once."""
    if not _LEASE.take(BankCredit.objects.filter(pk=credit_id), waits=True):
        return "skipped"
    credit = BankCredit.objects.select_related("instruction__attempt").get(pk=credit_id)
    try:
        settlement = settle.settle(attempt_id=credit.booked_to.attempt_id, actor=actor)
    except NotAsked as refusal:
        _LEASE.put_back(_mine(credit), timedelta(seconds=refusal.retry_after))
        return fairness.LATER
    except GatewayError as error:
        log.warning("Credit %s could not be settled: %s", credit.pk, error)
        _LEASE.put_off(_mine(credit), _BACK_OFF.pause(credit.tries))
        return "failed"
    except Exception:
        _LEASE.put_off(_mine(credit), _BACK_OFF.pause(credit.tries))
        raise
    reminders.tell_received(credit)
    _LEASE.end(_mine(credit))
    return str(settlement.attempt.status)


def settle_due(*, limit: int = 500) -> dict[str, int]:
    """Settle the credits whose worker died or whose message was lost, the longest waiting first."""
    keys = list(_LEASE.due(BankCredit.objects.all()).values_list("pk", flat=True)[:limit])
    return dict(fairness.run_each(keys, settle_credit))


def settle_each(keys: Iterable[UUID], *, actor: str) -> dict[str, int]:
    """Settle these credits now, for somebody who waits; what fails is left to the job."""
    return dict(fairness.run_each(keys, partial(settle_credit, actor=actor)))


def _mine(credit: BankCredit) -> QuerySet[BankCredit]:
    return _LEASE.mine(BankCredit.objects.all(), credit)
