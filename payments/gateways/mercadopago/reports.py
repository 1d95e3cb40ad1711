"""Mercado Pago's releases report ("Liquidaciones", released money): every movement of the available balance.

Columns and words: docs/providers/mercadopago.md#payout-reports. Credits stand in one column and debits in another, both
positive; GROSS_AMOUNT carries the movement's sign, and what was kept back is negative (the documentation's own example:
269.00 - 43.04 = 225.96).
"""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.gateways.reports import BadCell, LineKind, ReportLine, ReportRow, WrongReport, as_cost

NAME = gettext_lazy("Releases report (released money), CSV or XLSX")
REQUIRED: Final = (
    "DATE",
    "SOURCE_ID",
    "EXTERNAL_REFERENCE",
    "RECORD_TYPE",
    "DESCRIPTION",
    "NET_CREDIT_AMOUNT",
    "NET_DEBIT_AMOUNT",
    "GROSS_AMOUNT",
)
# Balances and sums, no movements.
_PASSED_OVER: Final = frozenset({"initial_available_balance", "available_balance", "subtotal", "total"})
_WITHHELD: Final = frozenset({"block", "unblock", "fullblock"})
_WORDS: Final = {
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "chargeback": LineKind.DISPUTE,
    "chargeback_cancel": LineKind.DISPUTE,
    "dispute": LineKind.DISPUTE,
    "dispute_cancel": LineKind.DISPUTE,
    "mediation": LineKind.DISPUTE,
    "mediation_cancel": LineKind.DISPUTE,
    "payout": LineKind.PAYOUT,
    "payout_cancel": LineKind.PAYOUT,
    "withdrawal": LineKind.PAYOUT,
    "withdrawal_cancel": LineKind.PAYOUT,
    "shipping": LineKind.FEE,
    "shipping_cancel": LineKind.FEE,
}
_PREFIXES: Final = (("reserve_", LineKind.RESERVE), ("tax_", LineKind.TAX), ("fee_", LineKind.FEE))


def check(columns: Iterable[str]) -> None:
    """Refuse the account balance report: it lists the same money at another moment, which would be counted twice."""
    if "TRANSACTION_TYPE" in set(columns):
        raise WrongReport(
            _("This is the account balance report. Download the releases report (Liquidaciones) instead.")
        )


def read(row: ReportRow) -> ReportLine | None:
    """Read one row. The fees are what neither the taxes nor the net explain, whatever columns they stand in."""
    record, word = row.text("RECORD_TYPE").lower(), row.text("DESCRIPTION", 60).lower()
    if record in _PASSED_OVER:
        return None
    if record != "release" and record not in _WITHHELD:
        raise BadCell("RECORD_TYPE", record, _("Nobody knows this kind of record."))
    happened_at = row.moment("DATE")
    net = row.money("NET_CREDIT_AMOUNT") - row.money("NET_DEBIT_AMOUNT")
    gross, tax = row.money("GROSS_AMOUNT"), -row.money("TAXES_AMOUNT")
    source, reference = row.text("SOURCE_ID"), row.text("EXTERNAL_REFERENCE", 256)
    kind = LineKind.RESERVE if record in _WITHHELD else _kind(word)
    # The report numbers no lines.
    identity = "|".join((happened_at.isoformat(), source, reference, record, word, str(net), str(gross)))
    gross, fee, tax = as_cost(kind, gross, gross - tax - net, tax)
    return ReportLine(
        identity=identity,
        may_repeat=True,
        kind=kind,
        word=word or record,
        happened_at=happened_at,
        currency=row.code("CURRENCY"),
        gross=gross,
        fee=fee,
        tax=tax,
        net=net,
        payout=source if kind == LineKind.PAYOUT else "",
        source=source,
        about=source,
        reference=reference,
    )


def _kind(word: str) -> LineKind:
    if word in _WORDS:
        return _WORDS[word]
    return next((kind for prefix, kind in _PREFIXES if word.startswith(prefix)), LineKind.OTHER)
