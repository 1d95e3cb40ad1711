"""The state of a plan and of its instalments follows what is open of them."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from orders.models import Installment, InstallmentEvent, InstallmentPlan, Order
from shop.core.states import move

Status = InstallmentPlan.Status


def lock(plan_id: UUID) -> InstallmentPlan:
    """Lock a plan's order, then the plan, for the rest of the transaction; return the plan as it is now."""
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    order = orders.get(plan=plan_id)
    plan = InstallmentPlan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan_id)
    plan.order = order
    return plan


def follow(plan: InstallmentPlan, *, actor: str, reason: str = "") -> bool:
    """Bring a locked plan and its instalments to what is open of them; return whether the plan moved.

    An instalment of which nothing is open is settled and nobody is reminded of it; one that is open again is looked at
    by the next reminders. Nothing open: the plan is paid, or cancelled where nothing was ever paid. Something open
    again: it is active.
    """
    now = timezone.now()
    rows = Installment.objects.filter(plan=plan)
    rows.filter(open_amount__lte=0, settled_at=None).update(settled_at=now, next_notice_at=None)
    rows.filter(open_amount__gt=0, settled_at__isnull=False).update(settled_at=None, next_notice_at=now)
    target = _target(plan, list(rows.order_by("number")))
    if target == plan.status:
        return False
    settled_at = now if target == Status.PAID else None
    return move(plan, target, actor=actor, reason=reason, settled_at=settled_at)


def _target(plan: InstallmentPlan, rows: Sequence[Installment]) -> str:
    if plan.status == Status.CANCELLED:
        return Status.CANCELLED
    is_open = any(row.open_amount for row in rows)
    if plan.status != Status.AWAITING:
        return Status.ACTIVE if is_open else Status.PAID
    if is_open:
        return Status.AWAITING if rows[0].open_amount else Status.ACTIVE
    paid = InstallmentEvent.objects.filter(installment__plan=plan, kind=InstallmentEvent.Kind.PAID)
    return Status.PAID if paid.exists() else Status.CANCELLED
