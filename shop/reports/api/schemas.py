"""What the API shows of the reports."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shop.core.api.schemas import Amount, Moment, Schema, values
from shop.reports.models import Report
from shop.reports.periods import Grain


class SalesSums(Schema):
    """Sums of some days. `gross` = goods + discounts + shipping + taxes + interest + other; `net` = gross - returned +
    interest_after. `kept`, `undone` and `units_returned` are what became until now of the orders placed on these days.
    """

    orders: int
    undone: int
    units: int
    units_returned: int
    goods: Amount
    discounts: Amount
    shipping: Amount
    taxes: Amount
    interest: Amount
    other: Amount
    gross: Amount
    returned: Amount
    interest_after: Amount
    net: Amount
    kept: Amount


class SalesPart(Schema):
    """A part of the period: a day, a week from Monday, or a month, cut at the edges of the period."""

    first: date
    last: date
    sums: SalesSums


class ReportedPeriod(Schema):
    """The days of a report, those before that it is compared with, and how far its figures are.

    `as_of`: changes after this moment may be missing; `is_complete`: false while everything is being counted again.
    """

    first: date
    last: date
    before_first: date
    before_last: date
    as_of: Moment
    is_complete: bool


class SalesReport(Schema):
    """Sales of a period in one currency; `currencies`: in which anything was sold in these days or those before."""

    period: ReportedPeriod
    currency: str
    currencies: list[str]
    grain: Annotated[str, values(Grain)]
    total: SalesSums
    before: SalesSums
    parts: list[SalesPart]


class BestSellerRow(Schema):
    """What was sold in the period, and what of it has gone back until now.

    `key` is the key of the product, variant, category, brand or collection; null: it is in none, or was deleted.
    `kept_before` is of the period before.
    """

    key: str | None
    sku: str | None
    name: str
    units: int
    units_returned: int
    units_kept: int
    amount: Amount
    returned: Amount
    kept: Amount
    units_kept_before: int
    kept_before: Amount


class BestSellersReport(Schema):
    """The best sellers; `number` of rows in all, with the sums of all. Of collections these overlap."""

    period: ReportedPeriod
    currency: str
    number: int
    units_kept: int
    kept: Amount
    items: list[BestSellerRow]


class CheckoutCounts(Schema):
    """Checkouts that began in the period, by state; `conversion`: per cent of them that became orders."""

    active: int
    expired: int
    processed: int
    conversion: Annotated[str | None, Field(pattern=r"^\d+\.\d$")]


class CheckoutStep(Schema):
    """How many of those that expired had got to a step and no further."""

    step: str
    number: int
    before: int


class CheckoutsReport(Schema):
    """Checkouts by state, and where they ended."""

    period: ReportedPeriod
    total: CheckoutCounts
    before: CheckoutCounts
    ended_at: list[CheckoutStep]


class ReportRow(Schema):
    """A report row; `report_date` is the first day, `total_sales` is net of what went back."""

    report_date: date
    report_type: Annotated[str, values(Report.Type)]
    currency: str
    total_sales: Amount
    total_orders: int
    summary: str
