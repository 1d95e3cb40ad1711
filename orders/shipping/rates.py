"""What it costs to get a purchase to its buyer: rates by country, state, weight and subtotal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings

from orders.models import CheckoutLine, CheckoutSession, ShippingMethod, ShippingRate
from shop.core.money import ZERO, quantize


@dataclass(frozen=True, slots=True)
class Quote:
    """One rate on offer. `price` with taxes, in the shop's currency; `list_price`: below the free sum."""

    rate: ShippingRate
    price: Decimal
    list_price: Decimal

    @property
    def name(self) -> str:
        """Return the name which the order keeps: `Correo a domicilio · Interior`."""
        return f"{self.rate.method.name} · {self.rate.name}" if self.rate.name else self.rate.method.name

    @property
    def is_free(self) -> bool:
        return self.price == ZERO

    @property
    def is_pickup(self) -> bool:
        return self.rate.method.kind == ShippingMethod.Kind.PICKUP


def quotes(*, country: str, state: str | None, weight_grams: int, subtotal: Decimal) -> list[Quote]:
    """Return the rates on offer, in the merchant's order; one query.

    `state` None: only what is fetched at a store. Of each method with several rates that fit, the cheapest one.
    A rate costs nothing from its own `free_from`. The shop's general promise (`FREE_SHIPPING_FROM`) is kept by the
    cheapest home delivery when no home delivery keeps it by itself.
    """
    rates = ShippingRate.objects.filter(is_active=True, method__is_active=True, country=country)
    if state is None:
        rates = rates.filter(method__kind=ShippingMethod.Kind.PICKUP)
    fitting = [
        rate
        for rate in rates.select_related("method").order_by(
            "method__sort_order", "method__name", "price", "id"
        )
        if (rate.max_weight_grams is None or weight_grams <= rate.max_weight_grams)
        and (not rate.states or state is None or state in rate.states)
    ]
    by_method: dict[object, Quote] = {}
    for rate in fitting:
        offer = _quote(rate, subtotal)
        kept = by_method.get(rate.method_id)
        if kept is None or offer.price < kept.price:
            by_method[rate.method_id] = offer
    return _keep_promise(list(by_method.values()), subtotal)


def quotes_for(session: CheckoutSession, lines: Iterable[CheckoutLine] | None = None) -> list[Quote]:
    """Return the rates on offer for a session as it stands (its address, the weight and sum of its lines).

    `lines`: the session's own, where they are known already.
    """
    found = session.lines.all() if lines is None else lines
    address = session.shipping_address
    return quotes(
        country=address.country if address else settings.SHOP_COUNTRY,
        state=address.state if address else None,
        weight_grams=sum(line.weight_grams * line.quantity for line in found),
        subtotal=session.subtotal,
    )


def missing_for_free(subtotal: Decimal) -> Decimal:
    """Return how much more makes shipping free by FREE_SHIPPING_FROM; 0 when it is reached or there is none."""
    return max(ZERO, settings.FREE_SHIPPING_FROM - subtotal) if settings.FREE_SHIPPING_FROM else ZERO


def _quote(rate: ShippingRate, subtotal: Decimal) -> Quote:
    is_free = rate.free_from is not None and subtotal >= rate.free_from
    price = quantize(rate.price)
    return Quote(rate, ZERO if is_free else price, price)


def _keep_promise(offers: list[Quote], subtotal: Decimal) -> list[Quote]:
    if not settings.FREE_SHIPPING_FROM or subtotal < settings.FREE_SHIPPING_FROM:
        return offers
    home = [offer for offer in offers if offer.rate.method.kind == ShippingMethod.Kind.DELIVERY]
    if not home or any(offer.is_free for offer in home):
        return offers
    cheapest = min(home, key=lambda offer: offer.price)
    return [replace(offer, price=ZERO) if offer is cheapest else offer for offer in offers]


def find(offers: Iterable[Quote], rate_id: object) -> Quote | None:
    """Return the offer of a rate, by its key in whatever form, or None when it is not on offer."""
    return next((offer for offer in offers if str(offer.rate.pk) == str(rate_id)), None)
