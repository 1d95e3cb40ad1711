"""How far the figures are behind: changes that were noted and not counted yet."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerField, Max, Min
from django.db.models.functions import Cast

from shop.reports.models import ReportChange


@dataclass(frozen=True, slots=True)
class Pending:
    """`since`: when the oldest change that is not counted yet happened; None: everything is counted.

    `is_all`: everything is being counted again, and figures may lack whole days until that is done.
    """

    since: datetime | None = None
    is_all: bool = False


def now() -> Pending:
    """Return how far the figures are behind, by one statement."""
    oldest = ReportChange.objects.aggregate(
        since=Min("created_at"), is_all=Max(Cast("is_all", output_field=IntegerField()))
    )
    return Pending(oldest["since"], bool(oldest["is_all"]))
