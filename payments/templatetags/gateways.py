"""What other apps' templates may ask of the payments: which providers are offered, and how they are called."""

from django import template
from django.utils.text import get_text_list

from orders import vouchers
from orders.models import CheckoutSession
from payments import gateways
from payments.gateways.base import Gateway

register = template.Library()


@register.simple_tag
def gateway_choices() -> list[Gateway]:
    """Return the gateways that the shop offers, in its order: `code`, `label`, `words`."""
    return gateways.offered()


@register.simple_tag
def gateway_names() -> str:
    """Return the names of the gateways that the shop offers, listed in a sentence ("A, B or C")."""
    return get_text_list([gateway.label for gateway in gateways.offered()])


@register.simple_tag
def lacks_vouchers(session: CheckoutSession) -> bool:
    """Say whether a purchase cannot be paid by voucher just now, though a provider offers some (DESIGN §4.3)."""
    return any(gateway.has_vouchers for gateway in gateways.offered()) and not vouchers.may_be_offered(
        session
    )
