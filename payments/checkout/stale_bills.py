"""Checkouts of instalments that are not owed any more as they were: closed, so that nobody pays them."""

import logging
from uuid import UUID

from django.db import transaction

from orders.installments import bills, plan_state
from payments import gateways
from payments.checkout import attempts
from payments.checkout.refusals import PaymentUnavailable
from payments.models import PaymentAttempt

log = logging.getLogger(__name__)


def close_of(plan_id: UUID | str, *, actor: str = "job:installments") -> int:
    """Close the live attempts of a plan's bills that are not owed as they are; return how many ended.

    Called after goods came back and instalments fell. One that the provider does not close is logged and left: its
    money would go back by itself. No transaction may be open; then locks the order and its plan.
    """
    key = UUID(str(plan_id))
    live = PaymentAttempt.objects.filter(
        payable__bill__plan=key, status__in=PaymentAttempt.LIVE
    ).select_related("payable__bill")
    ended = 0
    for attempt in live:
        if bills.is_still_owed(attempt.payable.bill):
            continue
        try:
            ended += not attempts.close(attempt, actor=actor, patience=gateways.for_jobs()).is_live
        except PaymentUnavailable as error:
            log.warning("Attempt %s of a bill that is not owed any more stays open: %s", attempt.pk, error)
    with transaction.atomic():
        bills.end_stale(plan_state.lock(key), actor=actor)
    return ended
