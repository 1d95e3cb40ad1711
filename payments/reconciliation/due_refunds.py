"""Refunds that are due: requested ones are sent, those on their way are fetched."""

import logging
from functools import partial
from typing import Final
from uuid import UUID

from payments.gateways.base import GatewayError
from payments.models import Payment, Refund
from payments.refunds import reimbursing, sending
from payments.settlement import adoption, settle
from shop.core.due.fairness import CRASHED, run_fairly
from shop.core.protection import guard

log = logging.getLogger(__name__)
_SILENT: Final = "no answer"


def send_due(*, limit: int = 50, actor: str = "job:send_refunds") -> dict[str, int]:
    """Pay what is owed, send what is requested, ask about what is on its way; return how many of each.

    At most `limit` of each provider.
    """
    owed = reimbursing.pay_due(actor=actor)
    due = sending.due()
    sent = run_fairly(
        due.filter(status=Refund.Status.REQUESTED),
        partial(_send, actor=actor),
        kind="payment__gateway",
        limit=limit,
        failures={"waiting"},
        is_away=guard.refusal,
    )
    looked = run_fairly(
        due.filter(status=Refund.Status.PENDING),
        partial(_fetch, actor=actor),
        kind="payment__gateway",
        limit=limit,
        failures={_SILENT},
        is_away=guard.refusal,
    )
    counts = {"sent": sent["sent"], "waiting": sent["waiting"], "looked": looked["looked"] + looked[_SILENT]}
    crashed = sent[CRASHED] + looked[CRASHED]
    return counts | ({"owed": sum(owed.values())} if owed else {}) | ({CRASHED: crashed} if crashed else {})


def _send(refund_id: UUID, *, actor: str) -> str:
    is_waiting = sending.send(refund_id, actor=actor).status == Refund.Status.REQUESTED
    return "waiting" if is_waiting else "sent"


def _fetch(refund_id: UUID, *, actor: str) -> str:
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if not sending.take_turn_to_ask(refund):
        return "skipped"
    try:
        _ask(refund.payment, actor=actor)
    except GatewayError as error:
        log.warning("Refund %s could not be looked at: %s", refund.pk, error)
        return _SILENT
    return "looked"


def _ask(payment: Payment, *, actor: str) -> None:
    """Fetch a payment's present state.

    Raises:
        GatewayError: the provider did not answer.
    """
    if payment.attempt_id is None:
        adoption.fetch(payment, actor=actor)
    else:
        settle.settle(attempt_id=payment.attempt_id, actor=actor)
