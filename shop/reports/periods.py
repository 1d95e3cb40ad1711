"""Periods of whole days: what a visitor may ask for, the period before it, and how it is divided. Pure, without rows.

A day is a day of the shop's own calendar (`TIME_ZONE`); where the clocks change it has 23 or 25 hours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# The longest period that is shown; more days would make neither a picture nor a table that anybody reads.
MOST_DAYS: Final = 366 * 5
_FIRST: Final = date(2000, 1, 1)


class Grain(StrEnum):
    """Into what a period is divided."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


GRAINS: Final[Mapping[str, StrOrPromise]] = {
    Grain.DAY: _("by day"),
    Grain.WEEK: _("by week"),
    Grain.MONTH: _("by month"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    def __iter__(self) -> Iterator[date]:
        return (self.since + timedelta(days=number) for number in range(self.days))


class BadPeriod(ValueError):
    """The days asked for cannot be read, or make no period. Asking for others helps."""


def first_day(day: date, grain: Grain) -> date:
    """Return the first day of the day, week (from Monday) or month that a day is in."""
    if grain == Grain.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == Grain.MONTH else day


def last_day(day: date, grain: Grain) -> date:
    """Return the last day of the day, week or month that a day is in."""
    first = first_day(day, grain)
    if grain == Grain.WEEK:
        return first + timedelta(days=6)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if grain == Grain.MONTH else day


def parts(period: Period, grain: Grain) -> list[Period]:
    """Divide a period; its first and last part may be shorter than a whole week or month."""
    found, day = [], period.since
    while day <= period.until:
        end = min(last_day(day, grain), period.until)
        found.append(Period(day, end))
        day = end + timedelta(days=1)
    return found


def pieces(period: Period) -> dict[Grain, list[date]]:
    """Divide a period into as few whole months, weeks and days as cover each of its days once; return their first days.

    Weeks are taken before and after the whole months: where there is none a week may lie in two months.
    """
    months = [part for part in parts(period, Grain.MONTH) if _is_whole(part, Grain.MONTH)]
    ends = [period]
    if months:
        after, one = months[-1].until + timedelta(days=1), timedelta(days=1)
        ends = [Period(period.since, months[0].since - one), Period(after, period.until)]
    found: dict[Grain, list[date]] = {grain: [] for grain in Grain}
    found[Grain.MONTH] = [part.since for part in months]
    for part in (part for end in ends for part in parts(end, Grain.WEEK)):
        if _is_whole(part, Grain.WEEK):
            found[Grain.WEEK].append(part.since)
        else:
            found[Grain.DAY].extend(part)
    return found


def _is_whole(part: Period, grain: Grain) -> bool:
    return part == Period(first_day(part.since, grain), last_day(part.since, grain))


def fitting(period: Period) -> Grain:
    """Return into what a period is divided where nobody has chosen: so that its picture has at most some 60 bars."""
    if period.days <= 62:
        return Grain.DAY
    return Grain.WEEK if period.days <= 366 else Grain.MONTH


def presets(today: date) -> dict[str, tuple[StrOrPromise, Period]]:
    """Return the periods that are one click away, by the code of each in addresses."""
    month = first_day(today, Grain.MONTH)
    last_month = month - timedelta(days=1)
    return {
        "today": (_("Today"), Period(today, today)),
        "yesterday": (_("Yesterday"), Period(today - timedelta(days=1), today - timedelta(days=1))),
        "7": (_("7 days"), Period(today - timedelta(days=6), today)),
        "30": (_("30 days"), Period(today - timedelta(days=29), today)),
        "month": (_("This month"), Period(month, today)),
        "last-month": (_("Last month"), Period(first_day(last_month, Grain.MONTH), last_month)),
        "90": (_("90 days"), Period(today - timedelta(days=89), today)),
        "year": (_("This year"), Period(today.replace(month=1, day=1), today)),
        "12-months": (_("12 months"), Period(_year_before(today) + timedelta(days=1), today)),
    }


DEFAULT: Final = "30"


def before(period: Period) -> Period:
    """Return the period before, to compare with: of whole months as many months before, else as many days before."""
    if period.since.day == 1 and (period.until + timedelta(days=1)).day == 1:
        months = (period.until.year - period.since.year) * 12 + period.until.month - period.since.month + 1
        place = period.since.year * 12 + period.since.month - 1 - months
        return Period(date(place // 12, place % 12 + 1, 1), period.since - timedelta(days=1))
    return Period(period.since - timedelta(days=period.days), period.since - timedelta(days=1))


def asked(since: str, until: str, preset: str, *, today: date) -> tuple[Period, str]:
    """Return the period of a query and the code of its preset ("": its days were given).

    Days are ISO 8601 (2026-11-29); with one of the two alone the other is today, or the same day. Without any, and with
    an unknown preset, it is the last 30 days.

    Raises:
        BadPeriod: a day cannot be read, `until` is before `since`, or it is longer than `MOST_DAYS`.
    """
    if not since and not until:
        known = presets(today)
        code = preset if preset in known else DEFAULT
        return known[code][1], code
    last = _day(until) if until else max(today, _day(since))
    first = _day(since) if since else last
    if first > last:
        raise BadPeriod(_("The first day is after the last one."))
    period = Period(first, last)
    if period.days > MOST_DAYS:
        raise BadPeriod(_("At most five years are shown at once."))
    return period, ""


def starts_at(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day in a time zone: also where its midnight is skipped, or comes twice."""
    return datetime.combine(day, time.min, tzinfo=zone)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise BadPeriod(_("Write days as 2026-11-29.")) from None
    if not _FIRST <= day <= date(9000, 1, 1):
        raise BadPeriod(_("There are no figures of that day."))
    return day


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February.
        return day.replace(year=day.year - 1, day=28)
