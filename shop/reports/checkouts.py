"""Checkouts by state and step: how many began, how many became orders, and where the others ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone

from orders.checkout.progress import Step, reached
from orders.checkout.statistics import STATES, SessionFigures
from orders.models import CheckoutSession
from shop.reports.models import CheckoutDay
from shop.reports.periods import Period, before, starts_at

State = CheckoutDay.State
_Status = CheckoutSession.Status


@dataclass(frozen=True, slots=True)
class Checkouts:
    """How many checkouts that began in a period are in each state, and where those that expired had got to."""

    active: int = 0
    expired: int = 0
    processed: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.active + self.expired + self.processed

    @property
    def conversion(self) -> Decimal | None:
        """Return which part of those that began became orders, as `orders.checkout.statistics` has it."""
        return SessionFigures(self.active, self.expired, self.processed).conversion_rate


def of_periods(period: Period) -> tuple[Checkouts, Checkouts]:
    """Return the checkouts of a period and of the one before it, by one statement."""
    earlier = before(period)
    mine, theirs = (Q(day__range=(one.since, one.until)) for one in (period, earlier))
    rows = (
        CheckoutDay.objects.filter(mine | theirs)
        .order_by()
        .values("state", "step")
        .annotate(now=Sum("number", filter=mine, default=0), then=Sum("number", filter=theirs, default=0))
    )
    found = list(rows)
    return _sums(found, "now"), _sums(found, "then")


def _sums(rows: Iterable[Mapping[str, object]], name: str) -> Checkouts:
    by_state = dict.fromkeys(State.values, 0)
    steps: dict[str, int] = {}
    for row in rows:
        number = int(str(row[name]))
        by_state[str(row["state"])] += number
        if row["state"] == State.EXPIRED and number:
            steps[str(row["step"])] = steps.get(str(row["step"]), 0) + number
    ordered = {step: steps[step] for step in Step.values if step in steps}
    return Checkouts(by_state["active"], by_state["expired"], by_state["processed"], ordered)


def write_days(days: Iterable[date]) -> None:
    """Count the checkouts that began on these days, in the shop's time zone, and write the counts again."""
    zone = timezone.get_default_timezone()
    for day in days:
        since, until = starts_at(day, zone), starts_at(day + timedelta(days=1), zone)
        # The states are named, so that the index on state and beginning is used.
        rows = CheckoutSession.objects.filter(
            status__in=_Status.values, created_at__gte=since, created_at__lt=until
        )
        counted = rows.annotate(step=reached()).order_by().values("status", "step").annotate(all=Count("pk"))
        numbers: dict[tuple[str, str], int] = {}
        for row in counted:
            key = (STATES[row["status"]], row["step"])
            numbers[key] = numbers.get(key, 0) + row["all"]
        CheckoutDay.objects.filter(day=day).delete()
        CheckoutDay.objects.bulk_create(
            CheckoutDay(day=day, state=state, step=step, number=number)
            for (state, step), number in sorted(numbers.items())
        )
