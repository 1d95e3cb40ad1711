"""The search page, and what is suggested while somebody types."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalog.listing import navigation
from catalog.listing.generations import catalogue_of, now_of, shared
from catalog.listing.listed import cards_of
from catalog.search import misses
from catalog.search.pages import pages
from catalog.search.port import LONGEST, Request
from catalog.search.query import shared_keys
from catalog.search.text import fold
from catalog.views import lists
from catalog.views.from_replica import from_replica
from catalog.views.typed_prices import one_address
from shop.core.shared_pages.marks import depends
from shop.core.web.methods import require_safe

NEWEST: Final = 4
PRODUCTS: Final = 6
WORDS: Final = 4


@shared(keys=shared_keys)
@require_safe
@one_address
@from_replica
def search_page(request: HttpRequest) -> HttpResponse:
    """Search names, brands, categories, colours, sizes and codes; without words, list everything."""
    query = request.GET.get("q", "").strip()[:LONGEST]
    listing = lists.read(request, usual=_("Most relevant") if query else "", with_text=True)
    context: dict[str, Any] = {
        "query": query,
        "listing": listing,
        "pages": pages(query, catalogue_of(request)),
        "corrected": listing.found.corrected,
        "canonical_path": request.path,
        "categories": navigation.top_categories(catalogue_of(request)),
    }
    if not listing.total and not listing.is_narrowed:
        context["newest"] = lists.lead_cards(NEWEST)
    if query and not listing.is_narrowed and (not listing.total or listing.found.corrected):
        misses.note(query, listing.found.corrected.searched if listing.found.corrected else "")
    return lists.kept(render(request, "catalog/search.html", context))


@shared(keys=("q",), keep=lists.KEEP_SECONDS)
@require_safe
@from_replica
def suggestions(request: HttpRequest) -> HttpResponse:
    """Suggest words, pages and products for what is being typed: a list of options, the same for everybody.

    They show prices, so they are as old as lists at most, here, in a proxy and in a browser.
    """
    query = fold(request.GET.get("q", ""))
    context: dict[str, Any] = {"query": query}
    if len(query) > 1:
        found = lists.engine.find(Request(text=query, size=PRODUCTS, with_facets=False))
        words = lists.engine.suggest(query, limit=WORDS + 1)
        context |= {
            "words": [word for word in words if word != query][:WORDS],
            "pages": pages(query, catalogue_of(request))[:2],
            "cards": cards_of(found.keys, now_of(request), sizes=found.sizes, known=found.rows),
            "corrected": found.corrected,
        }
    response = render(request, "catalog/_suggestions.html", context)
    response["X-Robots-Tag"] = "noindex"
    depends(response)
    return response
