"""Taking up a declared withdrawal: what has left becomes a return, what is still in the house is cancelled.

One transaction: either all of the purchase is taken up and the declaration answered, or nothing. What comes back by law
(the outbound shipping with a whole purchase) follows with the return's decision, or with the cancellation.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from orders.cancellation import cancelling, quotes
from orders.models import Cancellation, Order, Return, ReturnReason, WithdrawalRequest
from orders.returns import answering, asking, withdrawals
from orders.returns.asking import Wanted
from orders.returns.units import returnable

_REASON = "changed_mind"


class NothingToTakeUp(Exception):
    """The declaration names no order, or nothing of it can come back: all did already. Note the answer by hand."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What became of a declared withdrawal: the return, the cancellation, or both."""

    rma: Return | None
    cancelled: Cancellation | None


def take_up(asked: WithdrawalRequest, *, actor: str) -> TakenUp:
    """Turn a declaration into a return of all that was sent, approved at once, and cancel the rest of the order.

    The buyer gets the mail of either; the declaration is answered with what was done. Again: AnsweredAlready. Locks the
    order's payments, the order, then as `cancelling.cancel`.

    Raises:
        NothingToTakeUp: see there.
        AnsweredAlready: somebody has answered it.
    """
    if asked.order is None:
        raise NothingToTakeUp(asked.code)
    with transaction.atomic():
        cancelled = _cancel(asked.order, asked, actor=actor)
        rma = _return(asked.order, asked, actor=actor)
        if rma is None and cancelled is None:
            raise NothingToTakeUp(asked.code)
        done = [
            *([_("return %(number)s") % {"number": rma.number}] if rma else []),
            *([_("cancelled")] if cancelled else []),
        ]
        withdrawals.answer(asked, words=", ".join(done), actor=actor)
    return TakenUp(rma, cancelled)


def _cancel(order: Order, asked: WithdrawalRequest, *, actor: str) -> Cancellation | None:
    try:
        with transaction.atomic():
            return cancelling.cancel(
                order,
                by=Cancellation.By.STAFF,
                reason=Cancellation.Reason.BUYER_ASKED,
                note=asked.code,
                expected=None,
                key=f"withdrawal:{asked.pk}",
                actor=actor,
            )
    except (quotes.CannotCancel, quotes.WrongUnits):
        return None


def _return(order: Order, asked: WithdrawalRequest, *, actor: str) -> Return | None:
    reason = (
        ReturnReason.objects.filter(code=_REASON).first()
        or ReturnReason.objects.filter(is_fault=False).first()
    )
    there = [one for one in returnable(order, by_staff=True) if one.left]
    if not there or reason is None:
        return None
    area = "other" if reason.needs_area else ""
    rma = asking.request(
        order,
        [Wanted(one.line.pk, one.left, reason, area) for one in there],
        key=f"withdrawal:{asked.pk}",
        origin=Return.Origin.STAFF,
        withdrawal=asked,
        language=asked.language,
        actor=actor,
    )
    answering.approve(rma, actor=actor)
    return rma
