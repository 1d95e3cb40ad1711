"""The sitemap: home, categories, collections, products, policies."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from catalog import navigation, policies
from catalog.cards import on_show
from catalog.models import Collection, Product


class PageSitemap(Sitemap):
    """Pages with an address of their own."""

    def items(self) -> Sequence[str]:
        """List the addresses."""
        pages = [reverse("catalog:home"), reverse("catalog:collections")]
        pages += [entry.url for entry in navigation.category_entries()]
        return pages + [policy.url for policy in policies.POLICIES]

    def location(self, item: str) -> str:
        """Return the address itself."""
        return item


class CollectionSitemap(Sitemap):
    """Visible collections."""

    def items(self) -> QuerySet[Collection]:
        """List the collections."""
        return Collection.objects.filter(is_active=True).order_by("pk")

    def lastmod(self, item: Collection) -> datetime:
        """Return when it was last changed."""
        return item.updated_at


class ProductSitemap(Sitemap):
    """Visible products."""

    limit = 5000

    def items(self) -> QuerySet[Product]:
        """List the products."""
        return on_show().only("slug", "updated_at").order_by("pk")

    def lastmod(self, item: Product) -> datetime:
        """Return when it was last changed."""
        return item.updated_at


SITEMAPS = {"pages": PageSitemap, "collections": CollectionSitemap, "products": ProductSitemap}
