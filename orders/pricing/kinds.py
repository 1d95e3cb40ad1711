"""The kinds of adjustments, in the order in which they are applied. A new one is a class and a line in `KINDS`.

Everything else reads adjustments without knowing their kinds: summaries, mails, the provider's items, refunds, privacy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from django.utils.translation import gettext

from orders.pricing import discounts, taxes
from orders.pricing.totals import SHIPPING, Adjustment, PricedLine, Target, Totals, price
from shop.core.allocation import spread
from shop.core.countries import COUNTRIES, Country
from shop.core.installments.schedule import financed_total


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """The rate that was chosen, with its present name and price."""

    rate_id: UUID
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class WayDiscount:
    """So many per cent off the goods for a way to pay (`way`, a gateway's code)."""

    way: str
    percent: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class FinancingChoice:
    """The shop's own instalments that were chosen: how many, at which flat annual factor."""

    source: str
    count: int
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is to be priced. `shipping` None: not chosen yet, as in a cart. `user_id` None: a guest.

    `country` is where it goes, the shop's own while that is not known. `discount` and `financing` depend on how it is
    paid; None: no way was chosen on which the price depends.
    """

    currency: str
    country: str
    lines: tuple[PricedLine, ...]
    shipping: ShippingChoice | None = None
    user_id: UUID | None = None
    discount: WayDiscount | None = None
    financing: FinancingChoice | None = None


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


class PaymentDiscount:
    """A deduction from the goods for a way to pay; each unit carries its share."""

    code = "payment_discount"

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        choice = basket.discount
        if choice is None:
            return []
        return discounts.percent_off(
            discounts.line_parts(so_far),
            choice.percent,
            kind=self.code,
            source=f"way:{choice.way}",
            label=choice.label,
            currency=basket.currency,
        )


class Financing:
    """The interest of the shop's own instalments: each line carries its share, and so do the shipping and the charges.

    A unit that comes back brings its share of the interest with it: what is left is what would have been owed if only
    the kept units had been bought. It is computed from everything else, so it comes last.
    """

    code = "financing"

    def adjustments(self, basket: Basket, so_far: Totals) -> Sequence[Adjustment]:
        choice = basket.financing
        if choice is None or not so_far.total:
            return []
        total = financed_total(so_far.total, choice.factor, choice.count, basket.currency)
        rest = so_far.shipping + so_far.order_charges
        costs = [line.paid for line in so_far.lines]
        shares = spread(total - so_far.total, [*costs, rest], basket.currency)
        label = gettext("Interest of %(count)d instalments") % {"count": choice.count}

        def adjustment(amount: Decimal, target: Target, line: str = "") -> Adjustment:
            return Adjustment(
                kind=self.code, source=choice.source, label=label, amount=amount, target=target, line=line
            )

        found = [
            adjustment(share, Target.LINE, line.line.key)
            for line, share in zip(so_far.lines, shares[:-1], strict=True)
        ]
        return [one for one in [*found, adjustment(shares[-1], Target.ORDER)] if one.amount]


# Fees and discounts of the goods come before the shipping, whose price may depend on them; taxes are on all of it, and
# the interest of instalments on what the taxes made of it.
KINDS: Final[list[AdjustmentKind]] = [PaymentDiscount(), Shipping(), AddedTax(), Financing()]


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
