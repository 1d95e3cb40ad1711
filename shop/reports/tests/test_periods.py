"""Periods and pictures: pure arithmetic of days and figures."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shop.reports import charts, periods, sales
from shop.reports.periods import BadPeriod, Grain, Period

TODAY = date(2026, 11, 29)


def test_presets_end_today_or_before_and_the_period_before_touches_them():
    for code, (_words, period) in periods.presets(TODAY).items():
        earlier = periods.before(period)
        assert period.until <= TODAY, code
        assert (period.since - earlier.until).days == 1, code
        assert periods.asked("", "", code, today=TODAY) == (period, code)
    assert periods.asked("", "", "nonsense", today=TODAY)[1] == periods.DEFAULT
    assert periods.presets(date(2024, 2, 29))["12-months"][1].since == date(2023, 3, 1)


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"),
        ("2024-03-01", "2024-03-30", "2024-01-31", "2024-02-29"),
        ("2026-11-29", "2026-11-29", "2026-11-28", "2026-11-28"),
    ],
)
def test_the_period_before_has_as_many_days_and_of_whole_months_as_many_months(since, until, first, last):
    period, preset = periods.asked(since, until, "", today=TODAY)
    assert (periods.before(period), preset) == (
        Period(date.fromisoformat(first), date.fromisoformat(last)),
        "",
    )


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-29", "2026-11-28"),
        ("29/11/2026", ""),
        ("2026-02-30", ""),
        ("1900-01-01", ""),
        ("2010-01-01", "2026-01-01"),
    ],
)
def test_days_that_make_no_period_are_refused_in_words(since, until):
    with pytest.raises(BadPeriod) as refused:
        periods.asked(since, until, "", today=TODAY)
    assert str(refused.value)


def test_a_period_is_divided_without_gaps_and_its_edges_are_cut():
    period = Period(date(2026, 1, 30), date(2026, 3, 2))
    for grain, number in ((Grain.DAY, 32), (Grain.WEEK, 6), (Grain.MONTH, 3)):
        parts = periods.parts(period, grain)
        assert len(parts) == number
        assert [day for part in parts for day in part] == list(period)
    assert periods.parts(period, Grain.MONTH)[1] == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert periods.first_day(date(2026, 11, 29), Grain.WEEK) == date(2026, 11, 23)
    assert [
        periods.fitting(Period(date(2026, 1, 1), date(year, month, 1)))
        for year, month in ((2026, 2), (2026, 6), (2027, 6))
    ] == [Grain.DAY, Grain.WEEK, Grain.MONTH]


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Argentina/Buenos_Aires", date(2026, 11, 29), "2026-11-29T03:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00"),  # Its midnight is skipped.
        (
            "America/Santiago",
            date(2026, 4, 5),
            "2026-04-05T04:00",
        ),  # 23:00 to 24:00 came twice the day before.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),  # Its first hour comes twice.
        ("America/Mexico_City", date(2026, 4, 5), "2026-04-05T06:00"),
    ],
)
def test_a_day_begins_with_its_first_instant(zone, day, begins):
    at = periods.starts_at(day, ZoneInfo(zone)).astimezone(UTC)
    assert at == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert at.astimezone(ZoneInfo(zone)).date() == day
    assert datetime.fromtimestamp(at.timestamp() - 1, ZoneInfo(zone)).date() < day


def test_bars_keep_their_proportions_above_and_below_zero():
    figures = [(Decimal(value), str(value)) for value in (100, -50, 0, 1)]
    chart = charts.chart(figures, [Decimal(25), Decimal(50)])
    assert [(bar.y, bar.height, bar.is_below) for bar in chart.bars] == [
        ("0", "160", False),
        ("160", "80", True),
        ("160", "0", False),
        ("158", "2", False),
    ]
    assert chart.path == "M150 120L450 80"
    assert charts.chart([]).is_empty
    assert charts.chart([(Decimal("0.00"), "")] * 3).is_empty
    assert [charts.per_cent(part, 300) for part in (300, 1, 0, -5, 999)] == ["100%", "1%", "0%", "0%", "100%"]


def test_changes_are_compared_with_something_alone():
    assert [sales.change(now, then) for now, then in ((150, 100), (50, 100), (5, 0), (5, -1))] == [
        50,
        -50,
        None,
        None,
    ]


def test_months_weeks_and_days_cover_every_day_once_with_few_pieces():
    for number in range(0, 900, 7):
        for length in (1, 6, 7, 13, 28, 30, 31, 59, 90, 365, 800):
            period = Period(TODAY - timedelta(days=number + length), TODAY - timedelta(days=number))
            found = periods.pieces(period)
            days = [
                day
                for grain, firsts in found.items()
                for first in firsts
                for day in Period(first, periods.last_day(first, grain))
            ]
            assert sorted(days) == list(period)
            assert len(found[Grain.DAY]) <= 24
            assert len(found[Grain.WEEK]) <= 8
    year = Period(date(2025, 11, 30), TODAY)
    assert {grain: len(firsts) for grain, firsts in periods.pieces(year).items()} == {
        Grain.DAY: 2,
        Grain.WEEK: 4,
        Grain.MONTH: 11,
    }
