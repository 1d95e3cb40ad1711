"""Progress of an import or export: written outside its transaction, in Redis; nothing depends on it."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

EVERY: Final = 0.25
KEEP: Final = 3600
STAGES: Final[dict[str, object]] = {
    "waiting": _("Waiting for a worker"),
    "reading": _("Reading the rows"),
    "judging": _("Comparing with what is there"),
    "products": _("Writing products"),
    "variants": _("Writing variants"),
    "movements": _("Booking movements"),
    "writing": _("Writing the file"),
}
# The share of each stage in the whole, from … to, in percent.
_SPANS: Final = {
    "waiting": (0, 0),
    "reading": (0, 25),
    "judging": (25, 55),
    "products": (55, 65),
    "variants": (65, 98),
    "movements": (55, 98),
    "writing": (0, 98),
}


@dataclass(frozen=True)
class JobProgress:
    """The stage, and how much of the whole is done."""

    stage: str
    done: int
    total: int

    @property
    def words(self) -> str:
        """Return the stage for people."""
        return str(STAGES.get(self.stage, self.stage))

    @property
    def percent(self) -> int:
        """Return how much of the whole is done, 0–98: 100 only once the row's status is done."""
        start, end = _SPANS.get(self.stage, (0, 98))
        return start + (end - start) * self.done // max(1, self.total)


class Teller:
    """Writes the progress of a job, at most four times a second and once at the end of each stage."""

    def __init__(self, job_id: UUID) -> None:
        self.key, self.last = _key(job_id), 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last >= EVERY or done >= total:
            self.last = now
            cache.set(self.key, (stage, done, total), KEEP)


def read(job_id: UUID) -> JobProgress:
    """Return the progress of a job; without an entry (or Redis) it is waiting."""
    return JobProgress(*(cache.get(_key(job_id)) or ("waiting", 0, 0)))


def forget(job_id: UUID) -> None:
    """Delete the progress."""
    cache.delete(_key(job_id))


def _key(job_id: UUID) -> str:
    return f"import:{job_id}"
