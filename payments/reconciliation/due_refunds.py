"""Refunds that are due: those asked for are sent, those on their way are asked about."""

import logging
from collections import Counter
from typing import Final

from django.db.models.functions import Now
from django.utils import timezone

from payments.fair_batch import in_turn
from payments.gateways.base import GatewayError
from payments.gateways.protection import guard
from payments.models import Payment, Refund
from payments.refunds import sending
from payments.settlement import adoption, settle

log = logging.getLogger(__name__)
# A provider that fails so often in a row is left alone until the next run: the others shall not wait for it.
_IN_A_ROW: Final = 3


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
        is_waiting = sending.send(refund_id, actor=actor).status == Refund.Status.REQUESTED
        failures[provider] = failures[provider] + 1 if is_waiting else 0
        counts["waiting" if is_waiting else "sent"] += 1
    on_their_way = due.filter(status=Refund.Status.PENDING)
    for refund_id, provider in in_turn(on_their_way, provider="payment__gateway", limit=limit):
        if guard.refusal(provider):
            continue
        refund = Refund.objects.select_related("payment").get(pk=refund_id)
        Refund.objects.filter(pk=refund.pk).update(next_try_at=timezone.now() + sending.ASK_AGAIN)
        try:
            _ask(refund.payment, actor=actor)
        except GatewayError as error:
            log.warning("Refund %s could not be looked at: %s", refund.pk, error)
        counts["looked"] += 1
    return counts


def _ask(payment: Payment, *, actor: str) -> None:
    """Fetch a payment's truth now.

    Raises:
        GatewayError: the provider did not answer.
    """
    if payment.attempt_id is None:
        adoption.look(payment, actor=actor)
    else:
        settle.settle(attempt_id=payment.attempt_id, actor=actor)
