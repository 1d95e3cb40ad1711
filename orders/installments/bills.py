"""What is asked for now of a plan: chosen instalments or all of them, with the interest that paying early spares."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.installments import plan_state
from orders.models import (
    Installment,
    InstallmentBill,
    InstallmentBillLine,
    InstallmentPlan,
    Payable,
)
from shop.core import countries
from shop.core.due.locked import one_by_one
from shop.core.ids import uuid7
from shop.core.installments import late, payoff
from shop.core.installments.payoff import Payoff, Position, Terms
from shop.core.money import ZERO
from shop.core.states import move, record

Status = InstallmentBill.Status


class NothingToPay(Exception):
    """None of the chosen instalments is open, or the plan has ended. Choosing others helps, if there are any."""


def terms_of(plan: InstallmentPlan, rows: Sequence[Installment]) -> Terms:
    """Return what a plan agreed, for the arithmetic of early settlement."""
    return Terms(plan.sold_on, tuple(row.original_due_date for row in rows), plan.monthly_rate, plan.currency)


def position_of(row: Installment) -> Position:
    """Return an instalment as it stands; late interest is apart (`late_open`), also what fell or was waived of it."""
    reduced = min(row.reduced, row.amount)
    return Position(
        number=row.number,
        amount=row.amount,
        interest=row.interest,
        open=row.open_amount - late_open(row),
        reduced=reduced,
        waived=min(row.waived, row.amount - reduced),
    )


def late_open(row: Installment) -> Decimal:
    """Return what of the open amount is late interest, which is paid last."""
    found: Decimal = min(row.late, row.open_amount)
    return found


def is_overdue(plan: InstallmentPlan, row: Installment) -> bool:
    """Say whether an instalment is overdue today: not paid, its due day (the next business day) and the grace over."""
    if not row.open_amount or not plan.is_live:
        return False
    return timezone.localdate() >= late.late_from(
        row.due_date, countries.current(), grace_days=plan.grace_days
    )


def payoff_on(
    plan: InstallmentPlan,
    rows: Sequence[Installment],
    day: date,
    *,
    numbers: Collection[int] | None = None,
) -> Payoff:
    """Return what settling open instalments costs on a day, late interest apart. `rows`: all of the plan, in order."""
    return payoff.payoff(
        [position_of(row) for row in rows],
        max(day, plan.sold_on),
        terms_of(plan, rows),
        numbers=numbers,
    )


def ask(
    plan: InstallmentPlan, *, numbers: Collection[int] | None, actor: str, spares_interest: bool = True
) -> InstallmentBill:
    """Return the bill for these instalments, None: for all that are open; a live one of the same choice is used again.

    Without `spares_interest` they are asked for in full, though paying early would cost less: for a client that was
    promised the amount that it shows. Late interest is part of the bill either way. Locks the order, then the plan.

    Raises:
        NothingToPay: none of them is open.
    """
    with transaction.atomic():
        locked = plan_state.lock(plan.pk)
        rows = list(locked.installments.order_by("number"))
        wanted = {row.number for row in rows if row.open_amount > 0}
        is_payoff = numbers is None or set(numbers) >= wanted
        chosen = wanted if numbers is None else wanted & set(numbers)
        if not chosen or not locked.is_live:
            raise NothingToPay
        today = timezone.localdate()
        lines = _lines(locked, rows, today, chosen) if spares_interest else _in_full(rows, chosen)
        if not any(paid for _number, paid, _waived in lines):
            raise NothingToPay
        return _bill(locked, rows, lines, today, is_payoff=is_payoff, actor=actor)


def _lines(
    plan: InstallmentPlan, rows: Sequence[Installment], today: date, chosen: Collection[int]
) -> list[tuple[int, Decimal, Decimal]]:
    """Return the number of each chosen instalment with what is paid and waived of it; late interest is all paid."""
    costs = {line.number: line for line in payoff_on(plan, rows, today, numbers=chosen).lines}
    found = []
    for row in rows:
        if row.number in chosen:
            cost = costs.get(row.number)  # None: only late interest is open.
            paid, waived = (cost.paid, cost.waived) if cost else (ZERO, ZERO)
            found.append((row.number, paid + late_open(row), waived))
    return found


def _in_full(rows: Sequence[Installment], chosen: Collection[int]) -> list[tuple[int, Decimal, Decimal]]:
    """Return the number of each chosen instalment with all that is open of it, and nothing waived."""
    return [(row.number, row.open_amount, ZERO) for row in rows if row.number in chosen]


def _bill(
    plan: InstallmentPlan,
    rows: Sequence[Installment],
    lines: Sequence[tuple[int, Decimal, Decimal]],
    today: date,
    *,
    is_payoff: bool,
    actor: str,
) -> InstallmentBill:
    choice = hashlib.sha256(repr((today.isoformat(), lines)).encode()).hexdigest()
    live = plan.bills.filter(choice=choice, status__in=[Status.OPEN, Status.AWAITING]).first()
    if live is not None:
        return live
    end_stale(plan, actor=actor)
    payable = Payable.objects.create(
        id=uuid7(), kind=Payable.INSTALLMENTS, purchase_id=plan.order.checkout_id
    )
    bill = InstallmentBill.objects.create(
        payable=payable,
        plan=plan,
        kind=InstallmentBill.Kind.PAYOFF if is_payoff and len(lines) > 1 else InstallmentBill.Kind.CHOSEN,
        amount=sum((paid for _number, paid, _waived in lines), ZERO),
        currency=plan.currency,
        choice=choice,
        priced_on=today,
        expires_at=_end_of(today),
    )
    by_number = {row.number: row for row in rows}
    InstallmentBillLine.objects.bulk_create(
        InstallmentBillLine(bill=bill, installment=by_number[number], amount=paid, waived=waived)
        for number, paid, waived in lines
    )
    record(bill, "asked", actor=actor, reason=", ".join(str(number) for number, *_rest in lines))
    return bill


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def is_still_owed(bill: InstallmentBill) -> bool:
    """Say whether each of its instalments is open for exactly what the bill settles of it."""
    return all(
        line.installment.open_amount == line.amount + line.waived
        for line in bill.lines.select_related("installment")
    )


def is_covered(bill: InstallmentBill) -> bool:
    """Say whether at least what the bill settles is open of each of its instalments.

    More may be: late interest that was booked after the bill was made, while somebody was paying it.
    """
    return all(
        line.installment.open_amount >= line.amount + line.waived
        for line in bill.lines.select_related("installment")
    )


def is_of_today(bill: InstallmentBill) -> bool:
    """Say whether its amounts are those of today; without waived interest they are those of every day.

    Not by `expires_at`, which a voucher or a transfer puts off: given up and begun again it would keep a price forever.
    """
    return bill.priced_on >= timezone.localdate() or not bill.lines.filter(waived__gt=0).exists()


def end_stale(plan: InstallmentPlan, *, actor: str) -> int:
    """End the open bills of a plan that nobody is paying and whose day is over, or that are not owed any more."""
    ended = 0
    for bill in plan.bills.filter(status=Status.OPEN):
        if not is_of_today(bill) or not is_still_owed(bill):
            ended += move(bill, Status.ENDED, actor=actor, reason="not owed any more as it was")
    return ended


def end_due(*, seconds: float = 180.0, actor: str = "job:installments") -> dict[str, int]:
    """End the bills whose day is over and which nobody can pay any more as they stand; one transaction each."""

    def end(bill: InstallmentBill) -> str:
        move(bill, Status.ENDED, actor=actor, reason="not owed any more as it was")
        return "ended"

    return dict(one_by_one(_over(), end, limit=100_000, seconds=seconds, no_key=True))


def _over() -> "QuerySet[InstallmentBill]":
    """Return the open bills of days before today of which a line spares interest, or is not owed any more as it was."""
    changed = InstallmentBillLine.objects.filter(bill=OuterRef("pk")).filter(
        Q(waived__gt=0) | ~Q(installment__open_amount=F("amount") + F("waived"))
    )
    rows = InstallmentBill.objects.filter(Exists(changed), status=Status.OPEN, expires_at__lte=Now())
    return rows.order_by("expires_at")


def name_of(bill: InstallmentBill, line: InstallmentBillLine) -> str:
    """Return what a provider's page calls a line: "Instalment 2 of 3 · order #123", in the active language."""
    return _("Instalment %(number)d of %(count)d · order %(order)s") % {
        "number": line.installment.number,
        "count": bill.plan.count,
        "order": bill.plan.order,
    }
