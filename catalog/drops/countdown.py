"""The state of drops by the database's clock, and when a waiting page reloads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

from django.db.models.functions import Now

from catalog.models import Collection

_chance = SystemRandom()
# Pages that wait without JavaScript reload by themselves, some time after the phase changes, each at a different
# moment.
SPREAD_SECONDS: Final = 20
LONGEST_WAIT: Final = 600


@dataclass(frozen=True, slots=True)
class DropState:
    """A drop at `now` (the database's clock); `changes_at`: when the phase changes next, None when it does not."""

    phase: Collection.Phase
    now: datetime
    changes_at: datetime | None
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """Return what the waiting pages read."""
        return {
            "phase": str(self.phase.value),
            "now": self.now.isoformat(),
            "changes_at": self.changes_at.isoformat() if self.changes_at else None,
        }


def state(slug: str) -> DropState | None:
    """Return a visible drop's state by the database's clock; None when there is none. One small query."""
    row = (
        Collection.objects.filter(slug=slug, is_active=True, kind=Collection.Kind.DROP)
        .annotate(db_now=Now())
        .values("starts_at", "ends_at", "db_now")
        .first()
    )
    if row is None:
        return None
    now: datetime = row["db_now"]
    window = Collection(starts_at=row["starts_at"], ends_at=row["ends_at"])
    phase = window.phase(now)
    changes_at = {Collection.Phase.UPCOMING: window.starts_at, Collection.Phase.OPEN: window.ends_at}.get(
        phase
    )
    return DropState(phase, now, changes_at, window.starts_at, window.ends_at)


def refresh_seconds(changes_at: datetime | None, now: datetime) -> int:
    """Return after how many seconds a page without JavaScript reloads: after the phase changes, or in ten minutes."""
    if changes_at is None:
        return 0
    until = max(changes_at - now, timedelta()).total_seconds()
    return int(min(until, LONGEST_WAIT)) + 1 + _chance.randrange(SPREAD_SECONDS)
