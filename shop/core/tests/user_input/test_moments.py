"""Local times at a change of clocks: the skipped hour is explained, the repeated hour can be typed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.utils import timezone, translation

from shop.core.user_input.moments import MomentField, MomentWidget

SANTIAGO = ZoneInfo("America/Santiago")


class Form(forms.Form):
    """When a drop begins."""

    at = MomentField(required=False)


@pytest.fixture(autouse=True)
def in_santiago() -> Iterator[None]:
    with timezone.override(SANTIAGO), translation.override("en"):
        yield


def sent(day: str, hour: str) -> Form:
    return Form({"at_0": day, "at_1": hour})


def test_a_midnight_that_does_not_exist_is_explained_by_the_change_of_clocks():
    # https://www.timeanddate.com/time/change/chile/santiago?year=2027: clocks go forward on Sunday 5 September at 0:00.
    form = sent("2027-09-05", "00:00")

    assert form.errors["at"][0] == (
        "On 5 September 2027 clocks go forward by 60 minutes in America/Santiago: 00:00 does not exist that night. "
        "Type 01:00, which is the same moment."
    )
    assert sent("2027-09-05", "01:00").is_valid()


def test_the_hour_that_happens_twice_is_asked_about_and_can_be_typed():
    form = sent("2027-04-03", "23:30")
    assert "type “23:30 -03” for the first, “23:30 -04” for the second" in form.errors["at"][0]

    first, second = sent("2027-04-03", "23:30 -03"), sent("2027-04-03", "23:30-04:00")

    assert first.is_valid()
    assert second.is_valid()
    assert first.cleaned_data["at"].astimezone(UTC) == datetime(2027, 4, 4, 2, 30, tzinfo=UTC)
    assert second.cleaned_data["at"].astimezone(UTC) == datetime(2027, 4, 4, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize("hour", [2, 3])
def test_a_moment_of_the_doubled_hour_is_shown_so_that_it_comes_back_the_same(hour):
    at = datetime(2027, 4, 4, hour, 30, tzinfo=UTC)
    form = Form(initial={"at": at})
    day, shown = form.fields["at"].widget.decompress(at)
    again = Form({"at_0": str(day), "at_1": str(shown)}, initial={"at": at})

    assert again.is_valid(), again.errors
    assert again.cleaned_data["at"].astimezone(UTC) == at
    assert not again.changed_data
    assert str(shown) in str(form["at"])


def test_another_offset_than_the_places_is_refused():
    assert sent("2027-06-01", "10:00 +05").errors["at"] == [
        "In America/Santiago the offset is -04 at that time."
    ]
    assert sent("2027-06-01", "10:00 +99").errors["at"]


def test_usual_times_and_nothing_are_as_ever():
    usual = sent("2027-06-01", "10:00")
    assert usual.is_valid()
    assert usual.cleaned_data["at"] == datetime(2027, 6, 1, 14, tzinfo=UTC)
    empty = sent("", "")
    assert empty.is_valid()
    assert empty.cleaned_data["at"] is None
    assert sent("2027-06-01", "").errors
    shown = MomentWidget().decompress(datetime(2027, 6, 1, 14, tzinfo=UTC))
    assert shown == (date(2027, 6, 1), time(10))
