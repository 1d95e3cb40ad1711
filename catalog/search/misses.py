"""What was searched and not found, counted by day for the staff; whoever searched is not kept."""

import re
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from catalog.models import SearchMiss
from catalog.search.text import fold
from shop.core.cache import is_away
from shop.core.jobs import dispatch

KEEP: Final = timedelta(days=90)
# Of one day so many texts are kept: whoever types nonsense fills no table.
MOST_A_DAY: Final = 2_000
# What may be an address or a number of a person is not kept.
_PERSONAL: Final = re.compile(r"@|\d{6,}|\d[\d .-]{7,}\d")


def note(text: str, corrected: str = "") -> None:
    """Ask a worker to count a text that found nothing, or only what was searched instead.

    While Redis is away it is not counted: the page would wait for the queue, which is in Redis too.
    """
    folded = fold(text)
    if folded and not _PERSONAL.search(text) and not is_away():
        dispatch("catalog.tasks.note_miss", folded, corrected)


def count(text: str, corrected: str = "") -> None:
    """Count a text once more today. Two at once count two."""
    today = timezone.localdate()
    same = SearchMiss.objects.filter(day=today, text=text)
    if same.update(count=F("count") + 1, corrected=corrected):
        return
    if SearchMiss.objects.filter(day=today).count() >= MOST_A_DAY:
        return
    made = SearchMiss(day=today, text=text, corrected=corrected)
    SearchMiss.objects.bulk_create([made], ignore_conflicts=True)


def purge() -> int:
    """Delete what is older than `KEEP`; return how many rows."""
    return SearchMiss.objects.filter(day__lt=timezone.localdate() - KEEP).delete()[0]
