"""What a credit would mean if it were booked now, for whoever is about to book it. Nothing here decides anything."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders import payables
from orders.installments import bills
from orders.models import InstallmentBill, Payable
from payments.models import BankCredit, PaymentAttempt, TransferInstruction
from payments.transfers import codes, crediting
from payments.transfers.crediting import NEAR_DAYS
from shop.core.money import display as money


@dataclass(frozen=True, slots=True)
class Forecast:
    """`words` in the reader's language; `is_plain`: the exact amount in time, nothing to think about."""

    words: str
    is_plain: bool


def of(
    instruction: TransferInstruction, amount: Decimal, currency: str, *, is_line: bool = False
) -> Forecast:
    """Return what settling would most likely do with a credit of this amount (`is_line`: of a statement)."""
    if is_line and (known := crediting.confirmed_by_hand(instruction, amount)) is not None:
        words = _("It was confirmed by hand for %(day)s (number %(number)s): it counts once.")
        about = {"day": date_format(known.booked_on, "SHORT_DATE_FORMAT"), "number": known.number}
        return Forecast(words % about, is_plain=True)
    attempt = instruction.attempt
    order = payables.kind_of(attempt.payable).order(attempt.payable)
    if order is not None:
        return Forecast(
            _("Order %s is paid already: this is a second payment, and it goes back.") % order, is_plain=False
        )
    if attempt.payable.kind == Payable.INSTALLMENTS:
        return _of_instalments(instruction, attempt.payable.bill, amount, currency)
    if currency != instruction.currency:
        return Forecast(_("It is in another currency: people decide about it."), is_plain=False)
    if amount != instruction.amount:
        return Forecast(_difference(instruction, amount), is_plain=False)
    if attempt.status not in PaymentAttempt.LIVE:
        words = _("It came too late: it becomes an order if the units are there, else it goes back.")
        return Forecast(words, is_plain=False)
    return Forecast(_("It is exactly the amount: the order is made at once."), is_plain=True)


def _of_instalments(
    instruction: TransferInstruction, bill: InstallmentBill, amount: Decimal, currency: str
) -> Forecast:
    """Return what a credit for a bill of instalments would most likely become; nothing in stock waits for it."""
    is_owed = bill.plan.status != bill.plan.Status.CANCELLED and bills.is_covered(bill)
    if not is_owed:
        words = _("What it was asked for was paid otherwise, or is not owed any more: it goes back.")
        return Forecast(words, is_plain=False)
    if currency != instruction.currency:
        return Forecast(_("It is in another currency: people decide about it."), is_plain=False)
    if amount != instruction.amount:
        return Forecast(_difference(instruction, amount), is_plain=False)
    return Forecast(_("It is exactly the amount: the instalments are paid at once."), is_plain=True)


def near_lines(instruction: TransferInstruction, amount: Decimal, on: date) -> list[BankCredit]:
    """Return lines of statements that wait and may be this money: same amount, near date, no other reference."""
    days = timedelta(days=NEAR_DAYS)
    rows = BankCredit.objects.filter(
        status=BankCredit.Status.OPEN,
        amount=amount,
        currency=instruction.currency,
        booked_on__range=(on - days, on + days),
    )
    return [row for row in rows.order_by("booked_on")[:50] if not codes.within(row.reference)][:5]


def _difference(instruction: TransferInstruction, amount: Decimal) -> str:
    difference = money(abs(amount - instruction.amount), instruction.currency)
    if amount < instruction.amount:
        return _("It is %s too little: the purchase is kept, and people decide about it.") % difference
    return _("It is %s too much: people decide about it.") % difference
