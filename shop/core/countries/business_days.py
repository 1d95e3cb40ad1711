"""Days on which banks work: no weekends, no public holidays of the country (python-holidays, which is kept by hand)."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

_SATURDAY: Final = 5


def is_business_day(day: date, country: str) -> bool:
    """Return whether a day is neither on a weekend nor a public holiday of a country (ISO 3166-1)."""
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


def next_business_day(day: date, country: str) -> date:
    """Return the day itself, or the first business day after it."""
    while not is_business_day(day, country):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=128)
def _holidays(country: str, year: int) -> frozenset[date]:
    # Imported late: most processes never ask, and the package has all countries of the world.
    from holidays import country_holidays

    return frozenset(country_holidays(country, years=year))
