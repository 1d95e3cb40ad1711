"""Purchases of the API's clients beside one another: an unpaid one of the same buyer gives way to the next.

On the pages a buyer has one cart, and changes it. A client changes its mind by another request: the units that its
buyer has in an unpaid checkout shall not be missing then.
"""

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from orders import payables
from orders.checkout import client_purchases
from orders.checkout.issues import Kind, NotReady
from orders.models import Purchase
from payments.checkout import attempts
from payments.checkout.refusals import PaymentUnavailable
from payments.models import PaymentAttempt

if TYPE_CHECKING:
    from shop.accounts.models import User

log = logging.getLogger(__name__)
_SHORT: Final = {Kind.SHORT, Kind.SOLD_OUT}
_MOST: Final = 5
_STAYS: Final = {PaymentAttempt.Status.PAID, PaymentAttempt.Status.PENDING}


def begin(*, user: "User", wanted: Mapping[UUID, int], actor: str, **how: Any) -> Purchase:
    """Begin a client's purchase as `client_purchases.begin` does; once more when units are with its buyer already.

    No transaction may be open: a payment that was begun for them is closed at its provider first.

    Raises: as `client_purchases.begin`.
    """
    try:
        return client_purchases.begin(user=user, wanted=wanted, actor=actor, **how)
    except NotReady as error:
        short = {issue.variant_id for issue in error.issues if issue.kind in _SHORT and issue.variant_id}
        if not short or not _give_way(user, short, actor=actor):
            raise
    return client_purchases.begin(user=user, wanted=wanted, actor=actor, **how)


def _give_way(user: "User", variant_ids: Collection[UUID], *, actor: str) -> int:
    """End the buyer's unpaid client purchases of these variants; return how many. What may be paid already stays."""
    mine = Purchase.objects.filter(
        cart__buyer=user, status__in=client_purchases.LIVE, lines__variant__in=variant_ids
    )
    ended = 0
    for session in mine.distinct().order_by("created_at")[:_MOST]:
        try:
            closed = attempts.cancel(payable=payables.of_purchase(session), actor="shopper")
        except PaymentUnavailable as error:
            log.info("Checkout %s keeps its units: %s", session.pk, error)
            continue
        if closed is None or closed.status not in _STAYS:
            client_purchases.give_up(session, actor=actor)
            ended += 1
    return ended
