"""Django's `never_cache`, whose headers are written once and not put together for each answer."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers

from shop.core.web.http_dates import http_date_in

P = ParamSpec("P")
_NEVER: Final = "max-age=0, no-cache, no-store, must-revalidate, private"


def never_cache(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Let nobody keep a view's answers, neither browsers nor proxies."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        headers = response.headers
        if "Cache-Control" in headers or "Expires" in headers:
            add_never_cache_headers(response)
        else:
            headers["Expires"] = http_date_in()
            headers["Cache-Control"] = _NEVER
        return response

    return wrapped
