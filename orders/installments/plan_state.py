"""The state of a plan and of its instalments follows what is open of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from orders.models import Installment, InstallmentEvent, InstallmentPlan, Order
from shop.core.states import move

Status = InstallmentPlan.Status
# So long after the time to pay the first instalment another payment of it may begin.
_LAST_START: Final = timedelta(days=3)


def lock(plan_id: UUID) -> InstallmentPlan:
    """Lock a plan's order, then the plan, for the rest of the transaction; return the plan as it is now."""
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    order = orders.get(plan=plan_id)
    plan = InstallmentPlan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan_id)
    plan.order = order
    return plan


def is_first_too_late(plan: InstallmentPlan) -> bool:
    """Say whether no payment of a plan's first instalment may begin any more: its units wait for nobody for ever.

    A plan is not cancelled while somebody is paying; whoever has begun in time may end that and pay another way, but
    one voucher after the other keeps no units.
    """
    return plan.status == Status.AWAITING and plan.pay_first_by + _LAST_START <= timezone.now()


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
