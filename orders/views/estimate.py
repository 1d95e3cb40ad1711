"""What shipping would cost to a postal code: a page of its own, reached by a plain form from product and cart."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.product_page import find as find_product
from orders.cart import carts
from orders.shipping import estimates
from orders.shipping.parcels import Goods
from shop.core import countries
from shop.core.money import ZERO
from shop.core.web import throttle
from shop.core.web.methods import require_safe
from shop.core.web.never_cached import never_cache

COOKIE = "postal_code"
_KEPT_SECONDS = 180 * 86_400
# Questions of one visitor in ten minutes; each may cost calls to carriers.
_MOST, _WINDOW = 30, 600


@dataclass(frozen=True, slots=True)
class Subject:
    """What would be sent: a product (one unit of what is cheapest to name: its first variant), or the cart."""

    goods: list[Goods]
    subtotal: Decimal
    product: Product | None = None


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the ways to a postal code and what each costs. `producto` names a product; without it, the cart's goods."""
    subject = _subject(request)
    typed = request.GET.get("cp", request.COOKIES.get(COOKIE, "")).strip()[:20]
    code, problem = _read(typed)
    context: dict[str, Any] = {
        "product": subject.product,
        "country": countries.current(),
        "typed": typed,
        "state": request.GET.get("provincia", "")[:100],
        "is_empty": not subject.goods,
        "estimate": None,
        "problem": problem,
    }
    status = 200
    if code and subject.goods:
        if throttle.allow("estimate", throttle.address_of(request), limit=_MOST, seconds=_WINDOW):
            context["estimate"] = estimates.to(
                code,
                state=context["state"],
                country=context["country"],
                goods=subject.goods,
                subtotal=subject.subtotal,
            )
        else:
            context["problem"], status = _("That was a lot at once. Try again in some minutes."), 429
    response = render(request, "orders/estimate.html", context, status=status)
    if code and request.COOKIES.get(COOKIE) != code:
        response.set_cookie(
            COOKIE, code, max_age=_KEPT_SECONDS, httponly=True, samesite="Lax", secure=not settings.DEBUG
        )
    return response


def _read(typed: str) -> tuple[str, str]:
    """Return a postal code in the country's way of writing, or what is wrong with it, in words; both empty: none."""
    country = countries.current()
    if not typed:
        return "", ""
    try:
        return country.clean_postal_code(typed), ""
    except ValueError:
        words = _("This is not a postal code of %(country)s. It looks like %(example)s.")
        example = country.postal_examples or country.postal_example
        return "", words % {"country": country.name, "example": example}


def _subject(request: HttpRequest) -> Subject:
    slug = request.GET.get("producto", "")[:140]
    if not slug:
        lines = carts.view(carts.find(request)).lines
        return Subject(
            [
                Goods(
                    line.quantity,
                    line.variant.weight_grams,
                    line.unit_price,
                    line.variant.length_mm,
                    line.variant.width_mm,
                    line.variant.height_mm,
                )
                for line in lines
            ],
            sum((line.unit_price * line.quantity for line in lines), ZERO),
        )
    product = find_product(slug)
    if product is None:
        raise Http404
    variant = product.variants.filter(is_active=True).order_by("sort_order", "sku").first()
    if variant is None:
        return Subject([], ZERO, product)
    goods = Goods(
        1, variant.weight_grams, variant.price, variant.length_mm, variant.width_mm, variant.height_mm
    )
    return Subject([goods], variant.price, product)
