"""What a page that waits for a drop requests: its state (small, shared by all) and, once open, the products."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control

from catalog.drops import countdown
from catalog.listing.generations import shared
from catalog.models import Collection
from catalog.search.query import shared_keys
from catalog.views.from_replica import from_replica
from catalog.views.storefront import collection_context, kept_drop
from shop.core.web.methods import require_safe

# One second: a proxy in front serves thousands of pages with one request a second to the application.
STATE_SECONDS = 1


@require_safe
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a drop's phase and the server's time. No cookie is read, so that any proxy may cache the answer."""
    found = countdown.state(slug)
    if found is None:
        raise Http404
    response = JsonResponse(found.as_json())
    patch_cache_control(response, public=True, max_age=STATE_SECONDS, stale_while_revalidate=STATE_SECONDS)
    return response


@shared(keys=shared_keys, has_early=True)
@require_safe
@from_replica
def shop(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the part of a drop's page that changes when it opens or closes."""
    drop = get_object_or_404(Collection, slug=slug, is_active=True, kind=Collection.Kind.DROP)
    context = collection_context(request, drop)
    response = kept_drop(render(request, "catalog/_drop.html", context), context)
    response["X-Robots-Tag"] = "noindex"
    return response
