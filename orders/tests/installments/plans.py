"""Makers of offers and plans for tests, through the real verbs."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from orders.installments import bills, paying, placing, quotes
from orders.models import (
    CheckoutSession,
    Installment,
    InstallmentBill,
    InstallmentOffer,
    InstallmentPlan,
    ShippingRate,
)
from orders.models.payables import Received
from orders.tests.factories import (
    ACTOR,
    ShippingRateFactory,
    make_cart,
    make_session,
    make_user,
    make_variant,
)
from shop.accounts.models import User
from shop.core.ids import readable_code, uuid7


def make_offer(count: int = 3, factor: str = "0.19", **fields: Any) -> InstallmentOffer:
    """Offer so many instalments at a flat annual factor."""
    return InstallmentOffer.objects.create(
        code=f"offer-{readable_code().lower()}",
        name=f"{count} cuotas",
        count=count,
        factor=Decimal(factor),
        **fields,
    )


def make_goods(price: str = "168.00", units: int = 10) -> Variant:
    """Make a variant of this price, and a shipping that costs nothing."""
    if not ShippingRate.objects.exists():
        ShippingRateFactory.create(price=Decimal(0))
    return make_variant(units, price=Decimal(price))


def make_checkout(
    user: User | None = None, *, price: str = "168.00", units: int = 1, variant: Variant | None = None
) -> CheckoutSession:
    """Make a checkout of an account, ready to be paid."""
    buyer = user or make_user()
    return make_session(make_cart((variant or make_goods(price), units), user=buyer), user=buyer)


def accept(session: CheckoutSession, **changes: Any) -> InstallmentPlan:
    """Accept the first quote of a checkout."""
    quote = quotes.for_checkout(session)[0]
    assert session.user is not None
    values: dict[str, Any] = {
        "user": session.user,
        "quote_id": quote.pk,
        "accepts": True,
        "address": "192.0.2.7",
        "actor": ACTOR,
    }
    return placing.accept(session, **(values | changes))


def make_plan(user: User | None = None, **goods: Any) -> InstallmentPlan:
    """Sell by instalments: three of 58.66 for 168.00, unless an offer or other goods are there."""
    if not InstallmentOffer.objects.filter(is_active=True, count__gt=1).exists():
        make_offer()
    return accept(make_checkout(user, **goods))


def rows_of(plan: InstallmentPlan) -> list[Installment]:
    """Return its instalments, in order."""
    return list(plan.installments.order_by("number"))


def pay(bill: InstallmentBill, amount: str = "", **changes: Any) -> Received:
    """Book a payment of a bill, as settling would."""
    values: dict[str, Any] = {
        "payment_id": uuid7(),
        "transaction_id": f"stripe:{readable_code()}",
        "amount": Decimal(amount) if amount else bill.amount,
        "paid_at": timezone.now(),
    }
    received = Received(**(values | changes))
    with transaction.atomic():
        paying.book(bill, received, actor=ACTOR)
    return received


def ask(plan: InstallmentPlan, *numbers: int) -> InstallmentBill:
    """Ask for these instalments, without any: for all that are open."""
    return bills.ask(plan, numbers=numbers or None, actor=ACTOR)
