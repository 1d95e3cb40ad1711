"""The links to years, months and days above a list, without reading all its rows.

Django asks for the distinct days of a whole table. Of a list without filter or search the first and the last day say
enough, by an index; a link may then lead to a day without rows.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min
from django.utils.timezone import localtime


class DatedList(ChangeList):
    """A list whose links to days are reckoned from the first and the last one, unless it is filtered or searched."""

    def get_results(self, request: Any) -> None:
        super().get_results(request)
        field = self.date_hierarchy
        is_whole = not self.query and all(name.startswith(f"{field}__") for name in self.filter_params)
        if field and is_whole:
            rows: Any = self.queryset
            rows.datetimes = lambda name, kind: periods(rows, name, kind)


def periods(rows: Any, field: str, kind: str) -> list[datetime]:
    """Return the beginnings of the years, months or days (`kind`) from the first row to the last."""
    ends = rows.order_by().aggregate(first=Min(field), last=Max(field))
    if ends["first"] is None:
        return []
    at, last = _beginning(localtime(ends["first"]), kind), localtime(ends["last"])
    found = []
    while at <= last:
        found.append(at)
        # Longer than any period, and never into the one after the next.
        longest = {"year": timedelta(days=367), "month": timedelta(days=32), "day": timedelta(hours=27)}[kind]
        at = _beginning(at + longest, kind)
    return found


def _beginning(at: datetime, kind: str) -> datetime:
    """Return midnight at the beginning of the period that has this moment."""
    month = 1 if kind == "year" else at.month
    day = at.day if kind == "day" else 1
    return at.replace(month=month, day=day, hour=0, minute=0, second=0, microsecond=0)
