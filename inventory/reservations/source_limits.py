"""The sources that limits count (address, network, account, confirmed e-mail), and the limits of each.

The database checks the limits where the units are taken (`sql/validate_source.sql`), so that no way into the cart
avoids them and two carts of one source at once cannot pass both. This module makes the statement's arguments: the
source of the request, as keys, and the figures of the settings. docs/drops.md has the reason of each.

An address is personal data: a reservation keeps digests under a key of the server, and only until it ends.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection
from django.dispatch import receiver

from inventory.reservations.sellability import NotSellable
from shop.core.database.postgresql.prepared import kept
from shop.core.user_input.emails import mailbox
from shop.core.web import visitors

CALL: Final = kept(
    "SELECT refusal, most, reserved, again_at, first_held_at, expires_at, is_limited"
    " FROM inventory_validate_source(%s, %s, %s, %s, %s, %s, %s)"
)


class ReservationRefused(NotSellable):
    """The source has reached its limit. There are units; trying again helps once some of its reservations have ended.

    `scope` is cart, account, email, ip or network, with `most` units of which `held` are reserved; or age: the cart has
    reserved this variant for the maximum time, and may again at `again_at`.
    """

    def __init__(
        self,
        *,
        variant_id: UUID,
        scope: str,
        most: int = 0,
        reserved: int = 0,
        again_at: datetime | None = None,
    ) -> None:
        super().__init__(variant_id=variant_id, reason=f"held by {scope}")
        self.scope = scope
        self.most = most
        self.reserved = reserved
        self.again_at = again_at


@dataclass(frozen=True, slots=True)
class Terms:
    """Who takes units, as keys (None: a job, which has no limits), and whether they are about to be paid.

    A purchase that is about to be paid is not refused because its reservations are old. `is_new_cart`: the cart is
    written together with this reservation, so there is nothing of it to be counted.
    """

    ip: int | None = None
    network: int | None = None
    email: int | None = None
    for_payment: bool = False
    is_new_cart: bool = False

    def as_array(self) -> str:
        """Return the argument `in_terms` of the statements (`sql/validate_source.sql`), as PostgreSQL writes arrays."""
        who = ",".join("NULL" if part is None else str(part) for part in (self.ip, self.network, self.email))
        return f"{{{who},{_figures()},{int(self.for_payment)},{int(self.is_new_cart)}}}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` allows: since when the units count as reserved, until when they may be, and whether limits apply."""

    first_reserved_at: datetime
    expires_at: datetime
    is_limited: bool


def of_visitor(*, for_payment: bool = False, is_new_cart: bool = False) -> Terms:
    """Return the terms of the current request's visitor; for a job, terms without a source."""
    visitor = visitors.current()
    if visitor is None:
        return Terms(for_payment=for_payment, is_new_cart=is_new_cart)
    return Terms(
        ip=key("ip", visitor.address),
        network=key("network", visitor.network),
        email=key("email", mailbox(visitor.email)) if visitor.email else None,
        for_payment=for_payment,
        is_new_cart=is_new_cart,
    )


def key(kind: str, value: str) -> int:
    """Return a digest of 64 bits under a key of the server (SECRET_KEY): the rows alone reveal nothing."""
    digest = _begun(settings.SECRET_KEY, kind).copy()
    digest.update(value.encode())
    return int.from_bytes(digest.digest()[:8], "big", signed=True)


@cache
def _begun(secret: str, kind: str) -> hmac.HMAC:
    """Return the digest of one kind up to its value; the key is prepared for it once."""
    return hmac.new(secret.encode(), f"hold-source:{kind}:".encode(), "sha256")


def validate_source(
    variant_id: UUID,
    quantity: int,
    *,
    terms: Terms,
    ttl: Any,
    cart_id: UUID | None,
    user_id: UUID | None,
    more: int = 0,
) -> Verdict:
    """Check that the source may reserve `quantity` more, beside `more` that the same request takes.

    Within a transaction the source's lock is kept until the commit, so the answer stays true until then.

    Raises: ReservationRefused.
    """
    with connection.cursor() as cursor:
        cursor.execute(CALL, [variant_id, quantity, cart_id, user_id, ttl, terms.as_array(), more])
        scope, most, reserved, again_at, first_reserved_at, expires_at, is_limited = cursor.fetchone()
    if scope:
        raise ReservationRefused(
            variant_id=variant_id,
            scope=scope,
            most=int(most or 0),
            reserved=int(reserved or 0),
            again_at=again_at,
        )
    return Verdict(first_reserved_at, expires_at, is_limited)


def take_turn(terms: Terms, *, cart_id: UUID | None, user_id: UUID | None) -> None:
    """Take the source's lock until the commit: for a transaction that locks stock before it reserves.

    The statements take the same locks again without waiting. To be called before any stock level is locked.
    """
    if terms.network is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _TURN, {"network": terms.network, "email": terms.email, "user": user_id, "cart": cart_id}
        )


# As in sql/validate_source.sql.
_TURN: Final = """
SELECT pg_advisory_xact_lock(turn.number)
  FROM (SELECT DISTINCT number
          FROM unnest(ARRAY[%(network)s::bigint, %(email)s::bigint,
                            hashtextextended('holds:' || %(user)s::uuid, 0),
                            hashtextextended('holds:' || %(cart)s::uuid, 0)]) AS number
         WHERE number IS NOT NULL
         ORDER BY 1) AS turn
"""


@cache
def _figures() -> str:
    """Return the settings' part of the terms, cached: only tests change settings."""
    figures = (
        settings.RESERVED_PER_CART,
        settings.RESERVED_PER_ACCOUNT,
        settings.RESERVED_PER_EMAIL,
        settings.RESERVED_PER_IP,
        settings.RESERVED_PER_NETWORK,
        settings.RESERVED_SHARE_PER_IP,
        settings.RESERVED_SHARE_PER_NETWORK,
        settings.RESERVED_SIGNED_IN_FACTOR,
        int(settings.RESERVATION_LIMITS == "always"),
        int(settings.GUEST_DROP_TTL.total_seconds()),
        int(settings.GUEST_DROP_MAX_AGE.total_seconds()),
        int(settings.RESERVATION_MAX_AGE.total_seconds()),
        int(settings.RESERVATION_PAUSE.total_seconds()),
    )
    return ",".join(map(str, figures))


@receiver(setting_changed, dispatch_uid="hold-sources-figures")
def _read_again(**kwargs: object) -> None:
    _figures.cache_clear()
