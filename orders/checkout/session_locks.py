"""Checkout sessions are locked and read here; each verb of `orders.checkout.sessions` says what else it locks."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from orders.checkout import issues, noted_sums
from orders.checkout.issues import CheckoutIssue, NotReady
from orders.models import Cart, CheckoutSession
from shop.core.database.kept_queries import Asked, KeptQuery, together

Status = CheckoutSession.Status
LIVE: Final = (Status.OPEN, Status.AWAITING_PAYMENT)


def _locked(key: UUID) -> QuerySet[CheckoutSession]:
    return CheckoutSession.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).order_by()


_LOCKED: Final = KeptQuery(_locked, UUID)
_CART: Final = KeptQuery(
    lambda key: Cart.objects.select_for_update(no_key=True).filter(pk=key).order_by(), UUID
)


def _live_of(cart_id: UUID) -> QuerySet[CheckoutSession]:
    rows = CheckoutSession.objects.filter(cart_id=cart_id, status__in=LIVE)
    return rows.select_for_update(of=("self",), no_key=True)[:1]


_LIVE_OF: Final = KeptQuery(_live_of, UUID)


def lock(session: CheckoutSession) -> CheckoutSession:
    """Lock a session and return it as it is now.

    Raises: CheckoutSession.DoesNotExist.
    """
    return lock_and_read(session)[0]


def lock_and_read(session: CheckoutSession, *asked: Asked[Any]) -> tuple[CheckoutSession, list[list[Any]]]:
    """Lock a session and return it as it is now, and what else is asked: in the same round trip, under the lock.

    Raises: CheckoutSession.DoesNotExist.
    """
    rows, *others = together(_LOCKED.asked(session.pk), *asked)
    found: CheckoutSession | None = next(iter(rows), None)
    if found is None:
        raise CheckoutSession.DoesNotExist(str(session.pk))
    # Addresses are written once: what was read of the same one is still true.
    known = session._state.fields_cache.get("shipping_address")
    if known is not None and known.pk == found.shipping_address_id:
        found.shipping_address = known
    noted_sums.note(found)
    return found, others


def lock_cart(session: CheckoutSession) -> Cart | None:
    """Lock and return the session's cart, before the session: nobody edits it meanwhile (`carts` waits for this)."""
    if not session.cart_id:
        return None
    return _CART.first(session.cart_id)


def lock_live(cart: Cart) -> CheckoutSession | None:
    """Lock a cart, and return its live session, locked as well; None: it has none. Raises: Cart.DoesNotExist."""
    carts, sessions = together(_CART.asked(cart.pk), _LIVE_OF.asked(cart.pk))
    if not carts:
        raise Cart.DoesNotExist(str(cart.pk))
    return next(iter(sessions), None)


def is_open(session: CheckoutSession) -> bool:
    """Say whether a session can be filled in and paid."""
    return session.status == Status.OPEN and session.expires_at > timezone.now()


def closed(session: CheckoutSession) -> list[CheckoutIssue]:
    """Return why a session that is not open cannot be filled in."""
    if session.status == Status.AWAITING_PAYMENT and session.expires_at > timezone.now():
        return [issues.PAYING]
    if session.status in {*LIVE, Status.EXPIRED}:
        return [issues.EXPIRED]
    return [issues.CLOSED]


def lock_open(session: CheckoutSession) -> CheckoutSession:
    """Lock a session that can be filled in. Raises: NotReady."""
    locked = lock(session)
    if not is_open(locked):
        raise NotReady(closed(locked))
    return locked
