"""A credit note of an invoice with two tax rates: what is given back is credited at the rate of what it was given for."""

from decimal import Decimal
from uuid import uuid4

import pytest

from orders.invoices import credit_notes
from orders.invoices.credit_notes import Given, Left
from orders.invoices.fiscal.base import TaxPart
from orders.models import Invoice, InvoiceLine, ReimbursementLine

FULL, REDUCED = Decimal("0.21"), Decimal("0.105")
SHIRT, BOOK = uuid4(), uuid4()
Kind = ReimbursementLine.Kind


@pytest.fixture
def invoice(monkeypatch: pytest.MonkeyPatch) -> Invoice:
    """Return an invoice of a shirt of 1,210 and a book of 1,105, of which nothing is credited; no row is stored."""
    rows = [(SHIRT, "Shirt", "1210", "1000", FULL), (BOOK, "Book", "1105", "1000", REDUCED)]
    left = [
        Left(
            InvoiceLine(kind="line", order_line_id=key, description=name, rate=rate),
            1,
            Decimal(amount),
            Decimal(net),
        )
        for key, name, amount, net, rate in rows
    ]
    parts = [TaxPart(rate=row.line.rate, net=row.net, tax=row.amount - row.net) for row in left]
    monkeypatch.setattr(credit_notes, "left_of", lambda _invoice: left)
    monkeypatch.setattr(credit_notes, "left_by_rate", lambda _invoice: parts)
    return Invoice()


def credited(invoice: Invoice, amount: str, *given: Given) -> list[tuple[str, Decimal, Decimal]]:
    lines = credit_notes.lines_for(invoice, given, Decimal(amount), words="Part", currency="ARS")
    return [(line.description, line.amount, line.rate) for line in lines]


def part_of(key: object, amount: str) -> Given:
    return Given(Kind.CREDIT, key, 0, Decimal(amount))  # type: ignore[arg-type]


def test_a_part_of_a_price_is_credited_at_the_rate_of_its_line(invoice: Invoice):
    assert credited(invoice, "100", part_of(BOOK, "100")) == [("Part: Book", Decimal(100), REDUCED)]
    both = credited(invoice, "150", part_of(SHIRT, "50"), part_of(BOOK, "100"))
    assert both == [("Part: Shirt", Decimal(50), FULL), ("Part: Book", Decimal(100), REDUCED)]


def test_units_and_a_part_of_the_same_rate_are_never_more_than_was_billed_at_it(invoice: Invoice):
    found = credited(invoice, "1305", Given(Kind.LINE, BOOK, 1, Decimal(1105)), part_of(BOOK, "200"))
    assert found == [("Book", Decimal(1105), REDUCED), ("Part", Decimal(200), FULL)]


def test_a_part_of_what_is_not_on_the_invoice_and_a_mere_sum_are_spread(invoice: Invoice):
    """By what is left of each rate: 1,210 and 1,105 of 2,315."""
    for given in ([part_of(uuid4(), "231.50")], []):
        found = credited(invoice, "231.50", *given)
        assert found == [("Part", Decimal(121), FULL), ("Part", Decimal("110.50"), REDUCED)]
