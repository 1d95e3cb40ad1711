"""Disputes that are due: deadlines to remind of, open ones to ask the providers about."""

import logging
from typing import Final
from uuid import UUID

from payments.disputes import disputes
from payments.gateways.base import GatewayError
from payments.models import Dispute
from payments.settlement import settle
from shop.core.due.fairness import CRASHED, run_fairly
from shop.core.due.leases import Lease

log = logging.getLogger(__name__)
# The lease is not given back after asking: the dispute is due again when it ends.
_LEASE: Final = Lease("next_fetch_at", disputes.ASK_AGAIN)


def run_due(*, limit: int = 200, actor: str = "job:follow_disputes") -> dict[str, int]:
    """Remind of deadlines that come near, and ask the providers about open disputes; return how many of each.

    At most `limit` of each provider are asked about.
    """
    reminded = disputes.remind_due()
    tally = run_fairly(
        _LEASE.due(Dispute.objects.filter(closed_at=None)),
        lambda dispute_id: "asked" if ask(dispute_id, actor=actor) else "failed",
        kind="gateway",
        limit=limit,
        failures={"failed"},
    )
    return {"reminded": reminded, "asked": tally["asked"], "failed": tally["failed"] + tally[CRASHED]}


def ask(dispute_id: UUID | str, *, actor: str) -> bool:
    """Ask the provider about one open dispute that is due; False: it did not answer. Twice at once asks once."""
    if not _LEASE.take(Dispute.objects.filter(pk=dispute_id, closed_at=None)):
        return True
    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    try:
        settle.settle(attempt_id=dispute.payment.attempt_key, actor=actor, subject=dispute.subject)
    except GatewayError as error:
        log.warning("Dispute %s could not be looked at: %s", dispute, error)
        return False
    return True
