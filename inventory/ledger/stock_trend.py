"""The trend of the stock over the last month as a small SVG: one query for a whole list."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.html import format_html
from django.utils.translation import gettext as _

from inventory.sql import load

TREND: Final = load("stock_trend")
DAYS: Final = 30
_WIDTH, _HEIGHT, _EDGE = 96, 24, 2


def of_levels(level_ids: Collection[UUID]) -> dict[UUID, list[int]]:
    """Return the units on hand at each level on each of the last thirty days, oldest first: one query."""
    if not level_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(TREND, {"levels": list(level_ids), "days": DAYS})
        return {key: list(trend) for key, trend in cursor.fetchall()}


def total(trends: Iterable[Sequence[int]]) -> list[int]:
    """Return the sum of trends, day by day."""
    return [sum(day) for day in zip(*trends, strict=True)]


def drawn(trend: Sequence[int], minimum: int = 0) -> str:
    """Return a trend as SVG, in steps, with a line at the minimum; its text alternative has the figures."""
    if not trend:
        return ""
    top = max(*trend, minimum, 1)

    def height(units: int) -> float:
        return round(_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * units / top, 1)

    step = _WIDTH / len(trend)
    path = f"M0 {height(trend[0])}" + "".join(
        f"V{height(units)}H{round((place + 1) * step, 1)}" for place, units in enumerate(trend)
    )
    words = _("%(days)s days: from %(first)s to %(last)s units, lowest %(lowest)s") % {
        "days": len(trend),
        "first": trend[0],
        "last": trend[-1],
        "lowest": min(trend),
    }
    line = (
        format_html('<path class="bo-spark-minimum" d="M0 {0}H{1}"/>', height(minimum), _WIDTH)
        if minimum
        else ""
    )
    return format_html(
        '<svg class="bo-spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img"><title>{2}</title>{3}'
        '<path class="bo-spark-course" d="{4}"/></svg>',
        _WIDTH,
        _HEIGHT,
        words,
        line,
        path,
    )
