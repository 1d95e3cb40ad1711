"""What shipping would cost to a postal code, before there is a checkout: for a product, or for what is in the cart.

The same prices as the checkout's, with its cache and its fallback; only the address is not known yet. Rates that
are limited to states are left out where the state is not known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings

from orders.shipping import quoting, rates
from orders.shipping.carriers.base import Place
from orders.shipping.carriers.subdivisions import state_of
from orders.shipping.parcels import Goods, weight_of
from orders.shipping.quoting import Answer
from orders.shipping.rates import Quote
from shop.core.countries import Country

# The city of Buenos Aires has the four-digit codes 1000 to 1499.
_CITY_OF_BUENOS_AIRES: Final = re.compile(r"^1[0-4]\d{2}$")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The ways on offer to a postal code, the cheapest first. `state` empty: it is not known."""

    postal_code: str
    state: str
    offers: Sequence[Quote]


def to(
    postal_code: str, *, state: str, country: Country, goods: Sequence[Goods], subtotal: Decimal
) -> Estimate:
    """Return what it costs to send goods to a postal code; asks carriers, so never in a transaction."""
    state = state if state in country.states else guess_state(country, postal_code)
    methods = quoting.connected_methods()
    asked = quoting.questions(methods, Place(settings.SHOP_COUNTRY, postal_code, state), goods)
    quoting.refresh(asked)
    answers = {answer.method.pk: answer for answer in quoting.kept(asked)}
    offers = rates.quotes(
        country=settings.SHOP_COUNTRY,
        state=state,
        postal_code=postal_code,
        weight_grams=weight_of(goods) if methods else sum(one.weight_grams * one.quantity for one in goods),
        subtotal=subtotal,
        answers=[answers.get(method.pk, Answer(method)) for method in methods],
    )
    return Estimate(postal_code, state, sorted(offers, key=lambda offer: (offer.is_pickup, offer.price)))


def guess_state(country: Country, postal_code: str) -> str:
    """Return the state that a postal code names by itself: the letter of a CPA (C1414ABC), or the city of Buenos
    Aires.
    """
    if country.code != "AR":
        return ""
    if postal_code[:1].isalpha():
        return state_of("AR", postal_code[0], country.states)
    return state_of("AR", "C", country.states) if _CITY_OF_BUENOS_AIRES.match(postal_code) else ""
