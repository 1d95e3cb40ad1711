"""Template context: the units in the visitor's cart."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from orders.cart import badge, carts


def cart_summary(request: HttpRequest) -> dict[str, object]:
    """Give templates `cart_count`, the units in the visitor's cart: one query when shown, none for a new visitor."""
    return {"cart_count": SimpleLazyObject(lambda: badge.note(request, carts.count(request)))}
