"""The mails of a plan, written in the transaction of what causes them."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from orders.installments import bills, late_interest
from orders.models import Installment, InstallmentBill, InstallmentPlan, Order
from shop.core.mail import outbox
from shop.core.models import EmailLog


def accepted(plan: InstallmentPlan) -> EmailLog:
    """Queue what was agreed, with the contract and the link to pay the first instalment."""
    return _queue("installments_accepted", plan, str(plan.pk), {"installments": _rows(plan)})


def paid(bill: InstallmentBill) -> EmailLog:
    """Queue the receipt of a bill: what was paid, what was waived, what is left."""
    plan = bill.plan
    rows = _rows(plan)
    context = {
        "bill": bill,
        "lines": list(bill.lines.select_related("installment__plan")),
        "installments": rows,
        "left": sum((row.open_amount for row in rows), Decimal("0.00")),
    }
    return _queue("installments_paid", plan, str(bill.pk), context)


def reduced(plan: InstallmentPlan, fallen: Decimal, *, cause: str) -> EmailLog:
    """Queue that so much less is to be paid, once for each cause: goods came back, or the shop gave a sum."""
    rows = _rows(plan)
    left = sum((row.open_amount for row in rows), Decimal("0.00"))
    return _queue("installments_reduced", plan, cause, {"fallen": fallen, "installments": rows, "left": left})


def remind(row: Installment, *, number: int) -> EmailLog:
    """Queue a reminder of one instalment, before it is due, on the day, or after; once for each `number`."""
    return _remind(row, f"{row.pk}:{row.due_date}:{number}")


def remind_by_hand(row: Installment, day: date) -> bool:
    """Queue a reminder that staff send; once a day for each instalment: False: it was queued before."""
    key = f"{row.pk}:by hand:{day}"
    if EmailLog.objects.filter(dedupe_key=f"installment_reminder:{key}").exists():
        return False
    _remind(row, key)
    return True


def _remind(row: Installment, key: str) -> EmailLog:
    plan, days = row.plan, (row.due_date - timezone.localdate()).days
    first = late_interest.first_day(plan, row)
    context = {
        "installment": row,
        "days": days,
        "late_days": -days,
        "is_past": days < 0,
        "is_overdue": bills.is_overdue(plan, row),
        # What lateness will cost is said before it does; zero: nothing.
        "late_rate": late_interest.policy_of(plan).monthly_rate,
        "late_from": first,
        "is_charged": first <= timezone.localdate(),
    }
    return _queue("installment_reminder", plan, key, context)


def cancelled(plan: InstallmentPlan) -> EmailLog:
    """Queue that the order was cancelled, since the first instalment was not paid."""
    order_url = settings.SITE_URL + plan.order.get_absolute_url()
    return _queue("installments_cancelled", plan, str(plan.pk), {"order_url": order_url})


def _queue(kind: str, plan: InstallmentPlan, key: str, context: dict[str, object]) -> EmailLog:
    order: Order = plan.order
    return outbox.queue(
        kind=kind,
        to=order.email,
        template=kind,
        context={
            "order": order,
            "plan": plan,
            # Where each of them is paid; it opens with the order's secret, like the order itself.
            "order_url": settings.SITE_URL + reverse("orders:installments", args=[order.secret]),
            **context,
        },
        dedupe_key=f"{kind}:{key}",
        language=order.language,
        user=plan.user,
        trail=plan.trail,
    )


def _rows(plan: InstallmentPlan) -> list[Installment]:
    return list(plan.installments.order_by("number"))
