"""Instalments as pages and mails show them: the offers of a page read once, the best of them, the terms of a plan.

All of them are `Installments`, which cannot lack their rate, and are shown by one component
(`orders/templatetags/installments.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from orders.installments import offers
from orders.installments.offers import CurrentOffers, Goods
from orders.models import Installment, InstallmentOffer, InstallmentPlan
from shop.core.countries.base import RateMethod
from shop.core.installments.quotation import Installments
from shop.core.installments.rates import LegalRate
from shop.core.money import ZERO

if TYPE_CHECKING:
    from shop.accounts.models import User


# The name under which a request keeps the offers of the page that is made for it.
OF_PAGE: Final = "installment_offers"


@dataclass(slots=True)
class PageOffers:
    """The offers for one visitor while one page is made; where goods stand is read once for all that it is told of."""

    current: CurrentOffers
    goods: dict[UUID, Goods] = field(default_factory=dict)
    _best: dict[object, Installments | None] = field(default_factory=dict)

    def expect(self, product_ids: Iterable[UUID]) -> None:
        """Read what offers ask about these products: one query for all of them, none where no offer asks."""
        if self.current.needs_goods:
            unknown = {key for key in product_ids if key not in self.goods}
            if unknown:
                self.goods |= {one.product_id: one for one in offers.goods_of(unknown)}

    def for_price(self, price: Decimal, currency: str, product_ids: Sequence[UUID]) -> list[Installments]:
        """Return what a price of these products costs in each number of instalments, the fewest first."""
        self.expect(product_ids)
        goods = [self.goods[key] for key in product_ids] if self.current.needs_goods else ()
        return self.current.for_price(price, currency, goods)

    def best_for(self, price: Decimal, currency: str, product_id: UUID) -> Installments | None:
        """Return the offer that is worth showing alone for a price of one product; None: there is none."""
        if not self.current.offered:
            return None
        # Many products of a list have the same price; where offers ask for the goods, each is looked at.
        key = (price, currency, product_id if self.current.needs_goods else None)
        if key not in self._best:
            self._best[key] = best(self.for_price(price, currency, [product_id]))
        return self._best[key]


def of_visitor(
    user: "User | None", rows: Iterable[InstallmentOffer] | None = None, *, generation: str = ""
) -> PageOffers:
    """Return the offers for a page of this visitor (None: a guest).

    One query; none with `rows` of `asked`, or of a generation that is known already.
    """
    return PageOffers(offers.offered_to(user, rows=rows, generation=generation))


def best(found: Sequence[Installments]) -> Installments | None:
    """Return the offer that is worth showing alone: the lowest rate, of equal rates the most instalments."""
    return min(found, key=lambda terms: (terms.rate.annual, -terms.count), default=None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is: instalments of which nothing is open, the next one that is open, and what is open in all.

    `fell` of them fell with what came back of the order: nobody pays them, so the others are `paid` of `count`.
    """

    settled: int
    fell: int
    count: int
    next: Installment | None
    open: Decimal

    @property
    def paid(self) -> int:
        return self.settled - self.fell


def progress(rows: Sequence[Installment]) -> Progress:
    """Return how far a plan is. `rows`: all its instalments, in order."""
    left = [row for row in rows if row.open_amount]
    fell = sum(row.is_fallen for row in rows)
    return Progress(
        settled=len(rows) - len(left),
        fell=fell,
        count=len(rows) - fell,
        next=min(left, key=lambda row: (row.due_date, row.number), default=None),
        open=sum((row.open_amount for row in left), ZERO),
    )


def of_plan(plan: InstallmentPlan, rows: Sequence[Installment]) -> Installments:
    """Return the terms of a plan as they were accepted. `rows`: all its instalments, in order."""
    number = Decimal(plan.rate_text.split()[-2])
    rate = LegalRate(
        name=plan.rate_name,
        percent=number,
        annual=plan.rate,
        monthly=plan.monthly_rate,
        tna=plan.tna,
        tea=plan.tea,
        method=RateMethod(plan.rate_method),
        is_method_confirmed=True,
        rounding=ROUND_HALF_UP,
    )
    return Installments(
        cash_price=plan.base,
        currency=plan.currency,
        sale_date=plan.sold_on,
        amounts=tuple(row.amount for row in rows),
        due_dates=tuple(row.original_due_date for row in rows),
        rate=rate,
    )
