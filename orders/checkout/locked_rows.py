"""A session that a step writes: locked, with the rows that its sums are made of."""

from django.conf import settings

from orders.checkout import adjustments, frozen_lines
from orders.checkout.issues import NotReady
from orders.checkout.session_locks import closed, is_open, lock_and_read
from orders.models import CheckoutSession
from orders.shipping import rates
from shop.core.database.kept_queries import Several, remember


def lock_open(session: CheckoutSession) -> CheckoutSession:
    """Lock a session that can be filled in; its lines and adjustments are read under the lock, and remembered.

    So are the rates, unless the request has read them already: no lock of a session keeps them. One round trip.

    Raises: NotReady.
    """
    country = settings.SHOP_COUNTRY
    known = rates.remembered(session, country)
    asked: Several = (frozen_lines.asked(session), adjustments.asked(session))
    if known is None:
        asked += (rates.asked(country),)
    locked, (lines, rows, *others) = lock_and_read(session, *asked)
    if not is_open(locked):
        raise NotReady(closed(locked))
    remember(locked, "lines", lines)
    remember(locked, "adjustments", rows)
    rates.remember(locked, country, others[0] if known is None else known)
    return locked


def forget(session: CheckoutSession) -> None:
    """Let whoever goes on with a session read its rows as they are by then."""
    session.forget_rows("lines")
    session.forget_rows("adjustments")
    rates.forget(session)
