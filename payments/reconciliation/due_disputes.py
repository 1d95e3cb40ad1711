"""Disputes that are due: deadlines to remind of, open ones to ask the providers about."""

import logging
from collections import Counter
from typing import Final
from uuid import UUID

from django.db.models.functions import Now

from payments.disputes import disputes
from payments.fair_batch import in_turn
from payments.gateways.base import GatewayError
from payments.models import Dispute
from payments.settlement import settle

log = logging.getLogger(__name__)
# A provider that fails so often in a row is left alone until the next run: the others shall not wait for it.
_IN_A_ROW: Final = 3


def run_due(*, limit: int = 200, actor: str = "job:follow_disputes") -> dict[str, int]:
    """Remind of deadlines that come near, and ask the providers about open disputes; return how many of each.

    At most `limit` of each provider are asked about.
    """
    counts = {"reminded": disputes.remind_due(), "asked": 0, "failed": 0}
    failures: Counter[str] = Counter()
    due = Dispute.objects.filter(closed_at=None, next_look_at__lte=Now()).order_by("next_look_at")
    for dispute_id, gateway in in_turn(due, provider="gateway", limit=limit):
        if failures[gateway] >= _IN_A_ROW:
            continue  # It fails again and again: the others shall not wait for it.
        if ask(dispute_id, actor=actor):
            counts["asked"] += 1
            failures[gateway] = 0
        else:
            counts["failed"] += 1
            failures[gateway] += 1
    return counts


def ask(dispute_id: UUID | str, *, actor: str) -> bool:
    """Ask the provider about one open dispute that is due; False: it did not answer. Twice at once asks once."""
    taken = Dispute.objects.filter(pk=dispute_id, closed_at=None, next_look_at__lte=Now())
    if not taken.update(next_look_at=Now() + disputes.ASK_AGAIN):
        return True
    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    try:
        settle.settle(attempt_id=dispute.payment.attempt_key, actor=actor, subject=dispute.subject)
    except GatewayError as error:
        log.warning("Dispute %s could not be looked at: %s", dispute, error)
        return False
    return True
