"""How much money of an order may still go back: sums may have been given that belong to no unit, or a bank took some.

Neither is owed again: what is left of what was paid goes back, and whatever stands last falls short first.
"""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum

from orders.models import Installment, Order
from orders.reimbursements.left import owed_whole_of
from shop.core.money import ZERO


def money_left(order: Order) -> Decimal:
    """Return how much may still go back of an order, in its currency (two queries).

    Of one in instalments its whole debt may, paid or not.
    """
    debt = debt_of(order.pk)
    if debt is not None:
        return max(debt - owed_whole_of(order.pk), ZERO)
    money = order.money
    return max(money.paid - money.promised - money.charged_back, ZERO)


def leaves_nothing(order: Order, *, left: Decimal, back: Decimal = ZERO) -> bool:
    """Say whether nothing is left of an order's money once `back` of what is `left` goes back: nothing is sent for it.

    `left` is what `money_left` says. One query where that is nothing, else none. An order that cost nothing keeps all.
    """
    return back >= left if left else order.money.is_gone


def debt_of(order_id: UUID) -> Decimal | None:
    """Return what may still be given back of a plan's order: paid, open and waived; None: it has no plan."""
    rows = Installment.objects.filter(plan__order_id=order_id)
    found: Decimal | None = rows.aggregate(sum=Sum(F("amount") + F("late") - F("reduced")))["sum"]
    return found


def within(amounts: Iterable[Decimal], left: Decimal) -> list[Decimal]:
    """Return what of each amount goes back where so much is `left` for all: the last ones fall short first. Pure."""
    found = []
    for amount in amounts:
        found.append(min(amount, left))
        left -= found[-1]
    return found
