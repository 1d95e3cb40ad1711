"""What the shop waives of an instalment by its own decision: late interest, or any amount."""

from decimal import Decimal

from django.db import transaction

from orders.installments import bills, plan_state
from orders.models import Installment, InstallmentEvent, InstallmentPlan
from shop.core.money import ZERO

Status = InstallmentPlan.Status


class CannotWaive(Exception):
    """The plan is not being paid, or less than this is open of the instalment: `most` may be waived (0: nothing)."""

    def __init__(self, most: Decimal) -> None:
        super().__init__(f"at most {most}")
        self.most = most


def waive(plan: InstallmentPlan, *, number: int, amount: Decimal, reason: str, actor: str) -> Installment:
    """Waive an amount of an open instalment: it is not owed any more, and nobody pays it.

    Bills that ask for more than is owed now end; their money would go back. Locks the order, then the plan.

    Raises:
        CannotWaive: nothing was paid of the plan yet, it is over, or less is open.
        Installment.DoesNotExist: the plan has no instalment of this number.
    """
    with transaction.atomic():
        locked = plan_state.lock(plan.pk)
        row = locked.installments.get(number=number)
        most = row.open_amount if locked.status == Status.ACTIVE else ZERO
        if not ZERO < amount <= most:
            raise CannotWaive(most)
        InstallmentEvent.objects.create(
            installment=row,
            kind=InstallmentEvent.Kind.WAIVED,
            amount=amount,
            cause="staff",
            note=reason[:200],
            actor=actor[:150],
        )
        plan_state.follow(locked, actor=actor, reason="waived")
        bills.end_stale(locked, actor=actor)
        row.refresh_from_db()
    return row
