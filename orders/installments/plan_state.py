"""The state of a plan and of its instalments follows what is open of them."""

from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from orders.models import Installment, InstallmentEvent, InstallmentPlan
from shop.core.states import move

Status = InstallmentPlan.Status


def lock(plan_id: UUID) -> InstallmentPlan:
    """Lock a plan for the rest of the transaction, after the payments and before the order; return it as it is now."""
    rows = InstallmentPlan.objects.select_for_update(of=("self",), no_key=True).select_related("order")
    return rows.get(pk=plan_id)


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
    is_open = bool(rows.aggregate(sum=Sum("open_amount"))["sum"])
    target = _target(plan, is_open=is_open)
    if target == plan.status:
        return False
    settled = {"settled_at": now if target == Status.PAID else None}
    return move(plan, target, actor=actor, reason=reason, **settled)


def _target(plan: InstallmentPlan, *, is_open: bool) -> str:
    if plan.status == Status.CANCELLED:
        return Status.CANCELLED
    if plan.status != Status.AWAITING:
        return Status.ACTIVE if is_open else Status.PAID
    was_paid = InstallmentEvent.objects.filter(
        installment__plan=plan, kind=InstallmentEvent.Kind.PAID
    ).exists()
    if is_open:
        return Status.ACTIVE if was_paid else Status.AWAITING
    return Status.PAID if was_paid else Status.CANCELLED
