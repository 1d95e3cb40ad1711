"""Products: lists by what they are, search, and one with all that can be bought of it."""

from decimal import Decimal
from typing import Annotated, Final

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import StringConstraints

from catalog.addresses import Kind, target_of
from catalog.api import answers, details
from catalog.api.card_texts import card_texts
from catalog.api.schemas import BrandsBody, FoundBody, ProductBody, ProductCardBody, SuggestionBody
from catalog.api.versions import catalogue, version_of
from catalog.listing import cards, navigation
from catalog.listing.selection import Selection, Sort, in_order
from catalog.listing.version import Version
from catalog.models import Brand, Collection
from catalog.search.products import search
from shop.accounts.api.auth import visitor
from shop.core.api import paging, problems
from shop.core.api.document import refusals

router = Router(tags=["catalogue"], auth=visitor)

# Where another address of the same thing is: Location has it.
MOVED: Final = problems.ProblemKind(301, "moved", "It has another address now, which Location names.")
_SALT: Final = "catalog.api.search"

Price = Annotated[str, Query("", pattern=r"^([0-9]{1,9}(\.[0-9]{1,2})?)?$", description="In major units.")]
OptionValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}:[A-Za-z0-9_-]{1,60}$")]


@router.get("/products", response={200: paging.Page[ProductCardBody], **refusals(404)})
@catalogue
def list_products(
    request: HttpRequest,
    category: Annotated[str, Query("", max_length=250, description="A category's path.")] = "",
    collection: Annotated[str, Query("", max_length=120, description="A collection's slug.")] = "",
    brand: Annotated[str, Query("", max_length=120, description="A brand's slug.")] = "",
    in_stock: Annotated[bool, Query(False, description="Only what has units left.")] = False,
    price_min: Price = "",
    price_max: Price = "",
    option: Annotated[
        list[OptionValue],
        Query(
            [],
            max_length=20,
            description="`<option>:<value>` by their codes, several times: values of one option are alternatives,"
            " of several options one variant has all.",
        ),
    ] = [],  # noqa: B006  (nothing writes to it; ninja wants to see a list)
    sort: Annotated[
        Sort,
        Query(
            "", description="Empty: `place` (the collection's order) where one is named, otherwise `newest`."
        ),
    ] = Sort.USUAL,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> HttpResponse:
    """List the products on show."""
    version = version_of(request)
    wanted = Selection(
        tree_path=_tree_path(category, version) if category else "",
        collection=_collection(collection) if collection else None,
        brand=brand,
        in_stock=in_stock,
        lowest=Decimal(price_min) if price_min else None,
        highest=Decimal(price_max) if price_max else None,
        options=_options(option),
    )
    products, order = in_order(wanted, sort)
    found = paging.read(products, order=order, cursor=cursor, limit=limit)
    texts = card_texts.of([product.pk for product in found.rows], version)
    return answers.reply_list(texts, paging.next_address(request, found))


@router.get("/products/{slug}", response={200: ProductBody, **refusals(301, 404)})
@catalogue
def read_product(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a product with its variants, pictures and sizes. A former slug answers 301 with Location."""
    shown = details.read(slug)
    if shown is None:
        target = target_of(Kind.PRODUCT, slug)
        raise moved("read_product", slug=target.slug) if target else nothing()
    return answers.reply(answers.detail(shown, version_of(request)))


@router.get("/search", response={200: FoundBody})
@catalogue
def search_products(
    request: HttpRequest,
    q: Annotated[str, Query(..., min_length=1, max_length=100, description="Words, or a code.")],
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
) -> HttpResponse:
    """Search names, brands, categories, colours, SKUs and barcodes, the best first.

    Where nothing has a word, the likeliest one is searched instead: `suggestion` says what was searched then.
    """
    version = version_of(request)
    keys, corrected = search(q)
    begin = _position(cursor, q, [str(key) for key in keys]) if cursor else 0
    wanted = keys[begin : begin + limit]
    following = None
    if begin + limit < len(keys):
        last = signing.dumps([q, begin + limit - 1, str(wanted[-1])], salt=_SALT, compress=True)
        following = paging.address_with(request, last)
    return answers.reply_list(card_texts.of(wanted, version), following, suggestion=corrected or None)


@router.get("/search/suggestion", response={200: SuggestionBody})
@catalogue
def suggest_spelling(
    request: HttpRequest, q: Annotated[str, Query(..., min_length=1, max_length=100)]
) -> HttpResponse:
    """Suggest words of the catalogue that are close to what was typed."""
    return answers.reply({"suggestion": search(q)[1] or None})


@router.get("/brands", response={200: BrandsBody})
@catalogue
def list_brands(request: HttpRequest) -> HttpResponse:
    """List the brands of the products on show."""
    brands = Brand.objects.filter(pk__in=cards.on_show().values("brand")).order_by("name")
    return answers.reply({"items": [{"name": brand.name, "slug": brand.slug} for brand in brands]})


def moved(name: str, **arguments: str) -> problems.Problem:
    """Return the refusal that leads to where something is now."""
    return MOVED(
        _("It has another address now."), headers={"Location": reverse(f"api:{name}", kwargs=arguments)}
    )


def nothing() -> problems.Problem:
    """Return the refusal for what is not there or not shown: the same for both."""
    return problems.NOT_FOUND(_("There is nothing here that you may see."))


def _collection(slug: str) -> Collection:
    found = Collection.objects.filter(slug=slug, is_active=True).first()
    if found is None:
        raise nothing()
    return found


def _tree_path(path: str, version: Version) -> str:
    for entry in navigation.category_entries(version.text):
        if entry.path_slug == path:
            return entry.tree_path
    raise nothing()


def _options(texts: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        option, _colon, value = text.partition(":")
        found.setdefault(option, []).append(value)
    return found


def _position(cursor: str, q: str, keys: list[str]) -> int:
    """Return where the next page begins: behind the last product of the page before, wherever it is by now."""
    try:
        words, position, last = signing.loads(cursor, salt=_SALT)
        if words != q:
            raise ValueError("another search")
        return keys.index(last) + 1 if last in keys else int(position)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise problems.BAD_CURSOR(_("This cursor is not valid. Begin with the first page.")) from error
