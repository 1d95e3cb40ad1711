"""Taxes on sales: contained in the prices, as in most of Latin America, or added to them."""

from decimal import Decimal

from orders.pricing.totals import Adjustment, Target, Totals
from shop.core.allocation import rounded
from shop.core.countries import SalesTax


def contained_in(amount: Decimal, tax: SalesTax, currency: str) -> Decimal:
    """Return the tax within an amount that contains it, rounded half up to the minor unit."""
    return amount - rounded(amount / (1 + tax.rate), currency)


def added_to(amount: Decimal, tax: SalesTax, currency: str) -> Decimal:
    """Return the tax to be added to an amount without it, rounded half up to the minor unit."""
    return rounded(amount * tax.rate, currency)


def of(totals: Totals, tax: SalesTax) -> list[Adjustment]:
    """Return the tax of each line and of the shipping, after all adjustments so far.

    A tax that the prices contain changes no sum: its adjustments have the amount 0 and carry the tax alone.
    """
    reckon = contained_in if tax.is_included else added_to
    found = []
    for key, base in [*((line.line.key, line.paid) for line in totals.lines), ("", totals.shipping)]:
        amount = reckon(base, tax, totals.currency)
        if amount:
            found.append(
                Adjustment(
                    kind="tax",
                    source=f"tax:{tax.code}",
                    label=tax.name,
                    amount=Decimal("0.00") if tax.is_included else amount,
                    target=Target.LINE if key else Target.SHIPPING,
                    line=key,
                    tax=amount,
                )
            )
    return found
