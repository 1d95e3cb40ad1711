"""Template tags of the shop's own instalments, for pages of any app."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template.context import Context

from catalog.listing.cards import Card
from catalog.listing.generations import catalogue_of
from catalog.models import Product
from orders.cart.view import CartView
from orders.installments import shown
from orders.installments.shown import PageOffers
from orders.models import InstallmentPlan, Order
from orders.pricing import ways
from shop.accounts.models import User
from shop.core.installments.quotation import Installments
from shop.core.money import shop_currency
from shop.core.shared_pages.marks import is_shared

register = template.Library()
_PLAN_BADGES: Final = {
    InstallmentPlan.Status.AWAITING: "badge--warn",
    InstallmentPlan.Status.PAID: "badge--ok",
    InstallmentPlan.Status.CANCELLED: "badge--error",
}


@register.inclusion_tag("orders/installments/_line.html")
def installments_line(
    terms: Installments, cheapest: Decimal | None = None, *, short: bool = False
) -> dict[str, object]:
    """Show instalments: how many, how much, the total and the rate.

    They are called interest-free only where no way to pay that is offered now costs less. `cheapest` is the price by
    the cheapest way; where it is not given, that of goods of the terms' cash price. `short`: on a card.
    """
    return {"one": _shown(terms, cheapest), "is_short": short}


@register.inclusion_tag("orders/installments/_offers.html")
def installments_table(found: Iterable[Installments], cheapest: Decimal | None = None) -> dict[str, object]:
    """Show several instalments beside each other, each with number, amount, total and rate."""
    rows = list(found)
    return {
        "rows": [_shown(terms, cheapest) for terms in rows],
        "rate_name": rows[0].rate.name if rows else "",
    }


@register.inclusion_tag("orders/installments/_line.html")
def installments_of_plan(plan: InstallmentPlan) -> dict[str, object]:
    """Show the terms of a plan as they were accepted, by the same component; one query, none where they are read."""
    terms = shown.of_plan(plan, sorted(plan.installments.all(), key=lambda row: row.number))
    # What was offered beside it then is not known any more: nothing is claimed.
    return {"one": {"terms": terms, "is_interest_free": False}, "is_short": False}


def _shown(terms: Installments, cheapest: Decimal | None) -> dict[str, object]:
    least = ways.cheapest(terms.cash_price, terms.currency)[0] if cheapest is None else cheapest
    return {"terms": terms, "is_interest_free": terms.is_interest_free(least)}


@register.simple_tag(takes_context=True)
def expect_cards(context: Context, cards: Iterable[Card]) -> str:
    """Read at once what offers ask about the products of cards, before each shows its instalments; shows nothing."""
    _page(context).expect([card.product_id for card in cards])
    return ""


@register.simple_tag(takes_context=True)
def best_installments(context: Context, card: Card) -> Installments | None:
    """Return the best instalments for a card's price; None: there are none."""
    if not card.price:
        return None
    return _page(context).best_for(card.price, shop_currency(), card.product_id)


@register.simple_tag(takes_context=True)
def installments_of(context: Context, price: Decimal | None, product: Product) -> list[Installments]:
    """Return what a price of a product costs in the shop's own instalments; the offers are read once for a page."""
    if not price:
        return []
    return _page(context).for_price(price, shop_currency(), [product.pk])


@register.simple_tag(takes_context=True)
def installments_of_cart(context: Context, cart: CartView) -> list[Installments]:
    """Return what a cart costs in the shop's own instalments, without the shipping, which is not known yet."""
    products = list(dict.fromkeys(line.product.pk for line in cart.payable))
    if not products or not cart.totals.total:
        return []
    return _page(context).for_price(cart.totals.total, cart.totals.currency, products)


for _tag in (expect_cards, best_installments, installments_of, installments_of_cart):
    # Of the context they read the request, which is the page's, never a layer's (`template_functions.writing`).
    setattr(_tag, "sees_page_alone", True)  # noqa: B010


@register.filter
def best_of(found: list[Installments]) -> Installments | None:
    """Return the best of several instalments."""
    return shown.best(found)


@register.simple_tag
def has_instalments(user: User | AnonymousUser) -> bool:
    """Say whether an account has ever bought in the shop's own instalments (one query)."""
    return user.is_authenticated and InstallmentPlan.objects.filter(user_id=user.pk).exists()


@register.filter
def awaits_first(order: Order) -> bool:
    """Say whether an order waits for the first instalment of its plan: nothing of it has been paid."""
    return bool(order.money.due) and order.plan.status == InstallmentPlan.Status.AWAITING


@register.filter
def order_badge(order: Order) -> str:
    """Return the class of the badge that says an order's status."""
    if order.status == Order.Status.CANCELLED:
        return "badge--error"
    if awaits_first(order):
        return "badge--warn"
    return "" if order.is_off else "badge--ok"


@register.filter
def plan_badge(plan: InstallmentPlan) -> str:
    """Return the class of the badge that says a plan's status."""
    return _PLAN_BADGES.get(InstallmentPlan.Status(plan.status), "")


@register.filter
def status_for_buyer(order: Order) -> str:
    """Return an order's status in its buyer's words: of one whose first instalment is waited for, that."""
    is_live = order.status != Order.Status.CANCELLED
    return str(order.plan.get_status_display()) if is_live and awaits_first(order) else order.status_text


@register.simple_tag
def cheapest_price(price: Decimal | None) -> dict[str, object] | None:
    """Return `amount` and `way` of the cheapest way to pay a price of goods; None where every way costs the same."""
    if not price:
        return None
    amount, way = ways.cheapest(price, shop_currency())
    return {"amount": amount, "way": ways.name_of(way)} if way and amount < price else None


def _page(context: Context) -> PageOffers:
    """Return the offers of the page that is being made, kept with its request."""
    request = context.get("request")
    page: PageOffers | None = getattr(request, shown.OF_PAGE, None)
    if page is None:
        # A page that everybody shares shows what is offered to everybody.
        user = None if request is None or is_shared(request) else getattr(request, "user", None)
        page = shown.of_visitor(
            user if user is not None and user.is_authenticated else None,
            generation=catalogue_of(request) if request is not None and is_shared(request) else "",
        )
        if request is not None:
            setattr(request, shown.OF_PAGE, page)
    return page
