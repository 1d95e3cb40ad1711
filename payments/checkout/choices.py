"""The ways to pay a purchase: what it costs by each, and why one cannot take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.checkout import cash_vouchers, way_prices
from orders.models import Purchase
from orders.payables import Priced
from orders.pricing import ways
from orders.pricing.totals import Charge, Totals
from payments import gateways
from payments.gateways.base import Gateway
from shop.core.money import ZERO, display


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay, and what the purchase costs by it.

    `saving` is what it costs less than by the dearest way, `charges` the rows between subtotal and total by this way.
    `why_not`: in words, why it cannot take this purchase; "": it can. `is_first`: of those. `is_priced`: the ways
    differ in price, so that each has to say its own.
    """

    code: str
    label: str
    words: object
    price: Decimal
    saving: Decimal = ZERO
    charges: Sequence[Charge] = ()
    why_not: str = ""
    is_first: bool = False
    is_priced: bool = False


def of(priced: Priced) -> list[Choice]:
    """Return the gateways that the shop offers, in its order, each with its price and what keeps it from taking it.

    Of a purchase in checkout the price by each is what an attempt will charge (`orders.checkout.way_prices`).
    """
    by_way: Mapping[str, Totals] = {}
    if isinstance(priced, Purchase) and ways.offered():
        by_way = way_prices.totals_by_way(priced)
    dearest = max((totals.total for totals in by_way.values()), default=priced.total)
    offered = gateways.offered()
    # Of these nothing can be paid while the units cannot wait for the money.
    waiting = {gateway.code for gateway in offered if not gateway.pays_at_once}
    if not waiting or not isinstance(priced, Purchase) or cash_vouchers.may_be_offered(priced):
        waiting = set()
    found = [_choice(gateway, priced, by_way, dearest) for gateway in offered]
    found = [
        replace(choice, why_not=choice.why_not or _cannot_wait()) if choice.code in waiting else choice
        for choice in found
    ]
    possible = [choice.code for choice in found if not choice.why_not]
    begun = priced.payment_way if isinstance(priced, Purchase) else ""
    first = begun if begun in possible else next(iter(possible), "")
    is_priced = any(choice.saving for choice in found)
    return [replace(choice, is_first=choice.code == first, is_priced=is_priced) for choice in found]


def _cannot_wait() -> str:
    return _("Not for this purchase: few units are left, and they cannot wait for days.")


def _choice(gateway: Gateway, priced: Priced, by_way: Mapping[str, Totals], dearest: Decimal) -> Choice:
    totals = by_way.get(gateway.code) or by_way.get(way_prices.ANY)
    price = totals.total if totals else priced.total
    return Choice(
        code=gateway.code,
        label=gateway.label,
        words=gateway.words,
        price=price,
        saving=dearest - price,
        charges=totals.charges if totals else (),
        why_not=_why_not(gateway, price, priced.currency),
    )


def _why_not(gateway: Gateway, price: Decimal, currency: str) -> str:
    if gateways.takes(gateway.code, price, currency):
        return ""
    bounds = gateways.bounds(gateway.code, currency)
    if bounds.most is not None and price > bounds.most:
        words = _("Not for this purchase: it takes %s at most in one payment.")
        return words % display(bounds.most, currency)
    if bounds.least is not None and price < bounds.least:
        return _("Not for this purchase: it takes %s or more.") % display(bounds.least, currency)
    return _("Not for this purchase: it cannot take a total like this one.")
