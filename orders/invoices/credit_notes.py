"""Credit notes: what was given back of an invoiced order, by the rows of what gives it back.

A note is ordered when money has gone back (`follow`), and issued when its invoice is. Money and note are records of
their own: either may fail or be late alone. What a note credits is never more than its invoice's (triggers, and the
caps below).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet, Sum

from orders.invoices import debit_notes
from orders.invoices.content import DraftLine
from orders.invoices.fiscal.base import TaxPart
from orders.models import Invoice, InvoiceLine, Order, Reimbursement, ReimbursementLine
from shop.core.allocation import rounded, spread
from shop.core.money import ZERO

_Status = Invoice.Status
Kind = InvoiceLine.Kind
_MOST_LINES: Final = 1000


@dataclass(slots=True)
class Left:
    """What of an invoice's line is not credited yet."""

    line: InvoiceLine
    quantity: int
    amount: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Given:
    """What was given back: units of an order line, the shipping with the charges, or a mere sum."""

    kind: str
    order_line_id: UUID | None
    quantity: int
    amount: Decimal


def left_of(invoice: Invoice) -> list[Left]:
    """Return what of each line of an invoice is left to credit, in their order (two queries).

    Mere sums that were credited, and what debit notes added, count for the whole, not for a line: see `left_by_rate`.
    """
    credited = InvoiceLine.objects.filter(invoice__in=_credits_of(invoice), credits__isnull=False)
    sums = credited.order_by().values_list("credits")
    gone = {
        key: (units, amount, net)
        for key, units, amount, net in sums.annotate(Sum("quantity"), Sum("amount"), Sum("net"))
    }
    found = []
    for line in invoice.lines.order_by("position")[:_MOST_LINES]:
        units, amount, net = gone.get(line.pk, (0, ZERO, ZERO))
        found.append(Left(line, line.quantity - units, line.amount - amount, line.net - net))
    return found


def left_by_rate(invoice: Invoice) -> list[TaxPart]:
    """Return what of an invoice and its debit notes is left to credit by rate, mere sums counted (two queries)."""
    sums: dict[Decimal, list[Decimal]] = {}
    billed = Q(invoice=invoice) | Q(invoice__in=debit_notes.issued_of(invoice))
    for line in InvoiceLine.objects.filter(billed):
        _add(sums, line.rate, line.net, line.tax)
    credited = InvoiceLine.objects.filter(invoice__in=_credits_of(invoice))
    for row in credited.order_by().values("rate").annotate(sum_net=Sum("net"), sum_tax=Sum("tax")):
        _add(sums, row["rate"], -row["sum_net"], -row["sum_tax"])
    return [TaxPart(rate=rate, net=net, tax=tax) for rate, (net, tax) in sorted(sums.items(), reverse=True)]


def _credits_of(invoice: Invoice) -> QuerySet[Invoice]:
    """Return the credit notes of an invoice that have a number."""
    return Invoice.objects.filter(
        related_to=invoice, kind=Invoice.Kind.CREDIT_NOTE, status__in=Invoice.NUMBERED
    )


def _add(sums: dict[Decimal, list[Decimal]], rate: Decimal, net: Decimal, tax: Decimal) -> None:
    so_far = sums.setdefault(rate, [ZERO, ZERO])
    so_far[0] += net
    so_far[1] += tax


def given_by(note: Invoice) -> tuple[list[Given], Decimal]:
    """Return what the cause of a note gave back, and its whole amount: a reimbursement, a refund, or a cancellation."""
    if note.reimbursement_id is not None:
        owed = Reimbursement.objects.get(pk=note.reimbursement_id)
        return [
            Given(line.kind, line.order_line_id, line.quantity, line.amount) for line in owed.lines.all()
        ], owed.amount
    if note.refund is not None:
        # Payments are above orders in the import order: their models are found by name.
        refund = apps.get_model("payments", "Refund")._default_manager.get(pk=note.refund)
        lines = apps.get_model("payments", "RefundLine")._default_manager.filter(refund=refund)
        return [
            Given(
                ReimbursementLine.Kind.LINE if line.order_line_id else ReimbursementLine.Kind.SHIPPING,
                line.order_line_id,
                line.quantity,
                line.amount,
            )
            for line in lines
        ], refund.amount
    return [], _never_paid(note)


def _never_paid(note: Invoice) -> Decimal:
    """Return what of a cancelled order's invoice nothing else credits: instalments that were never paid."""
    order: Order = note.order
    invoice = note.related_to
    if invoice is None:
        return ZERO
    billed = invoice.total + sum((note.total for note in debit_notes.issued_of(invoice)), ZERO)
    credited = _credits_of(invoice).exclude(pk=note.pk).aggregate(sum=Sum("total"))["sum"] or ZERO
    coming = order.reimbursements.exclude(status=Reimbursement.Status.FAILED).exclude(
        credit_note__status__in=Invoice.NUMBERED
    )
    owed = coming.aggregate(sum=Sum("amount"))["sum"] or ZERO
    # A fee that was kept of what came back stays sold.
    kept = ReimbursementLine.objects.filter(reimbursement__order=order).aggregate(sum=Sum("withheld"))["sum"]
    return max(billed - credited - owed - (kept or ZERO), ZERO)


def lines_for(
    invoice: Invoice, given: Sequence[Given], amount: Decimal, *, words: str, currency: str
) -> list[DraftLine]:
    """Return the lines that credit what was given back, never more than is left of the invoice.

    `amount` is all that went back; what `given` does not explain is credited as a sum (`words`).
    """
    left = left_of(invoice)
    rates = left_by_rate(invoice)
    room = min(amount, sum((part.net + part.tax for part in rates), ZERO))
    found: list[DraftLine] = []
    for one in given:
        if one.kind == ReimbursementLine.Kind.CREDIT:
            lines = _part_of_price(left, rates, found, one, room, words)
        else:
            lines = _of(left, one, room, currency)
        for line in lines:
            found.append(line)
            room -= line.amount
    if room > 0:
        found += _sums(rates, found, room, words, currency)
    return found


def _of(left: Sequence[Left], one: Given, room: Decimal, currency: str) -> list[DraftLine]:
    """Return the lines that credit one thing that was given back."""
    if one.kind == ReimbursementLine.Kind.LINE:
        rows = [row for row in left if row.line.order_line_id == one.order_line_id and one.order_line_id]
        wanted = one.quantity
    elif one.kind == ReimbursementLine.Kind.SHIPPING:
        # The shipping first, then what else was charged for the order as a whole.
        rows = [row for row in left if row.line.kind in {Kind.SHIPPING, Kind.CHARGE}]
        wanted = 1
    else:
        return []
    found, rest = [], min(one.amount, room)
    for row in rows:
        part = min(rest, row.amount)
        is_units = row.line.kind == Kind.LINE
        quantity = min(wanted, row.quantity) if is_units else 1
        if part <= 0 or quantity <= 0:
            continue
        row.amount -= part
        row.quantity -= quantity
        rest -= part
        found.append(
            DraftLine(
                kind=row.line.kind,
                description=row.line.description,
                sku=row.line.sku,
                quantity=quantity,
                unit_price=rounded(part / quantity, currency),
                amount=part,
                rate=row.line.rate,
                order_line_id=row.line.order_line_id,
                credits_id=row.line.pk,
            )
        )
    return found


def _part_of_price(
    left: Sequence[Left],
    rates: Sequence[TaxPart],
    lines: Sequence[DraftLine],
    one: Given,
    room: Decimal,
    words: str,
) -> list[DraftLine]:
    """Return the sum that credits a part of the price of units that stay with the buyer, at the rate of their line.

    No unit is credited with it. More than is left of that rate is a mere sum.
    """
    row = next((row for row in left if row.line.order_line_id == one.order_line_id), None)
    if row is None:
        return []
    there = sum((part.net + part.tax for part in rates if part.rate == row.line.rate), ZERO)
    taken = sum((line.amount for line in lines if line.rate == row.line.rate), ZERO)
    amount = min(one.amount, room, there - taken)
    if amount <= 0:
        return []
    description = f"{words}: {row.line.description}"[:300]
    return [
        DraftLine(
            kind=Kind.SUM, description=description, unit_price=amount, amount=amount, rate=row.line.rate
        )
    ]


def _sums(
    rates: Sequence[TaxPart], lines: Sequence[DraftLine], amount: Decimal, words: str, currency: str
) -> list[DraftLine]:
    """Return a mere sum, divided over the rates of the invoice by what is left of each."""
    weights = []
    for part in rates:
        taken = sum((line.amount for line in lines if line.rate == part.rate), ZERO)
        weights.append(max(part.net + part.tax - taken, ZERO))
    return [
        DraftLine(kind=Kind.SUM, description=words, unit_price=share, amount=share, rate=part.rate)
        for part, share in zip(rates, spread(amount, weights, currency), strict=True)
        if share
    ]
