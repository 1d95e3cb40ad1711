"""The kinds of adjustments, in the order in which they are applied. A new one is a class and a line in `KINDS`.

Everything else reads adjustments without knowing their kinds: summaries, mails, the provider's items, refunds, privacy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from orders.pricing import taxes
from orders.pricing.totals import SHIPPING, Adjustment, PricedLine, Target, Totals, price
from shop.core.countries import COUNTRIES, Country


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """The rate that was chosen, with its present name and price."""

    rate_id: UUID
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is to be priced. `shipping` None: not chosen yet, as in a cart. `user_id` None: a guest.

    `country` is where it goes, the shop's own while that is not known.
    """

    currency: str
    country: str
    lines: tuple[PricedLine, ...]
    shipping: ShippingChoice | None = None
    user_id: UUID | None = None


class AdjustmentKind(Protocol):
    """One reason why a price changes. `code` is stored with each adjustment."""

    @property
    def code(self) -> str: ...

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        """Return what it changes, given the sums with all kinds before it. Labels are in the active language."""


class Shipping:
    """The rate that the shopper chose; a free one is an adjustment of 0, so that it is shown."""

    code = SHIPPING

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        choice = basket.shipping
        if choice is None:
            return []
        return [
            Adjustment(
                kind=self.code,
                source=f"rate:{choice.rate_id}",
                label=choice.name,
                amount=choice.price,
                target=Target.SHIPPING,
            )
        ]


class AddedTax:
    """The tax of a country whose prices do not contain it.

    One that prices contain is no row: what of a price is tax depends on the merchant's own regime, which an invoice
    knows and a purchase does not (`taxes.of` computes it where it is needed).
    """

    code = "tax"

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        country: Country | None = COUNTRIES.get(basket.country)
        tax = country.sales_tax if country else None
        return [] if tax is None or tax.is_included else taxes.of(so_far, tax)


# Fees and discounts of the goods come before the shipping, whose price may depend on them; taxes are on all of it.
KINDS: Final[list[AdjustmentKind]] = [Shipping(), AddedTax()]


def compute(basket: Basket) -> Totals:
    """Return the sums of a basket with every adjustment that applies to it.

    Raises:
        InvalidAdjustment: a kind makes a price below zero.
    """
    totals = price(basket.lines, [], basket.currency)
    for kind in KINDS:
        if found := kind.adjustments(basket, totals):
            totals = price(basket.lines, [*totals.adjustments, *found], basket.currency)
    return totals
