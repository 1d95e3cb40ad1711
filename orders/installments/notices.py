"""When buyers are reminded of an instalment, and of what: by days from its due date (`INSTALLMENT_REMIND_DAYS`).

Days after a due date are counted from the next business day, as lateness is: nobody is called late for a holiday.
"""

from datetime import date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders.installments import mails, outgoing, plan_state
from orders.installments.bills import NothingToPay
from orders.models import Installment, InstallmentPlan
from shop.core import countries
from shop.core.countries.business_days import next_business_day
from shop.core.due.locked import drain
from shop.core.states import record

# Reminders go out in the morning, by the shop's clock.
_HOUR: Final = time(9)
# Locked at a time: a buyer who pays one of them waits for no longer than these take.
_BATCH: Final = 50
_PUT_OFF: Final = timedelta(hours=1)


class RemindedToday(Exception):
    """Its buyer was reminded by hand today already. Tomorrow helps."""


def next_notice(due: date, *, sent: int, after: datetime) -> datetime | None:
    """Return when the next reminder is due, of those that have not been sent; None: there is none left.

    Reminders whose time had passed at `after` are left out, except that the latest of them is sent at once where the
    instalment is due already.
    """
    return next((moment for moment in _moments(due)[sent:] if moment > after), None)


def _moments(due: date) -> list[datetime]:
    """Return when the buyer of an instalment of this due date is reminded, in order."""
    late = next_business_day(due, countries.current().code)
    days = sorted(settings.INSTALLMENT_REMIND_DAYS)
    dates = [(late if day > 0 else due) + timedelta(days=day) for day in days]
    return [timezone.make_aware(datetime.combine(one, _HOUR)) for one in dates]


def send_due(
    *, seconds: float = 1200.0, size: int = _BATCH, actor: str = "job:installments"
) -> dict[str, int]:
    """Remind buyers of all instalments that are due for it, in batches; two workers share the work.

    Ends after so many `seconds`; what is left is done by the next run. One that cannot be written to is put off.
    """
    return dict(drain(due(), _remind, put_off=_put_off, size=size, seconds=seconds, no_key=True))


def _put_off(row: Installment) -> None:
    Installment.objects.filter(pk=row.pk).update(next_notice_at=timezone.now() + _PUT_OFF)


def due() -> "QuerySet[Installment]":
    """Return the instalments whose reminder is due, the longest waiting first."""
    return (
        Installment.objects.filter(next_notice_at__lte=timezone.now())
        .select_related("plan__order", "plan__user")
        .order_by("next_notice_at")
    )


def _remind(row: Installment) -> str:
    plan, now = row.plan, timezone.now()
    passed = sum(moment <= now for moment in _moments(row.due_date))
    is_open = row.open_amount > 0 and plan.status in InstallmentPlan.LIVE
    is_owed = is_open and bool(plan.order.email)
    if is_open:
        outgoing.tell_due(row)
    if is_owed:
        mails.remind(row, number=passed)
    Installment.objects.filter(pk=row.pk).update(
        next_notice_at=next_notice(row.due_date, sent=passed, after=now) if is_owed else None,
        notices=passed,
    )
    return "reminded" if is_owed else "settled"


def first_open(plan: InstallmentPlan) -> Installment | None:
    """Return the instalment that is to be paid next; None: nothing is open, or the plan is over."""
    if not plan.is_live:
        return None
    return (
        plan.installments.filter(open_amount__gt=0).select_related("plan__order").order_by("number").first()
    )


def remind_now(plan: InstallmentPlan, *, actor: str) -> Installment:
    """Remind the buyer now of the instalment to be paid next, once a day. Locks the order, then the plan.

    Raises:
        NothingToPay: nothing is open, or nobody can be written to.
        RemindedToday: it was done today already.
    """
    with transaction.atomic():
        locked = plan_state.lock(plan.pk)
        row = first_open(locked)
        if row is None or not locked.order.email:
            raise NothingToPay
        today = timezone.localdate()
        if not mails.remind_by_hand(row, today):
            raise RemindedToday
        record(locked, "reminded", actor=actor, reason=str(row))
    return row
