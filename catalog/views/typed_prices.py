"""Lists whose prices were typed lead to the one address of those prices, so that one page is kept for each."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.encoding import escape_uri_path

from catalog.search.query import canonical
from shop.core.shared_pages.middleware import SHARED

View = Callable[..., HttpResponse]


def one_address(view: View) -> View:
    """Answer a list whose address has prices as people write them by a redirect (301) to the address as links have it.

    What cannot be read stays where it is: the page says so.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        query = canonical(request.GET)
        if query is None:
            return view(request, *args, **named)
        response = HttpResponsePermanentRedirect(f"{escape_uri_path(request.path)}?{query}")
        response["Cache-Control"] = SHARED
        return response

    return answer
