"""Late interest: booked once a day on what is overdue, where the plan agreed to it and the country allows it.

Simple, on the overdue principal alone, from the first day after grace. By default plans have none, and the job finds
nothing. What is booked is the difference between the charge until today and the charge until the last day that was
booked, so that rounding never adds up and a day that was missed is made good by the next run.
"""

import time
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from orders.installments import bills, overdue, plan_state
from orders.models import Installment, InstallmentEvent, InstallmentPlan
from shop.core import countries
from shop.core.due.fairness import run_each
from shop.core.installments import late
from shop.core.installments.late import LatePolicy
from shop.core.money import ZERO

Kind = InstallmentEvent.Kind
_BATCH: Final = 200
_CAUSE: Final = "late:"
_SHOWN: Final = Decimal("0.0001")  # A hundredth of a per cent.


def policy_of(plan: InstallmentPlan) -> LatePolicy:
    """Return what a plan agreed of late interest, as far as the country allows it; what is shown is what is charged."""
    allowed = LatePolicy(plan.late_monthly_rate).within(countries.current().credit, plan.monthly_rate)
    return LatePolicy(allowed.monthly_rate.quantize(_SHOWN, ROUND_DOWN))


def charge_due(*, seconds: float = 1200.0, actor: str = "job:late_interest") -> dict[str, int]:
    """Book the late interest of all that is overdue; one transaction for each plan, a batch of keys in memory.

    Ends after so many `seconds`; what is left is booked by the next run.
    """
    end, tally = time.monotonic() + seconds, Counter[str]()
    last: UUID | None = None
    while time.monotonic() < end:
        rows = due().order_by("pk")
        keys = list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:_BATCH])
        if not keys:
            break
        last = keys[-1]
        tally += run_each(keys, lambda key: charge(key, actor=actor))
    return dict(tally)


def due() -> "QuerySet[InstallmentPlan]":
    """Return the plans with late interest agreed and an instalment overdue for which nothing is booked today."""
    booked = InstallmentEvent.objects.filter(
        installment=OuterRef("pk"), kind=Kind.LATE, cause=_cause(timezone.localdate())
    )
    rows = Installment.objects.filter(overdue.condition(), ~Exists(booked), plan__late_monthly_rate__gt=0)
    return InstallmentPlan.objects.filter(
        Exists(rows.filter(plan=OuterRef("pk"))), status=InstallmentPlan.Status.ACTIVE
    )


def charge(plan_id: UUID, *, actor: str) -> str:
    """Book the late interest of a plan until today; return a word for the tally. Again on the same day: nothing.

    Locks the order, then the plan.
    """
    today = timezone.localdate()
    with transaction.atomic():
        plan = plan_state.lock(plan_id)
        if plan.status != InstallmentPlan.Status.ACTIVE:
            return "not live"
        policy = policy_of(plan)
        rows = plan.installments.filter(open_amount__gt=0, due_date__lt=today).prefetch_related("events")
        amounts = [(row, _charge_of(plan, row, policy, today)) for row in rows]
        booked = InstallmentEvent.objects.bulk_create(
            InstallmentEvent(
                installment=row, kind=Kind.LATE, amount=amount, cause=_cause(today), actor=actor[:150]
            )
            for row, amount in amounts
            if amount > 0
        )
    return "charged" if booked else "nothing to charge"


def first_day(plan: InstallmentPlan, row: Installment) -> date:
    """Return the first day on which an instalment bears late interest, if it is not paid before."""
    return late.late_from(row.due_date, countries.current(), grace_days=plan.grace_days)


def _charge_of(plan: InstallmentPlan, row: Installment, policy: LatePolicy, today: date) -> Decimal:
    """Return what is to be booked of one instalment: the charge until today less the charge before it."""
    first = first_day(plan, row)
    if today < first or not policy.monthly_rate:
        return ZERO
    principal = late.open_principal(bills.position_of(row).open, row.interest)
    begin = max(first, _counted_from(row))
    until_today, before = (
        late.late_charge(principal, first, day, policy, plan.currency)
        for day in (today, begin - timedelta(days=1))
    )
    return until_today - before


def _counted_from(row: Installment) -> date:
    """Return the day from which nothing is booked yet; what a bank took back is owed again from that day on."""
    found = date.min
    for event in row.events.all():
        if event.kind == Kind.LATE and event.cause.startswith(_CAUSE):
            found = max(found, date.fromisoformat(event.cause.removeprefix(_CAUSE)) + timedelta(days=1))
        elif event.kind in {Kind.REVERSED, Kind.RESTORED}:
            found = max(found, timezone.localdate(event.created_at))
    return found


def _cause(day: date) -> str:
    return f"{_CAUSE}{day.isoformat()}"
