"""Payment methods by number: which provider a method stands for now, and which method a provider's payment is."""

from collections.abc import Iterable

from django.conf import settings

from orders.models import PaymentMethod
from orders.models.payment_methods import ANY_OTHER
from payments import gateways


class MethodNotOffered(Exception):
    """There is no such method, it is switched off, or the shop offers none of its providers. Another one helps."""


def find(number: int) -> PaymentMethod:
    """Return the method of this number, which the shop offers now.

    Raises:
        MethodNotOffered
    """
    method = PaymentMethod.objects.filter(public_number=number, is_active=True).first()
    if method is None or not gateway_of(method):
        raise MethodNotOffered(str(number))
    return method


def every() -> list[PaymentMethod]:
    """Return all methods, also those that are not offered any more; one query."""
    return list(PaymentMethod.objects.all())


def gateway_of(method: PaymentMethod) -> str:
    """Return the code of the provider at which this method is paid now: the first of its own that is offered, or ""."""
    for code in method.gateways:
        if code in settings.PAYMENT_GATEWAYS:
            return str(code)
        if code == ANY_OTHER:
            others = (
                one for one in gateways.offered() if one.pays_at_once and one.code not in method.gateways
            )
            if found := next(others, None):
                return found.code
    return ""


def for_gateway(code: str) -> PaymentMethod:
    """Return the method by which a contract's purchases are paid that were written for this provider.

    Its own where the shop offers that, else the first that is paid at once. Raises: MethodNotOffered: there is none.
    """
    offered = [method for method in every() if method.is_active and gateway_of(method)]
    if code in settings.PAYMENT_GATEWAYS and (own := [one for one in offered if gateway_of(one) == code]):
        return own[0]
    if others := [one for one in offered if gateways.get(gateway_of(one)).pays_at_once]:
        return others[0]
    raise MethodNotOffered(code)


def of_gateway(methods: Iterable[PaymentMethod], code: str) -> PaymentMethod:
    """Return which of all `methods` a payment at a provider is shown as: one that names it, else the first for any.

    "" is a purchase without a payment.
    """
    rows = sorted(methods, key=lambda method: method.public_number)
    named = next((method for method in rows if code in method.gateways), None)
    any_other = next((method for method in rows if ANY_OTHER in method.gateways), None)
    return named or any_other or next(iter(rows), PaymentMethod(public_number=0, name=gateways.name_of(code)))
