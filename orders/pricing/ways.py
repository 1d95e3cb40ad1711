"""Prices that depend on the way to pay: a discount for some of them (`PAYMENT_DISCOUNTS`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.pricing.kinds import WayDiscount
from shop.core.allocation import rounded

# The names of ways whose code is not their name, as people read them beside a price.
_NAMES: Final = {"transfer": _("bank transfer"), "mercadopago": "Mercado Pago"}
# The way of the shop's own instalments, beside the gateways' codes.
INSTALLMENTS: Final = "installments"


def name_of(way: str) -> str:
    """Return the name of a way to pay, in the reader's language."""
    return str(_NAMES.get(way, way.capitalize()))


def discount_of(way: str) -> WayDiscount | None:
    """Return the discount of a way that the shop offers; None: there is none."""
    percent = offered().get(way)
    if percent is None:
        return None
    label = gettext("%(percent)s %% off by %(way)s") % {
        "percent": f"{percent.normalize():f}",
        "way": name_of(way),
    }
    return WayDiscount(way, percent, label)


def cheapest(price: Decimal, currency: str) -> tuple[Decimal, str]:
    """Return what goods of this price cost by the cheapest way that is offered, and the way ("": any)."""
    discounts = offered()
    if not discounts:
        return price, ""
    way = max(discounts, key=lambda code: discounts[code])
    return price - rounded(price * discounts[way] / 100, currency), way


def offered() -> Mapping[str, Decimal]:
    """Return the ways that are offered now with a discount, each with its per cent."""
    return {
        way: percent
        for way, percent in settings.PAYMENT_DISCOUNTS.items()
        if way in settings.PAYMENT_GATEWAYS
    }
