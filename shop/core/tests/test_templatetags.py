"""The tags every page may use: amounts, icons, clocks, titles that fit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.timezone import make_aware

from shop.core.money import FloatMoneyError
from shop.core.templatetags.ui import fit


def _render(source: str, **context: object) -> str:
    with translation.override("en"):
        return Template("{% load ui money %}" + source).render(Context(context))


def test_money_writes_amounts_and_leaves_nothing_empty() -> None:
    assert _render("{{ a|money }}", a=Decimal("84900.00")).replace("\xa0", " ") == "$ 84,900"
    assert _render("{{ a|money }}", a=Decimal("84900.50")).replace("\xa0", " ") == "$ 84,900.50"
    assert _render("{{ a|money }}", a=None) == ""


def test_money_refuses_floats() -> None:
    with pytest.raises(FloatMoneyError):
        _render("{{ a|money }}", a=1.5)


def test_icons_are_hidden_from_readers_and_point_into_the_sprite() -> None:
    html = _render('{% icon "cart" %}')
    assert 'aria-hidden="true"' in html
    assert "icons/sprite.svg#cart" in html


def test_countdown_shows_what_is_left_and_both_clocks() -> None:
    now = make_aware(datetime(2026, 11, 21, 12))
    deadline = now + timedelta(days=2, hours=3, minutes=4, seconds=5)
    html = _render("{% countdown deadline now %}", deadline=deadline, now=now)
    assert f'data-countdown="{deadline.isoformat()}"' in html
    assert f'data-now="{now.isoformat()}"' in html
    for unit, shown in (("days", "2"), ("hours", "03"), ("minutes", "04"), ("seconds", "05")):
        assert f'data-unit="{unit}">{shown}<' in html
    assert ">days</span>" in html
    last = _render("{% countdown deadline now %}", deadline=deadline - timedelta(days=1), now=now)
    assert ">day</span>" in last


def test_clock_counts_minutes_and_says_the_hour_without_scripts() -> None:
    now = timezone.now()
    html = _render("{% clock deadline now %}", deadline=now + timedelta(minutes=14, seconds=59), now=now)
    assert "14:59" in html
    assert "until " in html


def test_a_deadline_that_has_passed_shows_zero() -> None:
    now = timezone.now()
    assert "00:00" in _render("{% clock deadline now %}", deadline=now - timedelta(hours=1), now=now)


@pytest.mark.parametrize(
    ("words", "name"), [("", "fit-5"), ("Andén 03", "fit-5"), ("NOCTURNO", "fit-8"), ("x" * 90, "fit-20")]
)
def test_fit_goes_by_the_longest_word(words: str, name: str) -> None:
    assert fit(words) == name


@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
def test_days_and_hours_in_figures_are_those_of_the_formats(language: str) -> None:
    moment = datetime(2026, 1, 2, 1, 5, tzinfo=UTC)
    source = (
        "{% load ui tz %}{{ moment|short_date }} {{ moment|hour }}\n"
        "{{ moment|localtime|date:'SHORT_DATE_FORMAT' }} {{ moment|localtime|time:'H:i' }}"
    )
    with translation.override(language):
        ours, djangos = Template(source).render(Context({"moment": moment})).split("\n")
    assert ours == djangos
