"""Template tags of the payments for other apps: which providers are offered, and their names."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django import template
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from orders.checkout import cash_vouchers
from orders.models import Order, Purchase
from payments import gateways, paid_with
from payments.gateways.base import Gateway
from payments.models import Payment
from payments.paid_with import PaidWith
from shop.core.money import display

register = template.Library()


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay. `why_not`: in words, why it cannot take this purchase; "": it can. `is_first`: of those."""

    code: str
    label: str
    words: object
    why_not: str = ""
    is_first: bool = False


class Priced(Protocol):
    """What has a total in a currency, major units."""

    @property
    def total(self) -> Decimal: ...

    @property
    def currency(self) -> str: ...


@register.simple_tag
def gateway_choices(priced: Priced) -> list[Choice]:
    """Return the gateways that the shop offers, in its order, each with what keeps it from taking the sum."""
    found = [(gateway, _why_not(gateway, priced)) for gateway in gateways.offered()]
    first = next((gateway.code for gateway, why_not in found if not why_not), "")
    return [
        Choice(gateway.code, gateway.label, gateway.words, why_not, gateway.code == first)
        for gateway, why_not in found
    ]


def _why_not(gateway: Gateway, priced: Priced) -> str:
    if gateways.takes(gateway.code, priced.total, priced.currency):
        return ""
    bounds = gateways.bounds(gateway.code, priced.currency)
    if bounds.most is not None and priced.total > bounds.most:
        words = _("Not for this purchase: it takes %s at most in one payment.")
        return words % display(bounds.most, priced.currency)
    if bounds.least is not None and priced.total < bounds.least:
        return _("Not for this purchase: it takes %s or more.") % display(bounds.least, priced.currency)
    return _("Not for this purchase: it cannot take a total like this one.")


@register.simple_tag
def how_paid(order: Order) -> PaidWith:
    """Return how an order was paid: `words` and the provider's `reference`."""
    return paid_with.of(order)


@register.simple_tag
def paid_by(payment: Payment) -> str:
    """Return how a payment was made, in the reader's language: provider, method, last digits."""
    return paid_with.words_of(payment, payment.gateway)


@register.simple_tag
def gateway_names() -> str:
    """Return the names of the gateways that the shop offers, listed in a sentence ("A, B or C")."""
    return get_text_list([gateway.label for gateway in gateways.offered()])


@register.simple_tag
def lacks_vouchers(session: Purchase) -> bool:
    """Say whether a purchase cannot be paid by voucher just now, though a provider offers some."""
    return any(gateway.has_vouchers for gateway in gateways.offered()) and not cash_vouchers.may_be_offered(
        session
    )
