"""An open checkout as a screen shows it: while it says what its cart says, nothing is locked and nothing is written.

A step that is sent locks it (`lock`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from inventory import reservations
from orders.cart.view import CartView, asked_of_checkout, view_of
from orders.cart.view import asked as view_asked
from orders.checkout import adjustments, frozen_lines, issues, noted_sums, sessions
from orders.checkout.issues import CheckoutIssue
from orders.checkout.session_locks import is_open
from orders.models import CheckoutLine, CheckoutSession
from orders.pricing import purchases
from orders.shipping import rates
from orders.shipping.rates import Quote
from shop.core.database.kept_queries import KeptQuery, Rows, Several, remember, together
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Seen:
    """What changed and what blocks a checkout, and when the first of its cart's reservations expires.

    `also`: the rows of what was asked with it (`find`); empty: they are to be asked for.
    """

    issues: list[CheckoutIssue]
    reservation_ends: datetime | None
    also: Rows = ()
    # The ways on offer, where it was compared at what one of them costs now.
    offers: list[Quote] | None = None


def _by_token(token: str) -> QuerySet[CheckoutSession]:
    return CheckoutSession.objects.select_related("shipping_address", "cart").filter(token=token).order_by()


def _by_token_of_form(token: str) -> QuerySet[CheckoutSession]:
    # What a form is checked and stored by, and no more.
    return CheckoutSession.objects.select_related("shipping_address").filter(token=token).order_by()


def _locked(token: str) -> "QuerySet[CheckoutSession, tuple[UUID]]":
    rows = CheckoutSession.objects.filter(token=token).order_by()
    return rows.select_for_update(of=("self",), no_key=True).values_list("pk")


def _lines(token: str) -> QuerySet[CheckoutLine]:
    return CheckoutLine.objects.filter(checkout__token=token)


_SESSION: Final = KeptQuery(_by_token, str)
_SESSION_OF_FORM: Final = KeptQuery(_by_token_of_form, str)
_LOCKED: Final = KeptQuery(_locked, str)
_LINES: Final = KeptQuery(_lines, str)
# What was read of the cart with a session that a screen shows: its lines, their options, the session's adjustments.
_CART: Final = "_cart_of_screen"


def find(token: str, *, is_shown: bool = False, also: Several = ()) -> CheckoutSession | None:
    """Return the session of a token with what its screens show of it and what they are quoted by, or None.

    One round trip. `is_shown`: a screen will `see` it, and the cart is read with it, and what is asked `also`.
    """
    country = settings.SHOP_COUNTRY
    asked: Several = (_SESSION.asked(token), rates.asked(country), _LINES.asked(token))
    if is_shown:
        asked = (*asked, *asked_of_checkout(token), adjustments.asked_by_token(token), *also)
    found, known, lines, *others = together(*asked)
    session: CheckoutSession | None = next(iter(found), None)
    if session is not None:
        rates.remember(session, country, known)
        remember(session, "lines", lines)
        if is_shown:
            session.__dict__[_CART] = others
    return session


def lock(token: str) -> CheckoutSession | None:
    """Lock the session of a token, and return it with what its forms need and its adjustments, or None. One round trip.

    All of it is read under the lock. The first statement is the lock and nothing else: one that joins the addresses
    and waits would show the session's new row beside the rows of before.
    """
    country = settings.SHOP_COUNTRY
    asked = (_LINES.asked(token), adjustments.asked_by_token(token), rates.asked(country))
    _locked, found, lines, rows, known = together(_LOCKED.asked(token), _SESSION_OF_FORM.asked(token), *asked)
    session: CheckoutSession | None = next(iter(found), None)
    if session is not None:
        remember(session, "lines", lines)
        remember(session, "adjustments", rows)
        rates.remember(session, country, known)
        noted_sums.note(session)
    return session


def see(session: CheckoutSession) -> Seen:
    """Return what changed and what blocks a session that was just read, for the screen.

    One that differs from its cart is revalidated (`sessions.revalidate`), with its locks. `session` in memory is then
    brought up to date; one that does not differ remembers its lines and adjustments, which were read to compare them.
    """
    if is_open(session) and session.cart is not None and not rates.refresh_for(session):
        known: Rows | None = session.__dict__.pop(_CART, None)
        if known is None:
            known = together(*view_asked(session.cart), adjustments.asked(session))
        cart_lines, options, rows, *others = known
        remember(session, "adjustments", rows)
        cart = view_of(session.cart, cart_lines, options)
        lines = frozen_lines.read(session)
        offers = rates.quotes_for(session, lines) if session.has_shipping else None
        if not cart.is_empty and _says_the_same(session, lines, cart, offers):
            found = [issue for issue in map(issues.of_line, cart.lines) if issue]
            return Seen(found, cart.expires_at, others, offers)
    rates.forget(session)
    return Seen(sessions.revalidate(session), reservation_ends(session))


def reservation_ends(session: CheckoutSession) -> datetime | None:
    """Return when the first of a session's reservations expires; None: it has none."""
    own = reservations.find_active(cart_id=session.cart_id).values() if session.cart_id else ()
    return min((reservation.expires_at for reservation in own), default=None)


def _says_the_same(
    session: CheckoutSession, lines: Sequence[CheckoutLine], cart: CartView, offers: list[Quote] | None
) -> bool:
    """Say whether revalidating a session would write what is written already."""
    if session.payment_way or session.quote_id:
        return False
    before, now = {line.variant_id: line for line in lines}, {line.variant.pk: line for line in cart.lines}
    if before.keys() != now.keys() or any(
        frozen_lines.differs(before[key], line) for key, line in now.items()
    ):
        return False
    if session.subtotal != sum((line.total for line in lines), ZERO):
        return False
    quote, found = frozen_lines.chosen_shipping(session, lines, offers)
    rate, carried = (quote.rate, quote.carried) if quote else (None, None)
    chosen = (rate.pk if rate else None, carried.pk if carried else None, quote.name if quote else "")
    if found or chosen != (session.shipping_rate_id, session.shipping_quote_id, session.shipping_name):
        return False
    totals = adjustments.reckon(session, lines, quote)
    sums = (totals.subtotal, totals.shipping, totals.adjusted, totals.total)
    if sums != (session.subtotal, session.shipping_total, session.adjustment_total, session.total):
        return False
    wanted = purchases.values_of(
        totals.adjustments, session.currency, {str(line.pk): line.pk for line in lines}
    )
    return adjustments.say(adjustments.read(session), wanted)
