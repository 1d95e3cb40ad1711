"""What the pages of the reports show: figures beside those of before, pictures, tables; each with its list of rows."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrOrPromise

from orders.checkout.progress import Step
from shop.core.money import display as money
from shop.core.templatetags.rates import percent
from shop.reports import addresses, charts, products
from shop.reports.checkouts import Checkouts
from shop.reports.models import CheckoutDay, SalesEntry
from shop.reports.periods import Grain, Period
from shop.reports.products import BestSellers
from shop.reports.sales import Sales, Sums, change


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its value in the period before, how much more it is now in per cent, and its rows."""

    title: str
    value: str
    before: str
    more: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of sales: its heading, its figure of some sums, and the kinds of entries that make it.

    `is_usual`: shown though it is zero all over.
    """

    title: StrOrPromise
    figure: Callable[[Sums], Decimal | int]
    kinds: tuple[str, ...] = addresses.SALE
    is_usual: bool = False


COLUMNS: Final = (
    Column(gettext_lazy("Orders"), lambda sums: sums.orders, is_usual=True),
    Column(pgettext_lazy("column", "Units"), lambda sums: sums.units, is_usual=True),
    Column(gettext_lazy("Goods"), lambda sums: sums.goods, is_usual=True),
    Column(gettext_lazy("Discounts"), lambda sums: sums.discounts),
    Column(gettext_lazy("Shipping"), lambda sums: sums.shipping, is_usual=True),
    Column(gettext_lazy("Taxes"), lambda sums: sums.taxes),
    Column(gettext_lazy("Interest"), lambda sums: sums.interest),
    Column(gettext_lazy("Other charges"), lambda sums: sums.other),
    Column(gettext_lazy("Gross"), lambda sums: sums.gross, is_usual=True),
    Column(gettext_lazy("Gone back"), lambda sums: sums.returned, kinds=SalesEntry.RETURNED, is_usual=True),
    Column(gettext_lazy("Interest later"), lambda sums: sums.interest_after, kinds=SalesEntry.INTEREST),
    Column(gettext_lazy("Net"), lambda sums: sums.net, kinds=addresses.EVERYTHING, is_usual=True),
)


def of_sales(sales: Sales) -> dict[str, object]:
    """Return what the page of the sales shows."""
    columns = [
        column
        for column in COLUMNS
        if column.is_usual or any(column.figure(part.sums) for part in sales.parts)
    ]

    def row(label: str, period: Period, sums: Sums) -> dict[str, object]:
        return {
            "label": label,
            "cells": [
                {
                    "title": column.title,
                    "value": _written(column.figure(sums), sales.currency),
                    "url": addresses.entries(period, sales.currency, column.kinds)
                    if column.figure(sums)
                    else "",
                }
                for column in columns
            ],
        }

    return {
        "cards": _cards_of_sales(sales),
        "chart": charts.chart(
            [
                (
                    part.sums.net,
                    f"{part_label(part.period, sales.grain)}: {money(part.sums.net, sales.currency)}",
                )
                for part in sales.parts
            ],
            [part.earlier.net for part in sales.parts],
        ),
        "columns": columns,
        "rows": [
            row(part_label(part.period, sales.grain), part.period, part.sums)
            for part in reversed(sales.parts)
        ],
        "total": row(_("Together"), sales.period, sales.sums),
        "currency": sales.currency,
        "currencies": sales.currencies,
    }


def _written(figure: Decimal | int, currency: str) -> str:
    return money(figure, currency) if isinstance(figure, Decimal) else number_format(figure)


def _cards_of_sales(sales: Sales) -> list[Card]:
    now, then, currency, period = sales.sums, sales.earlier, sales.currency, sales.period

    def card(title: str, figure: Callable[[Sums], Decimal | int], url: str, note: str = "") -> Card:
        return Card(
            title,
            _written(figure(now), currency),
            _written(figure(then), currency),
            _more(figure(now), figure(then)),
            url,
            note,
        )

    undone = _("%(number)s gone back as a whole") % {"number": number_format(now.undone)}
    average = (money(now.average, currency) if now.average is not None else "—") + " " + _("on average")
    return [
        card(
            _("Net sales"),
            lambda sums: sums.net,
            addresses.entries(period, currency),
            note=_("gross less what went back"),
        ),
        card(
            _("Gross sales"),
            lambda sums: sums.gross,
            addresses.entries(period, currency, addresses.SALE),
            note=average,
        ),
        card(
            _("Gone back"),
            lambda sums: sums.returned,
            addresses.entries(period, currency, SalesEntry.RETURNED),
            note=_("of orders of any day"),
        ),
        card(
            _("Orders"),
            lambda sums: sums.orders,
            addresses.entries(period, currency, addresses.SALE),
            note=undone if now.undone else "",
        ),
        card(
            _("Units sold"),
            lambda sums: sums.units,
            addresses.entries(period, currency, addresses.SALE),
            note=_("%(number)s of them back") % {"number": number_format(now.units_returned)}
            if now.units_returned
            else "",
        ),
        card(
            _("Kept of these sales"),
            lambda sums: sums.kept,
            addresses.entries(period, currency, addresses.SALE),
            note=_("what is left of the orders of these days until now"),
        ),
    ]


def _more(now: Decimal | int, then: Decimal | int) -> str:
    more = change(now, then)
    if more is None:
        return ""
    return f"{'+' if more > 0 else ''}{percent(more)}"


def part_label(period: Period, grain: Grain) -> str:
    """Return the name of a part of a period: its day, its month, or its first and last day."""
    first = date_format(period.since, "SHORT_DATE_FORMAT")
    if grain == Grain.DAY or period.days == 1:
        return first
    if grain == Grain.MONTH and period.since.day == 1:
        return date_format(period.since, "YEAR_MONTH_FORMAT")
    return f"{first} – {date_format(period.until, 'SHORT_DATE_FORMAT')}"


def of_products(
    found: BestSellers, period: Period, *, by: str, order: str, currency: str
) -> dict[str, object]:
    """Return what the page of the best sellers shows."""

    def rank(row: products.BestSeller) -> Decimal | int:
        return row.kept_units if order == "units" else row.kept

    longest = max([rank(row) for row in found.rows], default=0)
    return {
        "rows": [
            {
                "row": row,
                "name": row.name or _("without"),
                "under": row.sku or row.under,
                "url": addresses.lines(period, currency, by, row.key, row.sku),
                "length": charts.per_cent(rank(row), longest),
                "more": _more(rank(row), row.earlier_units if order == "units" else row.earlier),
            }
            for row in found.rows
        ],
        "number": found.number,
        "units": found.units,
        "amount": found.amount,
        # A product may be in several collections: their sums are not the shop's.
        "adds_up": by != "collection",
        "by": by,
        "order": order,
        "groups": [(code, words, code == by) for code, words in products.BY.items()],
        "orders": [(code, words, code == order) for code, words in products.ORDER.items()],
        "heading": products.BY[by],
        "currency": currency,
    }


def of_checkouts(now: Checkouts, then: Checkouts, period: Period) -> dict[str, object]:
    """Return what the page of the checkouts shows."""
    states = [
        (str(_("Began")), "", now.number, then.number),
        *(
            (
                str(state.label).capitalize(),
                state.value,
                getattr(now, state.value),
                getattr(then, state.value),
            )
            for state in (CheckoutDay.State.PROCESSED, CheckoutDay.State.EXPIRED, CheckoutDay.State.ACTIVE)
        ),
    ]
    return {
        "cards": [
            *(
                Card(
                    title,
                    number_format(one),
                    number_format(other),
                    _more(one, other),
                    addresses.checkouts(period, state),
                )
                for title, state, one, other in states
            ),
            Card(
                _("Conversion"),
                percent(now.conversion) if now.conversion is not None else "—",
                percent(then.conversion) if then.conversion is not None else "—",
                "",
                addresses.checkouts(period, CheckoutDay.State.PROCESSED),
                _("of those that began"),
            ),
        ],
        "steps": [
            {
                "name": Step(step).label,
                "number": number_format(number),
                "before": number_format(then.steps.get(step, 0)),
                "share": percent((Decimal(100) * number / now.expired).quantize(Decimal(1))),
                "length": charts.per_cent(number, max(now.steps.values())),
                "url": addresses.checkouts(period, CheckoutDay.State.EXPIRED, step),
            }
            for step, number in now.steps.items()
        ],
    }
