"""The sitemap: home, categories, collections, products, policies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from catalog import policies
from catalog.listing import navigation
from catalog.listing.cards import on_show
from catalog.models import Collection, Product
from shop.core.web import languages

Item = TypeVar("Item")


class ShopSitemap(Sitemap[Item]):
    """Addresses at `SITE_URL`, whatever host was asked: a shop may answer to several names.

    Each page is listed in every language, with its others beside it.
    """

    def get_urls(
        self, page: int | str = 1, site: object = None, protocol: str | None = None
    ) -> list[dict[str, object]]:
        """Return one page of entries."""
        parts = urlsplit(settings.SITE_URL)
        entries: list[dict[str, Any]] = self._urls(page, parts.scheme, parts.netloc + parts.path)  # type: ignore[attr-defined]
        return [version for entry in entries for version in _in_every_language(entry)]


def _in_every_language(entry: dict[str, Any]) -> list[dict[str, object]]:
    path = str(entry["location"]).removeprefix(settings.SITE_URL)
    versions = [(version.code, settings.SITE_URL + version.url) for version in languages.versions_of(path)]
    alternates = [{"lang_code": code, "location": address} for code, address in versions]
    alternates.append({"lang_code": "x-default", "location": versions[0][1]})
    return [{**entry, "location": address, "alternates": alternates} for _code, address in versions]


class PageSitemap(ShopSitemap[str]):
    """Pages with an address of their own."""

    def items(self) -> Sequence[str]:
        """List the addresses."""
        pages = [reverse("catalog:home"), reverse("catalog:collections")]
        pages += [entry.url for entry in navigation.category_entries()]
        return pages + [policy.url for policy in policies.POLICIES]

    def location(self, item: str) -> str:
        """Return the address itself."""
        return item


class CollectionSitemap(ShopSitemap[Collection]):
    """Visible collections."""

    def items(self) -> QuerySet[Collection]:
        """List the collections."""
        return Collection.objects.filter(is_active=True).order_by("pk")

    def lastmod(self, item: Collection) -> datetime:
        """Return when it was last changed."""
        return item.updated_at


class ProductSitemap(ShopSitemap[Product]):
    """Visible products."""

    limit = 5000

    def items(self) -> QuerySet[Product]:
        """List the products."""
        return on_show().only("slug", "updated_at").order_by("pk")

    def lastmod(self, item: Product) -> datetime:
        """Return when it was last changed."""
        return item.updated_at


SITEMAPS: dict[str, type[ShopSitemap[Any]]] = {
    "pages": PageSitemap,
    "collections": CollectionSitemap,
    "products": ProductSitemap,
}


def index(request: HttpRequest) -> HttpResponse:
    """List the sitemaps at `SITE_URL`, each page of theirs."""
    found = []
    for section, kind in SITEMAPS.items():
        sitemap = kind()
        address = settings.SITE_URL + reverse("catalog:sitemap", args=[section])
        pages = sitemap.paginator.num_pages
        lastmod = sitemap.get_latest_lastmod()
        found += [
            {"location": address if page == 1 else f"{address}?p={page}", "last_mod": lastmod}
            for page in range(1, pages + 1)
        ]
    response = render(request, "sitemap_index.xml", {"sitemaps": found}, content_type="application/xml")
    response["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return response
