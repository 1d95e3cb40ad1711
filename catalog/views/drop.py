"""What a page that waits for a drop requests: its state (small, shared by all) and, once open, the products."""

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import get_language

from catalog.drops import countdown
from catalog.models import Collection
from catalog.views.storefront import collection_context
from shop.core.web.methods import require_safe

# One second: a proxy in front serves thousands of pages with one request a second to the application.
STATE_SECONDS = 1
SHOP_SECONDS = 3


@require_safe
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a drop's phase and the server's time. No cookie is read, so that any proxy may cache the answer."""
    found = countdown.state(slug)
    if found is None:
        raise Http404
    response = JsonResponse(found.as_json())
    patch_cache_control(response, public=True, max_age=STATE_SECONDS, stale_while_revalidate=STATE_SECONDS)
    return response


@require_safe
def shop(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the part of the page that changes. Open or over, it is the same for everybody and kept for a moment.

    Of the query only the page's number is read, and only the number goes into the links: the rest of a visitor's query
    (an access code) never reaches the cached answer.
    """
    drop = get_object_or_404(Collection, slug=slug, is_active=True, kind=Collection.Kind.DROP)
    found = countdown.state(slug)
    phase = str(found.phase.value) if found else ""
    if phase == Collection.Phase.UPCOMING:
        response = render(request, "catalog/_drop.html", collection_context(request, drop))
        patch_cache_control(response, no_store=True)
        return response
    page = _page_number(request)
    key = f"catalog:drop-shop:{drop.pk}:{phase}:{get_language()}:{page}"
    html = cache.get(key)
    if html is None:
        request.GET = QueryDict(f"page={page}")
        html = render(request, "catalog/_drop.html", collection_context(request, drop)).content
        cache.set(key, html, SHOP_SECONDS)
    response = HttpResponse(html)
    patch_cache_control(response, private=True, max_age=SHOP_SECONDS)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _page_number(request: HttpRequest) -> int:
    """Return the page asked for; the first when it is not a number, as in every list of the shop."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else 1
