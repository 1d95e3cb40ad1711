"""Categories and collections, and the clock of a drop."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from ninja import Router

from catalog.addresses import Kind, target_of
from catalog.api import answers
from catalog.api.products import moved, nothing
from catalog.api.schemas import CategoriesBody, CategoryBody, ClockBody, CollectionBody
from catalog.api.versions import catalogue, version_of
from catalog.drops import countdown
from catalog.listing import navigation
from catalog.models import Category, Collection
from catalog.views.drop import STATE_SECONDS
from shop.accounts.api.auth import visitor
from shop.core.api import paging
from shop.core.api.document import refusals
from shop.core.moments import moment

router = Router(tags=["catalogue"], auth=visitor)


@router.get("/categories", response={200: CategoriesBody})
@catalogue
def list_categories(request: HttpRequest) -> HttpResponse:
    """Read the tree of the visible categories; those below a hidden one are hidden too."""
    entries = navigation.category_entries(version_of(request).text)
    return answers.reply({"items": answers.tree(entries)})


@router.get("/categories/{path:path}", response={200: CategoryBody, **refusals(301, 404)})
@catalogue
def read_category(request: HttpRequest, path: str) -> HttpResponse:
    """Read a category by its path. A former path answers 301 with Location."""
    version = version_of(request)
    entry = next((e for e in navigation.category_entries(version.text) if e.path_slug == path), None)
    node = Category.objects.filter(path_slug=path, is_active=True).first() if entry else None
    if entry is None or node is None:
        target = target_of(Kind.CATEGORY, path)
        raise moved("read_category", path=target.path_slug) if isinstance(target, Category) else nothing()
    return answers.reply(answers.category(node, entry, version))


@router.get("/collections", response={200: paging.Page[CollectionBody]})
@catalogue
def list_collections(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = paging.DEFAULT
) -> HttpResponse:
    """List the visible collections and drops in the shop's order."""
    version = version_of(request)
    shown = Collection.objects.filter(is_active=True)
    found = paging.read(shown, order=("sort_order", "-starts_at", "id"), cursor=cursor, limit=limit)
    items = [answers.collection(row, version) for row in found.rows]
    return answers.reply(paging.page(request, found, items))


@router.get("/collections/{slug}", response={200: CollectionBody, **refusals(301, 404)})
@catalogue
def read_collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a collection or drop. A former slug answers 301 with Location."""
    shown = Collection.objects.filter(slug=slug, is_active=True).first()
    if shown is None:
        target = target_of(Kind.COLLECTION, slug)
        raise moved("read_collection", slug=target.slug) if target else nothing()
    return answers.reply(answers.collection(shown, version_of(request)))


@router.get("/collections/{slug}/clock", response={200: ClockBody, **refusals(404)}, auth=None)
def read_clock(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a drop's phase and the server's time: the same for everybody, so that any proxy may keep it for a second."""
    found = countdown.state(slug)
    if found is None:
        raise nothing()
    response = answers.reply(
        {
            "now": moment(found.now),
            "phase": found.phase.value,
            "opens_at": answers.when(found.opens_at),
            "closes_at": answers.when(found.closes_at),
            "changes_at": answers.when(found.changes_at),
        }
    )
    patch_cache_control(response, public=True, max_age=STATE_SECONDS, stale_while_revalidate=STATE_SECONDS)
    return response
