"""The amortisation table: what of each instalment is principal and what interest, and what the law's balance is.

Two ways of counting stand side by side. The *equal spread* is the contract's: the interest is spread over the months
equally, each bears the same. The *actuarial* one is that of the plan's own monthly rate on the unpaid balance, which
consumer law compares with (LFPC art. 69, Ley 18.010 art. 10, CDC art. 52); early settlement never costs more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shop.core.allocation import equal_parts, from_minor, rounded, unit_digits
from shop.core.installments.quotation import Installments
from shop.core.installments.rates import monthly_rate
from shop.core.installments.schedule import period_starts, times_in_months


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment. `amount` = `principal` + `interest`, all in the plan's currency.

    `start_date` is the day on which its month begins. `actuarial_interest` and `actuarial_balance` (after it was paid)
    are those of the plan's monthly rate.
    """

    number: int
    start_date: date
    due_date: date
    amount: Decimal
    principal: Decimal
    interest: Decimal
    actuarial_interest: Decimal
    actuarial_balance: Decimal


def table(shown: Installments) -> tuple[Row, ...]:
    """Return a row for each instalment; principal sums up to the cash price, the last balance is zero."""
    return rows(shown.cash_price, shown.amounts, shown.sale_date, shown.due_dates, shown.currency)


def rows(
    principal: Decimal,
    amounts: Sequence[Decimal],
    sale_date: date,
    due_dates: Sequence[date],
    currency: str,
) -> tuple[Row, ...]:
    """Return the rows of a plan of `amounts`, in order, for `principal` in `currency`.

    The remainder units of the principal are on the first instalments, as those of the amounts are. An instalment at the
    sale bears no interest, and a first month that is shorter or longer than a month bears its share of it.

    Raises:
        NoRate: the flows have no rate.
    """
    months = times_in_months(sale_date, tuple(due_dates))
    rate = monthly_rate(principal, amounts, months)
    principals = _principals(principal, amounts, months, currency)
    starts = period_starts(sale_date, due_dates)
    found = []
    before = principal
    for index, amount in enumerate(amounts):
        later = [month - months[index] for month in months[index + 1 :]]
        balance = rounded(present_value(amounts[index + 1 :], later, rate), currency)
        found.append(
            Row(
                number=index + 1,
                start_date=starts[index],
                due_date=due_dates[index],
                amount=amount,
                principal=principals[index],
                interest=amount - principals[index],
                actuarial_interest=balance - before + amount,
                actuarial_balance=balance,
            )
        )
        before = balance
    return tuple(found)


def present_value(amounts: Sequence[Decimal], months: Sequence[Decimal], rate: Decimal) -> Decimal:
    """Return what amounts that are due so many months from now are worth now at a monthly rate; not rounded."""
    if not rate:
        return sum(amounts, Decimal(0))
    return sum(
        (amount / (1 + rate) ** month for amount, month in zip(amounts, months, strict=True)), Decimal(0)
    )


def _principals(
    principal: Decimal, amounts: Sequence[Decimal], months: Sequence[Decimal], currency: str
) -> list[Decimal]:
    """Return the principal of each instalment."""
    first = months[0]
    if first == 1 or len(amounts) == 1:
        return equal_parts(principal, len(amounts), currency)
    # The first month is none (at the sale) or of another length. Its share is rounded down: less interest early.
    digits = unit_digits(principal, currency)
    share = (sum(amounts) - principal) * first / (first + len(amounts) - 1)
    at_first = max(amounts[0] - from_minor(int(share.scaleb(digits)), digits), from_minor(0, digits))
    return [at_first, *equal_parts(principal - at_first, len(amounts) - 1, currency)]
