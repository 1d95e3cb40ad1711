"""Instalments of the shop's own in the demo: the offers that the country allows, and one plan that is being paid."""

from typing import Any, Final

from django.conf import settings

from catalog.models import Collection, Variant
from catalog.variants.availability import with_available
from orders.installments import bills, offers, placing, quotes
from orders.models import InstallmentOffer, InstallmentPlan, Payable
from payments.gateways.transfer.gateway import BankTransfer
from shop.accounts.models import User
from shop.core import countries
from shop.demo.seeding.purchases import ACTOR, checkout, pay

BUYER: Final = "ana@percha.test"
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
    session = checkout(user, {variant: 1})
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


def _pay_first(plan: InstallmentPlan) -> None:
    bill = bills.ask(plan, numbers={1}, actor=ACTOR)
    pay(Payable.objects.get(pk=bill.payable_id))
