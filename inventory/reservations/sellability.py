"""Whether a variant may be sold now, how much is left, and the refusals. By the database's clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

SELLABILITY = "SELECT * FROM inventory_sellability(%(variant_ids)s::uuid[], %(cart_id)s, %(user_id)s)"


class NotSellable(Exception):
    """The variant is not on sale. `reason` is upcoming, closed or inactive; upcoming ones open at `opens_at`."""

    def __init__(self, *, variant_id: UUID, reason: str, opens_at: datetime | None = None) -> None:
        super().__init__(f"{variant_id} is not on sale: {reason}")
        self.variant_id = variant_id
        self.reason = reason
        self.opens_at = opens_at


class OverLimit(NotSellable):
    """One purchase may have `limit` units of the variant (its `max_per_order`), of which the cart has `own`."""

    def __init__(self, *, variant_id: UUID, limit: int, own: int) -> None:
        super().__init__(variant_id=variant_id, reason="limit")
        self.limit = limit
        self.own = own


@dataclass(frozen=True)
class Sellability:
    """Whether a variant is on sale, and how many units can be promised (by one location, by all).

    `limit` is the most that one purchase may have (None: any number), `own` what the asking cart has of it already.
    """

    variant_id: UUID
    is_active: bool
    is_open: bool
    opens_at: datetime | None
    best: int
    total: int
    has_expired_reservations: bool
    limit: int | None = None
    own: int = 0

    def require_sellable(self, quantity: int = 0) -> None:
        """Raise NotSellable unless the variant is on sale, its drop open, and `quantity` more within the limit."""
        if not self.is_active:
            raise NotSellable(variant_id=self.variant_id, reason="inactive")
        if not self.is_open:
            reason = "upcoming" if self.opens_at else "closed"
            raise NotSellable(variant_id=self.variant_id, reason=reason, opens_at=self.opens_at)
        if quantity and self.limit is not None and self.own + quantity > self.limit:
            raise OverLimit(variant_id=self.variant_id, limit=self.limit, own=self.own)


def sellability_of(
    variant_ids: Collection[UUID], *, cart_id: UUID | None = None, user_id: UUID | None = None
) -> dict[UUID, Sellability]:
    """Return what may be sold of each variant to a cart or an account (early access), in one query without locks.

    A variant that does not exist is not on sale.
    """
    asked = {"variant_ids": list(variant_ids), "cart_id": cart_id, "user_id": user_id}
    with connection.cursor() as cursor:
        cursor.execute(SELLABILITY, asked)
        found = {
            key: Sellability(
                key, is_active, is_open, opens_at, int(best), int(total), has_expired, limit, int(own)
            )
            for key, is_active, is_open, opens_at, best, total, has_expired, limit, own in cursor.fetchall()
        }
    unknown = {
        key: Sellability(key, False, False, None, 0, 0, False) for key in variant_ids if key not in found
    }
    return found | unknown
