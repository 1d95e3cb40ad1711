"""Dates, numbers and names in each language; and no sentence missed by makemessages."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format

from shop.core.audit.timeline import in_words
from shop.core.models import Event
from shop.core.templatetags.ui import country_name, weekday

MOMENT = datetime(2026, 12, 5, 1, 30, tzinfo=UTC)  # still Friday the 4th in Buenos Aires


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "viernes 4 de diciembre"),
        ("en", "Friday 4 December"),
        ("pt-br", "sexta-feira, 4 de dezembro"),
    ],
)
def test_a_day_is_announced_as_people_say_it_by_the_shops_clock(language: str, words: str) -> None:
    with translation.override(language):
        assert weekday(MOMENT) == words
        assert weekday(None) == ""


@pytest.mark.parametrize(
    ("language", "number", "day"),
    [
        ("es", "12.345,50", "05/12/2026"),
        ("en", "12,345.50", "5 Dec 2026"),
        ("pt-br", "12.345,50", "05/12/2026"),
    ],
)
def test_numbers_and_short_dates_leave_no_doubt(language: str, number: str, day: str) -> None:
    with translation.override(language):
        assert number_format("12345.50", force_grouping=True) == number
        assert date_format(MOMENT, "SHORT_DATE_FORMAT") == day


@pytest.mark.parametrize(("language", "name"), [("es", "Brasil"), ("en", "Brazil"), ("pt-br", "Brasil")])
def test_countries_are_named_in_the_readers_language(language: str, name: str) -> None:
    with translation.override(language):
        assert country_name("BR") == name
        assert country_name("??") == "??"


def test_a_timeline_says_states_and_kinds_in_the_readers_language() -> None:
    moved = Event(subject_type="core.emaillog", field="status", from_state="queued", to_state="sent")
    started = Event(subject_type="core.emaillog", kind="started")
    gone = Event(subject_type="core.nothing", kind="started")
    with translation.override("es"):
        assert in_words(moved) == "E-mail: en cola → enviado"
        assert in_words(started) == "E-mail: empezó"
        assert in_words(gone) == "core.nothing: started"


def test_no_alias_hides_sentences_from_the_collection() -> None:
    """xgettext finds `_` and gettext's own names; a sentence inside any other alias would never be translated."""
    alias = re.compile(r"import \w*gettext\w* as (?!_\b)\w+")
    found = [
        f"{path.relative_to(settings.BASE_DIR)}: {match.group()}"
        for app in ("catalog", "inventory", "orders", "payments", "shop")
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        if (match := alias.search(path.read_text(encoding="utf-8")))
    ]
    assert found == []
