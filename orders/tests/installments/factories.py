"""Makers of orders with a plan of instalments, written as rows: the sums add up, the interest is in the lines."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from orders.installments import plan_state
from orders.installments.money import cause_of
from orders.models import (
    Installment,
    InstallmentEvent,
    InstallmentOffer,
    InstallmentPlan,
    InstallmentQuote,
    Order,
    OrderAdjustment,
    OrderLine,
)
from orders.tests.factories import make_cart, make_order, make_variant
from shop.core.allocation import equal_parts, rounded, spread
from shop.core.ids import readable_code
from shop.core.money import ZERO

ACTOR = "test"


def make_plan(
    *wanted: tuple[str, int],
    count: int = 3,
    factor: str = "0.19",
    shipping: str = "0.00",
    transaction_id: str = "",
) -> InstallmentPlan:
    """Make an order of units at these prices (45.00, 45.00 and 78.00 when none are named), financed in `count` parts."""
    cart = make_cart(
        *(
            (make_variant(units=9, price=Decimal(price)), units)
            for price, units in wanted or (("45.00", 2), ("78.00", 1))
        )
    )
    order = make_order(cart, transaction_id=transaction_id or f"plan:{readable_code(10)}")
    with transaction.atomic():
        _finance(order, Decimal(shipping), Decimal(factor), count)
    return _plan(order, count, Decimal(factor))


def _finance(order: Order, shipping: Decimal, factor: Decimal, count: int) -> None:
    """Write the shipping and the interest: a share on every line, one of the order for the shipping."""
    OrderAdjustment.objects.filter(order=order).delete()
    lines = list(order.lines.all())
    base = order.subtotal + shipping
    interest = rounded(base * (1 + factor * count / 12), order.currency) - base
    *shares, of_order = spread(interest, [*(line.total for line in lines), shipping], order.currency)
    rows = [(OrderAdjustment.Target.LINE, line, share) for line, share in zip(lines, shares, strict=True)]
    rows = [*rows, (OrderAdjustment.Target.ORDER, None, of_order)]
    adjustments = [
        OrderAdjustment(
            order=order,
            line=line,
            target=target,
            amount=share,
            kind="financing",
            label="Interest",
            position=position,
            currency=order.currency,
        )
        for position, (target, line, share) in enumerate(rows, 1)
        if share
    ]
    OrderAdjustment.objects.bulk_create(adjustments)
    order.shipping_total, order.adjustment_total = shipping, sum((one.amount for one in adjustments), ZERO)
    order.total = order.subtotal + shipping + order.adjustment_total
    order.save()


def _plan(order: Order, count: int, factor: Decimal) -> InstallmentPlan:
    interest = sum((one.amount for one in order.adjustments.filter(kind="financing")), ZERO)
    amounts = equal_parts(order.total, count, order.currency)
    dues = [date(2026, 1, 12) + timedelta(days=30 * number) for number in range(count)]
    offer = InstallmentOffer.objects.order_by("code").filter(
        count=count
    ).first() or InstallmentOffer.objects.create(
        code=f"test-{count}", name="Test", count=count, factor=factor
    )
    terms = _terms(order, interest, count, factor)
    quote = InstallmentQuote.objects.create(
        checkout=order.checkout,
        offer=offer,
        amounts=amounts,
        due_dates=dues,
        valid_until=timezone.now() + timedelta(days=2),
        **terms,
    )
    plan = InstallmentPlan.objects.create(
        order=order,
        quote=quote,
        sold_on=date(2025, 12, 12),
        pay_first_by=timezone.now(),
        accepted_at=timezone.now(),
        contract="…",
        **terms,
    )
    _write_parts(plan, interest)
    return plan


def _terms(order: Order, interest: Decimal, count: int, factor: Decimal) -> dict[str, Any]:
    return {
        "currency": order.currency,
        "base": order.total - interest,
        "total": order.total,
        "count": count,
        "factor": factor,
        **dict.fromkeys(("monthly_rate", "tna", "tea", "rate"), Decimal(0)),
        "rate_name": "CFTEA",
        "rate_method": "months12",
        "rate_text": "CFTEA 0 %",
        "due_policy": "monthly",
    }


def _write_parts(plan: InstallmentPlan, interest: Decimal) -> None:
    interests = equal_parts(interest, plan.count, plan.currency)
    rows = zip(plan.quote.amounts, interests, plan.quote.due_dates, strict=True)
    Installment.objects.bulk_create(
        Installment(
            plan=plan,
            number=number,
            amount=amount,
            interest=part,
            principal=amount - part,
            balance=ZERO,
            due_date=due,
            original_due_date=due,
        )
        for number, (amount, part, due) in enumerate(rows, 1)
    )


def parts(plan: InstallmentPlan) -> list[Installment]:
    """Return the instalments as they are now."""
    return list(Installment.objects.filter(plan=plan).order_by("number"))


def opened(plan: InstallmentPlan) -> list[Decimal]:
    """Return what is open of each instalment."""
    return [part.open_amount for part in parts(plan)]


def book_paid(
    plan: InstallmentPlan, payment_id: UUID, numbers: Sequence[int], *, waived: Sequence[str] = ()
) -> Decimal:
    """Book a payment of all that is open of these instalments, less what is waived of each; return its amount."""
    total = ZERO
    with transaction.atomic():
        locked = plan_state.lock(plan.pk)
        for part, less in zip(
            Installment.objects.filter(plan=plan, number__in=numbers).order_by("number"),
            [Decimal(one) for one in waived] or [ZERO] * len(numbers),
            strict=True,
        ):
            event(part, "paid", part.open_amount - less, cause_of(payment_id))
            if less:
                event(part, "waived", less, cause_of(payment_id))
            total += part.open_amount - less
        plan_state.follow(locked, actor=ACTOR)
    return total


def event(part: Installment, kind: str, amount: Decimal, cause: str = "test") -> None:
    """Write one event, whose amount the database books."""
    InstallmentEvent.objects.create(installment=part, kind=kind, amount=amount, cause=cause, actor=ACTOR)


def line(plan: InstallmentPlan, price: str) -> OrderLine:
    """Return the order's line of this unit price."""
    found: OrderLine = plan.order.lines.get(unit_price=Decimal(price))
    return found
