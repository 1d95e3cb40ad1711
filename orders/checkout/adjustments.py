"""The sums of a checkout and its adjustments, always written together: from its lines and the shipping chosen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from orders.checkout import noted_sums
from orders.models import (
    CheckoutAdjustment,
    CheckoutLine,
    CheckoutSession,
    InstallmentQuote,
    Order,
    OrderAdjustment,
)
from orders.pricing import kinds, purchases, ways
from orders.pricing.kinds import Basket, FinancingChoice, ShippingChoice
from orders.pricing.totals import Totals
from orders.shipping.rates import Quote, chosen_key
from shop.core.countries import shop_country
from shop.core.database import kept_queries
from shop.core.database.kept_queries import Asked, KeptQuery, Several, named, remember, remembered
from shop.core.database.kept_rows import insert


def reckon(
    session: CheckoutSession, lines: Sequence[CheckoutLine], quote: Quote | None, *, way: str | None = None
) -> Totals:
    """Return the sums of a checkout with these lines and this shipping rate (None: not chosen); writes nothing.

    `way` is how it will be paid (a gateway's code, "" for any); None: as the checkout says, its instalments included.
    """
    shipping = ShippingChoice(quote.key, quote.name, quote.price) if quote else None
    return _reckoned(session, lines, shipping, way)


def as_frozen(session: CheckoutSession, lines: Sequence[CheckoutLine], *, way: str) -> Totals:
    """Return the sums of a checkout at the shipping price it has, as if it were paid by `way`; writes nothing."""
    rate = chosen_key(session)
    shipping = ShippingChoice(rate, session.shipping_name, session.shipping_total) if rate else None
    return _reckoned(session, lines, shipping, way)


def financed(session: CheckoutSession, lines: Sequence[CheckoutLine], chosen: InstallmentQuote) -> Totals:
    """Return the sums of a checkout at the shipping price it has, as if it were paid by a quote; writes nothing."""
    rate = chosen_key(session)
    shipping = ShippingChoice(rate, session.shipping_name, session.shipping_total) if rate else None
    return _reckoned(session, lines, shipping, ways.INSTALLMENTS, chosen)


def _reckoned(
    session: CheckoutSession,
    lines: Sequence[CheckoutLine],
    shipping: ShippingChoice | None,
    way: str | None,
    quote: InstallmentQuote | None = None,
) -> Totals:
    address = session.shipping_address
    chosen = session.quote if way is None else quote
    return kinds.compute(
        Basket(
            currency=session.currency,
            country=address.country if address else shop_country(),
            lines=purchases.lines_of(lines),
            shipping=shipping,
            user_id=session.user_id,
            discount=ways.discount_of(session.payment_way if way is None else way),
            financing=FinancingChoice(f"quote:{chosen.pk}", chosen.count, chosen.factor) if chosen else None,
        )
    )


def write(session: CheckoutSession, lines: Sequence[CheckoutLine], totals: Totals) -> None:
    """Set the sums (the caller saves the session), and write the adjustments where they differ from those there are.

    The caller has locked the session.
    """
    set_sums(session, totals)
    noted_sums.forget(session)
    kept_queries.write(*asked_changes(session, lines, totals))


def set_sums(session: CheckoutSession, totals: Totals) -> None:
    """Set the sums of a session in memory."""
    session.subtotal, session.shipping_total = totals.subtotal, totals.shipping
    session.adjustment_total, session.total = totals.adjusted, totals.total


_DELETE: Final = f"DELETE FROM {CheckoutAdjustment._meta.db_table} WHERE checkout_id = %(checkout)s"  # noqa: S608


def asked_changes(session: CheckoutSession, lines: Sequence[CheckoutLine], totals: Totals) -> Several:
    """Return what writes the adjustments where they differ from those there are. The caller has locked the session."""
    wanted = purchases.values_of(
        totals.adjustments, session.currency, {str(line.pk): line.pk for line in lines}
    )
    before = read(session)
    if say(before, wanted):
        return ()
    session.forget_rows("adjustments")
    changes: list[Asked[Any]] = [named(_DELETE, {"checkout": session.pk})] if before else []
    if wanted:
        changes.append(insert([CheckoutAdjustment(checkout=session, **values) for values in wanted]))
    return tuple(changes)


def _rows(checkout_id: UUID) -> QuerySet[CheckoutAdjustment]:
    return CheckoutAdjustment.objects.filter(checkout_id=checkout_id)


def _rows_by_token(token: str) -> QuerySet[CheckoutAdjustment]:
    return CheckoutAdjustment.objects.filter(checkout__token=token)


ROWS: Final = KeptQuery(_rows, UUID)
_ROWS_BY_TOKEN: Final = KeptQuery(_rows_by_token, str)


def asked(session: CheckoutSession) -> Asked[CheckoutAdjustment]:
    """Return what `read` asks, to be asked `together` with more."""
    return ROWS.asked(session.pk)


def asked_by_token(token: str) -> Asked[CheckoutAdjustment]:
    """Return the same of the session of a token, before it is known."""
    return _ROWS_BY_TOKEN.asked(token)


def read(session: CheckoutSession) -> list[CheckoutAdjustment]:
    """Return the adjustments of a session, which it remembers: one query, the first time."""
    found = remembered(session, "adjustments")
    if found is None:
        found = ROWS(session.pk)
        remember(session, "adjustments", found)
    return found


def say(rows: Iterable[CheckoutAdjustment], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether rows are these (`purchases.values_of`)."""
    return [{name: getattr(row, name) for name in purchases.COLUMNS} for row in rows] == wanted


def carried_over(session: CheckoutSession, order: Order, lines: Mapping[str, UUID]) -> list[OrderAdjustment]:
    """Return the order's adjustments, to be written, as those of its checkout.

    `lines`: a checkout line's key → the order line's. A checkout without rows was last written by a process of the
    version before: the database writes its shipping.
    """
    rows = purchases.adjustments_of(read(session))
    return [
        OrderAdjustment(order=order, **values)
        for values in purchases.values_of(rows, session.currency, lines)
    ]
