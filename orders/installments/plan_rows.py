"""A plan's instalments as its buyer sees them today: what each costs, what paying it spares, whether it may move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from orders.installments import bills, moving
from orders.models import Installment, InstallmentPlan
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Row:
    """An instalment as its buyer sees it today: what it costs now, what paying now spares, whether it may be moved."""

    installment: Installment
    now: Decimal
    waived: Decimal
    is_overdue: bool
    movable_until: date | None

    @property
    def movable_from(self) -> date:
        """The first day to which it may be moved."""
        return self.installment.due_date + timedelta(days=1)


def of(found: InstallmentPlan, rows: Sequence[Installment]) -> list[Row]:
    """Return the instalments of a plan as they stand today. `rows`: all of them, in order."""
    today = timezone.localdate()
    costs = {line.number: line for line in bills.payoff_on(found, rows, today).lines}
    is_used = any(row.moved_at for row in rows)
    shown = []
    for row in rows:
        cost = costs.get(row.number)
        shown.append(
            Row(
                installment=row,
                now=(cost.paid if cost else ZERO) + bills.late_open(row),
                waived=cost.waived if cost else ZERO,
                is_overdue=bills.is_overdue(found, row),
                movable_until=moving.latest_for(found, row, is_used=is_used),
            )
        )
    return shown
