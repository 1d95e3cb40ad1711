"""Plans whose first instalment was never paid: the order ends and its units return to stock."""

import time
from collections import Counter
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.fulfilment import holds, remaining
from orders.installments import mails, plan_state
from orders.installments.placing import hold_source
from orders.models import InstallmentBill, InstallmentEvent, InstallmentPlan, Order, OrderHold
from orders.returns.restocking import UnitsBack, origins, put_back
from shop.core.due.fairness import run_each
from shop.core.states import move

Status = InstallmentPlan.Status
CANCELLED: Final = "cancelled"
_BATCH: Final = 200


def cancel_due(*, seconds: float = 180.0, actor: str = "job:installments") -> dict[str, int]:
    """Cancel the plans whose time to pay the first instalment is over; one transaction each, a batch of keys in memory.

    A bill that somebody is paying, and a voucher that may still be paid, are waited for. One that cannot be cancelled
    is logged and keeps back no other. Ends after so many `seconds`; what is left is done by the next run.
    """
    end, tally = time.monotonic() + seconds, Counter[str]()
    last: UUID | None = None
    while time.monotonic() < end:
        rows = due().order_by("pk")
        keys = list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:_BATCH])
        if not keys:
            break
        last = keys[-1]
        tally += run_each(keys, lambda key: _cancel_if_due(key, actor=actor))
    return dict(tally)


def _cancel_if_due(plan_id: UUID, *, actor: str) -> str:
    """Cancel a plan that is still due below the locks, taken as a payment takes them: the order, then the plan."""
    with transaction.atomic():
        plan = plan_state.lock(plan_id)
        return cancel(plan, actor=actor) if due().filter(pk=plan_id).exists() else "not due any more"


def due() -> "QuerySet[InstallmentPlan]":
    """Return the plans to be cancelled, the longest waiting first."""
    being_paid = InstallmentBill.objects.filter(status=InstallmentBill.Status.AWAITING, expires_at__gt=Now())
    return (
        InstallmentPlan.objects.filter(status=Status.AWAITING, pay_first_by__lte=Now())
        .exclude(pk__in=being_paid.values("plan"))
        .order_by("pay_first_by")
    )


def cancel(
    plan: InstallmentPlan,
    *,
    actor: str,
    reason: str = "the first instalment was not paid",
    mails_buyer: bool = True,
) -> str:
    """End a plan of which nothing was paid, and its order; return a word for the tally. `mails_buyer`: queue the mail.

    What is open falls, the units return to where they were sold from, its bills end: money that still arrives for them
    goes back. Locks the order, the plan, then the levels of its variants.
    """
    locked = plan_state.lock(plan.pk)
    rows = list(locked.installments.order_by("number"))
    if locked.status != Status.AWAITING or any(row.paid for row in rows):
        return "paid meanwhile"
    InstallmentEvent.objects.bulk_create(
        InstallmentEvent(
            installment=row,
            kind=InstallmentEvent.Kind.REDUCED,
            amount=row.open_amount,
            cause=f"plan:{locked.pk}",
            note=reason[:200],
            actor=actor[:150],
        )
        for row in rows
        if row.open_amount
    )
    locked.installments.update(next_notice_at=None)
    for bill in locked.bills.filter(
        status__in=[InstallmentBill.Status.OPEN, InstallmentBill.Status.AWAITING]
    ):
        move(bill, InstallmentBill.Status.ENDED, actor=actor, reason=reason)
    move(locked, Status.CANCELLED, actor=actor, reason=reason)
    order = locked.order
    move(order, Order.Status.CANCELLED, actor=actor, reason=reason)
    hold = OrderHold.objects.filter(source=hold_source(locked), status=OrderHold.Status.ACTIVE).first()
    if hold is not None:
        holds.release_hold(hold, actor=actor, reason=reason)
    _restock(order, reason, actor=actor)
    if mails_buyer and order.email:
        mails.cancelled(locked)
    return CANCELLED


class PaidMeanwhile(Exception):
    """Something was paid of the plan, or it has ended: it cannot be cancelled. Goods come back by a return."""


def cancel_by_staff(plan: InstallmentPlan, *, actor: str, reason: str) -> None:
    """End a plan of which nothing was paid, before its time; as `cancel`, in a transaction of its own.

    Raises:
        PaidMeanwhile: something was paid, or the plan has ended.
    """
    with transaction.atomic():
        if cancel(plan, actor=actor, reason=reason) != CANCELLED:
            raise PaidMeanwhile


def units_back(order: Order) -> list[UnitsBack]:
    """Return the units of an order that return to stock when its plan is cancelled, and where each goes."""
    places = origins(order)
    return [
        UnitsBack(line, places[line.variant_id], units)
        for line in remaining.lines().filter(order=order)
        if line.variant_id in places and (units := line.quantity - line.restocked)
    ]


def _restock(order: Order, reason: str, *, actor: str) -> None:
    units = units_back(order)
    if units:
        put_back(order, units, note=reason, actor=actor)
