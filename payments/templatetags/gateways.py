"""Template tags of the payments for other apps: which providers are offered, and their names."""

from django import template
from django.utils.text import get_text_list

from orders.checkout import cash_vouchers
from orders.models import InstallmentBill, Order, Purchase
from orders.payables import Priced
from payments import gateways, paid_with
from payments.checkout import choices
from payments.checkout.choices import Choice
from payments.models import Payment
from payments.paid_with import PaidWith

register = template.Library()


@register.simple_tag
def gateway_choices(priced: Priced) -> list[Choice]:
    """Return the gateways that the shop offers, each with its price and what keeps it from taking the purchase."""
    return choices.of(priced)


@register.simple_tag
def how_paid(order: Order) -> PaidWith:
    """Return how an order was paid: `words` and the provider's `reference`."""
    return paid_with.of(order)


@register.simple_tag
def paid_by(payment: Payment) -> str:
    """Return how a payment was made, in the reader's language: provider, method, last digits."""
    return paid_with.words_of(payment, payment.gateway)


@register.simple_tag
def bill_paid(bill: InstallmentBill) -> PaidWith | None:
    """Return how instalments of the shop's own were paid; None where no payment is known."""
    return paid_with.of_bill(bill)


@register.simple_tag
def gateway_names() -> str:
    """Return the names of the gateways that the shop offers, listed in a sentence ("A, B or C")."""
    return get_text_list([gateway.label for gateway in gateways.offered()])


@register.simple_tag
def lacks_vouchers(session: Purchase) -> bool:
    """Say whether a purchase cannot be paid by voucher just now, though a provider offers some."""
    # A way to pay that has nothing else says so itself (`gateway_choices`).
    has_some = any(gateway.has_vouchers and gateway.pays_at_once for gateway in gateways.offered())
    return has_some and not cash_vouchers.may_be_offered(session)
