"""The sales of a period, from the sums of its days: divided, summed up, and beside the period before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q

from shop.core.money import ZERO
from shop.reports.models import SalesDay
from shop.reports.periods import Grain, Period, before, parts
from shop.reports.sql import load

# More pending changes than this are not counted while a page waits.
_MOST_PENDING: Final = 500


@dataclass(slots=True)
class Sums:
    """The sums of some days in one currency; what each means: `SalesDay`."""

    orders: int = 0
    undone: int = 0
    units: int = 0
    units_returned: int = 0
    goods: Decimal = ZERO
    discounts: Decimal = ZERO
    shipping: Decimal = ZERO
    taxes: Decimal = ZERO
    interest: Decimal = ZERO
    other: Decimal = ZERO
    gross: Decimal = ZERO
    returned: Decimal = ZERO
    interest_after: Decimal = ZERO
    kept: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the days added to the sales: gross less what went back on them, with the interest of these days."""
        return self.gross - self.returned + self.interest_after

    @property
    def average(self) -> Decimal | None:
        """Return the average gross order; None: there was none."""
        if not self.orders:
            return None
        return (self.gross / self.orders).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def add(self, day: "SalesDay | Sums") -> None:
        """Add the sums of a day."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(day, one.name))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a period with its sums, and those of the part at the same place in the period before."""

    period: Period
    sums: Sums
    earlier: Sums


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of a period in one currency, newest part last. `currencies` are those in which anything was sold."""

    period: Period
    earlier_period: Period
    currency: str
    currencies: Sequence[str]
    grain: Grain
    parts: Sequence[Part]
    sums: Sums
    earlier: Sums


def of_period(period: Period, *, currency: str = "", grain: Grain = Grain.DAY) -> Sales:
    """Return the sales of a period in a currency (the shop's own by default), by one statement."""
    earlier = before(period)
    rows = list(SalesDay.objects.filter(Q(day__range=(earlier.since, period.until))).order_by("day"))
    chosen = currency or settings.SHOP_CURRENCY
    days = {row.day: row for row in rows if row.currency == chosen}
    mine, theirs = parts(period, grain), parts(earlier, grain)
    found = [
        Part(one, _sum(days, one), _sum(days, theirs[place]) if place < len(theirs) else Sums())
        for place, one in enumerate(mine)
    ]
    return Sales(
        period=period,
        earlier_period=earlier,
        currency=chosen,
        currencies=sorted({settings.SHOP_CURRENCY, chosen, *(row.currency for row in rows)}),
        grain=grain,
        parts=found,
        sums=_sum(days, period),
        earlier=_sum(days, earlier),
    )


def _sum(days: Mapping[date, SalesDay], period: Iterable[date]) -> Sums:
    sums = Sums()
    for day in period:
        if day in days:
            sums.add(days[day])
    return sums


def change(now: Decimal | int, then: Decimal | int) -> Decimal | None:
    """Return by how many per cent a figure changed, rounded to whole ones; None: there was nothing to compare with."""
    if then <= 0:
        return None
    return (Decimal(now - then) * 100 / then).quantize(Decimal(1), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Today:
    """A day's sales in one currency at this moment. `is_exact`: everything that was committed is in them."""

    orders: int
    undone: int
    gross: Decimal
    returned: Decimal
    interest_after: Decimal
    is_exact: bool

    @property
    def net(self) -> Decimal:
        return self.gross - self.returned + self.interest_after


def live(day: date, *, currency: str = "") -> Today:
    """Return the sales of a day as they are at this moment, by one statement.

    What the job has not counted yet is counted here; of more than `_MOST_PENDING` changes at once the job comes first.
    """
    params: dict[str, str | date | int] = {
        "day": day,
        "currency": currency or settings.SHOP_CURRENCY,
        "zone": settings.TIME_ZONE,
        "most": _MOST_PENDING,
    }
    entries = load("entries").replace("%(orders)s", "(SELECT orders FROM pending)::uuid[]")
    with connection.cursor() as cursor:
        cursor.execute(load("today").replace("{entries}", entries), params)
        return Today(*cursor.fetchone())
