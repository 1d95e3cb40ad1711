"""The storefront's pages. Each reads, builds cards or a picker, and renders; nothing here changes a row."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import policies, product_page
from catalog.addresses import Kind, moved_to
from catalog.drops import access, countdown
from catalog.listing import navigation
from catalog.listing.cards import Card
from catalog.listing.generations import catalogue_of, now_of, of_page, shared, tag_of
from catalog.models import Category, Collection, Product
from catalog.search.query import shared_keys
from catalog.views import lists
from catalog.views.from_replica import from_replica
from catalog.views.typed_prices import one_address
from shop.core.database.kept_queries import KeptQuery
from shop.core.shared_pages.marks import depends
from shop.core.shared_pages.middleware import SHARED
from shop.core.web.methods import require_safe

NEWEST: Final = 8
# What may change while somebody looks: a second in a proxy, and for a moment here, since not every unit is noted.
LIVE: Final = "public, max-age=1, s-maxage=1, stale-while-revalidate=1"
LIVE_KEEP: Final = 5


def _moved(request: HttpRequest, kind: Kind, slug: str) -> HttpResponse:
    """Redirect permanently to where something moved, with the query of the old link.

    Search engines take the new address over. Browsers ask again each time, for without a word they keep such an answer
    for ever: what moves back would lead in a circle, and an address that something else takes would never show it.

    Raises:
        Http404: nothing that is shown has ever had this address.
    """
    path = moved_to(kind, slug)
    if path is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response["Cache-Control"] = SHARED
    return response


@shared()
@require_safe
@from_replica
def home(request: HttpRequest) -> HttpResponse:
    """Show the current drop, what is new, the collections and the categories."""
    now, version = now_of(request), catalogue_of(request)
    collections = navigation.collections_on_show(version)
    hero = navigation.current_drop(now, version) or next(iter(collections), None)
    upcoming = navigation.next_drop(now, version)
    context = {
        "now": now,
        "hero": hero,
        "hero_phase": hero.phase(now) if hero else "",
        "hero_is_drop": bool(hero and hero.kind == Collection.Kind.DROP),
        "hero_image": hero.share_url if hero else "",
        "upcoming": upcoming if upcoming != hero else None,
        "cards": lists.lead_cards(NEWEST),
        "collections": _with_phases(_others(collections, hero, now)[:3], now),
        "categories": navigation.top_categories(version),
        "canonical_path": request.path,
    }
    return lists.kept(render(request, "catalog/home.html", context))


def kept_drop(response: HttpResponse, context: dict[str, Any]) -> HttpResponse:
    """Let a collection's page be kept; before a drop opens, whoever may buy early sees another one."""
    return lists.kept(response, differs_early=context["phase"] == Collection.Phase.UPCOMING)


def _others(shown: list[Collection], hero: Collection | None, now: datetime) -> list[Collection]:
    """Return the collections besides the hero, closed drops last."""
    others = [collection for collection in shown if collection != hero]
    return sorted(others, key=lambda collection: collection.phase(now) == Collection.Phase.CLOSED)


_CATEGORY: Final = KeptQuery(lambda path: Category.objects.filter(path_slug=path, is_active=True), str)


@lru_cache(maxsize=256)
def _category_of(path: str, version: str) -> Category | None:
    """Return the category as of a version of the catalogue: its pages differ by what they are narrowed to."""
    return _CATEGORY.first(path)


@shared(keys=shared_keys)
@require_safe
@one_address
@from_replica
def category(request: HttpRequest, path: str) -> HttpResponse:
    """List the products of a category and of those below it."""
    version = catalogue_of(request)
    entry = next((entry for entry in navigation.category_entries(version) if entry.path_slug == path), None)
    if entry is None:
        return _moved(request, Kind.CATEGORY, path)
    node = _category_of(path, version) if version else _CATEGORY.first(path)
    if node is None:
        raise Http404
    listing = lists.read(request, within=node.pk)
    trail = navigation.ancestors(entry.tree_path, version)
    context = {
        "category": node,
        "crumbs": [(step.name, step.url) for step in trail],
        "children": navigation.children(entry, version),
        "siblings": navigation.children(trail[-2], version) if len(trail) > 1 else [],
        "listing": listing,
        "canonical_path": listing.canonical_path,
    }
    return lists.kept(render(request, "catalog/category.html", context))


@shared()
@require_safe
@from_replica
def collections(request: HttpRequest) -> HttpResponse:
    shown = _with_phases(navigation.collections_on_show(catalogue_of(request)), now_of(request))
    context = {"collections": shown, "canonical_path": request.path}
    response = render(request, "catalog/collections.html", context)
    depends(response)
    return response


def _with_phases(shown: list[Collection], now: datetime) -> list[tuple[Collection, str]]:
    return [(collection, collection.phase(now)) for collection in shown]


@shared(keys=shared_keys, own_keys=("codigo",), has_early=True)
@require_safe
@one_address
@from_replica
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a collection with its products; a drop that has not opened with its countdown."""
    shown = _collection(request, slug)
    if shown is None:
        return _moved(request, Kind.COLLECTION, slug)
    context = collection_context(request, shown)
    return kept_drop(render(request, "catalog/collection.html", context), context)


def _collection(request: HttpRequest, slug: str) -> Collection | None:
    """Return the visible collection of this address; a shared page's menu has read it already, or reads it anyway."""
    if version := catalogue_of(request):
        return next((one for one in navigation.collections_on_show(version) if one.slug == slug), None)
    return Collection.objects.filter(slug=slug, is_active=True).first()


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


@shared(keys=product_page.options_in_query, has_early=True)
@require_safe
@from_replica
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a product with its picker."""
    shown = product_page.find(slug)
    if shown is None:
        return _moved(request, Kind.PRODUCT, slug)
    context = _product_context(request, shown)
    beside = product_page.related_cards(shown, context["now"], of_page(request))
    context["cards"] = beside[: product_page.RELATED]
    return _kept_product(render(request, "catalog/product.html", context), context, beside)


@shared(keys=product_page.options_in_query, has_early=True)
@require_safe
@from_replica
def product_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the part of a product's page that a choice changes; it has an address of its own, so that caches keep it."""
    return _part(request, slug, "catalog/_product.html")


@shared(keys=product_page.options_in_query, has_early=True, keep=LIVE_KEEP)
@require_safe
@from_replica
def product_live(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what may change while somebody looks at a product: stock, sizes, the button, the phase of its drop."""
    response = _part(request, slug, "catalog/_live.html")
    response["Cache-Control"] = LIVE
    return response


def _part(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    shown = product_page.find(slug)
    if shown is None:
        raise Http404
    context = _product_context(request, shown)
    response = _kept_product(render(request, template, context), context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _product_context(request: HttpRequest, shown: Product) -> dict[str, Any]:
    early = partial(access.open_early, request)
    return product_page.product_context(
        shown, request.GET, now_of(request), early=early, version=catalogue_of(request)
    )


def _kept_product(
    response: HttpResponse, context: dict[str, Any], beside: Iterable[Card] = ()
) -> HttpResponse:
    """Let a product's page be kept while the catalogue, its stock and that of the cards beside it are as they are."""
    tags = [tag_of(context["product"].pk), *[tag_of(card.product_id) for card in beside]]
    is_ahead = context["phase"] == Collection.Phase.UPCOMING
    keep = _keep(context["opens_at"], context["now"]) if is_ahead else None
    depends(response, *tags, differs_early=is_ahead, keep=keep)
    return response


def _keep(changes_at: datetime | None, now: datetime) -> int | None:
    """Return for how long a page that waits may be kept: a tenth of what is left, so that it comes back in time."""
    return max(5, int((changes_at - now).total_seconds() / 10)) if changes_at else None


@shared()
@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one of the shop's policies."""
    shown = policies.find(slug)
    if shown is None:
        raise Http404
    context = {"policy": shown, "policies": policies.POLICIES, "canonical_path": request.path}
    response = render(request, shown.template, context)
    depends(response)
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers what to leave alone, and where the sitemap is."""
    return render(request, "catalog/robots.txt", content_type="text/plain; charset=utf-8")
