"""What the pages of the reports show: figures beside those of before, pictures, tables; each with its list of rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
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

# More per cent than this say nothing: there was next to nothing before.
_MOST_CHANGE: Final = 9_999
Figure = Callable[[Sums], Decimal | int]


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
    figure: Figure
    kinds: tuple[str, ...] = addresses.SALE
    is_usual: bool = False


COLUMNS: Final = (
    Column(gettext_lazy("Net"), lambda sums: sums.net, kinds=addresses.EVERYTHING, is_usual=True),
    Column(gettext_lazy("Gross"), lambda sums: sums.gross, is_usual=True),
    Column(gettext_lazy("Gone back"), lambda sums: sums.returned, kinds=SalesEntry.RETURNED, is_usual=True),
    Column(gettext_lazy("Orders"), lambda sums: sums.orders, is_usual=True),
    Column(gettext_lazy("Units"), lambda sums: sums.units, is_usual=True),
    Column(gettext_lazy("Goods"), lambda sums: sums.goods, is_usual=True),
    Column(gettext_lazy("Discounts"), lambda sums: sums.discounts),
    Column(gettext_lazy("Shipping"), lambda sums: sums.shipping, is_usual=True),
    Column(gettext_lazy("Taxes"), lambda sums: sums.taxes),
    Column(gettext_lazy("Interest"), lambda sums: sums.interest),
    Column(gettext_lazy("Other charges"), lambda sums: sums.other),
    Column(gettext_lazy("Interest later"), lambda sums: sums.interest_after, kinds=SalesEntry.INTEREST),
)


def of_sales(sales: Sales) -> dict[str, object]:
    """Return what the page of the sales shows."""
    columns = [
        column
        for column in COLUMNS
        if column.is_usual or any(column.figure(part.sums) for part in sales.parts)
    ]
    labels = [part_label(part.period, sales.grain) for part in sales.parts]
    bars = [
        (part.sums.net, f"{label}: {money(part.sums.net, sales.currency)}")
        for label, part in zip(labels, sales.parts, strict=True)
    ]
    rows = [
        _row(columns, label, part.period, part.sums, sales.currency)
        for label, part in zip(labels, sales.parts, strict=True)
    ]
    return {
        "cards": [_card(sales, *one) for one in _CARDS],
        "chart": charts.chart(bars, [part.earlier.net for part in sales.parts]),
        "chart_words": _("Net sales; the table below has the figures"),
        "columns": columns,
        "rows": rows[::-1],
        "total": _row(columns, _("Together"), sales.period, sales.sums, sales.currency),
        "currency": sales.currency,
        "currencies": sales.currencies,
    }


def _row(
    columns: Sequence[Column], label: str, period: Period, sums: Sums, currency: str
) -> dict[str, object]:
    cells = []
    for column in columns:
        figure = column.figure(sums)
        # What was sold and went back on one day is nothing in sum, and has its rows.
        is_there = figure or (column.kinds == addresses.EVERYTHING and (sums.orders or sums.returned))
        url = addresses.entries(period, currency, column.kinds) if is_there else ""
        cells.append(
            {"title": column.title, "value": _written(figure, currency) if is_there else "–", "url": url}
        )
    return {"label": label, "cells": cells}


def _written(figure: Decimal | int, currency: str) -> str:
    return money(figure, currency) if isinstance(figure, Decimal) else number_format(figure)


def _average(sums: Sums, currency: str) -> str:
    if sums.average is None:
        return ""
    return _("%(sum)s on average") % {"sum": money(sums.average, currency)}


def _undone(sums: Sums, _currency: str) -> str:
    return (
        _("%(number)s gone back as a whole") % {"number": number_format(sums.undone)} if sums.undone else ""
    )


def _units_back(sums: Sums, _currency: str) -> str:
    if not sums.units_returned:
        return ""
    return _("%(number)s of them back") % {"number": number_format(sums.units_returned)}


def _said(words: StrOrPromise) -> Callable[[Sums, str], str]:
    return lambda _sums, _currency: str(words)


# Title, figure, the kinds of entries that make it, and what is said below it.
_CARDS: Final[tuple[tuple[StrOrPromise, Figure, tuple[str, ...], Callable[[Sums, str], str]], ...]] = (
    (
        gettext_lazy("Net sales"),
        lambda sums: sums.net,
        addresses.EVERYTHING,
        _said(gettext_lazy("gross less what went back")),
    ),
    (gettext_lazy("Gross sales"), lambda sums: sums.gross, addresses.SALE, _average),
    (
        gettext_lazy("Gone back"),
        lambda sums: sums.returned,
        SalesEntry.RETURNED,
        _said(gettext_lazy("of orders of any day")),
    ),
    (gettext_lazy("Orders"), lambda sums: sums.orders, addresses.SALE, _undone),
    (gettext_lazy("Units sold"), lambda sums: sums.units, addresses.SALE, _units_back),
    (
        gettext_lazy("Kept of these sales"),
        lambda sums: sums.kept,
        addresses.SALE,
        _said(gettext_lazy("what is left of the orders of these days until now")),
    ),
)


def _card(
    sales: Sales,
    title: StrOrPromise,
    figure: Figure,
    kinds: tuple[str, ...],
    note: Callable[[Sums, str], str],
) -> Card:
    now, then = figure(sales.sums), figure(sales.earlier)
    return Card(
        str(title),
        _written(now, sales.currency),
        _written(then, sales.currency),
        _more(now, then),
        addresses.entries(sales.period, sales.currency, kinds),
        note(sales.sums, sales.currency),
    )


def _more(now: Decimal | int, then: Decimal | int) -> str:
    more = change(now, then)
    if more is None or more > _MOST_CHANGE:
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
    state = CheckoutDay.State
    states = [(_("Began"), "", now.number, then.number)]
    for title, one in (
        (_("Processed checkouts"), state.PROCESSED),
        (_("Expired checkouts"), state.EXPIRED),
        (_("Active checkouts"), state.ACTIVE),
    ):
        states.append((title, one.value, getattr(now, one.value), getattr(then, one.value)))
    cards = [
        Card(
            title,
            number_format(one),
            number_format(other),
            _more(one, other),
            addresses.checkouts(period, code),
        )
        for title, code, one, other in states
    ]
    conversion = Card(
        _("Conversion"),
        _per_cent(now),
        _per_cent(then),
        "",
        addresses.checkouts(period, state.PROCESSED),
        _("of those that began"),
    )
    return {"cards": [*cards, conversion], "steps": _steps(now, then, period)}


def _per_cent(counted: Checkouts) -> str:
    return percent(counted.conversion) if counted.conversion is not None else "–"


def _steps(now: Checkouts, then: Checkouts, period: Period) -> list[dict[str, object]]:
    """Return where the checkouts that expired had got to, each step with its list."""
    return [
        {
            "name": Step(step).label,
            "number": number_format(number),
            "before": number_format(then.steps.get(step, 0)),
            "share": percent((Decimal(100) * number / now.expired).quantize(Decimal(1))),
            "length": charts.per_cent(number, max(now.steps.values())),
            "url": addresses.checkouts(period, CheckoutDay.State.EXPIRED, step),
        }
        for step, number in now.steps.items()
    ]
