"""May it be sold now, and how much is left: what a refusal is made of. The database's clock decides."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

STANDING = "SELECT * FROM inventory_standing(%(variant_ids)s::uuid[])"


class NotSellable(Exception):
    """The variant is not on sale. `reason` is upcoming, closed or inactive; upcoming ones open at `opens_at`."""

    retryable = False

    def __init__(self, *, variant_id: UUID, reason: str, opens_at: datetime | None = None) -> None:
        super().__init__(f"{variant_id} is not on sale: {reason}")
        self.variant_id = variant_id
        self.reason = reason
        self.opens_at = opens_at


@dataclass(frozen=True)
class Standing:
    """A variant's standing: is it on sale, and how many units can be promised (by one location, by all)."""

    variant_id: UUID
    is_active: bool
    is_open: bool
    opens_at: datetime | None
    best: int
    total: int
    has_lapsed_holds: bool

    def require_sellable(self) -> None:
        """Raise NotSellable unless the variant is on sale and its drop is open."""
        if not self.is_active:
            raise NotSellable(variant_id=self.variant_id, reason="inactive")
        if not self.is_open:
            reason = "upcoming" if self.opens_at else "closed"
            raise NotSellable(variant_id=self.variant_id, reason=reason, opens_at=self.opens_at)


def standings(variant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Return how each variant stands, in one query without locks. One that does not exist is not on sale."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"variant_ids": list(variant_ids)})
        found = {
            key: Standing(key, is_active, is_open, opens_at, int(best), int(total), has_lapsed)
            for key, is_active, is_open, opens_at, best, total, has_lapsed in cursor.fetchall()
        }
    unknown = {key: Standing(key, False, False, None, 0, 0, False) for key in variant_ids if key not in found}
    return found | unknown
