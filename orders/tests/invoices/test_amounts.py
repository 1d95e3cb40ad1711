"""Net and tax of documents, and of all the notes that credit one. Pure, whatever the amounts."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orders.invoices.amounts import split, split_credit, tax_parts
from orders.invoices.fiscal.base import TaxPart

AMOUNTS = st.lists(st.decimals("0.01", "99999.99", places=2), min_size=1, max_size=12)
RATES = st.sampled_from([Decimal("0.21"), Decimal("0.105"), Decimal(0)])


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.data())
def test_the_tax_of_each_rate_is_exact_and_the_lines_add_up(amounts, data):
    parts = [(amount, data.draw(RATES)) for amount in amounts]
    found = split(parts, "ARS")
    assert [one.net + one.tax for one in found] == amounts
    for part in tax_parts([(rate, one) for (_amount, rate), one in zip(parts, found, strict=True)]):
        assert abs(part.tax - part.net * part.rate) <= Decimal("0.01")


@settings(max_examples=60, deadline=None)
@given(AMOUNTS)
def test_notes_credit_exactly_what_was_invoiced_however_many_there_are(amounts):
    rate = Decimal("0.21")
    invoiced = tax_parts([(rate, one) for one in split([(amount, rate) for amount in amounts], "ARS")])[0]
    net, tax = invoiced.net, invoiced.tax
    for amount in amounts:
        (note,) = split_credit([(amount, rate)], [TaxPart(rate=rate, net=net, tax=tax)], "ARS")
        net, tax = net - note.net, tax - note.tax
        assert note.net + note.tax == amount
        assert net >= 0
        assert tax >= 0
    assert (net, tax) == (0, 0)
