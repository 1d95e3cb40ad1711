"""Purchases of the demo's shoppers: a checkout by the verbs that pages call, paid by bank transfer."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.utils import timezone

from catalog.models import Variant
from inventory.reservations import InsufficientStock
from orders.cart import carts
from orders.checkout import sessions
from orders.checkout.contact import AddressData, Contact, account_contact
from orders.models import Cart, CheckoutSession, Order, Payable, ShippingMethod
from orders.payables.checkout import of_purchase
from orders.shipping import rates
from payments.checkout import attempts
from payments.gateways.transfer.gateway import BankTransfer
from payments.models import TransferInstruction
from payments.settlement import settle
from payments.transfers import crediting, settling
from shop.accounts.models import User
from shop.demo.logins import STAFF

ACTOR: Final = "demo"
CLERK: Final = f"staff:{STAFF.email}"


def checkout(
    user: User, wanted: Mapping[Variant, int], *, kind: str = ShippingMethod.Kind.DELIVERY
) -> CheckoutSession | None:
    """Return the shopper's checkout, ready to be paid; None: it cannot be had, or nothing is sent there."""
    cart = Cart.objects.filter(user=user).first() or Cart.objects.create(user=user)
    try:
        for variant, quantity in wanted.items():
            carts.add(cart=cart, variant_id=variant.pk, quantity=quantity, actor=ACTOR)
    except InsufficientStock:
        return None
    profile, addresses = account_contact(user)
    if profile is None or not addresses:
        return None
    where = addresses[0]
    contact = Contact(
        email=user.email,
        first_name=profile.first_name,
        last_name=profile.last_name,
        phone=profile.phone,
        document_type=profile.document_type,
        document_number=profile.document_number,
        shipping=AddressData(
            recipient=where.recipient,
            street=where.street,
            apartment=where.apartment,
            city=where.city,
            state=where.state,
            postal_code=where.postal_code,
            country=where.country,
            phone=where.phone,
        ),
    )
    session = sessions.start(cart=cart, user=user, language=settings.LANGUAGE_CODE, actor=ACTOR)
    session = sessions.set_contact(session, contact=contact, actor=ACTOR)
    ways = [one for one in rates.quotes_for(session) if one.method.kind == kind]
    rate = min(ways, key=lambda one: one.price, default=None)
    if rate is None:
        return None
    return sessions.set_shipping(session, rate_id=rate.key, accepts_terms=True, actor=ACTOR)


def pay(payable: Payable) -> None:
    """Pay by a transfer that the staff confirm."""
    attempt = attempts.start(payable=payable, gateway=BankTransfer.code, actor=ACTOR)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    instruction = TransferInstruction.objects.get(attempt=attempt)
    credit = crediting.confirm(
        instruction,
        amount=instruction.amount,
        booked_on=timezone.localdate(),
        number=f"DEMO-{attempt.pk.hex[-8:]}",
        actor=CLERK,
    )
    settling.settle_credit(credit.pk, actor=CLERK)


def buy(
    user: User, wanted: Mapping[Variant, int], *, kind: str = ShippingMethod.Kind.DELIVERY
) -> Order | None:
    """Check out and pay; return the order. None: it cannot be had, or nothing is sent there."""
    session = checkout(user, wanted, kind=kind)
    if session is None:
        return None
    pay(of_purchase(session))
    return Order.objects.get(checkout=session)
