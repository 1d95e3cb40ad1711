"""System checks of the payments: what PAYMENT_GATEWAYS names must exist and take the shop's currency."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError

from orders.checkout import client_purchases
from orders.models import ShippingMethod
from payments import gateways, provider_settings
from payments.models import Payment, PaymentAttempt, Refund


@register()
def check_gateways(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Refuse unknown gateways, none at all, and one that cannot take the shop's currency."""
    found: list[CheckMessage] = []
    unknown = set(settings.PAYMENT_GATEWAYS) - set(gateways.GATEWAYS)
    if unknown:
        words = f"PAYMENT_GATEWAYS names unknown gateways: {', '.join(sorted(unknown))}."
        return [Error(words, hint=f"There are: {', '.join(gateways.GATEWAYS)}.", id="percha.E004")]
    if not settings.PAYMENT_GATEWAYS:
        found.append(Error("PAYMENT_GATEWAYS is empty: nobody could pay.", id="percha.E005"))
    for gateway in gateways.offered():
        if gateway.currencies and settings.SHOP_CURRENCY not in gateway.currencies:
            words = f"{gateway.label} takes {', '.join(sorted(gateway.currencies))}, not {settings.SHOP_CURRENCY}."
            found.append(
                Error(
                    words, hint="Take it out of PAYMENT_GATEWAYS or change SHOP_CURRENCY.", id="percha.E006"
                )
            )
    return found


@register(Tags.database)
def check_credentials(app_configs: object, databases: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn of money under way at a provider without credentials; run by `check --database default`."""
    if not databases or not (lacking := provider_settings.without_credentials(settings)):
        return []
    try:
        codes = sorted(_under_way() & set(lacking))
    except DatabaseError:
        return []  # The tables are not there yet.
    return [
        Caution(
            f"Payments or refunds of {code} are under way, and its credentials are not set: they cannot end.",
            hint="Set its credentials until they have ended; it need not be in PAYMENT_GATEWAYS.",
            id="percha.W016",
        )
        for code in codes
    ]


@register(Tags.database)
def check_clients_shipping(
    app_configs: object, databases: object = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn of clients' purchases that cannot be delivered as the setting says; run by `check --database default`."""
    code = settings.CLIENT_API_SHIPPING_METHOD
    if not databases or code == client_purchases.PICKUP:
        return []
    try:
        is_there = ShippingMethod.objects.filter(code=code, is_active=True).exists()
    except DatabaseError:
        return []  # The tables are not there yet.
    if is_there:
        return []
    return [
        Caution(
            f"CLIENT_API_SHIPPING_METHOD is {code}, and no such shipping method is offered: clients cannot buy.",
            hint="Name the code of a shipping method that is offered, or pickup.",
            id="percha.W023",
        )
    ]


def _under_way() -> set[str]:
    """Return the codes of the providers that have unfinished rows."""
    attempts = PaymentAttempt.objects.filter(status__in=PaymentAttempt.LIVE).order_by()
    payments = Payment.objects.filter(status__in=Payment.WAITING).order_by()
    refunds = Refund.objects.filter(status__in=(Refund.Status.REQUESTED, Refund.Status.PENDING)).order_by()
    return {
        *attempts.values_list("gateway", flat=True).distinct(),
        *payments.values_list("gateway", flat=True).distinct(),
        *refunds.values_list("payment__gateway", flat=True).distinct(),
    }
