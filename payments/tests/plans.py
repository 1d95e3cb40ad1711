"""Payments of instalments for tests, as rows: attempt, payment, bill, and what they book."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from orders.models import InstallmentBill, InstallmentPlan, Order, Payable
from orders.tests.installments.factories import book_paid
from payments.models import Payment, PaymentAttempt
from shop.core.ids import readable_code, uuid7
from shop.core.money import ZERO


def pay_part(plan: InstallmentPlan, *numbers: int, waived: Sequence[str] = ()) -> Payment:
    """Pay what is open of these instalments with one payment."""
    key = uuid7()
    amount = book_paid(plan, key, numbers, waived=waived)
    payable = Payable.objects.create(
        id=uuid7(), kind=Payable.INSTALLMENTS, purchase_id=plan.order.checkout_id
    )
    InstallmentBill.objects.create(
        payable=payable,
        plan=plan,
        amount=amount,
        currency=plan.currency,
        choice=readable_code(12),
        priced_on=timezone.localdate(),
        expires_at=timezone.now(),
        status=InstallmentBill.Status.PAID,
    )
    return pay_extra(plan.order, payable, amount, key=key)


def pay_extra(order: Order, payable: Payable, amount: Decimal, *, key: UUID | None = None) -> Payment:
    """Write an approved payment of an order for something that is to be paid of it."""
    number = readable_code(10)
    attempt = PaymentAttempt.objects.create(
        payable=payable,
        purchase=order.checkout,
        gateway="mercadopago",
        amount=amount,
        currency=order.currency,
        fingerprint="f",
        expires_at=timezone.now() + timedelta(hours=1),
        external_id=f"pref-{number}",
        status="paid",
    )
    return Payment.objects.create(
        id=key or uuid7(),
        attempt=attempt,
        order=order,
        gateway="mercadopago",
        external_id=f"pay-{number}",
        status="approved",
        role="order",
        amount=amount,
        currency=order.currency,
        refunded_amount=ZERO,
        approved_at=timezone.now(),
    )
