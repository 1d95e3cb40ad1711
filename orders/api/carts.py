"""`/api/v1/cart`: the visitor's cart. A guest's is named by the header `Cart-Token`."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from orders.api import problems
from orders.api.schemas.carts import CartBody, ItemInput, QuantityInput
from orders.cart import carts
from orders.cart.messages import explain
from orders.cart.view import CartLineView, CartView
from orders.models import Cart, CheckoutSession
from orders.shipping import rates
from shop.accounts.api.auth import visitor
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import NOT_FOUND
from shop.core.money import shop_currency

router = Router(tags=["cart"], auth=visitor)


@router.get("", response=CartBody)
def read_cart(request: HttpRequest) -> object:
    """Show the visitor's cart: prices and availability as they are now, and how long its units are reserved."""
    return body(carts.find(request))


@router.post("/items", response={201: CartBody, 204: None, **refusals(404, 409)})
@once_per_key()
def add_item(request: HttpRequest, item: ItemInput, response: HttpResponse) -> object:
    """Put units into the cart and reserve them. A guest's first call is answered with the cart's token.

    With `Prefer: return=minimal` (RFC 7240) without the cart: 204, a guest's token in the header `Cart-Token`.
    """
    cart = carts.ensure(request)
    with problems.of_cart(carts.find(request), item.variant):
        carts.add(cart=cart, variant_id=item.variant, quantity=item.quantity, actor=carts.actor_of(request))
    if "return=minimal" not in request.headers.get("Prefer", "").replace(" ", "").lower().split(","):
        return Status(201, body(cart))
    response["Preference-Applied"] = "return=minimal"
    if cart.user_id is None:
        response[carts.HEADER] = cart.token
    return Status(204, None)


@router.put("/items/{uuid:variant}", response={200: CartBody, **refusals(404, 409)})
def set_quantity(request: HttpRequest, variant: UUID, item: QuantityInput) -> object:
    """Set how many units a line has, and its reservation with it; 0 takes it out."""
    cart = _cart(request)
    with problems.of_cart(cart, variant):
        carts.set_quantity(
            cart=cart, variant_id=variant, quantity=item.quantity, actor=carts.actor_of(request)
        )
    return body(cart)


@router.delete("/items/{uuid:variant}", response={200: CartBody, **refusals(404, 409)})
def remove_item(request: HttpRequest, variant: UUID) -> object:
    """Take a line out and release its units; harmless where there is none."""
    cart = _cart(request)
    with problems.of_cart(cart, variant):
        carts.remove(cart=cart, variant_id=variant, actor=carts.actor_of(request))
    return body(cart)


@router.post("/items/{uuid:variant}/reservation", response={200: CartBody, **refusals(404, 409)})
def restore_reservation(request: HttpRequest, variant: UUID) -> object:
    """Reserve a line again whose reservation has expired, if its units are still there."""
    cart = _cart(request)
    with problems.of_cart(cart, variant):
        carts.restore_reservation(cart=cart, variant_id=variant, actor=carts.actor_of(request))
    return body(cart)


@router.post("/new", response={200: CartBody, **refusals(404)})
def take_new_cart(request: HttpRequest) -> object:
    """Leave the cart that is being paid to its payment and go on with an empty one; else the cart stays."""
    fresh = carts.set_aside(cart=_cart(request), actor=carts.actor_of(request))
    carts.forget(request)
    return body(fresh)


def _cart(request: HttpRequest) -> Cart:
    """Return the visitor's cart. Raises: Problem (404) where there is none."""
    cart = carts.find(request)
    if cart is None:
        raise NOT_FOUND(explain(carts.UnknownVariant()))
    return cart


def body(cart: Cart | None) -> dict[str, Any]:
    """Return a cart as the API shows it."""
    if cart is not None and cart._state.adding:
        cart = None
    seen = carts.view(cart)
    paying = None
    if cart is not None:
        awaiting = CheckoutSession.objects.filter(cart=cart, status=CheckoutSession.Status.AWAITING_PAYMENT)
        paying = awaiting.values_list("token", flat=True).first()
    return {
        "token": cart.token if cart is not None and cart.user_id is None else None,
        "items": [_item(line) for line in seen.lines],
        "being_paid": paying,
        **_sums(seen),
    }


def _sums(seen: CartView) -> dict[str, Any]:
    return {
        "units": seen.units,
        "currency": shop_currency(),
        "subtotal": seen.subtotal,
        "charges": seen.totals.charges,
        "total": seen.totals.total,
        "missing_for_free_shipping": rates.missing_for_free(seen.subtotal),
        "can_check_out": seen.can_check_out,
        "now": seen.now,
        "expires_at": seen.expires_at,
    }


def _item(line: CartLineView) -> dict[str, Any]:
    return {
        "variant": line.variant.pk,
        "sku": line.variant.sku,
        "product": line.product.slug,
        "name": line.product.name,
        "option": line.variant.name,
        "image": line.image_url,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "former_price": line.former_price,
        "total": line.total,
        "state": line.state,
        "reserved": line.reserved,
        "obtainable": line.obtainable,
        "limit": line.limit,
        "expires_at": line.expires_at if line.reserved else None,
        "opens_at": line.opens_at,
    }
