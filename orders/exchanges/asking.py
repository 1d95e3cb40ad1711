"""Asking for an exchange: the return and the exchange are made together, and the new units reserved with them."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from inventory.reservations import replacements as reservations
from orders.exchanges import beginning, mails
from orders.exchanges.quoting import WISHES, Choice, NothingLeft, Quote, UnitQuote, quote, quote_for_return
from orders.models import Exchange, Order, Replacement, Return, ReturnLine
from orders.returns import asking
from orders.returns.asking import TermsChanged, Wanted
from shop.core.states import record

# Until a return is approved nobody knows by when it is to be sent: so long its units stay reserved for the answer.
_ANSWER_WITHIN = timedelta(days=14)


def request(
    order: Order,
    wanted: Sequence[Wanted],
    choices: Sequence[Choice],
    *,
    key: str,
    actor: str,
    expected: str | None = None,
    origin: str = Return.Origin.SHOPPER,
    is_gift: bool = False,
    **given: Any,
) -> Exchange:
    """Ask for an exchange, with its return; reserve the new units; return it. The same `key` again returns it.

    `expected` is the `seen` of the quote that was shown; `given` goes to `orders.returns.asking.request` (photos, note,
    language, email). One transaction: locks the order, then all levels of the new variants by key.

    Raises:
        InsufficientStock: somebody else has the last unit. Nothing was written: choose another one.
        TermsChanged: it is not what was shown.
        NothingChosen, NotOffered, OnlyEven, NothingLeft: as `quoting.quote`.
        NotReturnable, MoreThanSent, WishNotOffered, NeedsArea: as `orders.returns.asking.request`.
    """
    by_staff = origin == Return.Origin.STAFF
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=order.pk)
        if there := Exchange.objects.select_related("order", "rma").filter(dedupe_key=key[:150]).first():
            return there
        now = quote(locked, wanted, choices, by_staff=by_staff, is_gift=is_gift)
        if expected is not None and expected != now.seen:
            raise TermsChanged(now.seen)
        rma = asking.request(
            locked,
            wanted,
            key=f"exchange:{key}"[:150],
            actor=actor,
            origin=origin,
            is_gift=is_gift,
            wishes=WISHES,
            **given,
        )
        return _create(locked, rma, now, key=key, actor=actor)


def for_return(
    rma: Return,
    choices: Sequence[Choice],
    *,
    key: str,
    actor: str,
    expected: str | None = None,
) -> Exchange:
    """Exchange units of a return that is open already (another size after the first was sold out). As `request`.

    Raises:
        NothingChosen: the return has ended, has an open exchange, or has no such units. The others as `request`.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=rma.order_id)
        if there := Exchange.objects.select_related("order", "rma").filter(dedupe_key=key[:150]).first():
            return there
        fresh = Return.objects.select_for_update(of=("self",)).get(pk=rma.pk)
        fresh.order = order
        now = quote_for_return(fresh, choices)
        if expected is not None and expected != now.seen:
            raise TermsChanged(now.seen)
        exchange = _create(order, fresh, now, key=key, actor=actor)
        keys = [one.line.pk for one in now.units]
        fresh.lines.filter(order_line__in=keys).update(wish=ReturnLine.Wish.EXCHANGE)
    return exchange


def _create(order: Order, rma: Return, now: Quote, *, key: str, actor: str) -> Exchange:
    """Write the exchange with its units, and reserve them. The order is locked, the levels will be."""
    days = int(rma.terms.get("send_within_days") or 0)
    grace = timedelta(days=settings.EXCHANGE_GRACE_DAYS)
    until = timezone.now() + _ANSWER_WITHIN + timedelta(days=days) + grace
    last = order.exchanges.aggregate(last=Max("ordinal"))["last"] or 0
    exchange = Exchange.objects.create(
        order=order,
        rma=rma,
        ordinal=last + 1,
        settlement=now.settlement,
        reserved_until=until,
        dedupe_key=key[:150],
    )
    keep_units(exchange, now.units)
    reservations.reserve(
        owner_id=exchange.pk,
        wanted=Counter(one.variant.pk for one in now.units),
        until=until,
        actor=actor,
        note=exchange.number,
    )
    summary = ", ".join(f"{one.line.sku} → {one.variant.sku}" for one in now.units)
    data = {"settlement": str(now.settlement), "currency": order.currency}
    record(exchange, "requested", actor=actor, reason=summary, data=data, to_state=exchange.status)
    mails.requested(exchange)
    if rma.status == Return.Status.APPROVED:
        beginning.begin(exchange, actor=actor)
    return exchange


def keep_units(exchange: Exchange, units: Sequence[UnitQuote]) -> None:
    """Write the units of an exchange. Raises: NothingLeft: the database counts less that is left of a line."""
    of_line = {line.order_line_id: line for line in exchange.rma.lines.all()}
    for position, one in enumerate(units):
        try:
            with transaction.atomic():
                Replacement.objects.create(
                    exchange=exchange,
                    return_line=of_line[one.line.pk],
                    replaced=one.line,
                    variant=one.variant,
                    sku=one.variant.sku,
                    name=one.name[:260],
                    credit=one.credit,
                    price=one.price,
                    fee=one.fee,
                    position=position,
                )
        except IntegrityError as error:
            if "percha: " not in str(error):
                raise
            raise NothingLeft(one.line) from error
