"""Instalments of the shop's own in the demo: the offers that the country allows, and one plan that is being paid."""

from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from catalog.models import Collection, Variant
from catalog.variants.availability import with_available
from inventory.reservations import InsufficientStock
from orders.cart import carts
from orders.checkout import sessions
from orders.checkout.contact import AddressData, Contact, account_contact
from orders.installments import bills, offers, placing, quotes
from orders.models import Cart, CheckoutSession, InstallmentOffer, InstallmentPlan, Payable
from orders.shipping import rates
from payments.checkout import attempts
from payments.gateways.transfer.gateway import BankTransfer
from payments.models import TransferInstruction
from payments.settlement import settle
from payments.transfers import crediting, settling
from shop.accounts.models import User
from shop.core import countries
from shop.demo.logins import STAFF

ACTOR: Final = "demo"
BUYER: Final = "ana@percha.test"
CLERK: Final = f"staff:{STAFF.email}"
COUNT: Final = 6
ENOUGH: Final = 10
# The defaults of every shop (`orders/migrations`), from how much on.
_FROM: Final = {"cuotas-3": 20000, "cuotas-6": 50000, "cuotas-12": 120000}


def offer() -> int:
    """Offer the default instalments that the country allows, where nobody has bought in instalments yet."""
    country = countries.current()
    found = 0
    for row in InstallmentOffer.objects.filter(code__in=_FROM, is_current=True, is_active=False):
        if offers.is_lawful(row, country):
            least = _FROM[row.code] if country.currency == "ARS" else 0
            offers.revise(row, {"is_active": True, "min_amount": least}, actor=ACTOR)
            found += 1
    return found


def sell() -> int:
    """Sell in six instalments to a shopper of the demo, the first paid by transfer; return how many plans were made."""
    user = User.objects.get(email=BUYER)
    variant = _something_warm()
    if variant is None or InstallmentPlan.objects.filter(user=user).exists():
        return 0
    session = _checkout(user, variant)
    if session is None:
        return 0
    quote = next((one for one in quotes.for_checkout(session) if one.count == COUNT), None)
    if quote is None:
        return 0
    plan = placing.accept(
        session, user=user, quote_id=quote.pk, accepts=True, address="127.0.0.1", actor=ACTOR
    )
    if BankTransfer.code in settings.PAYMENT_GATEWAYS:
        _pay_first(plan)
    return 1


def _something_warm() -> Variant | None:
    """Return the dearest thing of which much is there and that is in no drop."""
    in_drops = Collection.objects.filter(kind=Collection.Kind.DROP).values("products")
    dearest = Variant.objects.filter(is_active=True).exclude(product__in=in_drops).order_by("-price", "sku")
    there: list[Any] = list(with_available(dearest)[:200])
    return next((found for found in there if found.available >= ENOUGH), None)


def _checkout(user: User, variant: Variant) -> CheckoutSession | None:
    """Return the shopper's checkout, ready to be paid; None: it cannot be had, or nothing is sent there."""
    cart = Cart.objects.create(user=user)
    try:
        carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
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
    rate = min(rates.quotes_for(session), key=lambda one: one.price, default=None)
    if rate is None:
        return None
    return sessions.set_shipping(session, rate_id=rate.key, accepts_terms=True, actor=ACTOR)


def _pay_first(plan: InstallmentPlan) -> None:
    bill = bills.ask(plan, numbers={1}, actor=ACTOR)
    payable = Payable.objects.get(pk=bill.payable_id)
    attempt = attempts.start(payable=payable, gateway=BankTransfer.code, actor=ACTOR)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    instruction = TransferInstruction.objects.get(attempt=attempt)
    credit = crediting.confirm(
        instruction,
        amount=instruction.amount,
        booked_on=timezone.localdate(),
        number=f"DEMO-{plan.order.number}",
        actor=CLERK,
    )
    settling.settle_credit(credit.pk, actor=CLERK)
