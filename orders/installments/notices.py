"""When buyers are reminded of an instalment, and of what: by days from its due date (`INSTALLMENT_REMIND_DAYS`)."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from orders.installments import mails
from orders.models import Installment, InstallmentPlan
from shop.core.due.locked import one_by_one

# Reminders go out in the morning, by the shop's clock.
_HOUR = time(9)


def next_notice(due: date, *, sent: int, after: datetime) -> datetime | None:
    """Return when the next reminder is due, of those that have not been sent; None: there is none left.

    Reminders whose time had passed at `after` are left out, except that the latest of them is sent at once where the
    instalment is due already.
    """
    days = sorted(settings.INSTALLMENT_REMIND_DAYS)
    moments = [timezone.make_aware(datetime.combine(due + timedelta(days=day), _HOUR)) for day in days]
    return next((moment for moment in moments[sent:] if moment > after), None)


def send_due(*, limit: int = 1000, actor: str = "job:installments") -> dict[str, int]:
    """Remind buyers of instalments that are due for it; one transaction each, two workers share the work."""
    return dict(one_by_one(due(), lambda row: _remind(row, actor=actor), limit=limit, no_key=True))


def due() -> "QuerySet[Installment]":
    """Return the instalments whose reminder is due, the longest waiting first."""
    return (
        Installment.objects.filter(next_notice_at__lte=timezone.now())
        .select_related("plan__order", "plan__user")
        .order_by("next_notice_at")
    )


def _remind(row: Installment, *, actor: str) -> str:
    plan, now = row.plan, timezone.now()
    passed = sum(
        1
        for day in settings.INSTALLMENT_REMIND_DAYS
        if timezone.make_aware(datetime.combine(row.due_date + timedelta(days=day), _HOUR)) <= now
    )
    is_owed = row.open_amount > 0 and plan.status in InstallmentPlan.LIVE and bool(plan.order.email)
    if is_owed:
        mails.remind(row, number=passed)
    Installment.objects.filter(pk=row.pk).update(
        next_notice_at=next_notice(row.due_date, sent=passed, after=now) if is_owed else None,
        notices=passed,
    )
    return "reminded" if is_owed else "settled"
