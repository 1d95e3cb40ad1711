"""What a document says: everything that is printed, taken once from the order and the shop's settings.

The snapshot is kept with the document (`Invoice.content`), and paper and page are made of it alone. What only the tax
office says (its code, the day) is beside it on the row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from orders.invoices.amounts import Split
from orders.invoices.fiscal import offered
from orders.models import AddressSnapshot, InvoiceLine, Order, OrderLine
from orders.pricing.purchases import totals_of
from orders.pricing.totals import Target, Totals
from shop.core import countries
from shop.core.money import ZERO

VERSION: Final = 1
Kind = InvoiceLine.Kind
# Sellers of this condition state a sales tax; all others sell without one.
_STATES_TAX: Final = "RI"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One line before its tax is computed. `unit_price`: the list price of one unit; `amount`: what is paid for all.

    `rate` is the tax in it, a fraction of the net price; of an invoice's line that is credited `credits` is the key.
    """

    kind: str
    description: str
    amount: Decimal
    rate: Decimal
    quantity: int = 1
    unit_price: Decimal = ZERO
    sku: str = ""
    order_line_id: UUID | None = None
    credits_id: UUID | None = None


def rate_of(line: OrderLine | None, *, is_fiscal: bool) -> Decimal:
    """Return the sales tax in a line's price, or in the shipping's and the charges' (None).

    One general rate, the country's. A product with a reduced one will name it here: amounts, requests and papers divide
    by rate already.
    """
    tax = countries.current().sales_tax
    if not is_fiscal or settings.SELLER_TAX_CONDITION != _STATES_TAX or tax is None or not tax.is_included:
        return Decimal(0)
    return tax.rate


def lines_of(order: Order, *, is_fiscal: bool) -> list[DraftLine]:
    """Return the lines of an order's invoice: units at what was paid for them, the shipping, other charges.

    Their sum is the order's total: discounts agreed at the sale are in the lines, as the law of Argentina wants it
    (RG AFIP 4540/2019 leaves later ones to credit notes).
    """
    rows = list(order.lines.all())
    totals = totals_of(order, rows)
    paid = {line.line.key: line.paid for line in totals.lines}
    found = [
        DraftLine(
            kind=Kind.LINE,
            description=row.name,
            sku=row.sku,
            quantity=row.quantity,
            unit_price=row.unit_price,
            amount=paid[str(row.pk)],
            rate=rate_of(row, is_fiscal=is_fiscal),
            order_line_id=row.pk,
        )
        for row in rows
    ]
    return [*found, *_charges(order, totals, rate_of(None, is_fiscal=is_fiscal))]


def _charges(order: Order, totals: Totals, rate: Decimal) -> Iterator[DraftLine]:
    """Yield what belongs to no line: the shipping, and what else was charged for the order as a whole."""
    if totals.shipping:
        yield _charge(Kind.SHIPPING, order.shipping_name or "—", totals.shipping, rate)
    sums: dict[str, Decimal] = {}
    for one in totals.adjustments:
        if one.target == Target.ORDER and one.amount:
            sums[one.label] = sums.get(one.label, ZERO) + one.amount
    for label, amount in sums.items():
        yield _charge(Kind.CHARGE, label, amount, rate)


def _charge(kind: str, words: str, amount: Decimal, rate: Decimal) -> DraftLine:
    return DraftLine(kind=kind, description=words, unit_price=amount, amount=amount, rate=rate)


def seller() -> dict[str, str]:
    """Return the seller's data as they are printed."""
    start: date | None = settings.SELLER_ACTIVITY_START
    return {
        "name": settings.SHOP_LEGAL_NAME,
        "brand": settings.SHOP_NAME,
        "tax_id": settings.SHOP_TAX_ID,
        "address": settings.SHOP_ADDRESS,
        "email": settings.SHOP_EMAIL,
        "tax_condition": settings.SELLER_TAX_CONDITION if offered() else "",
        "gross_income": settings.SELLER_GROSS_INCOME,
        "activity_start": start.isoformat() if start else "",
    }


def buyer(order: Order) -> dict[str, str]:
    """Return the buyer's data as they are printed: the name and document of the checkout, the bill's address."""
    address: AddressSnapshot | None = order.billing_address or order.shipping_address
    name = order.full_name or (address.recipient if address else "")
    return {
        "name": name,
        "document_type": order.document_type if order.document_number else "",
        "document_number": order.document_number,
        "tax_condition": order.tax_condition,
        "address": _address(address) if address else "",
    }


def _address(address: AddressSnapshot) -> str:
    street = ", ".join(part for part in (address.street, address.apartment) if part)
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    return "\n".join(part for part in (street, f"{place}, {address.state}") if part.strip(", "))


def snapshot(
    order: Order,
    *,
    kind: str,
    lines: Sequence[DraftLine],
    splits: Sequence[Split],
    currency: str,
    language: str,
    related: Mapping[str, str] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Return what is printed of a document, as JSON keeps it; number, day and the office's facts are added to it."""
    return {
        "version": VERSION,
        "kind": kind,
        "language": language,
        "currency": currency,
        "order_number": order.number,
        "placed_on": order.placed_at.date().isoformat(),
        "country": countries.current().code,
        "seller": seller(),
        "buyer": buyer(order),
        "lines": [
            {
                "kind": line.kind,
                "sku": line.sku,
                "description": line.description,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "amount": str(line.amount),
                "net": str(part.net),
                "tax": str(part.tax),
                "rate": str(line.rate),
            }
            for line, part in zip(lines, splits, strict=True)
        ],
        "related": dict(related or {}),
        "reason": reason,
    }
