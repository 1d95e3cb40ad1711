"""Stripe's payout reconciliation report, itemised: the balance transactions of each automatic payout.

Columns and words: docs/providers/stripe.md#payout-reports.
`gross` and `net` carry the movement's sign, `fee` is what was kept back (net = gross - fee); major units of `currency`.
"""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.gateways.reports import ZERO, BadCell, LineKind, ReportLine, ReportRow, WrongReport, as_cost

NAME = gettext_lazy("Payout reconciliation, itemised, CSV")
REQUIRED: Final = ("balance_transaction_id", "reporting_category", "gross", "fee", "net", "currency")
# How a line names its payment: at least one of them must be chosen when the report is downloaded.
_ABOUT: Final = ("payment_intent_id", "payment_metadata[attempt]")
_WORDS: Final = {
    "charge": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "partial_capture_reversal": LineKind.REFUND,
    "dispute": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE,
    "fee": LineKind.FEE,
    "network_cost": LineKind.FEE,
    "tax": LineKind.TAX,
    "risk_reserved_funds": LineKind.RESERVE,
    "payout": LineKind.PAYOUT,
    "payout_reversal": LineKind.PAYOUT,
}


def check(columns: Iterable[str]) -> None:
    """Refuse a report that names no payments."""
    if not set(_ABOUT) & set(columns):
        raise WrongReport(_("Download the report again with the column payment_intent_id."))


def read(row: ReportRow) -> ReportLine | None:
    """Read one row."""
    number = row.text("balance_transaction_id", 100)
    if not number:
        raise BadCell("balance_transaction_id", "", _("This must not be empty."))
    word = row.text("reporting_category", 60).lower()
    kind = _WORDS.get(word, LineKind.OTHER)
    gross, fee, net = row.money("gross"), row.money("fee"), row.money("net")
    if gross - fee != net:
        raise BadCell("net", str(net), _("Gross less fees is not net."))
    currency = row.code("currency")
    face_currency = row.text("customer_facing_currency", 3).upper()
    gross, fee, tax = as_cost(kind, gross, fee, ZERO)
    return ReportLine(
        identity=number,
        kind=kind,
        word=word,
        happened_at=row.moment(
            "created_utc", "created", "automatic_payout_effective_at_utc", "automatic_payout_effective_at"
        ),
        currency=currency,
        gross=gross,
        fee=fee,
        tax=tax,
        net=net,
        payout=row.text("automatic_payout_id", 100),
        source=row.text("source_id"),
        about=row.text("payment_intent_id"),
        reference=row.text("payment_metadata[attempt]", 256),
        face=row.money("customer_facing_amount") if face_currency not in {"", currency} else None,
        face_currency=face_currency if face_currency != currency else "",
    )
