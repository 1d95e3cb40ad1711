"""Which instalments are overdue, as a condition for the database; `bills.is_overdue` says it of one."""

from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from orders.models import InstallmentPlan
from shop.core import countries
from shop.core.countries import Country
from shop.core.countries.business_days import is_business_day


def last_due_date(today: date, country: Country, grace_days: int) -> date:
    """Return the latest due date that is overdue today: `late.late_from` of it is today or before."""
    day = today - timedelta(days=grace_days + 1)
    while not is_business_day(day, country.code):
        day -= timedelta(days=1)
    return day


def condition(today: date | None = None) -> Q:
    """Return the condition that an instalment of a live plan is overdue (one query for the days of grace in use)."""
    day, country = today or timezone.localdate(), countries.current()
    live = Q(plan__status__in=InstallmentPlan.LIVE, open_amount__gt=0)
    plans = InstallmentPlan.objects.filter(status__in=InstallmentPlan.LIVE).order_by()
    last = {
        grace: last_due_date(day, country, grace)
        for grace in plans.values_list("grace_days", flat=True).distinct()
    }
    if not last:
        return Q(pk__in=[])
    overdue = Q()
    for grace, due in last.items():
        overdue |= Q(plan__grace_days=grace, due_date__lte=due)
    return live & Q(due_date__lte=max(last.values())) & overdue
