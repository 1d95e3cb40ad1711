"""Plans whose first instalment was never paid: the order ends and its units return to stock."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.fulfilment import holds
from orders.installments import mails, plan_state
from orders.installments.placing import hold_source
from orders.models import InstallmentBill, InstallmentEvent, InstallmentPlan, Order, OrderHold
from orders.returns.restocking import Return, origins, put_back
from shop.core.due.locked import one_by_one
from shop.core.states import move

Status = InstallmentPlan.Status


def cancel_due(
    *, limit: int = 100_000, seconds: float = 180.0, actor: str = "job:installments"
) -> dict[str, int]:
    """Cancel the plans whose time to pay the first instalment is over; one transaction each.

    A bill that somebody is paying, and a voucher that may still be paid, are waited for. Ends after so many `seconds`.
    """
    return dict(
        one_by_one(due(), lambda plan: cancel(plan, actor=actor), limit=limit, no_key=True, seconds=seconds)
    )


def due() -> "QuerySet[InstallmentPlan]":
    """Return the plans to be cancelled, the longest waiting first."""
    being_paid = InstallmentBill.objects.filter(status=InstallmentBill.Status.AWAITING, expires_at__gt=Now())
    return (
        InstallmentPlan.objects.filter(status=Status.AWAITING, pay_first_by__lte=Now())
        .exclude(pk__in=being_paid.values("plan"))
        .order_by("pay_first_by")
    )


def cancel(plan: InstallmentPlan, *, actor: str, reason: str = "the first instalment was not paid") -> str:
    """End a plan of which nothing was paid, and its order; return a word for the tally.

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
    if order.email:
        mails.cancelled(locked)
    return "cancelled"


def _restock(order: Order, reason: str, *, actor: str) -> None:
    places = origins(order)
    units = [
        Return(line, places[line.variant_id], line.quantity)
        for line in order.lines.all()
        if line.variant_id in places
    ]
    if units:
        put_back(order, units, note=reason, actor=actor)
