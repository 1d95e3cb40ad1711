"""Template tags of the shop's own instalments, for pages of any app."""

from decimal import Decimal

from django import template
from django.template.context import RequestContext

from catalog.models import Product
from orders.installments import offers
from orders.installments.offers import CurrentOffers
from orders.pricing import ways
from shop.core.installments.quotation import Installments
from shop.core.money import shop_currency

register = template.Library()
_KEY = "installment_offers"


@register.inclusion_tag("orders/installments/_line.html")
def installments_line(terms: Installments) -> dict[str, object]:
    """Show instalments: how many, how much, the total and the rate.

    They are called interest-free only where no way to pay that is offered now costs less.
    """
    cheapest, _way = ways.cheapest(terms.cash_price, terms.currency)
    return {"terms": terms, "is_interest_free": terms.is_interest_free(cheapest)}


@register.simple_tag(takes_context=True)
def installments_of(context: RequestContext, price: Decimal | None, product: Product) -> list[Installments]:
    """Return what a price of a product costs in the shop's own instalments; the offers are read once for a page."""
    if not price:
        return []
    request = context.get("request")
    current: CurrentOffers | None = getattr(request, _KEY, None)
    if current is None:
        user = getattr(request, "user", None)
        current = offers.offered_to(user if user is not None and user.is_authenticated else None)
        if request is not None:
            setattr(request, _KEY, current)
    goods = offers.goods_of([product.pk]) if current.needs_goods else []
    return current.for_price(price, shop_currency(), goods)


@register.simple_tag
def cheapest_price(price: Decimal | None) -> dict[str, object] | None:
    """Return `amount` and `way` of the cheapest way to pay a price of goods; None where every way costs the same."""
    if not price:
        return None
    amount, way = ways.cheapest(price, shop_currency())
    return {"amount": amount, "way": ways.name_of(way)} if way and amount < price else None
