"""The frozen lines of a checkout session and the sums over them: always recomputed on the server from the cart."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from catalog.models import Variant
from orders.cart.view import CartLineView, CartView, view
from orders.checkout import adjustments, issues, noted_sums
from orders.checkout.issues import CheckoutIssue, title
from orders.checkout.session_locks import lock_and_read
from orders.models import CartLine, CheckoutLine, CheckoutSession
from orders.shipping import rates
from orders.shipping.rates import Quote
from shop.core.database.kept_queries import Asked, KeptQuery, remember, remembered, update, write
from shop.core.database.kept_rows import insert
from shop.core.money import ZERO


def _lines(checkout_id: UUID) -> QuerySet[CheckoutLine]:
    return CheckoutLine.objects.filter(checkout_id=checkout_id)


LINES: Final = KeptQuery(_lines, UUID)


def asked(session: CheckoutSession) -> Asked[CheckoutLine]:
    """Return what `read` asks, to be asked `together` with more."""
    return LINES.asked(session.pk)


def read(session: CheckoutSession) -> list[CheckoutLine]:
    """Return the lines of a session, which it remembers: one query, the first time."""
    found = remembered(session, "lines")
    if found is None:
        found = LINES(session.pk)
        remember(session, "lines", found)
    return found


def lock(session: CheckoutSession) -> CheckoutSession:
    """Lock a session and return it as it is now, with its lines and adjustments, in one round trip.

    Raises: CheckoutSession.DoesNotExist.
    """
    locked, (lines, rows) = lock_and_read(session, asked(session), adjustments.asked(session))
    remember(locked, "lines", lines)
    remember(locked, "adjustments", rows)
    return locked


def freeze(session: CheckoutSession, cart: CartView, *, also: Iterable[str] = ()) -> list[CheckoutIssue]:
    """Write the cart's lines with the prices of now into the session; return what differs from what was frozen.

    The caller has locked the session. `also`: columns that it has set, saved with the sums.
    The first freezing of a session reports no differences.
    """
    # Read once: who asks for the lines of this locked session afterwards gets them as they were written here.
    before = {line.variant_id: line for line in read(session)}
    now = {line.variant.pk: line for line in cart.lines}
    found = _differences(before, now) if before else []
    gone = [before[variant_id].pk for variant_id in before.keys() - now.keys()]
    if gone:
        session.lines.filter(pk__in=gone).delete()
    new = _write_lines(session, before, now)
    if before and (gone or new):
        session.forget_rows("lines")
    elif new:
        remember(session, "lines", new)
    return [*found, *total(session, also=also)]


def total(
    session: CheckoutSession,
    *,
    also: Iterable[str] = (),
    offers: Iterable[Quote] | None = None,
    beside: Iterable[Asked[Any]] = (),
) -> list[CheckoutIssue]:
    """Recompute the session's sums, its shipping and every other adjustment; return what changed in the shipping.

    The session is locked, so that its row is there. `also`: columns that the caller has set, saved with the sums.
    `offers`: the ways on offer, where the caller has just asked for them. `beside`: writes that follow. What is written
    goes with the transaction's next statement, or with its commit.
    """
    lines = read(session)
    session.subtotal = sum((line.total for line in lines), ZERO)
    quote, found = chosen_shipping(session, lines, offers)
    session.shipping_rate, session.shipping_name = (quote.rate, quote.name) if quote else (None, "")
    session.shipping_quote = quote.carried if quote else None
    totals = adjustments.reckon(session, lines, quote)
    adjustments.set_sums(session, totals)
    # A new session is written with its sums at once, before the adjustments that refer to it.
    names = (*also, *noted_sums.to_write(session), "updated_at")
    first = insert([session]) if session._state.adding else update(session, names)
    write(first, *adjustments.asked_changes(session, lines, totals), *beside)
    return found


def chosen_shipping(
    session: CheckoutSession, lines: Sequence[CheckoutLine], offers: Iterable[Quote] | None = None
) -> tuple[Quote | None, list[CheckoutIssue]]:
    """Return the chosen rate at its present price, None where none is chosen or offered, and what changed."""
    if not session.has_shipping:
        return None, []
    known = rates.quotes_for(session, lines) if offers is None else offers
    quote = rates.find(known, rates.chosen_key(session))
    if quote is None:
        return None, [issues.SHIPPING_CHANGED]
    if quote.price != session.shipping_total:
        return quote, [issues.shipping_price_changed(session.shipping_total, quote.price)]
    return quote, []


def sync(session: CheckoutSession) -> list[CheckoutIssue]:
    """Bring an open, locked session up to date with its cart; return every difference and everything that blocks it.

    A change is reported once: the session is up to date afterwards. What cannot be had is reported until repaired.
    """
    if session.cart is None:
        return [issues.EMPTY]
    cart = view(session.cart)
    if cart.is_empty:
        return [issues.EMPTY]
    changed = freeze(session, cart)
    return [*changed, *(found for found in map(issues.of_line, cart.lines) if found)]


def _changed(cart_id: UUID) -> "QuerySet[CartLine, tuple[UUID]]":
    rows = CartLine.objects.filter(cart_id=cart_id).exclude(seen_price=F("variant__price"))
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk")


_CHANGED: Final = KeptQuery(_changed, UUID)


def see_prices(session: CheckoutSession, seen: CartView) -> None:
    """Store the present prices as seen by the shopper (the cart stops showing the former ones).

    `seen`: the cart as it was read under its lock.
    """
    if all(line.former_price is None for line in seen.lines):
        return
    # Locked by primary key like all lines: an UPDATE alone would lock them in physical order.
    keys = [key for (key,) in _CHANGED(session.cart_id)] if session.cart_id else []
    if not keys:
        return
    price = Subquery(Variant.objects.filter(pk=OuterRef("variant_id")).values("price")[:1])
    CartLine.objects.filter(pk__in=keys).update(seen_price=price)


def wanted(session: CheckoutSession) -> dict[UUID, int]:
    """Return variant → units of a session's lines."""
    return {line.variant_id: line.quantity for line in session.lines.all() if line.variant_id}


def _differences(
    before: dict[UUID | None, CheckoutLine], now: dict[UUID, CartLineView]
) -> list[CheckoutIssue]:
    found = []
    if {key: line.quantity for key, line in before.items()} != {
        key: line.quantity for key, line in now.items()
    }:
        found.append(issues.CART_CHANGED)
    for variant_id, line in now.items():
        old = before.get(variant_id)
        if old is not None and old.unit_price != line.unit_price:
            found.append(issues.price_changed(title(line), old.unit_price, line.unit_price, variant_id))
    return found


def _write_lines(
    session: CheckoutSession, before: dict[UUID | None, CheckoutLine], now: dict[UUID, CartLineView]
) -> list[CheckoutLine]:
    """Write lines that are new or differ, in two statements however long the cart is; return those that are new."""
    new: list[CheckoutLine] = []
    changed: list[CheckoutLine] = []
    for variant_id, line in now.items():
        values, old = _values(line), before.get(variant_id)
        if old is None:
            new.append(CheckoutLine(checkout=session, variant=line.variant, **values))
        elif differs(old, line):
            for name, value in values.items():
                setattr(old, name, value)
            changed.append(old)
    if new:
        write(insert(new))
    if changed:
        CheckoutLine.objects.bulk_update(changed, _VALUES)
    return new


def differs(old: CheckoutLine, line: CartLineView) -> bool:
    """Say whether a frozen line would be written otherwise from the cart's line of today."""
    return any(getattr(old, name) != value for name, value in _values(line).items())


_VALUES = ("sku", "name", "quantity", "unit_price", "total", "weight_grams", "image")


def _values(line: CartLineView) -> dict[str, object]:
    unit_price: Decimal = line.unit_price
    return {
        "sku": line.variant.sku,
        "name": title(line)[:260],
        "quantity": line.quantity,
        "unit_price": unit_price,
        "total": unit_price * line.quantity,
        "weight_grams": line.variant.weight_grams,
        "image": line.image_url[:300],
    }
