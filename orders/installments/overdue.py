"""Which instalments are overdue, as a condition for the database; `bills.is_overdue` says it of one."""

from datetime import date, timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateField, F, Func, Q, Value
from django.utils import timezone

from orders.models import InstallmentPlan
from shop.core import countries
from shop.core.countries import Country
from shop.core.countries.business_days import is_business_day

# The most that an offer may grant (`InstallmentOffer.grace_days`).
MOST_GRACE: Final = 60


class _Element(Func):
    """An element of an array: `(array)[place]`, the first place being 1."""

    template = "(%(expressions)s]"
    arg_joiner = ")["
    output_field = DateField()


def last_due_date(today: date, country: Country, grace_days: int) -> date:
    """Return the latest due date that is overdue today: `late.late_from` of it is today or before."""
    day = today - timedelta(days=grace_days + 1)
    while not is_business_day(day, country.code):
        day -= timedelta(days=1)
    return day


def condition(today: date | None = None) -> Q:
    """Return the condition that an instalment of a live plan is overdue (no query)."""
    day, country = today or timezone.localdate(), countries.current()
    last = [last_due_date(day, country, grace) for grace in range(MOST_GRACE + 1)]
    by_grace = _Element(Value(last, output_field=ArrayField(DateField())), F("plan__grace_days") + 1)
    return Q(
        plan__status__in=InstallmentPlan.LIVE,
        open_amount__gt=0,
        due_date__lte=last[0],  # For the index: none of later due dates is overdue.
    ) & Q(due_date__lte=by_grace)
