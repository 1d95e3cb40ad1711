"""Former addresses of products, categories and collections: links in mails and search results go on working."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.collections import Collection
from catalog.models.products import Category, Product


class FormerAddress(models.Model):
    """A former address, and what had it. Written by triggers of the three tables, whatever changes them.

    When several had the address one after the other, it leads to the last. `slug` is a category's whole path.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", _("product")
        CATEGORY = "category", _("category")
        COLLECTION = "collection", _("collection")

    kind = models.CharField(max_length=10, choices=Kind)
    slug = models.CharField(max_length=250)
    product = models.ForeignKey(Product, null=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(Category, null=True, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey(Collection, null=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug"], name="formeraddress_unique"),
            models.CheckConstraint(
                condition=Q(
                    kind="product", product__isnull=False, category__isnull=True, collection__isnull=True
                )
                | Q(kind="category", product__isnull=True, category__isnull=False, collection__isnull=True)
                | Q(kind="collection", product__isnull=True, category__isnull=True, collection__isnull=False),
                name="formeraddress_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.slug}"
