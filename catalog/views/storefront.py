"""The storefront's pages. Each reads, builds cards or a picker, and renders; nothing here changes a row."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import policies, product_page
from catalog.addresses import Kind, moved_to
from catalog.drops import access, countdown
from catalog.listing import navigation
from catalog.models import Category, Collection
from catalog.search.query import shared_keys
from catalog.views import lists
from catalog.views.from_replica import from_replica
from shop.core.shared_pages.marks import shared_page
from shop.core.web.methods import require_safe

NEWEST: Final = 8


def _moved(request: HttpRequest, kind: Kind, slug: str) -> HttpResponse:
    """Redirect permanently to where something moved, with the query of the old link.

    Raises:
        Http404: nothing that is shown has ever had this address.
    """
    path = moved_to(kind, slug)
    if path is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


@shared_page()
@require_safe
@from_replica
def home(request: HttpRequest) -> HttpResponse:
    """Show the current drop, what is new, the collections and the categories."""
    now = timezone.now()
    collections = navigation.collections_on_show()
    hero = navigation.current_drop(now) or next(iter(collections), None)
    upcoming = navigation.next_drop(now)
    context = {
        "now": now,
        "hero": hero,
        "hero_phase": hero.phase(now) if hero else "",
        "hero_is_drop": bool(hero and hero.kind == Collection.Kind.DROP),
        "hero_image": hero.share_url if hero else "",
        "upcoming": upcoming if upcoming != hero else None,
        "cards": lists.lead_cards(NEWEST),
        "collections": _with_phases(_others(collections, hero, now)[:3], now),
        "categories": navigation.top_categories(),
        "canonical_path": request.path,
    }
    return render(request, "catalog/home.html", context)


def _others(shown: list[Collection], hero: Collection | None, now: datetime) -> list[Collection]:
    """Return the collections besides the hero, closed drops last."""
    others = [collection for collection in shown if collection != hero]
    return sorted(others, key=lambda collection: collection.phase(now) == Collection.Phase.CLOSED)


@shared_page(keys=shared_keys)
@require_safe
@from_replica
def category(request: HttpRequest, path: str) -> HttpResponse:
    """List the products of a category and of those below it."""
    entry = next((entry for entry in navigation.category_entries() if entry.path_slug == path), None)
    if entry is None:
        return _moved(request, Kind.CATEGORY, path)
    node = get_object_or_404(Category, path_slug=path, is_active=True)
    listing = lists.read(request, within=node.pk)
    trail = navigation.ancestors(entry.tree_path)
    context = {
        "category": node,
        "crumbs": [(step.name, step.url) for step in trail],
        "children": navigation.children(entry),
        "siblings": navigation.children(trail[-2]) if len(trail) > 1 else [],
        "listing": listing,
        "canonical_path": listing.canonical_path,
    }
    return render(request, "catalog/category.html", context)


@shared_page()
@require_safe
@from_replica
def collections(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    shown = _with_phases(navigation.collections_on_show(), now)
    return render(request, "catalog/collections.html", {"collections": shown, "canonical_path": request.path})


def _with_phases(shown: list[Collection], now: datetime) -> list[tuple[Collection, str]]:
    return [(collection, collection.phase(now)) for collection in shown]


@shared_page(keys=shared_keys, own_keys=("codigo",), has_early=True)
@require_safe
@from_replica
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a collection with its products; a drop that has not opened with its countdown."""
    shown = Collection.objects.filter(slug=slug, is_active=True).first()
    if shown is None:
        return _moved(request, Kind.COLLECTION, slug)
    return render(request, "catalog/collection.html", collection_context(request, shown))


def collection_context(request: HttpRequest, shown: Collection) -> dict[str, Any]:
    """Return what a collection's page shows. A drop's phase is by the database's clock, as reservations are.

    `phase` is the window's, `is_early` says that it has not opened but this visitor may buy.
    """
    listing = lists.read(request, path=shown.get_absolute_url(), collection=shown.pk, usual=_("As we chose"))
    found = countdown.state(shown.slug) if shown.kind == Collection.Kind.DROP else None
    phase = found.phase if found else Collection.Phase.OPEN
    is_early = phase == Collection.Phase.UPCOMING and bool(access.open_early(request, [shown.pk]))
    if is_early:
        shown_cards = [
            replace(card, tag="", tag_kind="") if card.tag_kind == "ink" else card for card in listing.cards
        ]
        listing = replace(listing, cards=shown_cards)
    return {
        "collection": shown,
        "now": found.now if found else timezone.now(),
        "is_drop": found is not None,
        "phase": phase,
        "is_early": is_early,
        "changes_at": found.changes_at if found else None,
        "refresh_seconds": countdown.refresh_seconds(found.changes_at, found.now) if found else 0,
        "code": request.GET.get("codigo", "")[:32],
        "listing": listing,
        "canonical_path": shown.get_absolute_url(),
    }


@shared_page(keys=product_page.options_in_query, has_early=True)
@require_safe
@from_replica
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a product with its picker."""
    now = timezone.now()
    shown = product_page.products().filter(slug=slug).first()
    if shown is None:
        return _moved(request, Kind.PRODUCT, slug)
    context = product_page.product_context(shown, request.GET, now, early=partial(access.open_early, request))
    context["cards"] = product_page.related_cards(shown, now)
    return render(request, "catalog/product.html", context)


@shared_page(keys=product_page.options_in_query, has_early=True)
@require_safe
@from_replica
def product_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the part of a product's page that a choice changes; it has an address of its own, so that caches keep it."""
    shown = product_page.products().filter(slug=slug).first()
    if shown is None:
        raise Http404
    early = partial(access.open_early, request)
    context = product_page.product_context(shown, request.GET, timezone.now(), early=early)
    response = render(request, "catalog/_product.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@shared_page()
@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one of the shop's policies."""
    shown = policies.find(slug)
    if shown is None:
        raise Http404
    context = {"policy": shown, "policies": policies.POLICIES, "canonical_path": request.path}
    return render(request, shown.template, context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what to leave alone, and where the sitemap is."""
    return render(request, "catalog/robots.txt", content_type="text/plain; charset=utf-8")
