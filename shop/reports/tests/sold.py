"""Orders with their payments for the tests of the reports, as rows; what is counted is asked of the real verbs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from orders import payables
from orders.models import InstallmentPlan, Order, OrderLine, Reimbursement
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.installments.factories import make_plan
from payments.models import Payment, Refund, RefundLine
from payments.tests.plans import pay_extra, pay_part
from shop.core.ids import readable_code
from shop.reports import rebuilding


def paid(units: int = 1, *, at: datetime | None = None, amount: str = "", currency: str = "") -> Payment:
    """Sell an order of one line of so many units, and pay it: all of it, or another amount that was accepted."""
    order = make_order(make_cart((make_variant(units=9), units)))
    if at:
        Order.objects.filter(pk=order.pk).update(placed_at=at)
    payment = pay_extra(
        order, payables.of_purchase(order.checkout), Decimal(amount) if amount else order.total
    )
    if currency:
        Payment.objects.filter(pk=payment.pk).update(currency=currency)
        payment.refresh_from_db()
    return payment


def refund(
    payment: Payment,
    amount: str | Decimal,
    *,
    units: int = 0,
    at: datetime | None = None,
    status: str = "succeeded",
) -> Refund:
    """Refund a sum of a payment, or so many units of its order's line."""
    row = Refund.objects.create(
        payment=payment,
        amount=Decimal(amount),
        currency=payment.currency,
        dedupe_key=readable_code(20),
        status=status,
    )
    if units:
        line = OrderLine.objects.get(order=payment.order)
        RefundLine.objects.create(refund=row, order_line=line, quantity=units, amount=row.amount)
    if at:
        Refund.objects.filter(pk=row.pk).update(created_at=at)
    return row


@dataclass(frozen=True)
class Shop:
    """One order of each kind; the goods of each unit cost 84,900 and the shipping 6,500, but of plans (168.00, free)."""

    plain: Payment
    part: Payment
    whole: Payment
    taken: Payment
    less: Payment
    abroad: Payment
    owed: Payment
    plan: InstallmentPlan
    awaiting: InstallmentPlan


def make_shop() -> Shop:
    """Sell one order of each kind, and count them."""
    part, whole, taken, owed = paid(units=2), paid(), paid(), paid()
    refund(part, "84900.00", units=1)
    refund(part, "10.00", status="failed")
    refund(whole, whole.amount, status="pending")
    Payment.objects.filter(pk=taken.pk).update(charged_back_amount=taken.amount, status="charged_back")
    assert owed.order
    Reimbursement.objects.create(
        order=owed.order, amount=Decimal("500.00"), currency="ARS", dedupe_key=readable_code(20)
    )
    abroad = paid(amount="50.00", currency="USD")
    refund(abroad, "25.00")
    free, unpaid = make_order(), make_order()
    Order.objects.filter(pk=unpaid.pk).update(status="cancelled")
    Order.objects.filter(pk=free.pk).update(currency="USD")
    plan, awaiting = make_plan(), make_plan()
    pay_part(plan, 1, waived=["1.00"])
    shop = Shop(paid(), part, whole, taken, paid(amount="90000.00"), abroad, owed, plan, awaiting)
    count()
    return shop


def count() -> dict[str, int]:
    """Count what has changed."""
    return rebuilding.catch_up()


def noon(days: int = 0) -> datetime:
    """Return noon of so many days before today, by the shop's clock."""
    return timezone.localtime().replace(hour=12) - timedelta(days=days)
