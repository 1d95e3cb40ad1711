"""Checkout sessions: started from a cart, filled in, frozen for payment, completed, expired or cancelled.

While a session is open it follows its cart: every screen and the pay button recompute lines, prices, shipping and
reservations on the server, and say what changed. From `mark_awaiting` on it does not change: what the provider was
offered is what will be sold. Locks: cart row, then session row, then cart lines, then stock levels (docs/locking.md).

A session is visible to whoever has its token (192 random bits, never sent to other sites: Referrer-Policy same-origin),
except that the session of an account opens to that account only (`visible_to`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from inventory import reservations
from orders import clocks
from orders.cart.reservations import asked as reserved_asked
from orders.cart.view import CartView, view, view_of
from orders.cart.view import asked as view_asked
from orders.checkout import (
    adjustments,
    drop_limits,
    frozen_lines,
    issues,
    locked_rows,
    new_sessions,
    steps,
)
from orders.checkout import reservations as checkout_reservations
from orders.checkout.contact import AddressData, Contact
from orders.checkout.delivery import BranchNotOffered
from orders.checkout.issues import CheckoutIssue, NotReady
from orders.checkout.session_locks import (
    LIVE,
    closed,
    is_open,
    lock,
    lock_cart,
    lock_live,
    lock_open,
)
from orders.checkout.steps import RateNotOffered
from orders.models import Cart, CheckoutSession, InstallmentQuote
from orders.pricing import ways
from orders.pricing.kinds import Financing, PaymentDiscount
from orders.shipping import rates
from shop.accounts.models import User
from shop.core.database.kept_queries import Rows, Several, remember, together
from shop.core.due.locked import one_by_one
from shop.core.states import IllegalTransition, move, record

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

__all__ = [
    "AddressData",
    "BranchNotOffered",
    "Contact",
    "NotReady",
    "RateNotOffered",
    "cancel",
    "expire_due",
    "freeze_for_payment",
    "mark_awaiting",
    "reopen",
    "revalidate",
    "set_contact",
    "set_shipping",
    "start",
    "visible_to",
]

Status = CheckoutSession.Status


def visible_to(session: CheckoutSession, user: "User | AnonymousUser") -> bool:
    """Say whether this visitor may open the session: an account's session is for that account alone."""
    return session.user_id is None or session.user_id == user.pk


def is_over(session: CheckoutSession) -> bool:
    """Say whether the session can neither be filled in nor paid any more (the job may not have ended it yet)."""
    return not session.is_live or (session.status == Status.OPEN and session.expires_at <= timezone.now())


@dataclass(frozen=True, slots=True)
class Begun:
    """A checkout that has been begun, new or not, and its cart as it was frozen."""

    session: CheckoutSession
    cart: CartView


def start(*, cart: Cart, user: User | None, language: str, actor: str) -> CheckoutSession:
    """Freeze the cart into its one live session, as `begin`; return the session."""
    return begin(cart=cart, user=user, language=language, actor=actor).session


def begin(*, cart: Cart, user: User | None, language: str, actor: str) -> Begun:
    """Freeze the cart into its one live session (re-used when there is one) and renew the reservations.

    A session that is being paid is returned as it is. A new session takes over what its predecessor or the account
    knows of the buyer. Locks the cart row, the session, then stock levels.

    Raises:
        NotReady: the cart is empty, or a line cannot be had; nothing was changed.
    """
    with transaction.atomic():
        session = _live_session(cart, actor)
        if session is not None and session.status == Status.AWAITING_PAYMENT:
            return Begun(session, view(cart))
        session, seen, reserved = _with_cart(session, cart, user, language)
        blocking = [found for found in map(issues.of_line, seen.lines) if found and found.blocks]
        if seen.is_empty or blocking:
            raise NotReady(blocking or [issues.EMPTY])
        is_new = session._state.adding
        session.language, session.expires_at = language, timezone.now() + clocks.checkout()
        session.user = user or session.user
        frozen_lines.freeze(session, seen, also=("language", "expires_at", "user"))
        if is_new:
            record(session, "started", actor=actor)
        frozen_lines.see_prices(session, seen)
        # An expired session may still buy what is left: paying reserves it.
        try:
            with transaction.atomic():
                checkout_reservations.reservation(session, actor, known=reserved)
        except checkout_reservations.ReservedTooLong:
            checkout_reservations.renew(session, actor)
    return Begun(session, seen)


def _with_cart(
    session: CheckoutSession | None, cart: Cart, user: User | None, language: str
) -> tuple[CheckoutSession, CartView, Rows]:
    """Return the session of a locked cart, or a new one, and what is read below its lock in one round trip: the cart
    itself, and what is reserved by it.
    """
    asked: Several = (*view_asked(cart), *reserved_asked(cart.pk))
    if session is None:
        before, lines, options, *reserved = together(new_sessions.asked_before(cart, user), *asked)
        session = new_sessions.make(cart, user, language, next(iter(before), None))
    else:
        own = (frozen_lines.asked(session), adjustments.asked(session))
        frozen, rows, lines, options, *reserved = together(*own, *asked)
        remember(session, "lines", frozen)
        remember(session, "adjustments", rows)
    return session, view_of(cart, lines, options), reserved


def claim(session: CheckoutSession, user: User) -> None:
    """Give an open checkout that a guest began to the account that its visitor has signed in to since."""
    if session.user_id is None:
        owned = CheckoutSession.objects.filter(pk=session.pk, user=None, status=Status.OPEN)
        if owned.update(user=user):
            session.user = user


def set_contact(session: CheckoutSession, *, contact: Contact, actor: str) -> CheckoutSession:
    """Store who buys and where it goes, as `write_contact`. Locks the session.

    Raises:
        NotReady: the session is not open any more; nothing was changed.
    """
    with transaction.atomic():
        session = locked_rows.lock_open(session)
        steps.write_contact(session, contact)
    locked_rows.forget(session)
    return session


def set_shipping(
    session: CheckoutSession, *, rate_id: object, accepts_terms: bool, actor: str, branch_code: str = ""
) -> CheckoutSession:
    """Store the way it travels, its price, and that the terms were accepted. `rate_id` None: none (`needs_rate`), 0.00.

    `branch_code`: the carrier's branch, where the way ends at one. Locks the session.

    Raises:
        NotReady: not open any more, or the terms are not accepted.
        RateNotOffered: it is not on offer.
        BranchNotOffered: it ends at a branch, and no known one near the address was named.
    """
    rates.refresh_for(session)
    with transaction.atomic():
        session = locked_rows.lock_open(session)
        if not accepts_terms:
            raise NotReady([issues.TERMS_MISSING])
        offers = rates.quotes_for(session, frozen_lines.read(session)) if rate_id else []
        steps.write_shipping(session, offers, rate_id, branch_code)
    locked_rows.forget(session)
    return session


def revalidate(session: CheckoutSession) -> list[CheckoutIssue]:
    """Recompute an open session from its cart and return what changed and what blocks it, for the screen.

    Carriers' prices that are not known or have expired are asked first, outside the transaction. A session that
    is being paid or closed is left alone. `session` in memory is brought up to date.
    """
    rates.refresh_for(session)
    with transaction.atomic():
        locked = lock(session)
        if is_open(locked):
            # The screen shows what it costs whatever way is chosen; each way that costs less says so itself.
            locked.payment_way, locked.quote = "", None
        found = closed(locked) if not is_open(locked) else frozen_lines.sync(locked)
    session.refresh_from_db()
    if found and rates.refresh_for(session):
        # Its lines are others than those that were asked about before.
        with transaction.atomic():
            locked = lock(session)
            found += frozen_lines.total(locked) if is_open(locked) else []
        session.refresh_from_db()
    return found


def freeze_for_payment(
    session: CheckoutSession, actor: str, *, way: str = "", quote: InstallmentQuote | None = None
) -> CheckoutSession:
    """Recompute everything one last time, reserve every unit, and make the reservations the session's own.

    `way` is how it will be paid (a gateway's code), `quote` the shop's own instalments: the price may depend on them.
    Expired reservations are taken again when the units are still there. A session already being paid is returned as
    it is, priced by `way`. What was recomputed stays written when this refuses, so that the next screen shows it.
    Locks the cart row, the session, then stock levels.

    Raises:
        NotReady: something changed that the shopper must see first, is missing, or cannot be had.
    """
    rates.refresh_for(session)
    with transaction.atomic(savepoint=False):
        cart = lock_cart(session)
        locked = frozen_lines.lock(session)
        if cart is not None and locked.cart_id == cart.pk:
            locked.cart = cart
        if locked.status == Status.AWAITING_PAYMENT and locked.expires_at > timezone.now():
            # An attempt by another way may have ended without the session: its price is not that of this way.
            set_way(locked, way)
            return locked
        if is_open(locked):
            locked.payment_way, locked.quote = way, quote
        found = closed(locked) if not is_open(locked) else _blockers(locked)
        if not found:
            found = checkout_reservations.reserve_for_payment(locked, actor)
    if found:
        raise NotReady(found)
    return locked


def set_way(session: CheckoutSession, way: str) -> None:
    """Price a locked session as paid by `way`, at the lines and shipping that it has: a late payment was offered so.

    One that was sold stays as it was sold, whatever else is paid for it.
    """
    if session.payment_way == way or session.status == Status.COMPLETED:
        return
    kinds = (PaymentDiscount.code, Financing.code)
    if not (session.adjustments.filter(kind__in=kinds).exists() or ways.discount_of(way)):
        return
    lines = list(session.lines.all())
    session.payment_way, session.quote = way, None
    adjustments.write(session, lines, adjustments.as_frozen(session, lines, way=way))
    session.save(
        update_fields=["payment_way", "quote", "shipping_total", "adjustment_total", "total", "updated_at"]
    )


def reserve_again(session: CheckoutSession, actor: str) -> None:
    """Reserve every line of an open session again, as far as the units are still there. Locks cart, session, levels.

    Raises:
        NotReady: not open any more, or units are gone; nothing was changed.
    """
    with transaction.atomic():
        lock_cart(session)
        locked = lock_open(session)
        found = [issue for issue in frozen_lines.sync(locked) if issue.blocks and issue.is_for_cart]
        if found:
            raise NotReady(found)
        checkout_reservations.reservation(locked, actor)


def mark_awaiting(
    session: CheckoutSession,
    *,
    reserve_until: datetime,
    expires_at: datetime,
    actor: str,
    is_locked: bool = False,
) -> CheckoutSession:
    """Send the session to payment: its reservations last at least until `reserve_until`, itself until `expires_at`.

    Repeated (a voucher was chosen, another attempt began) it only lengthens both. Locks the session, then the
    reservations. `is_locked`: the caller's transaction has locked it (`freeze_for_payment`), and this is what it read.

    Raises:
        IllegalTransition: completed, expired or cancelled meanwhile.
    """
    with transaction.atomic():
        session = session if is_locked else lock(session)
        if session.status == Status.AWAITING_PAYMENT:
            until = max(session.expires_at, expires_at)
            CheckoutSession.objects.filter(pk=session.pk).update(expires_at=until, updated_at=Now())
            session.expires_at = until
        else:
            if session.status != Status.OPEN:
                raise IllegalTransition(session, session.status, Status.AWAITING_PAYMENT)
            move(session, Status.AWAITING_PAYMENT, actor=actor, expires_at=expires_at)
        reservations.extend(checkout_id=session.pk, until=reserve_until, actor=actor)
    return session


def reopen(session: CheckoutSession, actor: str, reason: str = "") -> CheckoutSession:
    """Let the shopper try again on the same reservations, after the attempt was closed at the provider.

    The reservations last `RESERVATION_TTL` from now at most: what was reserved for days, for a voucher, is an ordinary
    purchase again. An open session stays as it is; one that ended stays ended (check its status). Locks the
    session, then the reservations.
    """
    with transaction.atomic():
        session = lock(session)
        if session.status == Status.AWAITING_PAYMENT:
            expires_at = timezone.now() + clocks.checkout()
            move(session, Status.OPEN, actor=actor, reason=reason, expires_at=expires_at)
            reservations.shorten(checkout_id=session.pk, ttl=clocks.reservation(), actor=actor)
    return session


def cancel(session: CheckoutSession, actor: str, reason: str = "") -> bool:
    """End a live session and release its reservations; return whether it was live. The cart keeps its lines.

    For a session that is being paid the caller has closed the attempt at the provider first.
    """
    with transaction.atomic():
        session = lock(session)
        if not session.is_live:
            return False
        return _end(session, Status.CANCELLED, actor=actor, reason=reason)


def expire_due(*, limit: int = 200, actor: str = "job:expire_checkouts") -> int:
    """Expire live sessions whose time is over, by the database's clock; return how many.

    One short transaction each, `SKIP LOCKED`: two workers share the work. A payment that still arrives is a late one. A
    session that the database refuses to end (its level is inconsistent) is skipped until the next run, and logged.
    All live ones are looked through for those that are due, once: no index has their ends.
    """
    due = CheckoutSession.objects.filter(status__in=LIVE, expires_at__lte=Now()).order_by("expires_at")

    def expire(session: CheckoutSession) -> str:
        return "expired" if _end(session, Status.EXPIRED, actor=actor, reason="expired") else "ended before"

    keys = list(due.values_list("pk", flat=True)[:limit])
    return sum(one_by_one(due.filter(pk=key), expire, limit=1, no_key=True)["expired"] for key in keys)


# -- Within ---------------------------------------------------------------------------------------------------------


def _live_session(cart: Cart, actor: str) -> CheckoutSession | None:
    """Lock the cart, and return its live session, locked; one whose time is over is expired first.

    The reservations of the ended one stay with the cart, which goes on at once: releasing them here would lock
    levels before those that the new session needs.
    """
    session = lock_live(cart)
    if session is not None and session.status == Status.OPEN and not is_open(session):
        move(session, Status.EXPIRED, actor=actor, reason="expired")
        return None
    return session


def _end(session: CheckoutSession, status: str, *, actor: str, reason: str) -> bool:
    """End a locked session. Reservations that were assigned to it are released.

    An open session's belong to the cart still.
    """
    done = move(session, status, actor=actor, reason=reason)
    reservations.release(checkout_id=session.pk, reason=status, actor=actor)
    return done


def _blockers(session: CheckoutSession) -> list[CheckoutIssue]:
    found = [issue for issue in frozen_lines.sync(session) if issue.blocks]
    if not session.email or (session.needs_document and not session.document_number):
        found.append(issues.CONTACT_MISSING)
    elif not session.has_shipping and session.needs_rate and issues.SHIPPING_CHANGED not in found:
        found.append(issues.SHIPPING_MISSING)
    if session.accepted_terms_at is None and (session.has_shipping or not session.needs_rate):
        found.append(issues.TERMS_MISSING)
    return [*found, *drop_limits.blockers(session)]
