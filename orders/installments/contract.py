"""The contract of a plan: the text that is shown before it is accepted, and kept as it was.

What the law of a country asks to be read in it (`Credit.contract_fields`) is in the template's data by name, so that
none can be forgotten: a field that no paragraph gives stops it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from orders.models import CheckoutLine, CheckoutSession, InstallmentQuote
from shop.core import countries
from shop.core.countries import Country
from shop.core.installments import table
from shop.core.installments.quotation import Installments
from shop.core.installments.table import Row
from shop.core.web.context import shop_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Everything that the text says; nothing has a default."""

    seller: dict[str, object]
    buyer: str
    lines: Sequence[CheckoutLine]
    terms: Installments
    rows: Sequence[Row]
    late_monthly_rate: object
    grace_days: int
    pay_first_by: datetime
    valid_until: datetime
    country: Country


def of(
    session: CheckoutSession, quote: InstallmentQuote, terms: Installments, *, pay_first_by: datetime
) -> Contract:
    """Return what the contract of a checkout says for a quote."""
    return Contract(
        seller=shop_facts(),
        buyer=session.full_name or session.email,
        lines=list(session.lines.all()),
        terms=terms,
        rows=table.table(terms),
        late_monthly_rate=quote.late_monthly_rate,
        grace_days=quote.grace_days,
        pay_first_by=pay_first_by,
        valid_until=quote.valid_until,
        country=countries.current(),
    )


def text(contract: Contract, language: str) -> str:
    """Return the contract as plain text in a language; blank lines separate its paragraphs."""
    with translation.override(language):
        return render_to_string("orders/installments/contract.txt", {"contract": contract}).strip()
