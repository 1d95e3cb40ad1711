"""Local times as people type them, also at changes of daylight saving time.

A time that does not exist is explained; one that happens twice is distinguished by its offset (`23:30 -04`).
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone as clocks
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

_OFFSET = re.compile(
    r"^(?P<time>.*?\d)\s*(?:UTC|GMT)?\s*(?P<sign>[+\u2212-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?$"
)


def offsets(wall: datetime) -> tuple[timedelta, timedelta]:
    """Return the offsets of a naive local time: of its first and of its second reading; the same but at a change."""
    zone = clocks.get_current_timezone()
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first or timedelta(), second or timedelta()


def exists(wall: datetime) -> bool:
    """Return whether this naive local time exists: not in the hour that is skipped."""
    zone = clocks.get_current_timezone()
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


def is_twice(wall: datetime) -> bool:
    """Return whether this naive local time happens twice."""
    first, second = offsets(wall)
    return first != second and exists(wall)


def written(offset: timedelta) -> str:
    """Return an offset as people write it: `-03`, `+05:30`."""
    minutes = int(offset.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}" + (f":{rest:02d}" if rest else "")


def moment(day: date, hour: time) -> datetime:
    """Return the instant of a local day and time, whose offset may stand in `hour.tzinfo`.

    Raises: ValidationError that names the change of clocks (codes `skipped`, `twice`, `offset`).
    """
    wall = datetime.combine(day, hour.replace(tzinfo=None))
    zone, (first, second) = clocks.get_current_timezone(), offsets(wall)
    said: dict[str, object] = {
        "time": wall.strftime("%H:%M"),
        "day": date_format(day, "DATE_FORMAT"),
        "zone": str(zone),
        "first": written(first),
        "second": written(second),
    }
    if not exists(wall):
        gap = abs(second - first)
        end = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
        said |= {"after": end.strftime("%H:%M"), "minutes": int(gap.total_seconds() // 60)}
        raise ValidationError(
            _(
                "On %(day)s clocks go forward by %(minutes)s minutes in %(zone)s: %(time)s does not exist that night. "
                "Type %(after)s, which is the same moment."
            )
            % said,
            code="skipped",
        )
    offset = None if hour.tzinfo is None else hour.tzinfo.utcoffset(None)
    if offset is None and first != second:
        raise ValidationError(
            _(
                "On %(day)s clocks go back in %(zone)s, so %(time)s happens twice: type “%(time)s %(first)s” for the "
                "first, “%(time)s %(second)s” for the second."
            )
            % said,
            code="twice",
        )
    if offset not in {None, first, second}:
        raise ValidationError(
            _("In %(zone)s the offset is %(first)s at that time.") % said
            if first == second
            else _("In %(zone)s the offset is %(first)s or %(second)s at that time.") % said,
            code="offset",
        )
    return wall.replace(tzinfo=zone, fold=int(offset == second and first != second))


class OffsetTimeField(forms.TimeField):
    """A time of day, with an offset where somebody types one: `23:30 -04`."""

    def to_python(self, value: Any) -> time | None:
        """Return the time; one with an offset has a fixed time zone."""
        found = _OFFSET.match(value.strip()) if isinstance(value, str) else None
        if found is None:
            return super().to_python(value)
        hour = super().to_python(found["time"])
        ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        if hour is None or ahead >= timedelta(hours=24):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return hour.replace(tzinfo=timezone(ahead if found["sign"] == "+" else -ahead))

    def has_changed(self, initial: object, data: object) -> bool:
        """Compare times, also when the one shown carries its offset."""
        try:
            return super().has_changed(self.to_python(initial), data)
        except ValidationError:
            return True


class MomentWidget(UnfoldAdminSplitDateTimeWidget):
    """Day and time; a time that happens twice is shown with its offset."""

    def decompress(self, value: datetime | None) -> tuple[date | None, time | str | None]:  # type: ignore[override]  # A time with its offset is a text.
        """Return day and local time of an instant."""
        if not value:
            return None, None
        local = clocks.localtime(value) if clocks.is_aware(value) else value
        wall = local.replace(tzinfo=None, fold=0, microsecond=0)
        hour = (
            f"{wall:%H:%M:%S} {written(local.utcoffset() or timedelta())}" if is_twice(wall) else wall.time()
        )
        return wall.date(), hour


class MomentField(forms.SplitDateTimeField):
    """An instant, typed as local day and time."""

    widget = MomentWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "widget": MomentWidget})
        # MultiValueField has checked `required` on its parts already; only the time's own field differs.
        own = OffsetTimeField(
            required=False, error_messages={"invalid": self.default_error_messages["invalid_time"]}
        )
        self.fields = (self.fields[0], own)

    def compress(self, data_list: Any) -> datetime | None:
        """Return the instant. Raises: ValidationError with words."""
        if not data_list:
            return None
        day, hour = data_list
        if day in self.empty_values:
            raise ValidationError(self.error_messages["invalid_date"], code="invalid_date")
        if hour in self.empty_values:
            raise ValidationError(self.error_messages["invalid_time"], code="invalid_time")
        return moment(day, hour)
