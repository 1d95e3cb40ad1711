"""The adjustments of a checkout or an order, from their rows to `orders.pricing.totals` and back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

from orders.models import CheckoutAdjustment, CheckoutLine, CheckoutSession, Order, OrderAdjustment, OrderLine
from orders.pricing.totals import Adjustment, Charge, PricedLine, Target, Totals, charges, price

# What a row says, besides whose it is; `values_of` gives them all.
COLUMNS: Final = (
    "position",
    "kind",
    "source",
    "label",
    "amount",
    "target",
    "line_id",
    "unit",
    "tax",
    "currency",
)

Line: TypeAlias = CheckoutLine | OrderLine
Row: TypeAlias = CheckoutAdjustment | OrderAdjustment


def lines_of(lines: Iterable[Line]) -> tuple[PricedLine, ...]:
    """Return the lines as they are priced, each by its primary key."""
    return tuple(PricedLine(str(line.pk), line.quantity, line.unit_price) for line in lines)


def adjustments_of(rows: Iterable[Row]) -> list[Adjustment]:
    """Return what the rows say, in the order in which they were applied."""
    return [
        Adjustment(
            kind=row.kind,
            source=row.source,
            label=row.label,
            amount=row.amount,
            target=Target(row.target),
            line=str(row.line_id) if row.line_id else "",
            unit=row.unit,
            tax=row.tax,
        )
        for row in rows
    ]


def values_of(
    adjustments: Sequence[Adjustment], currency: str, keys: Mapping[str, UUID]
) -> list[dict[str, Any]]:
    """Return the columns of each adjustment's row, without the purchase's key. `keys`: a line's key → its row's."""
    return [
        {
            "position": position,
            "kind": one.kind,
            "source": one.source[:120],
            "label": one.label[:210],
            "amount": one.amount,
            "target": one.target.value,
            "line_id": keys[one.line] if one.line else None,
            "unit": one.unit,
            "tax": one.tax,
            "currency": currency,
        }
        for position, one in enumerate(adjustments)
    ]


def totals_of(purchase: CheckoutSession | Order, lines: Iterable[Line] | None = None) -> Totals:
    """Return the sums of a purchase as they are written, down to the unit (one query, two without `lines`)."""
    return price(
        lines_of(purchase.lines.all() if lines is None else lines),
        adjustments_of(purchase.adjustments.all()),
        purchase.currency,
    )


def charges_of(purchase: CheckoutSession | Order, rows: Iterable[Row] | None = None) -> list[Charge]:
    """Return the rows between subtotal and total, as people see them (one query, none with its adjustments' `rows`)."""
    return charges(adjustments_of(purchase.adjustments.all() if rows is None else rows))
