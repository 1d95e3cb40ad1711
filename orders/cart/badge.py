"""The number in the header's cart, in a cookie that scripts may read: pages that everybody shares do not know it."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "cart_n"
_AGE: Final = 60 * 24 * 3600
_MOST: Final = 9999
_NOTED: Final = "_percha_cart_units"


def note(request: HttpRequest, units: int) -> int:
    """Note how many units the visitor's cart has, for the answer to this request; return them."""
    setattr(request, _NOTED, min(units, _MOST))
    return units


class CartBadge:
    """Gives the browser the number of units wherever an answer has read it and the browser knows another one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        units: int | None = getattr(request, _NOTED, None)
        known = request.COOKIES.get(COOKIE, "")
        if units and known != str(units):
            # Readable by scripts, and worth nothing to anybody else.
            response.set_cookie(
                COOKIE, str(units), max_age=_AGE, samesite="Lax", secure=not settings.DEBUG, httponly=False
            )
        elif units == 0 and known:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response
